//! The program: exit codes, what goes to stdout, and a kill at any moment.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use image::{ImageFormat, Rgb, RgbImage};
use serde_json::Value;
use stage::StageRecord;

use crate::dump::{Dump, encoded};

fn ingest(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ingest"));
    command.args(args);
    command
}

fn json_of(output: &Output) -> Value {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    serde_json::from_str(text.lines().last().unwrap()).unwrap()
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn json_ends_stdout_with_the_counts_the_first_time_and_the_second() {
    let dump = Dump::new()
        .product("1")
        .row("2,Men,Shirts,Blue,No picture")
        .written();
    let (folder, out) = (dump.path(), dump.out());
    let args = [path(&folder), "--out", path(&out), "--size", "16", "--json"];
    let first = ingest(&args).output().unwrap();
    assert!(first.status.success(), "{first:?}");
    let counts = json_of(&first);
    assert_eq!(
        (&counts["seen"], &counts["ingested"], &counts["rejected"]),
        (&2.into(), &1.into(), &1.into())
    );
    assert_eq!(counts["rejects"]["no_image"], 1);
    let second = ingest(&args).output().unwrap();
    assert_eq!(json_of(&second), counts);
    assert!(String::from_utf8_lossy(&second.stderr).contains("nothing to do"));
    let other = ingest(&[&args[..], &["--fit", "crop"]].concat())
        .output()
        .unwrap();
    assert!(
        String::from_utf8_lossy(&other.stderr).contains("fit: \"pad\" -> \"crop\""),
        "{other:?}"
    );
}

#[test]
fn a_person_is_told_the_reasons_with_an_example() {
    let dump = Dump::new()
        .product("1")
        .row("2,Men,Shirts,Blue,No picture")
        .written();
    let output = ingest(&[path(&dump.path()), "--out", path(&dump.out())])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.starts_with("2 products seen = 1 ingested + 1 rejected\n  no_image: 1\n    2: styles.csv: "),
        "{text}"
    );
}

#[test]
fn wrong_usage_exits_with_2_and_a_bad_dump_with_1() {
    let dump = Dump::new();
    assert_eq!(ingest(&[]).output().unwrap().status.code(), Some(2));
    assert_eq!(
        ingest(&[path(&dump.path())]).output().unwrap().status.code(),
        Some(2)
    );
    let same = ingest(&[path(&dump.path()), "--out", path(&dump.path())])
        .output()
        .unwrap();
    assert_eq!(same.status.code(), Some(2));
    let failed = ingest(&[path(&dump.path()), "--out", path(&dump.out())])
        .output()
        .unwrap();
    assert_eq!(failed.status.code(), Some(1));
    let said = String::from_utf8(failed.stderr).unwrap();
    assert!(said.contains("\nerror: ") && said.contains("\nhint: "), "{said}");
}

#[test]
fn a_dump_within_the_output_folder_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let dump = dir.path().join("shards");
    fs::create_dir(&dump).unwrap();
    fs::write(dump.join("00000.json"), b"{}").unwrap();
    let refused = ingest(&[path(&dump), "--out", path(dir.path())])
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(2));
    let text = String::from_utf8(refused.stderr).unwrap();
    assert!(
        text.contains("the dump lies within --out") && text.contains("\nhint: "),
        "{text}"
    );
    assert!(dump.join("00000.json").exists());
}

#[test]
fn a_killed_run_goes_on_to_the_bytes_of_an_unbroken_one() {
    let photo = RgbImage::from_fn(600, 800, |x, y| {
        Rgb([(x * y) as u8, (x ^ y) as u8, (x + y) as u8])
    });
    let picture = encoded(&photo, ImageFormat::Jpeg);
    let dump = (0..200).fold(Dump::new(), |dump, i| {
        dump.product(&format!("{i}"))
            .file(&format!("images/{i}.jpg"), &picture)
    });
    let dump = dump.written();
    let (folder, out, again) = (dump.path(), dump.out(), dump.out().with_file_name("again"));
    let args = |out| {
        [
            path(&folder),
            "--out",
            out,
            "--size",
            "64",
            "--shards",
            "20",
            "-q",
        ]
    };

    let mut killed = ingest(&args(path(&out))).stdout(Stdio::null()).spawn().unwrap();
    let first_shards = out.join("shards");
    let patience = Instant::now() + Duration::from_secs(60);
    let finished = || {
        std::fs::read_dir(&first_shards).map_or(0, |files| {
            files
                .flatten()
                .filter(|file| file.path().extension().is_some_and(|e| e == "json"))
                .count()
        })
    };
    while finished() < 3 && Instant::now() < patience {
        std::thread::sleep(Duration::from_millis(1));
    }
    // SIGKILL, on Unix.
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert!(
        !out.join("stage.json").exists(),
        "killed too late to show anything"
    );

    let resumed = ingest(&[&args(path(&out))[..7], &["-v"]].concat())
        .output()
        .unwrap();
    assert!(resumed.status.success(), "{resumed:?}");
    assert!(
        String::from_utf8_lossy(&resumed.stderr).contains("of 20 shards are finished"),
        "{resumed:?}"
    );
    assert!(ingest(&args(path(&again))).output().unwrap().status.success());
    let record = |out: &Path| StageRecord::read(out, "ingest", 1).unwrap();
    assert_eq!(record(&out).outputs, record(&again).outputs);
    assert_eq!(record(&out).counts, record(&again).counts);
}

/// A limit on the size of files stands in for a full disk: the same error path, without a disk to fill.
#[cfg(unix)]
#[test]
fn a_full_disk_is_said_and_nothing_half_written_stays() {
    let dump = (0..24)
        .fold(Dump::new(), |dump, i| dump.product(&format!("{i}")))
        .written();
    let (folder, out) = (dump.path(), dump.out());
    let args = [path(&folder), "--out", path(&out), "--shards", "2"];
    let limited = Command::new("sh")
        .args([
            "-c",
            "trap '' XFSZ; ulimit -f 100; exec \"$@\"",
            "sh",
            env!("CARGO_BIN_EXE_ingest"),
        ])
        .args(args)
        .output()
        .unwrap();
    assert_eq!(limited.status.code(), Some(1));
    let said = String::from_utf8(limited.stderr).unwrap();
    assert!(
        said.contains("no space left on the device\nhint: free some space"),
        "{said}"
    );
    let files = std::fs::read_dir(&out)
        .unwrap()
        .flatten()
        .map(|file| file.file_name())
        .collect::<Vec<_>>();
    assert!(
        files.iter().all(|name| name == ".lock" || name == "shards"),
        "{files:?}"
    );
    assert!(ingest(&args).output().unwrap().status.success());
}

#[test]
fn a_drawn_dump_is_ingested_without_a_reject() {
    let dump = Dump::new();
    let drawn = dump.out().with_file_name("drawn");
    let synth = ingest(&[
        "synth",
        "--products",
        "30",
        "--seed",
        "3",
        "--out",
        path(&drawn),
        "-q",
    ])
    .output()
    .unwrap();
    assert!(synth.status.success(), "{synth:?}");
    let output = ingest(&[path(&drawn), "--out", path(&dump.out()), "--size", "32", "--json"])
        .output()
        .unwrap();
    let counts = json_of(&output);
    assert_eq!((&counts["seen"], &counts["rejected"]), (&30.into(), &0.into()));
}

#[test]
fn captions_are_looked_at_without_pictures() {
    let dump = Dump::new()
        .product("1")
        .row("2,Women,Dresses,Red,No picture")
        .row("3,NA,NA,,-")
        .file("images/9.jpg", b"")
        .written();
    let file = dump.out().with_file_name("captions.jsonl");
    let folder = dump.path();
    let args = ["captions", path(&folder), "--out", path(&file), "--json"];
    let dry = ingest(&[&args[..], &["--dry-run"]].concat()).output().unwrap();
    assert!(dry.status.success() && !file.exists(), "{dry:?}");
    let output = ingest(&args).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let told = json_of(&output);
    assert_eq!(
        (&told["products"], &told["rejected"], &told["without_picture"]),
        (&2.into(), &2.into(), &2.into())
    );
    assert_eq!(told["rejects"]["no_text"], 2);
    assert_eq!(told["captions"]["short"]["median"], 2);
    assert_eq!(
        std::fs::read_to_string(&file).unwrap(),
        "{\"id\":\"1\",\"captions\":[\"men blue shirts. Shirt 1\",\"Shirt 1\",\"men blue shirts\",\"blue shirts\"]}\n\
         {\"id\":\"2\",\"captions\":[\"women red dresses. No picture\",\"No picture\",\"women red dresses\",\"red dresses\"]}\n"
    );
    let shown = ingest(&["captions", path(&folder), "--show", "1"])
        .output()
        .unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(
        shown.starts_with("1\n  full        men blue shirts. Shirt 1\n"),
        "{shown}"
    );
    assert!(shown.contains("\nshort         0.0 %"), "{shown}");
    std::fs::remove_dir_all(dump.path().join("images")).unwrap();
    let bare = ingest(&["captions", path(&folder), "-q"]).output().unwrap();
    assert!(bare.status.success(), "{bare:?}");
}
