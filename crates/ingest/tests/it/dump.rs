//! A dump in a temporary folder, and the ingest of it.

use std::collections::BTreeMap;
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use image::{ImageFormat, Rgb, RgbImage};
use ingest::fit::Fit;
use ingest::layout::LayoutChoice;
use ingest::run::{Ended, run};
use ingest::{IngestError, Plan};
use polars::prelude::*;
use stage::{Console, Interrupt, StageRecord};
use tempfile::TempDir;

const HEADER: &str = "id,gender,articleType,baseColour,productDisplayName\n";

/// A dump being put together.
pub struct Dump {
    folder: TempDir,
    table: String,
}

impl Dump {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("dump/images")).unwrap();
        fs::create_dir_all(folder.path().join("dump/styles")).unwrap();
        Self {
            folder,
            table: HEADER.to_owned(),
        }
    }

    /// A product with a row and a picture of its own.
    pub fn product(self, id: &str) -> Self {
        let picture = jpeg(id.bytes().fold(7, |sum, b| sum.wrapping_mul(31).wrapping_add(b)));
        self.row(&format!("{id},Men,Shirts,Blue,Shirt {id}"))
            .file(&format!("images/{id}.jpg"), &picture)
    }

    pub fn row(mut self, row: &str) -> Self {
        self.table.push_str(row);
        self.table.push('\n');
        self
    }

    pub fn file(self, name: &str, bytes: &[u8]) -> Self {
        fs::write(self.path().join(name), bytes).unwrap();
        self
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("dump")
    }

    pub fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    pub fn plan(&self) -> Plan {
        Plan {
            dump: self.path(),
            out: self.out(),
            layout: LayoutChoice::Auto,
            columns: Default::default(),
            size: 16,
            fit: Fit::Pad,
            shards: 4,
            force: false,
            dry_run: false,
        }
    }

    /// Writes the table.
    pub fn written(self) -> Self {
        fs::write(self.path().join("styles.csv"), &self.table).unwrap();
        self
    }

    pub fn ingest(&self) -> StageRecord {
        ingest(&self.plan()).unwrap()
    }

    /// Reason of each reject by id and path.
    pub fn rejects(&self) -> Vec<[String; 3]> {
        let frame = read_table(&self.out().join("rejects.parquet"));
        let text = |column: &str, i| {
            frame
                .column(column)
                .unwrap()
                .str()
                .unwrap()
                .get(i)
                .unwrap()
                .to_owned()
        };
        (0..frame.height())
            .map(|i| ["id", "path", "reason"].map(|column| text(column, i)))
            .collect()
    }

    /// Text columns of the catalogue by id.
    pub fn catalogue(&self) -> BTreeMap<String, BTreeMap<&'static str, String>> {
        catalogue(&self.out())
    }
}

/// Text columns of the catalogue in `out` by id.
pub fn catalogue(out: &Path) -> BTreeMap<String, BTreeMap<&'static str, String>> {
    let mut rows = BTreeMap::new();
    for shard in 0..4 {
        let frame = read_table(&out.join(format!("catalogue-{shard:05}.parquet")));
        for i in 0..frame.height() {
            let text = |column: &str| {
                frame
                    .column(column)
                    .unwrap()
                    .str()
                    .unwrap()
                    .get(i)
                    .unwrap_or("-")
                    .to_owned()
            };
            let names = [
                "attributes",
                "split",
                "group",
                "source",
                "duplicate_of",
                "content_hash",
            ];
            let mut row: BTreeMap<&'static str, String> =
                names.iter().map(|&name| (name, text(name))).collect();
            let captions = frame
                .column("captions")
                .unwrap()
                .list()
                .unwrap()
                .get_as_series(i)
                .unwrap();
            let captions = captions.str().unwrap();
            for (name, k) in ["full", "title", "caption of attributes", "short"]
                .into_iter()
                .zip(0..)
            {
                row.insert(name, captions.get(k).unwrap().to_owned());
            }
            rows.insert(text("id"), row);
        }
    }
    rows
}

pub fn ingest(plan: &Plan) -> Result<StageRecord, IngestError> {
    match run(plan, &Console::silent(), &Interrupt::default())? {
        Ended::Finished(record, _) => Ok(*record),
        other => panic!("{other:?}"),
    }
}

/// A small photo that differs with `seed`.
pub fn photo(seed: u8) -> RgbImage {
    RgbImage::from_fn(30, 40, |x, y| {
        let inside = (5..25).contains(&x) && (5..35).contains(&y);
        Rgb(if inside {
            [seed, (x * 9) as u8, (y * 6) as u8]
        } else {
            [255; 3]
        })
    })
}

pub fn jpeg(seed: u8) -> Vec<u8> {
    encoded(&photo(seed), ImageFormat::Jpeg)
}

pub fn encoded(photo: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    photo.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

pub fn read_table(path: &std::path::Path) -> DataFrame {
    ParquetReader::new(fs::File::open(path).unwrap())
        .finish()
        .unwrap()
}
