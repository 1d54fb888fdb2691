//! What bad input gets: an error that names the file, what was expected and what was found, with a hint;
//! nothing already written is lost.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::{Path, PathBuf};

use harness::{Chain, Program, Snapshot, chain};

const PROGRAMS: [&str; 5] = ["ingest", "textfeat", "dataset", "gan", "gen"];

/// The largest file of a folder whose name begins with `stem`.
fn largest(folder: &Path, stem: &str) -> PathBuf {
    let files = fs::read_dir(folder).unwrap().map(|e| e.unwrap());
    let named = files.filter(|e| e.file_name().to_string_lossy().starts_with(stem));
    named
        .max_by_key(|e| e.metadata().unwrap().len())
        .expect("a file of that name")
        .path()
}

/// What may happen to the bytes of a file.
type Damage = fn(&mut Vec<u8>);

/// Rewrites a file without the care that the programs take.
fn damage(path: &Path, how: Damage) {
    let mut bytes = fs::read(path).unwrap();
    how(&mut bytes);
    fs::write(path, bytes).unwrap();
}

fn flip_the_middle(bytes: &mut [u8]) {
    bytes[bytes.len() / 2] ^= 1;
}

fn cut_in_half(bytes: &mut Vec<u8>) {
    bytes.truncate(bytes.len() / 2);
}

/// A chain that has been run to its end.
fn finished() -> Chain {
    let chain = Chain::drawn(40);
    chain.preprocess();
    chain
}

#[test]
fn wrong_usage_is_exit_code_2_and_help_is_0() {
    for program in PROGRAMS {
        Program::new(program)
            .run()
            .ends(Some(2))
            .stderr_contains("Usage:");
        Program::new(program).arg("--no-such-flag").run().fails(2);
        Program::new(program)
            .arg("--help")
            .run()
            .success()
            .stdout_contains("Usage:");
        Program::new(program)
            .arg("--version")
            .run()
            .success()
            .stdout_contains(program);
    }
}

#[test]
fn a_missing_dump_is_named() {
    let chain = Chain::empty();
    chain
        .ingest()
        .run()
        .fails(1)
        .hints()
        .stderr_contains(&chain.path("dump").display().to_string());
    assert!(!chain.path("ingested/stage.json").exists());
}

#[test]
fn an_empty_dump_is_an_error_that_says_what_a_dump_holds() {
    let chain = Chain::empty();
    fs::create_dir(chain.path("dump")).unwrap();
    chain.ingest().run().fails(1).hints().stderr_contains("expected");
}

#[test]
fn a_file_in_place_of_a_dump_is_an_error() {
    let chain = Chain::empty();
    fs::write(chain.path("dump"), "no folder").unwrap();
    chain.ingest().run().fails(1).hints();
}

#[test]
fn a_stage_without_its_input_names_the_stage_to_run_first() {
    let chain = Chain::drawn(10);
    chain.textfeat().run().fails(1).hints().stderr_contains("ingest");
    chain.ingest().run().success();
    chain.pack().run().fails(1).hints().stderr_contains("textfeat");
}

#[test]
fn folders_that_do_not_belong_together_are_refused() {
    let chain = finished();
    chain.ingest().args(["--fit", "crop"]).run().success();
    chain
        .pack_into("other")
        .run()
        .fails(1)
        .hints()
        .stderr_contains("features");
    assert!(!chain.path("other/stage.json").exists());
}

#[test]
fn the_folder_of_another_stage_is_left_alone() {
    let chain = finished();
    let before = Snapshot::of(&chain.path("dataset"));
    chain
        .ingest_into("dataset")
        .run()
        .fails(1)
        .hints()
        .stderr_contains("expected a folder of stage `ingest`");
    Snapshot::of(&chain.path("dataset")).assert_same(&before);
}

#[test]
fn two_processes_do_not_work_in_one_folder() {
    let chain = Chain::drawn(120);
    let mut first = chain.ingest().args(["--jobs", "1"]).start();
    assert!(first.until(|| chain.path("ingested/.lock").exists()));
    // The lock is taken right after its file is there.
    std::thread::sleep(std::time::Duration::from_millis(50));
    chain
        .ingest()
        .run()
        .fails(1)
        .hints()
        .stderr_contains("another at work in it");
    first.wait().success();
}

#[test]
fn a_damaged_record_is_an_error_not_a_fresh_start() {
    let chain = finished();
    damage(&chain.path("ingested/stage.json"), cut_in_half);
    chain
        .ingest()
        .run()
        .fails(1)
        .hints()
        .stderr_contains("stage.json: expected the JSON record of a stage");
}

#[test]
fn a_lost_output_is_made_again() {
    let chain = finished();
    let before = Snapshot::of(&chain.path("ingested"));
    fs::remove_file(largest(&chain.path("ingested"), "images-")).unwrap();
    chain
        .textfeat()
        .arg("--force")
        .run()
        .fails(1)
        .hints()
        .stderr_contains("images-");
    chain.ingest().run().success().stderr_contains("images-");
    Snapshot::of(&chain.path("ingested")).assert_same(&before);
}

#[test]
fn flipped_bits_in_the_inputs_of_a_stage_are_found() {
    let chain = finished();
    let inputs = [
        ("ingested", "images-"),
        ("ingested", "catalogue-"),
        ("features", "features-"),
        ("features", "text.model"),
    ];
    for (folder, stem) in inputs {
        let path = largest(&chain.path(folder), stem);
        damage(&path, |bytes| flip_the_middle(bytes));
        chain
            .pack_into("again")
            .run()
            .fails(1)
            .hints()
            .stderr_contains(stem);
        assert!(!chain.path("again/stage.json").exists(), "{stem}");
        damage(&path, |bytes| flip_the_middle(bytes));
    }
    chain.pack_into("again").run().success();
}

#[test]
fn a_shard_cut_flipped_or_of_a_newer_version_is_found_and_named() {
    let damages: [(&str, Damage); 5] = [
        ("cut", cut_in_half),
        ("empty", Vec::clear),
        ("flipped", |bytes| flip_the_middle(bytes)),
        ("a flipped header", |bytes| bytes[60] ^= 1),
        ("a newer version", |bytes| bytes[8] = 99),
    ];
    let chain = finished();
    let shard = largest(&chain.path("dataset"), "shard-");
    let name = shard.file_name().unwrap().to_string_lossy().into_owned();
    let whole = fs::read(&shard).unwrap();
    let verify = || {
        Program::new("dataset")
            .arg("verify")
            .arg(chain.path("dataset"))
            .run()
    };
    for (what, how) in damages {
        fs::write(&shard, &whole).unwrap();
        damage(&shard, how);
        let verified = verify().fails(1);
        let said = format!("{}{}", verified.stdout, verified.stderr);
        assert!(said.contains(&name) && said.contains("hint: "), "{what}: {said}");
    }
    fs::write(&shard, &whole).unwrap();
    verify().success();
}

#[test]
fn a_text_model_cut_flipped_or_of_a_newer_version_is_an_error() {
    let damages: [(&str, Damage); 4] = [
        ("cut", cut_in_half),
        ("flipped", |bytes| flip_the_middle(bytes)),
        ("of a newer version", |bytes| bytes[8] = 99),
        ("something else", |bytes| {
            bytes[..8].copy_from_slice(b"\x89PNG\r\n\x1a\n")
        }),
    ];
    let chain = finished();
    let whole = fs::read(chain.path("features/text.model")).unwrap();
    for (what, how) in damages {
        let path = chain.path("damaged.model");
        fs::write(&path, &whole).unwrap();
        damage(&path, how);
        let explain = Program::new("textfeat")
            .arg("explain")
            .arg(&path)
            .arg("red dress")
            .run();
        let explain = explain.fails(1).hints();
        assert!(
            explain.stderr.contains("damaged.model"),
            "{what}: {}",
            explain.stderr
        );
    }
}

#[test]
fn a_folder_that_may_not_be_written_to_is_named() {
    let chain = Chain::drawn(10);
    fs::write(chain.path("ingested"), "a file is in the way").unwrap();
    chain.ingest().run().fails(1).stderr_contains("ingested");
}

#[test]
fn a_dump_is_never_written_over() {
    let chain = Chain::drawn(10);
    let before = Snapshot::of(&chain.path("dump"));
    chain::ingest(&chain.path("dump"), &chain.path("dump"))
        .run()
        .fails(2)
        .hints();
    Snapshot::of(&chain.path("dump")).assert_same(&before);
}
