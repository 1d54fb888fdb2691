//! Dumps of every layout but the fashion dump's: what comes in, and what is told of the rest.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;

use ingest::layout::{ColumnFlags, LayoutChoice};
use ingest::source::TarShards;
use ingest::{IngestError, Plan};
use tempfile::TempDir;

use crate::dump::{Dump, catalogue, ingest, jpeg};

/// A folder with these pictures and files, and a plan for it.
fn folder(pictures: &[&str], files: &[(&str, &str)]) -> (TempDir, Plan) {
    let dir = tempfile::tempdir().unwrap();
    let dump = dir.path().join("dump");
    let write = |name: &str, bytes: &[u8]| {
        let path = dump.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    };
    for (seed, name) in (1..).zip(pictures) {
        write(name, &jpeg(seed));
    }
    for (name, text) in files {
        write(name, text.as_bytes());
    }
    let plan = Plan {
        dump,
        out: dir.path().join("out"),
        ..Dump::new().plan()
    };
    (dir, plan)
}

/// Titles by id, and counts of rejects by reason.
fn outcome(plan: &Plan) -> (Vec<(String, String)>, BTreeMap<String, u64>) {
    let record = ingest(plan).unwrap();
    assert_eq!(
        record.counts["seen"],
        record.counts["ingested"] + record.counts["rejected"]
    );
    (titles(&plan.out), record.rejects)
}

fn titles(out: &Path) -> Vec<(String, String)> {
    let rows = catalogue(out);
    rows.into_iter()
        .map(|(id, row)| (id, row["title"].clone()))
        .collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected
        .iter()
        .map(|&(a, b)| (a.to_owned(), b.to_owned()))
        .collect()
}

fn counts(expected: &[(&str, u64)]) -> BTreeMap<String, u64> {
    expected
        .iter()
        .map(|&(reason, n)| (reason.to_owned(), n))
        .collect()
}

#[test]
fn metadata_in_a_folder_of_pictures() {
    let csv = "file_name,text,color\na.jpg,Red shirt,Red\nsub/b.jpg,Blue hat,Blue\nabsent.jpg,No picture,Red\n../x.jpg,Outside,Red\na.jpg,Again,Red\n";
    let jsonl = "{\"file_name\": \"a.jpg\", \"text\": \"Red shirt\"}\n{broken\n{\"file_name\": \"sub/b.jpg\", \"text\": \"Blue hat\"}\n";
    let pictures = ["a.jpg", "sub/b.jpg", "unnamed.jpg"];
    let expected = pairs(&[("a", "Red shirt"), ("sub/b", "Blue hat")]);

    let (_dir, plan) = folder(&pictures, &[("metadata.csv", csv)]);
    let (found, rejects) = outcome(&plan);
    assert_eq!(found, expected);
    assert_eq!(
        rejects,
        counts(&[
            ("bad_path", 1),
            ("duplicate_id", 1),
            ("no_image", 1),
            ("no_text", 1)
        ])
    );

    let (_dir, plan) = folder(&pictures, &[("metadata.jsonl", jsonl)]);
    let (found, rejects) = outcome(&plan);
    assert_eq!(found, expected);
    assert_eq!(rejects, counts(&[("bad_json", 1), ("no_text", 1)]));
}

#[test]
fn a_table_with_columns_named_by_flags() {
    let csv = "sku,photo,headline,note\n7,pics/a.jpg,Red shirt,Of linen\n8,pics/b.jpg,Blue hat,Of felt\n";
    let (_dir, mut plan) = folder(
        &["pics/a.jpg", "pics/b.jpg", "other/c.jpg"],
        &[("goods.csv", csv)],
    );
    plan.dump = plan.dump.join("goods.csv");
    let error = ingest(&plan).unwrap_err().to_string();
    assert!(
        error.contains("goods.csv: expected a column of picture paths") && error.contains("--image-column"),
        "{error}"
    );
    plan.columns = ColumnFlags {
        image_column: Some("photo".to_owned()),
        caption_columns: vec!["headline".to_owned(), "note".to_owned()],
        id_column: Some("sku".to_owned()),
    };
    let (found, rejects) = outcome(&plan);
    assert_eq!(found, pairs(&[("7", "Red shirt"), ("8", "Blue hat")]));
    assert_eq!(
        rejects,
        counts(&[]),
        "pictures of other folders are not the table's"
    );

    plan.columns.id_column = Some("nummer".to_owned());
    let error = ingest(&plan).unwrap_err().to_string();
    assert!(
        error.contains("missing: nummer") && error.contains("sku, photo"),
        "{error}"
    );
}

#[test]
fn flags_for_columns_want_a_table() {
    let (_dir, mut plan) = folder(&["a.jpg"], &[("a.txt", "Red shirt")]);
    plan.columns.id_column = Some("sku".to_owned());
    let error = ingest(&plan).unwrap_err();
    assert!(matches!(error, IngestError::NoTable { .. }), "{error}");
    assert!(
        error
            .to_string()
            .contains("found a dump of layout sidecar\nhint: "),
        "{error}"
    );
}

#[test]
fn texts_beside_pictures() {
    let files = [
        ("a.txt", "Red shirt\nLong sleeves"),
        ("deep/er/b.txt", "Blue hat"),
        ("lonely.txt", "Nothing to see"),
        ("empty.txt", " \n"),
    ];
    let (_dir, plan) = folder(&["a.jpg", "deep/er/b.jpeg", "silent.jpg", "empty.jpg"], &files);
    let (found, rejects) = outcome(&plan);
    assert_eq!(found, pairs(&[("a", "Red shirt"), ("deep/er/b", "Blue hat")]));
    assert_eq!(rejects, counts(&[("no_image", 1), ("no_text", 2)]));
}

fn tar(path: &Path, members: &[(&str, &[u8])]) {
    let mut tar = tar::Builder::new(File::create(path).unwrap());
    for (name, bytes) in members {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, *bytes).unwrap();
    }
    tar.finish().unwrap();
}

#[test]
fn webdataset_shards_one_or_several() {
    let (dir, mut plan) = folder(&[], &[("readme.md", "")]);
    let (a, b) = (jpeg(1), jpeg(2));
    let first: [(&str, &[u8]); 5] = [
        ("001.jpg", &a),
        ("001.txt", b"Red shirt"),
        ("001.json", br#"{"color": "Red", "caption": "A shirt"}"#),
        ("002.jpg", &b),
        ("003.txt", b"No picture"),
    ];
    tar(&plan.dump.join("0.tar"), &first);
    tar(
        &plan.dump.join("1.tar"),
        &[
            ("001.jpg", &b),
            ("001.txt", b"Again"),
            ("x/009.png", &b),
            ("x/009.json", br#"{"title": "Blue hat"}"#),
        ],
    );
    let (found, rejects) = outcome(&plan);
    assert_eq!(found, pairs(&[("001", "Red shirt"), ("x/009", "Blue hat")]));
    assert_eq!(
        rejects,
        counts(&[("duplicate_id", 1), ("no_image", 1), ("no_text", 1)])
    );

    plan.dump = plan.dump.join("0.tar");
    plan.out = dir.path().join("one");
    let (found, _) = outcome(&plan);
    assert_eq!(found, pairs(&[("001", "Red shirt")]));

    let whole = fs::read(&plan.dump).unwrap();
    let cut = dir.path().join("cut.tar");
    let second = whole.windows(7).position(|w| w == b"002.jpg").unwrap();
    fs::write(&cut, &whole[..second + 700]).unwrap();
    plan.dump = cut;
    plan.out = dir.path().join("cut");
    let (found, _) = outcome(&plan);
    assert_eq!(found, pairs(&[("001", "Red shirt")]), "what is whole is used");

    let flaws = |path: &Path| TarShards::open(path).unwrap().flaws().join("; ");
    assert_eq!(flaws(&dir.path().join("dump/0.tar")), "");
    let told = flaws(&plan.dump);
    assert!(told.contains("cut off within 002.jpg; 3 members"), "{told}");
    fs::write(&plan.dump, &whole[..second]).unwrap();
    let told = flaws(&plan.dump);
    assert!(told.contains("without its end mark"), "{told}");
}

#[test]
fn what_could_be_two_layouts_asks_which() {
    let (_dir, mut plan) = folder(
        &["a.jpg"],
        &[
            ("a.txt", "Red shirt"),
            ("metadata.csv", "file_name,text\na.jpg,Blue hat\n"),
        ],
    );
    let error = ingest(&plan).unwrap_err().to_string();
    assert!(
        error.contains("metadata") && error.contains("sidecar") && error.contains("--layout"),
        "{error}"
    );
    plan.layout = LayoutChoice::Metadata;
    assert_eq!(outcome(&plan).0, pairs(&[("a", "Blue hat")]));
}
