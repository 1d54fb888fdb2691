//! Tiny folders of the earlier stages, made by their contract, for tests.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use polars::prelude::*;
use serde_json::json;
use stage::folder::Summary;
use stage::shards::shard_file;
use stage::{Console, Interrupt, StageFolder, StageKey, StageRecord, atomic};
use tempfile::TempDir;

use crate::Ended;
use crate::pack::PackPlan;

pub(crate) const SIZE: u32 = 4;
pub(crate) const DIMS: u32 = 5;
pub(crate) const CAPTIONS: u32 = 4;
const SPLITS: [&str; 3] = ["train", "val", "test"];

/// An ingested folder, features made from it, and a place for the data set.
pub(crate) struct Fixture {
    pub(crate) root: TempDir,
}

impl Fixture {
    /// Folders with so many products in each shard. Product `i` of shard `k` has the id `k-i`, pixels
    /// `pixel(k, i)`, vectors `vector(k, i)`, and splits by turns.
    pub(crate) fn new(shards: &[usize]) -> Self {
        let fixture = Self {
            root: tempfile::tempdir().unwrap(),
        };
        let ingested = fixture.ingest(shards, |_, _| {});
        fixture.features(shards, &ingested);
        fixture
    }

    /// As [`Fixture::new`], already packed.
    pub(crate) fn packed(shards: &[usize]) -> Self {
        Self::packed_as(shards, None)
    }

    /// As [`Fixture::packed`], compressed as the word says.
    pub(crate) fn packed_as(shards: &[usize], compress: Option<&str>) -> Self {
        let fixture = Self::new(shards);
        fixture.pack_as(compress);
        fixture
    }

    pub(crate) fn images(&self) -> PathBuf {
        self.root.path().join("ingested")
    }

    pub(crate) fn features_dir(&self) -> PathBuf {
        self.root.path().join("features")
    }

    pub(crate) fn out(&self) -> PathBuf {
        self.root.path().join("dataset")
    }

    pub(crate) fn plan(&self) -> PackPlan {
        PackPlan::new(&self.images(), &self.features_dir(), &self.out()).unwrap()
    }

    pub(crate) fn pack_as(&self, compress: Option<&str>) -> StageRecord {
        match self
            .plan()
            .compressed(compress.map(|compress| compress.parse().unwrap()))
            .unwrap()
            .run(false, &Console::silent(), &Interrupt::default())
            .unwrap()
        {
            Ended::Already(record) | Ended::Finished(record) => *record,
            Ended::Interrupted { .. } => panic!("nobody asked to stop"),
        }
    }

    /// Writes the ingested folder; `change` may alter a shard's catalogue.
    pub(crate) fn ingest(&self, shards: &[usize], change: impl Fn(usize, &mut DataFrame)) -> StageRecord {
        let settings = json!({ "size": SIZE, "shards": shards.len() });
        let key = StageKey::new("ingest", 1, &settings).unwrap();
        let (folder, _) = StageFolder::open(&self.images(), key, true).unwrap();
        let mut outputs = BTreeMap::new();
        for (shard, &count) in shards.iter().enumerate() {
            let mut table = catalogue(shard, count);
            change(shard, &mut table);
            let mut parquet = Vec::new();
            ParquetWriter::new(&mut parquet).finish(&mut table).unwrap();
            let pixels: Vec<u8> = (0..count).flat_map(|i| pixels(shard, i)).collect();
            for (stem, ending, bytes) in [("catalogue", "parquet", parquet), ("images", "rgb", pixels)] {
                let name = shard_file(stem, shard as u32, ending);
                outputs.insert(
                    name.clone(),
                    atomic::write(&self.images().join(name), &bytes).unwrap(),
                );
            }
        }
        folder
            .finish(
                [],
                Summary {
                    outputs,
                    ..Summary::default()
                },
            )
            .unwrap()
    }

    /// Writes the features of that ingested folder.
    pub(crate) fn features(&self, shards: &[usize], ingested: &StageRecord) {
        self.features_with(shards, ingested, |_| {});
    }

    /// As [`Fixture::features`]; `change` may alter a shard's vectors.
    pub(crate) fn features_with(
        &self,
        shards: &[usize],
        ingested: &StageRecord,
        change: impl Fn(&mut [f32]),
    ) {
        let key = StageKey::new("textfeat", 1, &json!({ "dims": DIMS, "captions": CAPTIONS })).unwrap();
        let key = key.with_input("ingested", ingested.content_hash());
        let (folder, _) = StageFolder::open(&self.features_dir(), key, true).unwrap();
        let mut outputs = BTreeMap::new();
        for (shard, &count) in shards.iter().enumerate() {
            let mut vectors: Vec<f32> = (0..count).flat_map(|i| vectors(shard, i)).collect();
            change(&mut vectors);
            let vectors: Vec<u8> = vectors.into_iter().flat_map(f32::to_le_bytes).collect();
            let name = shard_file("features", shard as u32, "f32");
            outputs.insert(
                name.clone(),
                atomic::write(&self.features_dir().join(name), &vectors).unwrap(),
            );
        }
        let model = atomic::write(&self.features_dir().join("text.model"), b"a text model").unwrap();
        outputs.insert("text.model".to_owned(), model);
        folder
            .finish(
                [],
                Summary {
                    outputs,
                    ..Summary::default()
                },
            )
            .unwrap();
    }
}

pub(crate) fn id(shard: usize, index: usize) -> String {
    format!("{shard}-{index}")
}

pub(crate) fn pixels(shard: usize, index: usize) -> Vec<u8> {
    (0..SIZE * SIZE * 3)
        .map(|i| (i as usize + 50 * shard + 7 * index) as u8)
        .collect()
}

pub(crate) fn vectors(shard: usize, index: usize) -> Vec<f32> {
    (0..CAPTIONS * DIMS)
        .map(|i| i as f32 + 100.0 * shard as f32 + 1000.0 * index as f32)
        .collect()
}

/// Turns over one bit of a file.
pub(crate) fn flip(path: &Path, byte: usize, bit: u8) {
    let mut bytes = fs::read(path).unwrap();
    bytes[byte] ^= 1 << bit;
    fs::write(path, bytes).unwrap();
}

fn catalogue(shard: usize, count: usize) -> DataFrame {
    let rows = || 0..count;
    let captions: Vec<Series> = rows()
        .map(|i| {
            let texts = [
                format!("red bag {i}, a bag"),
                format!("red bag {i}"),
                "red".into(),
                String::new(),
            ];
            Series::new("".into(), texts)
        })
        .collect();
    let captions = if count == 0 {
        Series::new_empty("captions".into(), &DataType::List(Box::new(DataType::String)))
    } else {
        Series::new("captions".into(), captions)
    };
    let attributes = |i: usize| json!({ "base_colour": "Red", "year": i.to_string() }).to_string();
    let mut table = df!(
        "id" => rows().map(|i| id(shard, i)).collect::<Vec<_>>(),
        "attributes" => rows().map(attributes).collect::<Vec<_>>(),
        "split" => rows().map(|i| SPLITS[i % 3]).collect::<Vec<_>>(),
        "box_x" => vec![1_u32; count],
        "box_y" => vec![0_u32; count],
        "box_w" => vec![SIZE - 2; count],
        "box_h" => vec![SIZE; count],
    )
    .unwrap();
    table.with_column(captions.into_column()).unwrap();
    table
}
