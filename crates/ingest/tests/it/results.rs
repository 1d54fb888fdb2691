//! What an ingest leaves: images, catalogue, splits, and the same bytes however it was run.

use std::fs;

use ingest::fit::Fit;
use ingest::run::{Ended, run};
use stage::shards::shard_of;
use stage::{Console, Interrupt};

use crate::dump::{Dump, ingest, jpeg, read_table};

fn many(n: usize) -> Dump {
    (0..n)
        .fold(Dump::new(), |dump, i| dump.product(&format!("{i}")))
        .written()
}

#[test]
fn images_and_catalogue_are_in_order_of_ids_in_the_shard_of_the_id() {
    let dump = many(40);
    let record = dump.ingest();
    assert_eq!(record.counts["ingested"], 40);
    for shard in 0..4 {
        let table = read_table(&dump.out().join(format!("catalogue-{shard:05}.parquet")));
        let ids: Vec<&str> = table
            .column("id")
            .unwrap()
            .str()
            .unwrap()
            .iter()
            .flatten()
            .collect();
        assert!(
            ids.is_sorted() && ids.iter().all(|id| shard_of(id, 4) == shard),
            "{ids:?}"
        );
        let images = fs::metadata(dump.out().join(format!("images-{shard:05}.rgb"))).unwrap();
        assert_eq!(images.len(), ids.len() as u64 * 16 * 16 * 3);
        let width = table.column("box_w").unwrap().u32().unwrap().iter().flatten();
        assert!(width.into_iter().all(|w| w == 12), "30x40 on a square of 16");
    }
    assert!(!dump.out().join("shards").exists());
}

#[test]
fn like_products_share_a_group_and_a_split() {
    let dump = many(20)
        .file("images/7.jpg", &jpeg(200))
        .file("images/9.jpg", &jpeg(200))
        .row("98,Men,Shirts,Red,  shirt   7")
        .file("images/98.jpg", &jpeg(201))
        .written();
    let record = dump.ingest();
    assert_eq!(record.counts["duplicates"], 1);
    let catalogue = dump.catalogue();
    for id in ["7", "9", "98"] {
        assert_eq!(catalogue[id]["group"], "7");
        assert_eq!(catalogue[id]["split"], catalogue["7"]["split"]);
    }
    assert_eq!(
        (
            catalogue["9"]["duplicate_of"].as_str(),
            catalogue["7"]["duplicate_of"].as_str()
        ),
        ("7", "-")
    );
    let by_split: u64 = ["train", "val", "test"]
        .iter()
        .map(|split| record.counts[*split])
        .sum();
    assert_eq!(by_split, 21);
}

#[test]
fn captions_and_attributes_come_from_row_and_json() {
    let json = r#"{"data": {"brandName": "Acme", "articleAttributes": {"Sleeve Length": "Long Sleeves"},
        "productDescriptors": {"description": {"value": "<p>Blue &amp;amp; white<br>Wash care<br>Cold</p>"}}}}"#;
    let dump = Dump::new()
        .product("1")
        .file("styles/1.json", json.as_bytes())
        .written();
    dump.ingest();
    let row = &dump.catalogue()["1"];
    assert_eq!(
        row["full"],
        "men blue shirts, long sleeves. Shirt 1. Blue & white"
    );
    assert_eq!(row["caption of attributes"], "men blue shirts, long sleeves");
    assert_eq!(row["short"], "blue shirts");
    assert_eq!(
        row["attributes"],
        r#"{"article_type":"Shirts","base_colour":"Blue","brand_name":"Acme","gender":"Men","sleeve_length":"Long Sleeves"}"#
    );
    assert_eq!(row["source"], "images/1.jpg");
}

#[test]
fn the_same_work_is_not_done_twice_and_other_work_is_done_anew() {
    let dump = many(12);
    let first = dump.ingest();
    let written = fs::metadata(dump.out().join("stage.json"))
        .unwrap()
        .modified()
        .unwrap();
    assert_eq!(dump.ingest(), first);
    assert_eq!(
        fs::metadata(dump.out().join("stage.json"))
            .unwrap()
            .modified()
            .unwrap(),
        written
    );

    let mut plan = dump.plan();
    plan.fit = Fit::Crop;
    plan.dry_run = true;
    assert!(matches!(
        run(&plan, &Console::silent(), &Interrupt::default()).unwrap(),
        Ended::DryRun
    ));
    assert_eq!(dump.ingest(), first, "a dry run changes nothing");
    plan.dry_run = false;
    let cropped = ingest(&plan).unwrap();
    assert_ne!(cropped.outputs, first.outputs);
    assert_eq!(dump.ingest().outputs, first.outputs);

    let dump = dump.file("images/3.jpg", &jpeg(250)).written();
    assert_ne!(
        dump.ingest().fingerprint,
        first.fingerprint,
        "a changed photo is noticed"
    );
}

#[test]
fn an_interrupted_run_goes_on_to_the_same_bytes() {
    let dump = many(60);
    let whole = dump.ingest();
    let mut plan = dump.plan();
    plan.out = dump.out().with_file_name("again");
    let stop = Interrupt::default();
    stop.request();
    assert!(matches!(
        run(&plan, &Console::silent(), &stop).unwrap(),
        Ended::Interrupted(0)
    ));
    assert!(!plan.out.join("stage.json").exists());
    let resumed = ingest(&plan).unwrap();
    assert_eq!(resumed.outputs, whole.outputs);
    assert_eq!(resumed.counts, whole.counts);
}
