//! The built program: results, exit codes, messages.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::process::{Command, Output};

use dataset::{Ended, pack};
use serde_json::Value;

#[path = "../src/fixture.rs"]
mod fixture;

use fixture::{Fixture, flip};

/// Runs `dataset` with these arguments in the fixture's folder.
fn dataset(fixture: &Fixture, args: &str) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_dataset"));
    program
        .args(args.split(' '))
        .current_dir(fixture.root.path())
        .output()
        .unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn last_line_json(output: &Output) -> Value {
    serde_json::from_str(stdout(output).lines().last().unwrap()).unwrap()
}

const PACK: &str = "pack --images ingested --features features --out dataset --json";

#[test]
fn pack_does_its_work_once_and_gives_its_result_twice() {
    let fixture = Fixture::new(&[2, 1]);
    let dry = dataset(&fixture, &format!("{PACK} --dry-run"));
    assert!(
        dry.status.success() && last_line_json(&dry)["would_pack"] == 2,
        "{}",
        stderr(&dry)
    );
    assert!(!fixture.out().exists(), "a dry run touches nothing");

    let first = dataset(&fixture, PACK);
    assert!(first.status.success(), "{}", stderr(&first));
    let result = last_line_json(&first);
    assert_eq!(
        (&result["already"], &result["counts"]["products"]),
        (&false.into(), &3.into())
    );

    let second = dataset(&fixture, PACK);
    assert!(
        second.status.success() && stderr(&second).contains("already packed"),
        "{}",
        stderr(&second)
    );
    let again = last_line_json(&second);
    assert_eq!(
        (&again["already"], &again["counts"]),
        (&true.into(), &result["counts"])
    );
}

#[test]
fn verify_fails_on_one_flipped_bit_and_names_shard_and_product() {
    let fixture = Fixture::packed(&[2, 3]);
    let sound = dataset(&fixture, "verify dataset");
    assert!(
        sound.status.success() && stdout(&sound).contains("5 products in 2 shards"),
        "{}",
        stdout(&sound)
    );
    flip(&fixture.out().join("shard-00001.atl"), 4096 + 48, 3);
    let damaged = dataset(&fixture, "verify dataset");
    assert_eq!(damaged.status.code(), Some(1));
    let text = stdout(&damaged);
    assert!(
        text.contains("shard-00001.atl: image 1, product 1-1: expected blake3 "),
        "{text}"
    );
    assert!(text.contains("\nhint: "), "{text}");
}

#[test]
fn verify_repairs_from_the_stages_before() {
    let fixture = Fixture::packed(&[2, 3]);
    let path = fixture.out().join("shard-00001.atl");
    let sound = fs::read(&path).unwrap();
    flip(&path, 4096 + 48, 3);
    let with = "verify dataset --repair --images ingested --features features";
    let repaired = dataset(&fixture, with);
    assert!(repaired.status.success(), "{}", stderr(&repaired));
    let text = stdout(&repaired);
    assert!(
        text.contains("image 1, product 1-1") && text.contains("repaired: dataset/shard-00001.atl"),
        "{text}"
    );
    assert!(text.ends_with("all checksums hold\n"), "{text}");
    assert!(fs::read(&path).unwrap() == sound);
    let again = last_line_json(&dataset(&fixture, &format!("{with} --json")));
    assert_eq!(
        (&again["repaired"], &again["faults"]),
        (&Value::Array(vec![]), &Value::Array(vec![]))
    );
    assert_eq!(
        dataset(&fixture, "verify dataset --repair").status.code(),
        Some(2)
    );
}

#[test]
fn compressed_shards_are_packed_verified_repaired_shown_and_measured() {
    let fixture = Fixture::new(&[2, 3]);
    let packed = dataset(&fixture, &format!("{PACK} --compress zstd:5"));
    assert!(packed.status.success(), "{}", stderr(&packed));
    assert_eq!(last_line_json(&packed)["settings"]["compress"], "zstd:5");
    let path = fixture.out().join("shard-00001.atl");
    let sound = fs::read(&path).unwrap();
    flip(&path, 4096 + 10, 3);
    let damaged = dataset(&fixture, "verify dataset");
    assert_eq!(damaged.status.code(), Some(1));
    assert!(
        stdout(&damaged).contains("shard-00001.atl: image 0, product 1-0: expected blake3 "),
        "{}",
        stdout(&damaged)
    );
    let with = "verify dataset --repair --images ingested --features features";
    let repaired = dataset(&fixture, with);
    assert!(repaired.status.success(), "{}", stderr(&repaired));
    assert!(fs::read(&path).unwrap() == sound);
    let shown = dataset(&fixture, "inspect dataset");
    assert!(
        stdout(&shown).contains("stored      zstd:5"),
        "{}",
        stdout(&shown)
    );
    let one = dataset(&fixture, "inspect dataset --shard 0 --index 1 --png one.png");
    assert!(stdout(&one).contains("1:1001.000 2:1002.000"), "{}", stdout(&one));
    let report = dataset(&fixture, "bench dataset --batch 2 --batches 3 --json");
    assert!(last_line_json(&report)["images_per_second"].as_f64().unwrap() > 0.0);
    let wrong = dataset(
        &fixture,
        "pack --images ingested --features features --out d --compress zstd:20",
    );
    assert_eq!(wrong.status.code(), Some(2));
    assert!(
        stderr(&wrong).contains("a level from 1 to 19"),
        "{}",
        stderr(&wrong)
    );
}

#[test]
fn bench_says_how_fast_batches_come() {
    let fixture = Fixture::packed(&[5]);
    let report = last_line_json(&dataset(&fixture, "bench dataset --batch 2 --batches 3 --json"));
    assert!(report["images_per_second"].as_f64().unwrap() > 0.0, "{report}");
    assert_eq!(
        (&report["batch"], &report["batch_bytes"]),
        (&2.into(), &136.into())
    );
    assert_eq!(
        dataset(&fixture, "bench dataset --batch 0").status.code(),
        Some(2)
    );
}

#[test]
fn inspect_shows_the_whole_and_one_sample() {
    let fixture = Fixture::packed(&[2, 1]);
    let whole = dataset(&fixture, "inspect dataset");
    assert!(
        stdout(&whole).contains("resolution  4 x 4 RGB"),
        "{}",
        stdout(&whole)
    );
    assert_eq!(
        last_line_json(&dataset(&fixture, "inspect dataset --json"))["splits"]["train"],
        2
    );

    let one = dataset(&fixture, "inspect dataset --shard 0 --index 1 --png one.png");
    assert!(one.status.success(), "{}", stderr(&one));
    let text = stdout(&one);
    assert!(
        text.contains("product 0-1 (val)") && text.contains("caption 1: red bag 1"),
        "{text}"
    );
    assert!(
        fs::read(fixture.root.path().join("one.png"))
            .unwrap()
            .starts_with(b"\x89PNG")
    );
}

#[test]
fn a_sample_that_is_not_there_is_wrong_usage() {
    let fixture = Fixture::packed(&[2]);
    for (args, said) in [
        ("inspect dataset --index 2", "--index: expected a number below 2"),
        ("inspect dataset --shard 1", "--shard: expected a number below 1"),
    ] {
        let output = dataset(&fixture, args);
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains(said), "{}", stderr(&output));
    }
    assert_eq!(dataset(&fixture, "pack").status.code(), Some(2));
    assert_eq!(dataset(&fixture, "verify absent").status.code(), Some(1));
}
