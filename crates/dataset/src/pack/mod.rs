//! Packing: `ingest`'s images and texts and `textfeat`'s vectors, shard by shard, into one data set.

mod catalogue;
mod inputs;
mod repair;
mod source;
mod write;

use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use serde_json::json;
use stage::atomic::AtomicFile;
use stage::folder::{self, Summary};
use stage::{
    Console, Interrupt, OutputFile, Progress, ShardRecord, StageFolder, StageKey, StageRecord, Standing,
};

use crate::folder::{Settings, TEXT_MODEL, shard_name, sums_name};
use crate::{Compression, DatasetError, Split};
use inputs::Inputs;

/// Bytes of the text model copied at a time.
const CHUNK: usize = 1 << 20;

/// Checked inputs and where the data set goes.
pub struct PackPlan {
    inputs: Inputs,
    key: StageKey,
    out: PathBuf,
}

/// How packing ended.
#[derive(Debug)]
pub enum Packed {
    /// The same data set was there: nothing was done.
    Already(Box<StageRecord>),
    /// The data set is finished.
    Finished(Box<StageRecord>),
    /// The user asked to stop: so many of so many shards are finished and kept.
    Interrupted {
        /// Shards finished.
        done: usize,
        /// Shards in all.
        total: u32,
    },
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
    pub fn run(&self, force: bool, console: &Console, interrupt: &Interrupt) -> Result<Packed, DatasetError> {
        let begun = Instant::now();
        let (folder, standing) = StageFolder::open(&self.out, self.key.clone(), force)?;
        let out = self.out.display();
        match standing {
            Standing::Done(record) => return Ok(Packed::Already(record)),
            Standing::Fresh => {}
            Standing::Changed(changes) => {
                console.info(format!("{out}: packing anew:"));
                changes
                    .iter()
                    .for_each(|change| console.info(format!("  {change}")));
            }
            Standing::Resumed(done) => {
                console.info(format!(
                    "{out}: going on: {done} of {} shards are finished",
                    self.shards()
                ));
            }
        }
        let missing: Vec<u32> = (0..self.shards())
            .filter(|shard| !folder.done().contains_key(shard))
            .collect();
        let progress = Progress::new(
            console,
            "packing",
            "shards",
            folder.done().len() as u64,
            u64::from(self.shards()),
        );
        let packed = self.pack_shards(&folder, &missing, &progress, interrupt)?;
        progress.finish();
        if packed.len() < missing.len() {
            let done = folder.done().len() + packed.len();
            return Ok(Packed::Interrupted {
                done,
                total: self.shards(),
            });
        }
        let text_model = self.copy_text_model(&folder.dir().join(TEXT_MODEL))?;
        let shards: Vec<ShardRecord> = folder.done().values().cloned().chain(packed).collect();
        let summary = Summary {
            counts: counts(&shards),
            timings: BTreeMap::from([("pack".to_owned(), begun.elapsed().as_secs_f64())]),
            outputs: BTreeMap::from([(TEXT_MODEL.to_owned(), text_model)]),
            ..Summary::default()
        };
        Ok(Packed::Finished(Box::new(folder.finish(&shards, summary)?)))
    }

    /// Packs shards until all are done, one fails or the user asks to stop.
    ///
    /// These are plain threads and not rayon's: polars waits for a pool of its own, and a rayon worker that
    /// waits takes up the next shard meanwhile, until all are in hand at once and none can be left out.
    fn pack_shards(
        &self,
        folder: &StageFolder,
        shards: &[u32],
        progress: &Progress,
        interrupt: &Interrupt,
    ) -> Result<Vec<ShardRecord>, DatasetError> {
        let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
        let lane = || {
            let mut packed = Vec::new();
            while !interrupt.requested() && !failed.load(Ordering::Relaxed) {
                let Some(&shard) = shards.get(next.fetch_add(1, Ordering::Relaxed)) else {
                    break;
                };
                let record = self.pack_shard(folder, shard);
                packed.push(record.inspect_err(|_| failed.store(true, Ordering::Relaxed))?);
                progress.inc(1);
            }
            Ok(packed)
        };
        let lanes = rayon::current_num_threads().min(shards.len());
        thread::scope(|scope| {
            let lanes: Vec<_> = (0..lanes).map(|_| scope.spawn(lane)).collect();
            let packed: Result<Vec<Vec<ShardRecord>>, DatasetError> = lanes
                .into_iter()
                .map(|lane| lane.join().unwrap_or_else(|e| resume_unwind(e)))
                .collect();
            Ok(packed?.concat())
        })
    }

    fn pack_shard(&self, folder: &StageFolder, shard: u32) -> Result<ShardRecord, DatasetError> {
        let (name, sums_name) = (shard_name(shard), sums_name(shard));
        let sources = self.inputs.shard(shard)?;
        let path = |name: &str| folder.dir().join(name);
        let Settings { shape, compress, .. } = self.inputs.settings;
        let written = write::shard(&path(&name), &path(&sums_name), &sources, shape, compress)?;
        let detail = Split::ALL
            .into_iter()
            .map(|split| (split.name(), written.counts[split as usize]));
        let detail = detail.collect::<BTreeMap<_, _>>();
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
