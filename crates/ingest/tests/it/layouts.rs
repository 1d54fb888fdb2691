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
fn parquet_of_every_type_is_read_for_what_is_text() {
    let (_dir, plan) = folder(&["a.jpg", "b.jpg"], &[]);
    let table = include_bytes!("../fixtures/types.parquet");
    fs::write(plan.dump.join("metadata.parquet"), table).unwrap();
    let (titles, rejects) = outcome(&plan);
    assert_eq!(titles, pairs(&[("a", "Red dress"), ("b", "Navy shirt")]));
    assert_eq!(rejects, counts(&[]));
    let attributes = catalogue(&plan.out)["a"]["attributes"].clone();
    let attributes: BTreeMap<String, String> = serde_json::from_str(&attributes).unwrap();
    let read: Vec<&str> = attributes.keys().map(String::as_str).collect();
    assert_eq!(read, ["base_colour", "price", "sale", "usage", "year"]);
    assert_eq!(attributes["usage"], "Party, Evening");
}

#[test]
fn metadata_in_a_folder_of_pictures() {
    let csv = "file_name,text,color\na.jpg,Red shirt,Red\nsub/b.jpg,Blue hat,Blue\nabsent.jpg,No picture,Red\n../x.jpg,Outside,Red\n";
    let jsonl = "{\"file_name\": \"a.jpg\", \"text\": \"Red shirt\"}\n{broken\n{\"file_name\": \"sub/b.jpg\", \"text\": \"Blue hat\"}\n";
    let pictures = ["a.jpg", "sub/b.jpg", "unnamed.jpg"];
    let expected = pairs(&[("a", "Red shirt"), ("sub/b", "Blue hat")]);

    let (_dir, plan) = folder(&pictures, &[("metadata.csv", csv)]);
    let (found, rejects) = outcome(&plan);
    assert_eq!(found, expected);
    assert_eq!(
        rejects,
        counts(&[("bad_path", 1), ("no_image", 1), ("no_text", 1)])
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

/// What a product's caption `full` says.
fn full(out: &Path, id: &str) -> String {
    catalogue(out)[id]["full"].clone()
}

#[test]
fn rows_of_one_picture_are_further_captions_of_it() {
    let flickr = "image,caption\na.jpg,A man in red .\na.jpg,\"A man, smiling .\"\na.jpg,a man in red .\n./a.jpg,He waves .\nb.jpg,A dog .\nc.jpg,Nowhere\nc.jpg,Again\n";
    let (_dir, mut plan) = folder(&["a.jpg", "b.jpg"], &[("captions.csv", flickr)]);
    plan.dump = plan.dump.join("captions.csv");
    let record = ingest(&plan).unwrap();
    assert_eq!(
        (
            record.counts["seen"],
            record.counts["ingested"],
            record.counts["further_records"]
        ),
        (3, 2, 4)
    );
    assert_eq!(record.rejects, counts(&[("no_image", 1)]));
    assert_eq!(
        titles(&plan.out),
        pairs(&[("a", "A man in red ."), ("b", "A dog .")])
    );
    assert_eq!(full(&plan.out, "a"), "A man in red . A man, smiling . He waves .");

    // Flickr30k parts by bars.
    let bars = "image_name| comment_number| comment\na.jpg| 0| Red .\na.jpg| 1| Blue .\n";
    let (_dir, mut plan) = folder(&["a.jpg"], &[("results.csv", bars)]);
    plan.dump = plan.dump.join("results.csv");
    assert_eq!(outcome(&plan), (pairs(&[("a", "Red .")]), counts(&[])));
    assert_eq!(full(&plan.out, "a"), "Red . Blue .");

    let jsonl = "{\"file_name\": \"a.jpg\", \"text\": \"Red\", \"color\": \"Red\"}\n{\"file_name\": \"a.jpg\", \"text\": \"Blue\", \"color\": \"Blue\", \"garment\": \"Hat\"}\n";
    let (_dir, plan) = folder(&["a.jpg"], &[("metadata.jsonl", jsonl)]);
    assert_eq!(outcome(&plan), (pairs(&[("a", "Red")]), counts(&[])));
    assert_eq!(
        full(&plan.out, "a"),
        "red hat. Red. Blue",
        "the first colour stands"
    );
}

#[test]
fn rows_of_one_id_agree_on_the_picture_or_are_rejects() {
    let csv = "id,file_name,text\n7,a.jpg,Red\n7,b.jpg,Blue\n7,a.jpg,Red again\n8,a.jpg,The same photo\n,b.jpg,No id\n";
    let (_dir, mut plan) = folder(&["a.jpg", "b.jpg"], &[("metadata.csv", csv)]);
    let (found, rejects) = outcome(&plan);
    assert_eq!(found, pairs(&[("7", "Red"), ("8", "The same photo")]));
    assert_eq!(rejects, counts(&[("duplicate_id", 1), ("no_id", 1)]));
    assert_eq!(full(&plan.out, "7"), "Red. Red again");

    // COCO gives each caption an id: a flag makes one product of a picture.
    let coco = "id,image_id,file_name,caption\n1,9,a.jpg,Red\n2,9,a.jpg,Blue\n";
    let (_dir, again) = folder(&["a.jpg"], &[("metadata.csv", coco)]);
    assert_eq!(outcome(&again).0, pairs(&[("1", "Red"), ("2", "Blue")]));
    plan = again;
    plan.columns.id_column = Some("file_name".to_owned());
    assert_eq!(outcome(&plan).0, pairs(&[("a.jpg", "Red")]));
    assert_eq!(full(&plan.out, "a.jpg"), "Red. Blue");
}

#[test]
fn a_thousand_rows_of_a_picture_are_cut_and_said() {
    let row = |i: usize| format!("a.jpg,caption {i} {}\n", "of many words ".repeat(20));
    let csv: String = std::iter::once("file_name,text\n".to_owned())
        .chain((0..1000).map(row))
        .collect();
    let (_dir, plan) = folder(&["a.jpg"], &[("metadata.csv", &csv)]);
    let record = ingest(&plan).unwrap();
    assert_eq!(
        (record.counts["further_records"], record.counts["texts_cut"]),
        (999, 1)
    );
    assert!(full(&plan.out, "a").len() < 70_000);
}

/// What H&M's table says, in its columns that captions are made of.
const ARTICLES: &str = "article_id,product_code,prod_name,product_type_name,graphical_appearance_name,colour_group_name,index_group_name,section_name,detail_desc\n";

fn articles(rows: &[&str]) -> String {
    format!("{ARTICLES}{}\n", rows.join("\n"))
}

#[test]
fn articles_with_pictures_in_folders_of_three_digits_or_flat() {
    let table = articles(&[
        "0108775015,0108775,Strap top,Vest top,Solid,Black,Ladieswear,Womens Everyday Basics,\"Jersey top, narrow straps.\"",
        "108775044,108775,Strap top (1),Vest top,Stripe,White,Menswear,Men Underwear,Jersey top",
        "0110065001,0110065,OP T-shirt (Idro),Bra,Unknown,Unknown,Unknown,Unknown,",
        "0108775015,0108775,Twice,Bra,Solid,Black,Ladieswear,Unknown,",
        ",1,Nobody,Bra,Solid,Black,Ladieswear,Unknown,",
        "0999999999,0999999,No picture,Bra,Solid,Black,Ladieswear,Unknown,",
    ]);
    let expected = pairs(&[
        ("0108775015", "Strap top"),
        ("0108775044", "Strap top"),
        ("0110065001", "OP T-shirt (Idro)"),
    ]);
    let rejected = counts(&[("duplicate_id", 1), ("no_id", 1), ("no_image", 1), ("no_text", 1)]);
    for pictures in [
        [
            "images/010/0108775015.jpg",
            "images/010/0108775044.jpg",
            "images/011/0110065001.jpg",
            "images/012/0123456789.jpg",
        ],
        [
            "images/0108775015.jpg",
            "images/108775044.jpg",
            "images/0110065001.jpg",
            "images/0123456789.jpg",
        ],
    ] {
        let (_dir, plan) = folder(&pictures, &[("articles.csv", &table)]);
        assert_eq!(
            outcome(&plan),
            (expected.clone(), rejected.clone()),
            "{pictures:?}"
        );
        let rows = catalogue(&plan.out);
        let captions = |id: &str| ["caption of attributes", "short"].map(|name| rows[id][name].clone());
        assert_eq!(
            captions("0108775015"),
            ["women black vest top, solid", "black vest top"]
        );
        assert_eq!(
            captions("0108775044"),
            ["men white vest top, striped", "white vest top"]
        );
        assert_eq!(captions("0110065001"), ["bra", "bra"]);
        assert_eq!(
            rows["0108775015"]["full"],
            "women black vest top, solid. Strap top. Jersey top, narrow straps."
        );
    }
    let (_dir, plan) = folder(&[], &[("articles.csv", &table)]);
    let error = ingest(&plan).unwrap_err().to_string();
    assert!(error.contains("found no folder images/\nhint: "), "{error}");
    let (_dir, plan) = folder(
        &["images/010/0108775015.jpg", "images/0108775015.jpg"],
        &[("articles.csv", &table)],
    );
    assert_eq!(
        outcome(&plan).1["duplicate_id"],
        2,
        "a row, and a picture to spare"
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
            ("x/009.mask.png", &a),
            ("x/009.png", &b),
            ("x/009.json", br#"{"title": "Blue hat"}"#),
            ("y.jpg", &a),
            ("y.png", &b),
            ("y.depth.png", &b),
            ("y.txt", b"Green bag"),
        ],
    );
    let (found, rejects) = outcome(&plan);
    assert_eq!(
        found,
        pairs(&[("001", "Red shirt"), ("x/009", "Blue hat"), ("y", "Green bag")])
    );
    assert_eq!(
        rejects,
        counts(&[("duplicate_id", 2), ("no_image", 1), ("no_text", 1)])
    );
    let sources = catalogue(&plan.out);
    assert_eq!(sources["x/009"]["source"], "1.tar/x/009.png");
    assert_eq!(sources["y"]["source"], "1.tar/y.jpg");

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
fn a_layout_that_is_asked_for_and_finds_nothing_is_an_error() {
    let (dir, plan) = folder(&[], &[("notes.md", "a"), ("train/readme.txt", "b")]);
    let refused = |layout| {
        let plan = Plan {
            layout,
            ..plan.clone()
        };
        let error = ingest(&plan).unwrap_err();
        assert!(matches!(error, IngestError::NoLayout { .. }), "{error}");
        error.to_string()
    };
    assert!(refused(LayoutChoice::Sidecar).contains("2 files, none of them a picture"));
    tar(&plan.dump.join("train/0.tar"), &[("a.txt", b"a shirt")]);
    let text = refused(LayoutChoice::Webdataset);
    assert!(
        text.contains("the dump seems to be ") && text.contains("train"),
        "{text}"
    );
    assert!(!dir.path().join("out/stage.json").exists());
}

#[test]
fn a_row_may_name_a_picture_of_any_name_and_json_may_begin_with_a_byte_order_mark() {
    let table = "file_name,title\nplain,Red shirt\na.jpg,Blue shirt\n";
    let (_dir, plan) = folder(&["a.jpg", "plain"], &[("metadata.csv", table)]);
    let (titles, rejects) = outcome(&plan);
    assert_eq!(titles, pairs(&[("a", "Blue shirt"), ("plain", "Red shirt")]));
    assert_eq!(rejects, counts(&[]));

    let (_dir, plan) = folder(&[], &[("notes.md", "")]);
    let json = "\u{feff}{\"title\": \"Green shirt\"}";
    tar(
        &plan.dump.join("0.tar"),
        &[("b.jpg", &jpeg(1)), ("b.json", json.as_bytes())],
    );
    let (titles, rejects) = outcome(&plan);
    assert_eq!(titles, pairs(&[("b", "Green shirt")]));
    assert_eq!(rejects, counts(&[]));
}

#[test]
fn texts_alone_are_looked_at_in_every_layout() {
    use ingest::layout::{self, Wants};
    use stage::Console;

    let tarred = tempfile::tempdir().unwrap();
    let shard = tarred.path().join("0.tar");
    tar(
        &shard,
        &[("1.txt", b"Red shirt"), ("2.json", br#"{"title": "Blue hat"}"#)],
    );
    let cases: [(&str, &[(&str, &str)]); 4] = [
        (
            "articles.csv",
            &[("articles.csv", "article_id,prod_name\n1,Red shirt\n2,Blue hat\n")],
        ),
        (
            "metadata.csv",
            &[(
                "metadata.csv",
                "file_name,text\n1.jpg,Red shirt\n2.jpg,Blue hat\n",
            )],
        ),
        (
            "sidecar",
            &[
                ("1.txt", "Red shirt"),
                ("2.txt", "Blue hat"),
                ("3.jpg", ""),
                ("3.txt", "Bag"),
            ],
        ),
        (
            "table",
            &[("goods.csv", "title,color\nRed shirt,Red\nBlue hat,Blue\n")],
        ),
    ];
    let mut dumps: Vec<_> = cases
        .iter()
        .map(|(name, files)| (*name, folder(&[], files)))
        .collect();
    dumps.push(("webdataset", folder(&[], &[])));
    for (name, (_dir, mut plan)) in dumps {
        match name {
            "table" => plan.dump = plan.dump.join("goods.csv"),
            "webdataset" => plan.dump = shard.clone(),
            _ => {}
        }
        let opened = layout::open(
            &plan.dump,
            plan.layout,
            &plan.columns,
            Wants::Texts,
            &Console::silent(),
        )
        .unwrap();
        let survey = opened.survey(&Console::silent()).unwrap();
        let titles: Vec<_> = survey
            .entries
            .iter()
            .map(|entry| opened.texts(entry).unwrap().title)
            .collect();
        assert_eq!(titles[..2], ["Red shirt", "Blue hat"], "{name}");
        assert_eq!(survey.unpictured, 2, "{name}");
    }
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
