//! What bad input gets: a clear error for a dump that is none, a reject with its reason for a bad product.

use std::fs;

use image::ImageFormat;
use ingest::layout::LayoutChoice;

use crate::dump::{Dump, encoded, ingest, jpeg, photo};

fn error_of(dump: &Dump) -> String {
    let text = ingest(&dump.plan()).unwrap_err().to_string();
    assert!(text.lines().last().unwrap().starts_with("hint: "), "{text}");
    assert!(!dump.out().join("stage.json").exists());
    text
}

#[test]
fn a_missing_dump_a_file_and_an_empty_folder_are_errors_with_a_hint() {
    let dump = Dump::new();
    let mut plan = dump.plan();
    plan.dump = dump.path().join("absent");
    assert!(
        ingest(&plan)
            .unwrap_err()
            .to_string()
            .contains("found nothing there\nhint: ")
    );
    plan.dump = dump.path().join("file");
    fs::write(&plan.dump, b"x").unwrap();
    assert!(
        ingest(&plan)
            .unwrap_err()
            .to_string()
            .contains("found a file\nhint: ")
    );
    plan.dump = dump.path().join("images");
    assert!(
        ingest(&plan)
            .unwrap_err()
            .to_string()
            .contains("found an empty folder\nhint: ")
    );
    assert!(!dump.out().exists(), "nothing is written for a dump that is none");
}

#[test]
fn a_folder_around_the_dump_is_pointed_into() {
    let dump = Dump::new().product("1").written();
    let mut plan = dump.plan();
    plan.dump = dump.path().parent().unwrap().to_owned();
    let text = ingest(&plan).unwrap_err().to_string();
    assert!(
        text.contains("hint: the dump seems to be ") && text.ends_with("dump"),
        "{text}"
    );
}

#[test]
fn a_missing_table_or_folder_of_pictures_is_an_error() {
    let dump = Dump::new().product("1");
    assert!(error_of(&dump).contains("styles.csv: expected the dump's table, found no such file"));
    let dump = dump.written();
    fs::remove_dir_all(dump.path().join("images")).unwrap();
    assert!(error_of(&dump).contains("found no folder images/"));
    let mut plan = dump.plan();
    plan.layout = LayoutChoice::Fashion;
    plan.dump = dump.path().join("styles");
    assert!(ingest(&plan).unwrap_err().to_string().contains("hint: "));
}

#[test]
fn a_table_without_rows_or_columns_is_an_error() {
    assert!(error_of(&Dump::new().written()).contains("found a header without rows"));
    let nameless = Dump::new().file("styles.csv", b"id;gender\n1;Men\n");
    assert!(error_of(&nameless).contains("missing: productDisplayName"));
    assert!(error_of(&Dump::new().file("styles.csv", b"")).contains("found an empty file"));
}

#[test]
fn extra_columns_and_other_encodings_are_no_error() {
    let table = "id,extra,productDisplayName\n1,x,Caf\u{e9} Shirt, blue\n";
    let latin: Vec<u8> = table
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect();
    let utf16: Vec<u8> = ["\u{feff}", table]
        .concat()
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    for bytes in [latin, utf16, table.as_bytes().to_vec()] {
        let dump = Dump::new().product("1").file("styles.csv", &bytes);
        dump.ingest();
        assert_eq!(dump.catalogue()["1"]["title"], "Café Shirt, blue");
    }
}

#[test]
fn each_bad_product_is_rejected_with_its_reason_and_the_others_are_ingested() {
    let whole = jpeg(1);
    let mut huge = whole.clone();
    let frame = huge.windows(2).position(|w| w == [0xff, 0xc0]).unwrap();
    huge[frame + 5..frame + 9].copy_from_slice(&[0x75, 0x30, 0x75, 0x30]);
    let dump = Dump::new()
        .product("10")
        .product("11")
        .file("images/11.jpg", &encoded(&photo(11), ImageFormat::Png))
        .product("12")
        .file("images/12.jpg", &whole[..whole.len() / 2])
        .product("13")
        .file("images/13.jpg", b"<html>404</html>")
        .product("14")
        .file("images/14.jpg", &huge)
        .product("15")
        .file("styles/15.json", br#"{"data": {"productDisplayName": "Cu"#)
        .row("16,Men,Shirts,Blue,No picture")
        .row("10,Women,Dresses,Red,The same id")
        .row("17,NA,NA,,-")
        .file("images/17.jpg", &whole)
        .file("images/18.jpg", &whole)
        .row(",Men,Shirts,Blue,No id")
        .written();
    let record = dump.ingest();
    let rejects = dump.rejects();
    let found: Vec<_> = rejects.iter().map(|r| r.each_ref().map(String::as_str)).collect();
    assert_eq!(
        found,
        [
            ["", "styles.csv", "no_id"],
            ["10", "styles.csv", "duplicate_id"],
            ["12", "images/12.jpg", "truncated"],
            ["13", "images/13.jpg", "not_an_image"],
            ["14", "images/14.jpg", "too_large"],
            ["15", "styles/15.json", "bad_json"],
            ["16", "styles.csv", "no_image"],
            ["17", "images/17.jpg", "no_text"],
            ["18", "images/18.jpg", "no_text"],
        ]
    );
    assert_eq!(
        (
            record.counts["seen"],
            record.counts["ingested"],
            record.counts["rejected"]
        ),
        (11, 2, 9)
    );
    assert_eq!(record.rejects["no_text"], 2);
    let catalogue = dump.catalogue();
    assert_eq!(catalogue.keys().collect::<Vec<_>>(), ["10", "11"]);
    assert_eq!(
        catalogue["10"]["title"], "Shirt 10",
        "the first row of an id is kept"
    );
}

#[test]
fn a_caption_of_a_megabyte_is_cut_and_said() {
    let long = "very long words ".repeat(1 << 16);
    let json =
        format!(r#"{{"data": {{"productDescriptors": {{"description": {{"value": "<p>{long}</p>"}}}}}}}}"#);
    let dump = Dump::new()
        .product("1")
        .product("2")
        .file("styles/2.json", json.as_bytes())
        .row(&format!("3,Men,Shirts,Blue,{long}"))
        .file("images/3.jpg", &jpeg(3))
        .written();
    let record = dump.ingest();
    assert_eq!((record.counts["ingested"], record.counts["texts_cut"]), (3, 2));
    for row in dump.catalogue().values() {
        assert!(row["full"].len() < 150_000 && row["title"].len() <= 64 << 10);
    }
}

#[test]
fn an_output_folder_of_another_stage_is_left_alone() {
    let dump = Dump::new().product("1").written();
    let record = dump.ingest();
    let mut foreign = serde_json::to_value(&record).unwrap();
    foreign["stage"] = "dataset".into();
    fs::write(dump.out().join("stage.json"), foreign.to_string()).unwrap();
    let text = ingest(&dump.plan()).unwrap_err().to_string();
    assert!(
        text.contains("found one of `dataset`\nhint: choose another --out"),
        "{text}"
    );
    assert!(dump.out().join("rejects.parquet").exists());
}
