//! What can go wrong with shards, and with what they are packed from.

use std::path::PathBuf;

use bincode::error::EncodeError;
use stage::StageError;

/// A failure to pack, open or verify a data set.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// A shard of no bytes.
    #[error("{}: expected a shard, found a file of zero bytes\nhint: a copy was cut short, or the disk was full; copy it again, or run `dataset verify --repair`", path.display())]
    Empty {
        /// The shard.
        path: PathBuf,
    },
    /// A file that does not begin as a shard does.
    #[error("{}: expected a file that begins with \"ATLSHARD\", found {found}\nhint: this is no shard of atelier; name a folder that `dataset pack` wrote", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Its first bytes.
        found: String,
    },
    /// A shard written by a later version of the program.
    #[error("{}: expected shard version {expected} or lower, found {found}\nhint: update atelier, or run `dataset pack --force` with this version", path.display())]
    Newer {
        /// The shard.
        path: PathBuf,
        /// The highest version this program reads.
        expected: u32,
        /// The version found.
        found: u32,
    },
    /// A shard that ends too early.
    #[error("{}: expected {expected} bytes, found {found}: the file is cut\nhint: copy it again, or run `dataset verify --repair`", path.display())]
    Cut {
        /// The shard.
        path: PathBuf,
        /// Bytes that must be there.
        expected: u64,
        /// Bytes that are there.
        found: u64,
    },
    /// A shard with bytes after its end.
    #[error("{}: expected {expected} bytes, found {found}: something was appended\nhint: copy it again, or run `dataset verify --repair`", path.display())]
    Trailing {
        /// The shard.
        path: PathBuf,
        /// Bytes that must be there.
        expected: u64,
        /// Bytes that are there.
        found: u64,
    },
    /// Content that does not have its checksum: a flipped bit, a bad disk or copy.
    #[error("{}: {part}: expected blake3 {expected}, found {found}: the content is damaged\nhint: check the disk, then copy it again or run `dataset verify --repair`", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The part of the file, such as `header`.
        part: &'static str,
        /// The checksum recorded.
        expected: String,
        /// The checksum of what is there.
        found: String,
    },
    /// A product's part of a shard that is not what it must be.
    #[error("{}: {part} {index}, product {id}: expected {expected}, found {found}: the content is damaged\nhint: check the disk, then copy it again or run `dataset verify --repair`", path.display())]
    DamagedSample {
        /// The shard.
        path: PathBuf,
        /// The part: `image`, `vectors`, `texts` or `index`.
        part: &'static str,
        /// The product's id.
        id: String,
        /// Its place in the shard.
        index: usize,
        /// What must be there, such as a checksum.
        expected: String,
        /// What is there.
        found: String,
    },
    /// Images or vectors too large to be compressed, each for itself.
    #[error("{}: expected images and vectors of at most {expected} bytes a product, found {found}\nhint: run `dataset pack` without --compress", path.display())]
    TooLarge {
        /// The shard that would be written.
        path: PathBuf,
        /// Bytes at most.
        expected: u64,
        /// What a product takes.
        found: String,
    },
    /// Values that cannot be, though their checksum is right: a writer's fault, or a forgery.
    #[error("{}: {part}: expected {expected}, found {found}\nhint: run `dataset pack --force`", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The part of the file, such as `header`.
        part: &'static str,
        /// What should be there.
        expected: String,
        /// What is there.
        found: String,
    },
    /// An output of an earlier stage that is not as that stage recorded it, or not usable.
    #[error("{}: expected {expected}, found {found}\nhint: run the stage `{stage}` again with --force, then `dataset pack`", path.display())]
    Input {
        /// The file.
        path: PathBuf,
        /// The stage that wrote it.
        stage: &'static str,
        /// What should be there.
        expected: String,
        /// What is there.
        found: String,
    },
    /// Features that were made from other texts than those of the ingested folder.
    #[error("{}: expected features of the ingested folder with content {expected}, found features of {found}\nhint: run `textfeat fit` on that ingested folder again, then `dataset pack`", path.display())]
    OtherFeatures {
        /// The folder of features.
        path: PathBuf,
        /// Content hash of the ingested folder.
        expected: String,
        /// Input hashes recorded with the features.
        found: String,
    },
    /// A repair from other inputs than those that the data set was packed from.
    #[error("{}: expected the inputs that it was packed from, found others: {found}\nhint: name the folders it was packed from, or run `dataset pack` with these to pack anew", path.display())]
    OtherInputs {
        /// The data set's folder.
        path: PathBuf,
        /// What differs.
        found: String,
    },
    /// A file that the same inputs no longer give.
    #[error("{}: expected blake3 {expected} of a file made again, found {found}; it was left as it is\nhint: stage.json is damaged, or another version of the program packed it; run `dataset pack --force`", path.display())]
    Unrepairable {
        /// The file.
        path: PathBuf,
        /// The checksum recorded.
        expected: String,
        /// The checksum of what would be written.
        found: String,
    },
    /// A loader that was asked for what cannot be.
    #[error(
        "loader: expected {expected}, found {found}\nhint: `dataset inspect` shows what the data set holds"
    )]
    Load {
        /// What should have been asked for.
        expected: String,
        /// What was asked for.
        found: String,
    },
    /// A value that bincode refuses to write.
    #[error("cannot encode: {0}")]
    Encode(#[from] EncodeError),
    /// A failure of files or of the stage's bookkeeping.
    #[error(transparent)]
    Stage(#[from] StageError),
}

impl DatasetError {
    /// A loader that was asked for what cannot be.
    pub(crate) fn load(expected: &str, found: impl Into<String>) -> Self {
        Self::Load {
            expected: expected.to_owned(),
            found: found.into(),
        }
    }
}
