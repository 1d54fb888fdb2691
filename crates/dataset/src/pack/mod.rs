//! Packing: `ingest`'s images and texts and `textfeat`'s vectors, shard by shard, into one data set.

mod catalogue;
mod inputs;
mod repair;
mod source;
mod write;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::json;
use stage::atomic::AtomicFile;
use stage::folder::{self, Summary};
use stage::{Console, Interrupt, OutputFile, ShardRecord, StageFolder, StageKey, Standing};

use crate::folder::{TEXT_MODEL, shard_name, sums_name};
use crate::work::{self, Ended};
use crate::{Compression, DatasetError, HoldOut, Split};
use inputs::Inputs;

/// Bytes of the text model copied at a time.
const CHUNK: usize = 1 << 20;
/// What a shard's record counts products under that are held out.
const HELD_OUT: &str = "held_out";

/// Checked inputs and where the data set goes.
pub struct PackPlan {
    inputs: Inputs,
    key: StageKey,
    out: PathBuf,
}

impl PackPlan {
    /// A plan to pack the ingested folder `images` and the `features` made from it into `out`. Only the
    /// records of both stages are read.
    ///
    /// # Errors
    /// A folder holds no finished stage of its kind, or the features are of other texts.
    pub fn new(images: &Path, features: &Path, out: &Path) -> Result<Self, DatasetError> {
        let inputs = Inputs::read(images, features)?;
        Ok(Self {
            key: inputs.key()?,
            inputs,
            out: out.to_owned(),
        })
    }

    /// The same plan for shards that are compressed, or raw with `None`.
    ///
    /// # Errors
    /// The settings cannot be written as JSON.
    pub fn compressed(mut self, compression: Option<Compression>) -> Result<Self, DatasetError> {
        self.inputs.settings.compress = compression;
        self.key = self.inputs.key()?;
        Ok(self)
    }

    /// The same plan with products of these kinds in the test split, wherever they were.
    ///
    /// # Errors
    /// The settings cannot be written as JSON.
    pub fn holding_out(mut self, hold_out: Vec<HoldOut>) -> Result<Self, DatasetError> {
        self.inputs.settings.hold_out = hold_out;
        self.key = self.inputs.key()?;
        Ok(self)
    }

    /// Number of shards.
    #[must_use]
    pub const fn shards(&self) -> u32 {
        self.inputs.settings.shards
    }

    /// How the output folder stands to this plan, without touching it.
    ///
    /// # Errors
    /// The folder belongs to another stage, or its record is unreadable.
    pub fn standing(&self) -> Result<Standing, DatasetError> {
        Ok(folder::standing(&self.out, &self.key)?)
    }

    /// Packs what is missing, or everything with `force`.
    ///
    /// # Errors
    /// A file of an earlier stage is not as recorded, or the disk fails; finished shards are kept.
    pub fn run(&self, force: bool, console: &Console, interrupt: &Interrupt) -> Result<Ended, DatasetError> {
        let begun = Instant::now();
        let (folder, standing) = StageFolder::open(&self.out, self.key.clone(), force)?;
        if let Standing::Done(record) = standing {
            return Ok(Ended::Already(record));
        }
        let total = self.shards();
        work::announce(console, &self.out, &standing, "packing", total);
        let pack = |shard| self.pack_shard(&folder, shard);
        let shards = match work::finish_shards(&folder, total, console, "packing", interrupt, pack)? {
            Ok(shards) => shards,
            Err(done) => return Ok(Ended::Interrupted { done, total }),
        };
        let held_out: u64 = shards
            .iter()
            .filter_map(|shard| shard.detail[HELD_OUT].as_u64())
            .sum();
        if held_out > 0 {
            console.info(format!(
                "{held_out} products are held out: they are in the test split"
            ));
        } else if !self.inputs.settings.hold_out.is_empty() {
            console
                .warn("no product has what --hold-out names; `dataset inspect` shows a product's attributes");
        }
        let text_model = self.copy_text_model(&folder.dir().join(TEXT_MODEL))?;
        let summary = Summary {
            counts: counts(&shards),
            timings: BTreeMap::from([("pack".to_owned(), begun.elapsed().as_secs_f64())]),
            outputs: BTreeMap::from([(TEXT_MODEL.to_owned(), text_model)]),
            ..Summary::default()
        };
        Ok(Ended::Finished(Box::new(folder.finish(&shards, summary)?)))
    }

    fn pack_shard(&self, folder: &StageFolder, shard: u32) -> Result<ShardRecord, DatasetError> {
        let (name, sums_name) = (shard_name(shard), sums_name(shard));
        let sources = self.inputs.shard(shard)?;
        let path = |name: &str| folder.dir().join(name);
        let written = write::shard(&path(&name), &path(&sums_name), &sources, &self.inputs.settings)?;
        let detail = Split::ALL
            .into_iter()
            .map(|split| (split.name(), written.counts[split as usize]));
        let mut detail = detail.collect::<BTreeMap<_, _>>();
        if !self.inputs.settings.hold_out.is_empty() {
            detail.insert(HELD_OUT, written.held_out);
        }
        let outputs = BTreeMap::from([(name, written.shard), (sums_name, written.sums)]);
        Ok(folder.commit_shard(shard, outputs, json!(detail))?)
    }

    fn copy_text_model(&self, path: &Path) -> Result<OutputFile, DatasetError> {
        let mut file = AtomicFile::create(path)?;
        self.inputs
            .text_model()?
            .each(CHUNK, |bytes| Ok(file.put(bytes)?))?;
        Ok(file.commit()?)
    }
}

/// Products in all and by split.
fn counts(shards: &[ShardRecord]) -> BTreeMap<String, u64> {
    let of = |name: &str| {
        shards
            .iter()
            .filter_map(|shard| shard.detail[name].as_u64())
            .sum::<u64>()
    };
    let mut counts: BTreeMap<String, u64> = Split::ALL
        .into_iter()
        .map(|split| (split.name().to_owned(), of(split.name())))
        .collect();
    counts.insert("products".to_owned(), counts.values().sum());
    counts
}

#[cfg(test)]
mod tests;
