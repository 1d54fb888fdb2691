//! From a dump to shards: what every stage promises, over the built programs.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::{Path, PathBuf};

use harness::{Chain, Program, Snapshot, chain, place};

/// Some photo of a drawn dump.
fn photo(chain: &Chain) -> PathBuf {
    let mut photos: Vec<_> = fs::read_dir(chain.path("dump/images"))
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    photos.sort();
    photos.swap_remove(photos.len() / 2)
}

#[test]
fn every_product_is_accounted_for_in_every_stage() {
    let chain = Chain::drawn(150);
    let cut = photo(&chain);
    let bytes = fs::read(&cut).unwrap();
    fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();

    let [ingest, textfeat, pack] = chain.preprocess();
    assert_eq!(
        (
            ingest.count("seen"),
            ingest.count("ingested"),
            ingest.count("rejected")
        ),
        (150, 149, 1)
    );
    assert_eq!(
        ingest.stdout_json()["rejects"]["truncated"],
        1,
        "{}",
        ingest.stdout
    );
    assert_eq!(textfeat.count("products"), 149);
    let counts = &pack.stdout_json()["counts"];
    assert_eq!(counts["products"], 149);
    let split = |name: &str| counts[name].as_u64().unwrap();
    assert_eq!(split("train") + split("val") + split("test"), 149);
    assert!(
        split("train") > 120 && split("val") > 0 && split("test") > 0,
        "{counts}"
    );

    let verified = Program::new("dataset")
        .arg("verify")
        .arg(chain.path("dataset"))
        .arg("--json")
        .run()
        .success();
    assert_eq!(verified.count("products"), 149);
}

#[test]
fn the_same_command_again_does_nothing_in_under_a_second() {
    let chain = Chain::drawn(60);
    let first = chain.preprocess().map(|stage| stage.stdout_json());
    let folders = ["ingested", "features", "dataset"].map(|name| chain.path(name));
    let records = || {
        folders
            .each_ref()
            .map(|folder| fs::read(folder.join("stage.json")).unwrap())
    };
    let before = records();
    let again = chain.preprocess();
    for (stage, first) in again.into_iter().zip(first) {
        let stage = stage.within_seconds(1.0);
        for key in ["seen", "ingested", "products", "rejects"] {
            assert_eq!(stage.stdout_json()[key], first[key], "the result is told again");
        }
    }
    assert!(
        before == records(),
        "a stage that does nothing leaves its record alone"
    );
}

#[test]
fn another_setting_is_named_and_the_work_done_anew_down_the_chain() {
    let chain = Chain::drawn(60);
    chain.preprocess();
    let padded = Snapshot::of(&chain.path("dataset"));
    chain
        .ingest()
        .args(["--fit", "crop"])
        .run()
        .success()
        .stderr_contains("fit: \"pad\" -> \"crop\"");
    chain.textfeat().run().success();
    chain.pack().run().success();
    let cropped = Snapshot::of(&chain.path("dataset"));
    assert!(
        padded != cropped,
        "300x400 pixels padded and cropped are not the same"
    );

    chain
        .ingest()
        .run()
        .success()
        .stderr_contains("fit: \"crop\" -> \"pad\"");
    chain.textfeat().run().success();
    chain.pack().run().success();
    Snapshot::of(&chain.path("dataset")).assert_same(&padded);
}

#[test]
fn a_product_added_to_the_dump_is_noticed() {
    let chain = Chain::drawn(60);
    assert_eq!(chain.preprocess()[0].count("seen"), 60);
    fs::remove_file(photo(&chain)).unwrap();
    let again = chain.ingest().arg("--json").run().success();
    assert_eq!((again.count("seen"), again.count("rejected")), (60, 1));
    assert_eq!(chain.preprocess()[2].stdout_json()["counts"]["products"], 59);
}

#[test]
fn the_number_of_threads_does_not_show_in_the_bytes() {
    let chain = Chain::drawn(60);
    chain.ingest_into("one").args(["--jobs", "1"]).run().success();
    chain.ingest_into("many").args(["--jobs", "7"]).run().success();
    Snapshot::of(&chain.path("one")).assert_same(&Snapshot::of(&chain.path("many")));
}

#[test]
fn a_drawn_dump_depends_on_its_seed_alone() {
    let (one, two) = (Chain::drawn(40), Chain::drawn(40));
    Snapshot::of(&one.path("dump")).assert_same(&Snapshot::of(&two.path("dump")));
    let other = Program::new("ingest").args(["synth", "--products", "40", "--seed", "8", "--out"]);
    other.arg(one.path("other")).run().success();
    assert!(Snapshot::of(&one.path("other")) != Snapshot::of(&two.path("dump")));
}

#[test]
fn a_dry_run_writes_nothing() {
    let chain = Chain::drawn(40);
    chain.ingest().arg("--dry-run").run().success();
    assert!(!chain.path("ingested").exists());
    chain.ingest().run().success();
    chain.textfeat().arg("--dry-run").run().success();
    assert!(!chain.path("features").exists());
    chain.textfeat().run().success();
    chain.pack().arg("--dry-run").run().success();
    assert!(!chain.path("dataset").exists());
}

#[test]
fn forced_work_gives_the_same_bytes() {
    let chain = Chain::drawn(40);
    chain.preprocess();
    for (stage, folder) in [
        (chain.ingest(), "ingested"),
        (chain.textfeat(), "features"),
        (chain.pack(), "dataset"),
    ] {
        let before = Snapshot::of(&chain.path(folder));
        stage.arg("--force").run().success();
        Snapshot::of(&chain.path(folder)).assert_same(&before);
    }
}

#[test]
fn a_caption_is_explained_by_the_model_that_travels_with_the_data() {
    let chain = Chain::drawn(60);
    chain.preprocess();
    let model = chain.path("dataset/text.model");
    assert_eq!(
        fs::read(&model).unwrap(),
        fs::read(chain.path("features/text.model")).unwrap()
    );
    let explain = Program::new("textfeat")
        .arg("explain")
        .arg(model)
        .arg("red summer dress xylophone");
    explain
        .run()
        .success()
        .stdout_contains("dress")
        .stdout_contains("xylophone");
}

#[test]
fn results_go_to_stdout_and_a_quiet_run_says_nothing_else() {
    let chain = Chain::drawn(40);
    let quiet = chain.ingest().args(["--json", "-q"]).run().success();
    assert_eq!(quiet.stdout.lines().count(), 1, "{}", quiet.stdout);
    assert_eq!(quiet.stderr, "");
}

/// Counts of a real dump at 32 pixels.
fn real(dump: &Path) -> (u64, u64, u64) {
    let chain = Chain::empty();
    let ingest = || {
        chain::ingest(dump, &chain.path("ingested"))
            .arg("--json")
            .run()
            .success()
    };
    let first = ingest();
    chain.textfeat().run().success();
    let packed = chain.pack().arg("--json").run().success();
    assert_eq!(
        packed.stdout_json()["counts"]["products"],
        first.count("ingested")
    );
    let again = ingest().within_seconds(1.0);
    assert_eq!(again.stdout, first.stdout);
    (
        first.count("seen"),
        first.count("ingested"),
        first.count("rejected"),
    )
}

#[test]
fn the_fashion_dump_comes_in_whole() {
    let Some(dump) = place::shared_data("fashion-12k") else {
        return;
    };
    let (seen, ingested, rejected) = real(&dump);
    assert_eq!((seen, ingested + rejected), (11_671, 11_671));
    assert!(rejected < 20, "{rejected}");
}

#[test]
fn photos_of_full_size_come_in_whole() {
    let Some(dump) = place::shared_data("fashion-fullres") else {
        return;
    };
    assert_eq!(real(&dump), (100, 100, 0));
}
