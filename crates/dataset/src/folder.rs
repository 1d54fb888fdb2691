//! What `stage.json` says of a data set's folder.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use stage::shards::shard_file;
use stage::{OutputFile, StageRecord};

use crate::compress::Compression;
use crate::format::{self, Shape};
use crate::{DatasetError, HoldOut};

/// Name of the stage.
pub(crate) const STAGE: &str = "dataset";
/// Name of the text model's file, here and in the folder of features.
pub(crate) const TEXT_MODEL: &str = "text.model";

/// The ending of the files that hold sums.
const SUMS: &str = "sums";

/// Settings as `stage.json` keeps them; sizes and shards follow from the inputs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Settings {
    /// Sizes of a sample.
    #[serde(flatten)]
    pub(crate) shape: Shape,
    /// Number of shards.
    pub(crate) shards: u32,
    /// Absent where shards are raw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) compress: Option<Compression>,
    /// Products of these kinds are in the test split.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) hold_out: Vec<HoldOut>,
}

impl Settings {
    /// The version of the format that these settings need.
    pub(crate) const fn version(&self) -> u32 {
        if self.compress.is_some() {
            format::VERSION
        } else {
            format::RAW
        }
    }
}

/// The record of a finished data set, read and made sense of.
pub(crate) struct Folder {
    pub(crate) dir: PathBuf,
    pub(crate) record: StageRecord,
    pub(crate) settings: Settings,
}

impl Folder {
    pub(crate) fn read(dir: &Path) -> Result<Self, DatasetError> {
        let record = StageRecord::read(dir, STAGE, format::VERSION)?;
        let settings = Settings::deserialize(&record.settings).map_err(|e| DatasetError::Malformed {
            path: dir.join(stage::record::FILE),
            part: "settings",
            expected: "resolution, captions, dims, shards and perhaps compress".to_owned(),
            found: e.to_string(),
        })?;
        Ok(Self {
            dir: dir.to_owned(),
            record,
            settings,
        })
    }

    /// A file of the folder by name, and what was recorded of it.
    pub(crate) fn output(&self, name: &str) -> Result<(PathBuf, &OutputFile), DatasetError> {
        match self.record.outputs.get(name) {
            Some(output) => Ok((self.dir.join(name), output)),
            None => Err(DatasetError::Malformed {
                path: self.dir.join(stage::record::FILE),
                part: "outputs",
                expected: name.to_owned(),
                found: format!("{} other files", self.record.outputs.len()),
            }),
        }
    }

    /// All shards in order.
    pub(crate) fn shards(&self) -> Result<Vec<(PathBuf, &OutputFile)>, DatasetError> {
        (0..self.settings.shards)
            .map(|shard| self.output(&shard_name(shard)))
            .collect()
    }

    /// One hash over the content of all files but the sums, which follow from the others: the same data have the same
    /// hash, with sums or packed before there were any.
    pub(crate) fn content_hash(&self) -> String {
        let mut record = self.record.clone();
        let ending = format!(".{SUMS}");
        record.outputs.retain(|name, _| !name.ends_with(&ending));
        record.content_hash()
    }

    /// A shard must have the sizes of the whole.
    pub(crate) fn check_shape(&self, path: &Path, found: Shape) -> Result<(), DatasetError> {
        let expected = self.settings.shape;
        if found == expected {
            return Ok(());
        }
        Err(DatasetError::Malformed {
            path: path.to_owned(),
            part: "header",
            expected: format!("{expected:?}, as in stage.json"),
            found: format!("{found:?}"),
        })
    }
}

/// The name of the file with a shard's sums.
pub(crate) fn sums_name(shard: u32) -> String {
    shard_file("shard", shard, SUMS)
}

/// The name of a shard's file.
pub(crate) fn shard_name(shard: u32) -> String {
    shard_file("shard", shard, "atl")
}
