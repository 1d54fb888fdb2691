//! A data set written as other tools read it: WebDataset, safetensors, Hugging Face's ImageFolder.
//!
//! An export is a stage of its own: its folder ends with `stage.json`; run again with the same data set and settings it does
//! nothing, after a kill it does the shards that are missing. Each file appears whole or not at all. What each format
//! holds is said in its module.

mod imagefolder;
mod product;
mod safetensors;
mod webdataset;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Instant;

use serde::Serialize;
use serde_json::json;
use stage::folder::{self, Summary};
use stage::{Console, Interrupt, OutputFile, ShardRecord, StageFolder, StageKey, Standing};

use crate::work::{self, Ended};
use crate::{Dataset, DatasetError, Sample, Split};

const STAGE: &str = "export";
/// Raised when exports must be made anew.
const VERSION: u32 = 1;

/// What to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// Tar archives of `KEY.png`, `KEY.json`, `KEY.txt` and perhaps `KEY.npy`.
    Webdataset,
    /// Files with the tensors `images` and `vectors`, texts in the metadata.
    Safetensors,
    /// A folder a split, of PNGs and `metadata.jsonl`.
    Imagefolder,
}

impl Target {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Webdataset, Self::Safetensors, Self::Imagefolder];

    /// The word for it: `webdataset`, `safetensors`, `imagefolder`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Webdataset => "webdataset",
            Self::Safetensors => "safetensors",
            Self::Imagefolder => "imagefolder",
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let target = Self::ALL.into_iter().find(|target| target.name() == word);
        target.ok_or_else(|| "expected webdataset, safetensors or imagefolder".to_owned())
    }
}

/// Settings as `stage.json` keeps them.
#[derive(Debug, Serialize)]
struct Settings {
    to: &'static str,
    splits: Vec<&'static str>,
    vectors: bool,
}

/// An opened data set and where its export goes.
pub struct ExportPlan {
    data: Dataset,
    target: Target,
    splits: Vec<Split>,
    vectors: bool,
    key: StageKey,
    out: PathBuf,
}

impl ExportPlan {
    /// A plan to write `splits` (all where there are none) of the data set in `dir` to `out`. Vectors go into WebDataset's
    /// archives where `vectors` says so, always into safetensors, and never into an ImageFolder.
    ///
    /// # Errors
    /// The data set cannot be opened.
    pub fn new(
        dir: &Path,
        target: Target,
        splits: &[Split],
        vectors: bool,
        out: &Path,
    ) -> Result<Self, DatasetError> {
        let data = Dataset::open(dir)?;
        let chosen = |split: &Split| splits.is_empty() || splits.contains(split);
        let splits: Vec<Split> = Split::ALL.into_iter().filter(chosen).collect();
        let vectors = match target {
            Target::Webdataset => vectors,
            Target::Safetensors => true,
            Target::Imagefolder => false,
        };
        let settings = Settings {
            to: target.name(),
            splits: splits.iter().map(|split| split.name()).collect(),
            vectors,
        };
        let key = StageKey::new(STAGE, VERSION, &settings)?.with_input("dataset", data.content_hash());
        Ok(Self {
            data,
            target,
            splits,
            vectors,
            key,
            out: out.to_owned(),
        })
    }

    /// Number of shards.
    #[must_use]
    pub fn shards(&self) -> u32 {
        // As many as stage.json says, in a u32.
        self.data.shard_sizes().len() as u32
    }

    /// Products to write.
    #[must_use]
    pub fn products(&self) -> usize {
        self.splits.iter().map(|&split| self.data.len(split)).sum()
    }

    /// How the output folder stands to this plan, without touching it.
    ///
    /// # Errors
    /// The folder belongs to another stage, or its record is unreadable.
    pub fn standing(&self) -> Result<Standing, DatasetError> {
        Ok(folder::standing(&self.out, &self.key)?)
    }

    /// Writes what is missing, or everything with `force`.
    ///
    /// # Errors
    /// The data set is damaged, or the disk fails; finished shards are kept.
    pub fn run(&self, force: bool, console: &Console, interrupt: &Interrupt) -> Result<Ended, DatasetError> {
        let begun = Instant::now();
        let (folder, standing) = StageFolder::open(&self.out, self.key.clone(), force)?;
        if let Standing::Done(record) = standing {
            return Ok(Ended::Already(record));
        }
        let total = self.shards();
        work::announce(console, &self.out, &standing, "exporting", total);
        let export = |shard| self.export_shard(&folder, shard);
        let shards = match work::finish_shards(&folder, total, console, "exporting", interrupt, export)? {
            Ok(shards) => shards,
            Err(done) => return Ok(Ended::Interrupted { done, total }),
        };
        let outputs = match self.target {
            Target::Imagefolder => imagefolder::metadata(self, folder.dir())?,
            Target::Webdataset | Target::Safetensors => BTreeMap::new(),
        };
        let mut counts: BTreeMap<String, u64> = self
            .splits
            .iter()
            .map(|&split| (split.name().to_owned(), self.data.len(split) as u64))
            .collect();
        counts.insert("products".to_owned(), self.products() as u64);
        let summary = Summary {
            counts,
            timings: BTreeMap::from([("export".to_owned(), begun.elapsed().as_secs_f64())]),
            outputs,
            ..Summary::default()
        };
        Ok(Ended::Finished(Box::new(folder.finish(&shards, summary)?)))
    }

    fn export_shard(&self, folder: &StageFolder, shard: u32) -> Result<ShardRecord, DatasetError> {
        let mut outputs: BTreeMap<String, OutputFile> = BTreeMap::new();
        for &split in &self.splits {
            let samples = self.samples(shard, split);
            if samples.is_empty() {
                continue;
            }
            let dir = folder.dir();
            match self.target {
                Target::Webdataset => outputs.extend([webdataset::write(self, dir, shard, split, &samples)?]),
                Target::Safetensors => {
                    outputs.extend([safetensors::write(self, dir, shard, split, &samples)?])
                }
                Target::Imagefolder => imagefolder::write(self, dir, split, &samples, &mut outputs)?,
            }
        }
        Ok(folder.commit_shard(shard, outputs, json!({}))?)
    }

    /// A shard's samples of a split, in order.
    fn samples(&self, shard: u32, split: Split) -> Vec<Sample<'_>> {
        let all = (0..).map_while(|place| self.data.sample_at(shard as usize, place));
        all.filter(|sample| sample.split == split).collect()
    }
}

#[cfg(test)]
mod tests;
