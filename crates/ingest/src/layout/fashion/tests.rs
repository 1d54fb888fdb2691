//! The layout on made-up dumps, and on real tables where they are at hand.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use super::*;
use crate::source::Folder;

fn opened(path: &Path) -> Fashion {
    Fashion::open(Box::new(Folder::new(path)), Wants::Pictures).unwrap()
}

/// Research data that is no part of the repository; tests that want it skip without it.
fn real_data(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data")
        .join(name);
    if !path.exists() {
        eprintln!("skipped: {} is not there", path.display());
        return None;
    }
    Some(path)
}

fn dump(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join(IMAGES)).unwrap();
    fs::create_dir(dir.path().join(STYLES)).unwrap();
    for (name, text) in files {
        fs::write(dir.path().join(name), text).unwrap();
    }
    dir
}

#[test]
fn every_row_and_every_picture_is_accounted_for() {
    let dump = dump(&[
        (
            "styles.csv",
            "id,gender,productDisplayName\n2,Men,Shirt\n1,Men,Shoe\n2,Women,Other\n,Men,Nobody\n3,Men,No picture\n",
        ),
        ("images/1.jpg", ""),
        ("images/2.PNG", ""),
        ("images/2.jpg", ""),
        ("images/notes.txt", ""),
        ("images/4.jpg", ""),
        ("images/5.jpg", ""),
        (
            "styles/5.json",
            r#"{"data": {"productDisplayName": "Only JSON"}}"#,
        ),
        ("styles/6.json", "{}"),
    ]);
    let fashion = opened(dump.path());
    let survey = fashion.survey(&Console::silent()).unwrap();
    let entries: Vec<_> = survey
        .entries
        .iter()
        .map(|e| (e.id.as_str(), e.image.as_str()))
        .collect();
    assert_eq!(
        entries,
        [
            ("1", "images/1.jpg"),
            ("2", "images/2.PNG"),
            ("5", "images/5.jpg")
        ]
    );
    let rejects: Vec<_> = survey.rejects.iter().map(|r| (r.id.as_str(), r.reason)).collect();
    let expected = [
        ("2", Reason::DuplicateId),
        ("", Reason::NoId),
        ("3", Reason::NoImage),
        ("4", Reason::NoText),
        ("notes", Reason::NoText),
        ("6", Reason::NoImage),
        ("2", Reason::DuplicateId),
    ];
    assert_eq!(rejects, expected);
    assert_eq!(
        survey.entries[1].texts.unpack().title,
        "Shirt",
        "the first row of an id is kept"
    );
    assert_eq!(fashion.texts(&survey.entries[2]).unwrap().title, "Only JSON");
    let last = survey.rejects.last().unwrap();
    assert_eq!(last.path, "images/2.jpg");
    assert!(last.detail.contains("images/2.PNG"), "{}", last.detail);

    let source = Box::new(Folder::new(dump.path()));
    let texts = Fashion::open(source, Wants::Texts).unwrap();
    let survey = texts.survey(&Console::silent()).unwrap();
    let ids: Vec<&str> = survey.entries.iter().map(|e| e.id.as_str()).collect();
    assert_eq!(ids, ["1", "2", "3", "5", "6"], "with a picture or without");
    assert_eq!(survey.unpictured, 2);
}

#[test]
fn the_row_comes_first_and_the_json_adds_what_it_lacks() {
    let dump = dump(&[
        (
            "styles.csv",
            "id,gender,baseColour,productDisplayName\n1,Men,NA,Shoe\n",
        ),
        ("images/1.jpg", ""),
        (
            "styles/1.json",
            r#"{"data": {"productDisplayName": "Other", "gender": "Women", "baseColour": "Red", "articleAttributes": {"Sleeve Length": "Long Sleeves"}}}"#,
        ),
    ]);
    let fashion = opened(dump.path());
    let survey = fashion.survey(&Console::silent()).unwrap();
    let texts = fashion.texts(&survey.entries[0]).unwrap();
    assert_eq!(texts.title, "Shoe");
    let attributes: Vec<_> = texts
        .attributes
        .iter()
        .map(|(k, v)| (k.as_str(), v.as_str()))
        .collect();
    assert_eq!(
        attributes,
        [
            ("base_colour", "Red"),
            ("gender", "Men"),
            ("sleeve_length", "Long Sleeves")
        ]
    );
}

#[test]
fn all_titles_with_stray_commas_in_the_real_table_come_in_whole() {
    for (name, expected) in [("fashion-captions", 22), ("fashion-12k", 3)] {
        let Some(data) = real_data(name) else { return };
        let source = Folder::new(&data);
        let bytes = records::load(&source, TABLE).unwrap();
        let wanted = Wanted {
            required: &[ID, TITLE],
            free_text: &|names| records::find(names, TITLE),
        };
        let rows = records::read(&source, TABLE, &bytes, &wanted, &Console::silent()).unwrap();
        let (id, title) = (rows.find(ID).unwrap(), rows.find(TITLE).unwrap());
        let text = String::from_utf8(bytes).unwrap();
        let lines: Vec<&str> = text.lines().skip(1).collect();
        assert_eq!(rows.len(), lines.len());
        let mut mended = 0;
        for (row, line) in lines.iter().enumerate() {
            // No field of this table is quoted, and the title is the tenth and last.
            let fields: Vec<&str> = line.splitn(10, ',').collect();
            assert_eq!(rows.cell(id, row), fields[0]);
            assert_eq!(
                clean::text(rows.cell(title, row)).text,
                clean::text(fields[9]).text
            );
            mended += usize::from(fields[9].contains(','));
        }
        assert_eq!(mended, expected, "{name}");
    }
}
