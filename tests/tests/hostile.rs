//! A dump of pictures as bad as they come: every one is accounted for, with the outcome that is written down for it.
//! `hostile/make_pictures.py` makes the files; what no repository can keep is made here.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use harness::{Chain, Finished, Program, Snapshot, chain, place};
use polars::prelude::*;

/// What became of each product, by id.
type Outcomes = BTreeMap<String, String>;

fn corpus() -> PathBuf {
    place::repository().join("tests/hostile")
}

/// The expected outcome of each picture.
fn expected() -> Outcomes {
    let table = fs::read_to_string(corpus().join("expected.tsv")).unwrap();
    let rows = table
        .lines()
        .skip(1)
        .map(|line| line.split('\t').collect::<Vec<_>>());
    rows.map(|row| (row[0].to_owned(), row[1].to_owned())).collect()
}

/// A sound picture's bytes.
fn sound() -> Vec<u8> {
    fs::read(corpus().join("pictures/baseline.jpg")).unwrap()
}

fn column(path: &Path, name: &str) -> Vec<String> {
    let table = ParquetReader::new(File::open(path).unwrap()).finish().unwrap();
    let column = table.column(name).unwrap().str().unwrap();
    column.iter().map(|cell| cell.unwrap().to_owned()).collect()
}

/// The outcome of every product, of catalogue and rejects together.
///
/// # Panics
/// A product has two, or their number is not what the program says it has seen.
fn outcomes(ingested: &Path, finished: &Finished) -> Outcomes {
    let mut outcomes = Outcomes::new();
    let mut add = |id: String, outcome: String| {
        let before = outcomes.insert(id.clone(), outcome);
        assert_eq!(before, None, "{id:?} is accounted for twice");
    };
    let files = fs::read_dir(ingested).unwrap().map(|e| e.unwrap().path());
    for path in files.filter(|path| path.extension().is_some_and(|e| e == "parquet")) {
        let ids = column(&path, "id");
        if path.ends_with("rejects.parquet") {
            let reasons = column(&path, "reason");
            ids.into_iter()
                .zip(reasons)
                .for_each(|(id, reason)| add(id, reason));
        } else {
            ids.into_iter().for_each(|id| add(id, "ingested".to_owned()));
        }
    }
    let ingested = outcomes.values().filter(|outcome| *outcome == "ingested").count();
    assert_eq!(finished.count("seen"), outcomes.len() as u64);
    assert_eq!(finished.count("ingested"), ingested as u64);
    assert_eq!(finished.count("rejected"), (outcomes.len() - ingested) as u64);
    outcomes
}

fn assert_same(found: &Outcomes, expected: &Outcomes) {
    let wrong: Vec<String> = expected
        .iter()
        .filter(|(id, outcome)| found.get(*id) != Some(outcome))
        .map(|(id, outcome)| format!("{id:?}: expected {outcome}, found {:?}", found.get(id)))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    let more: Vec<&String> = found.keys().filter(|id| !expected.contains_key(*id)).collect();
    assert!(more.is_empty(), "nobody expected {more:?}");
}

#[test]
fn every_hostile_picture_has_the_outcome_written_down_for_it() {
    let chain = Chain::empty();
    let (dump, expected) = (chain.path("dump"), expected());
    fs::create_dir(&dump).unwrap();
    let mut table = "file_name,id,text\n".to_owned();
    for name in expected.keys() {
        fs::copy(corpus().join("pictures").join(name), dump.join(name)).unwrap();
        table += &format!("{name},{name},a garment\n");
    }
    fs::write(dump.join("metadata.csv"), table).unwrap();
    let finished = chain.ingest().arg("--json").run().success();
    let as_srgb = expected.values().filter(|o| *o == "ingested_as_srgb").count();
    assert_eq!(finished.count("profiles_ignored"), as_srgb as u64);
    let expected = expected
        .into_iter()
        .map(|(name, outcome)| match outcome.as_str() {
            "ingested_as_srgb" => (name, "ingested".to_owned()),
            _ => (name, outcome),
        });
    assert_same(&outcomes(&chain.path("ingested"), &finished), &expected.collect());

    // Two threads and one, a file or a folder of them: the same bytes.
    let again = chain.ingest_into("again").args(["--jobs", "1"]).run().success();
    assert!(!again.stderr.contains("panicked"));
    Snapshot::of(&chain.path("ingested")).assert_same(&Snapshot::of(&chain.path("again")));
}

#[test]
fn the_table_of_outcomes_is_of_the_files_that_are_there() {
    let files = fs::read_dir(corpus().join("pictures")).unwrap();
    let mut files: Vec<String> = files
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    assert_eq!(files, expected().into_keys().collect::<Vec<_>>());
}

#[test]
fn what_only_looks_like_a_picture_in_its_folder_is_a_reject() {
    let chain = Chain::empty();
    let (dump, images) = (chain.path("dump"), chain.path("dump/images"));
    fs::create_dir_all(&images).unwrap();
    let elsewhere = chain.path("elsewhere.jpg");
    fs::write(&elsewhere, sound()).unwrap();
    let mut expected = Outcomes::new();
    let mut product = |name: &str, outcome: &str| {
        expected.insert(name.to_owned(), outcome.to_owned());
        images.join(format!("{name}.jpg"))
    };
    fs::write(product("file", "ingested"), sound()).unwrap();
    symlink(&elsewhere, product("link", "ingested")).unwrap();
    symlink(images.join("file.jpg"), product("link-within", "ingested")).unwrap();
    symlink("nowhere.jpg", product("link-nowhere", "no_image")).unwrap();
    symlink("link-round.jpg", product("link-round", "unreadable")).unwrap();
    symlink("/dev/zero", product("link-endless", "unreadable")).unwrap();
    symlink(&images, product("link-upwards", "no_image")).unwrap();
    fs::create_dir(product("folder", "no_image")).unwrap();
    product("absent", "no_image");
    // Opened without care, a pipe that nobody writes to is waited for forever.
    let pipe = Program::at(Path::new("mkfifo")).arg(product("pipe", "unreadable"));
    pipe.run().success();
    let sealed = product("sealed", "unreadable");
    fs::write(&sealed, sound()).unwrap();
    fs::set_permissions(&sealed, fs::Permissions::from_mode(0o000)).unwrap();
    if File::open(&sealed).is_ok() {
        eprintln!("not looked at: an unreadable file, as this user reads all");
        expected.insert("sealed".to_owned(), "ingested".to_owned());
    }
    let rows = expected
        .keys()
        .map(|id| format!("{id},Shirt\n"))
        .collect::<String>();
    fs::write(dump.join("styles.csv"), format!("id,productDisplayName\n{rows}")).unwrap();
    let finished = chain.ingest().arg("--json").run().success().within_seconds(60.0);
    assert_same(&outcomes(&chain.path("ingested"), &finished), &expected);
}

#[test]
fn whatever_a_picture_is_called_it_is_accounted_for() {
    let chain = Chain::empty();
    let dump = chain.path("dump");
    fs::create_dir(&dump).unwrap();
    let long = "x".repeat(240);
    let names = [
        "plain",
        "two words",
        "two\nlines",
        "a\ttab and \"quotes\", 'all', of; them",
        "..",
        "...",
        "-rf",
        "a..b",
        "*?[a-z]$HOME`id`",
        "back\\slash",
        "100%",
        "Кириллица",
        "青いシャツ",
        "\u{1f457}",
        "caf\u{e9}",
        "cafe\u{301}",
        "\u{202e}gpj.x",
        "null",
        "\u{7f}\u{1}\u{1b}[31m",
        &long,
    ];
    let mut expected = Outcomes::new();
    for name in names {
        fs::write(dump.join(format!("{name}.jpg")), sound()).unwrap();
        fs::write(dump.join(format!("{name}.txt")), "a red dress").unwrap();
        // A name that begins with a dot is hidden, and none of the dump's.
        if !name.starts_with('.') {
            expected.insert(name.to_owned(), "ingested".to_owned());
        }
    }
    let misnamed = OsStr::from_bytes(b"no\xff\xfeutf8.jpg");
    fs::write(dump.join(misnamed), sound()).unwrap();
    let shouting = "\u{1b}[2J\u{9b}31m";
    fs::write(dump.join(format!("{shouting}.jpg")), "no picture").unwrap();
    fs::write(dump.join(format!("{shouting}.txt")), "a red dress").unwrap();
    expected.insert(shouting.to_owned(), "not_an_image".to_owned());
    let ingest = || chain::ingest(&dump, &chain.path("ingested")).args(["--layout", "sidecar"]);
    let finished = ingest().run().success();
    let said = [finished.stdout, finished.stderr].concat();
    assert!(said.contains("not_an_image"), "{said}");
    let obeyed = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    assert!(!said.contains(obeyed), "a terminal obeys: {said:?}");
    let finished = ingest().args(["--json", "--force"]).run().success();
    let found = outcomes(&chain.path("ingested"), &finished);
    let (misnamed, found): (Outcomes, Outcomes) = found.into_iter().partition(|(_, o)| o == "bad_path");
    assert_eq!(misnamed.len(), 1, "{misnamed:?}");
    assert_same(&found, &expected);
}
