//! A shard of an ingested catalogue, as `dataset` and `textfeat` read it, with the checksum of its record made
//! right: forged, not merely damaged.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::Path;

use dataset::pack::PackPlan;
use polars::prelude::*;
use serde_json::{Value, json};
use stage::{Console, Interrupt, OutputFile, StageKey, StageRecord};

use super::{Seed, place};

/// The program's own reader.
#[path = "../../crates/textfeat/src/program/catalogue.rs"]
#[allow(dead_code)]
mod textfeats;

const PRODUCTS: usize = 3;
const SIZE: usize = 2;
const CAPTIONS: usize = 4;
const DIMS: usize = 1;

pub(crate) fn run(data: &[u8]) {
    place::with(|folder| {
        let (images, features) = (folder.join("ingested"), folder.join("features"));
        let pixels = [0; PRODUCTS * SIZE * SIZE * 3];
        let settings = json!({"size": SIZE, "shards": 1});
        let files = [("catalogue-00000.parquet", data), ("images-00000.rgb", &pixels)];
        let ingested = record("ingest", &settings, &images, &files, BTreeMap::new());
        let vectors = [0; PRODUCTS * CAPTIONS * DIMS * 4];
        let settings = json!({"captions": CAPTIONS, "dims": DIMS});
        let files = [
            ("features-00000.f32", vectors.as_slice()),
            ("text.model", b"a text model"),
        ];
        let input = BTreeMap::from([("ingested".to_owned(), ingested.content_hash())]);
        record("textfeat", &settings, &features, &files, input);

        let catalogue = textfeats::Ingested::open(&images).unwrap_or_else(|e| panic!("{e}"));
        if let Err(e) = catalogue.products(0) {
            assert!(format!("{e:#}").contains("\nhint: "), "{e:#}");
        }
        let plan = PackPlan::new(&images, &features, &folder.join("dataset"));
        let plan = plan.unwrap_or_else(|e| panic!("{e}"));
        if let Err(e) = plan.run(true, &Console::silent(), &Interrupt::default()) {
            assert!(e.to_string().contains("\nhint: "), "{e}");
        }
    });
}

/// Writes the folder of a finished stage.
fn record(
    stage: &'static str,
    settings: &Value,
    folder: &Path,
    files: &[(&str, &[u8])],
    inputs: BTreeMap<String, String>,
) -> StageRecord {
    let outputs = files.iter().map(|(name, bytes)| {
        place::write(&folder.join(name), bytes);
        let blake3 = blake3::hash(bytes).to_hex().to_string();
        let bytes = bytes.len() as u64;
        ((*name).to_owned(), OutputFile { bytes, blake3 })
    });
    let key = StageKey::new(stage, 1, settings).unwrap_or_else(|e| panic!("{e}"));
    let record = StageRecord {
        stage: stage.to_owned(),
        format_version: 1,
        fingerprint: key.fingerprint(),
        settings: settings.clone(),
        inputs,
        counts: BTreeMap::new(),
        rejects: BTreeMap::new(),
        timings: BTreeMap::new(),
        outputs: outputs.collect(),
    };
    place::write(&folder.join("stage.json"), json!(record).to_string().as_bytes());
    record
}

pub(crate) fn seeds() -> Vec<Seed> {
    let captions = Series::new("".into(), ["red bag, a bag", "red bag", "red", ""]);
    let captions = Series::new("captions".into(), vec![captions; PRODUCTS]);
    let box_of = |value: u32| vec![value; PRODUCTS];
    let frame = df!(
        "id" => ["1", "2", "3"],
        "captions" => captions,
        "attributes" => ["{}", "{\"base_colour\":\"Red\"}", "{}"],
        "split" => ["train", "val", "test"],
        "group" => ["1", "2", "2"],
        "box_x" => box_of(0), "box_y" => box_of(0), "box_w" => box_of(2), "box_h" => box_of(1),
        "duplicate_of" => [None, None, Some("2")],
    );
    let mut frame = frame.unwrap_or_else(|e| panic!("{e}"));
    let compressions = [
        ("plain", ParquetCompression::Uncompressed),
        ("as_written", ParquetCompression::default()),
    ];
    compressions
        .into_iter()
        .map(|(name, compression)| {
            let mut bytes = Cursor::new(Vec::new());
            let written = ParquetWriter::new(&mut bytes)
                .with_compression(compression)
                .finish(&mut frame);
            assert!(written.is_ok(), "{name}: {written:?}");
            (name.to_owned(), bytes.into_inner())
        })
        .collect()
}
