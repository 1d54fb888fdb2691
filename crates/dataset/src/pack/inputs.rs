//! The two folders that a data set is packed from.

use std::path::{Path, PathBuf};

use stage::shards::shard_file;
use stage::{StageKey, StageRecord};

use super::source::Source;
use crate::DatasetError;
use crate::folder::{STAGE, Settings, TEXT_MODEL};
use crate::format::Shape;

const INGEST: &str = "ingest";
const TEXTFEAT: &str = "textfeat";
/// The highest version of their folders that this program reads.
const INPUT_VERSION: u32 = 1;

/// An ingested folder and the features made from it.
#[derive(Clone)]
pub(super) struct Inputs {
    images: Finished,
    features: Finished,
    pub(super) settings: Settings,
}

/// The files of one logical shard.
pub(super) struct ShardSources<'a> {
    pub(super) catalogue: Source<'a>,
    pub(super) images: Source<'a>,
    pub(super) features: Source<'a>,
}

impl Inputs {
    /// Reads both records and checks that they belong together. No other file is read.
    pub(super) fn read(images: &Path, features: &Path) -> Result<Self, DatasetError> {
        let images = Finished::read(images, INGEST)?;
        let features = Finished::read(features, TEXTFEAT)?;
        let expected = images.record.content_hash();
        if !features.record.inputs.values().any(|hash| *hash == expected) {
            let found: Vec<&str> = features.record.inputs.values().map(String::as_str).collect();
            return Err(DatasetError::OtherFeatures {
                path: features.dir,
                expected,
                found: if found.is_empty() {
                    "nothing".to_owned()
                } else {
                    found.join(", ")
                },
            });
        }
        let shape = Shape {
            resolution: images.size("size")?,
            captions: features.size("captions")?,
            dims: features.size("dims")?,
        };
        let catalogues = images
            .record
            .outputs
            .keys()
            .filter(|name| name.starts_with("catalogue-"));
        let shards = u32::try_from(catalogues.count()).unwrap_or(u32::MAX);
        let inputs = Self {
            images,
            features,
            settings: Settings {
                shape,
                shards,
                compress: None,
                hold_out: Vec::new(),
            },
        };
        (0..shards).try_for_each(|shard| inputs.shard(shard).map(drop))?;
        Ok(inputs)
    }

    /// The same inputs, to be packed as those of `settings` were.
    pub(super) fn packed_as(&self, settings: &Settings) -> Self {
        let mut inputs = self.clone();
        inputs.settings.compress = settings.compress;
        inputs.settings.hold_out.clone_from(&settings.hold_out);
        inputs
    }

    /// What the packed data set depends on.
    pub(super) fn key(&self) -> Result<StageKey, DatasetError> {
        let key = StageKey::new(STAGE, self.settings.version(), &self.settings)?;
        Ok(key
            .with_input("images", self.images.record.content_hash())
            .with_input("features", self.features.record.content_hash()))
    }

    pub(super) fn shard(&self, shard: u32) -> Result<ShardSources<'_>, DatasetError> {
        Ok(ShardSources {
            catalogue: self.images.source(&shard_file("catalogue", shard, "parquet"))?,
            images: self.images.source(&shard_file("images", shard, "rgb"))?,
            features: self.features.source(&shard_file("features", shard, "f32"))?,
        })
    }

    pub(super) fn text_model(&self) -> Result<Source<'_>, DatasetError> {
        self.features.source(TEXT_MODEL)
    }
}

/// A folder of a finished stage.
#[derive(Clone)]
struct Finished {
    dir: PathBuf,
    stage: &'static str,
    record: StageRecord,
}

impl Finished {
    fn read(dir: &Path, stage: &'static str) -> Result<Self, DatasetError> {
        Ok(Self {
            dir: dir.to_owned(),
            stage,
            record: StageRecord::read(dir, stage, INPUT_VERSION)?,
        })
    }

    fn source(&self, name: &str) -> Result<Source<'_>, DatasetError> {
        match self.record.outputs.get(name) {
            Some(recorded) => Ok(Source {
                path: self.dir.join(name),
                stage: self.stage,
                recorded,
            }),
            None => Err(self.fault(format!("{name} among the outputs"), "no such entry".to_owned())),
        }
    }

    /// A size above zero among the settings.
    fn size(&self, name: &str) -> Result<u32, DatasetError> {
        let value = &self.record.settings[name];
        let size = value
            .as_u64()
            .and_then(|size| u32::try_from(size).ok())
            .filter(|&size| size > 0);
        size.ok_or_else(|| {
            self.fault(
                format!("a whole number above zero as setting `{name}`"),
                value.to_string(),
            )
        })
    }

    fn fault(&self, expected: String, found: String) -> DatasetError {
        DatasetError::Input {
            path: self.dir.join(stage::record::FILE),
            stage: self.stage,
            expected,
            found,
        }
    }
}
