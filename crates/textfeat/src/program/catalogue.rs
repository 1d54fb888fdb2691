//! Captions and splits from a shard of an ingested catalogue.

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail};
use clap::ValueEnum;
use polars::prelude::{DataFrame, ParquetReader, SerReader};
use serde::Serialize;
use stage::shards::shard_file;
use stage::{OutputFile, StageError, StageRecord, guarded};

/// Captions of a product.
pub(super) const CAPTIONS: usize = 4;
const COLUMNS: [&str; 3] = ["id", "captions", "split"];

/// A caption of a product, in the order of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(super) enum Caption {
    /// Attributes, title and description
    Full,
    /// The catalogue's title
    Title,
    /// Gender, colour, article type and the like
    Attributes,
    /// Colour and article type
    Short,
}

impl Caption {
    /// The lowercase name.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Title => "title",
            Self::Attributes => "attributes",
            Self::Short => "short",
        }
    }
}

/// An ingested catalogue, found to be finished.
pub(super) struct Ingested {
    dir: PathBuf,
    record: StageRecord,
}

/// What this stage wants to know of a product.
pub(super) struct Product {
    pub(super) is_train: bool,
    pub(super) captions: [String; CAPTIONS],
}

/// The parts of a product's document: the captions of these names.
pub(super) fn document<'p>(product: &'p Product, captions: &[Caption]) -> impl Iterator<Item = &'p str> {
    captions
        .iter()
        .map(|&caption| product.captions[caption as usize].as_str())
}

impl Ingested {
    /// The folder of a finished `ingest`, whole by the sizes of its files.
    pub(super) fn open(dir: &Path) -> Result<Self, StageError> {
        let record = StageRecord::read(dir, "ingest", 1)?;
        record.check_outputs(dir)?;
        Ok(Self {
            dir: dir.to_owned(),
            record,
        })
    }

    /// One hash over all that was ingested.
    pub(super) fn content_hash(&self) -> String {
        self.record.content_hash()
    }

    /// The shards that hold a catalogue, in order.
    pub(super) fn shards(&self) -> Result<Vec<u32>> {
        let number = |name: &str| {
            name.strip_prefix("catalogue-")?
                .strip_suffix(".parquet")?
                .parse()
                .ok()
        };
        let shards: Vec<u32> = self
            .record
            .outputs
            .keys()
            .filter_map(|name| number(name))
            .collect();
        if shards.is_empty() {
            bail!(
                "{}: expected catalogue-KKKKK.parquet among the outputs of ingest, found none\nhint: run `ingest` again with --force",
                self.dir.display()
            );
        }
        Ok(shards)
    }

    /// The products of a shard, in catalogue order.
    pub(super) fn products(&self, shard: u32) -> Result<Vec<Product>> {
        let name = shard_file("catalogue", shard, "parquet");
        let path = self.dir.join(&name);
        let bytes = fs::read(&path).map_err(|e| StageError::io(&path, "cannot read", e))?;
        // The checksum comes first: a parser of foreign bytes is not the place to find damage.
        let found = OutputFile {
            bytes: bytes.len() as u64,
            blake3: blake3::hash(&bytes).to_hex().to_string(),
        };
        if self.record.outputs.get(&name) != Some(&found) {
            bail!(
                "{}: expected the content that ingest recorded, found other content\nhint: run `ingest` again with --force",
                path.display()
            );
        }
        let wrong = |found: String| {
            anyhow!(
                "{}: expected a catalogue with {}, found {found}\nhint: run `ingest` again with --force",
                path.display(),
                COLUMNS.join(", ")
            )
        };
        stage::parquet::plausible(&bytes).map_err(wrong)?;
        // polars trusts what pages of a table say of themselves, and panics where that is wrong.
        let reader =
            ParquetReader::new(Cursor::new(bytes)).with_columns(Some(COLUMNS.map(str::to_owned).to_vec()));
        let table = guarded(|| reader.finish())
            .map_err(|panic| wrong(format!("a damaged one ({panic})")))?
            .map_err(|e| wrong(e.to_string()))?;
        products(&table).map_err(|e| wrong(format!("{e:#}")))
    }
}

fn products(table: &DataFrame) -> Result<Vec<Product>> {
    let (ids, splits) = (table.column("id")?.str()?, table.column("split")?.str()?);
    let captions = table.column("captions")?.list()?;
    let mut products = Vec::with_capacity(table.height());
    for row in 0..table.height() {
        let id = ids.get(row).ok_or_else(|| anyhow!("no id in row {row}"))?;
        let is_train = match splits.get(row) {
            Some("train") => true,
            Some("val" | "test") => false,
            other => bail!("split {other:?} of product {id}"),
        };
        let texts = captions
            .get_as_series(row)
            .ok_or_else(|| anyhow!("no captions of product {id}"))?;
        let texts: Option<Vec<String>> = texts.str()?.iter().map(|text| text.map(str::to_owned)).collect();
        let texts = texts.ok_or_else(|| anyhow!("an absent caption of product {id}"))?;
        let captions = texts.try_into().map_err(|texts: Vec<String>| {
            anyhow!("{} captions of product {id} instead of {CAPTIONS}", texts.len())
        })?;
        products.push(Product { is_train, captions });
    }
    Ok(products)
}
