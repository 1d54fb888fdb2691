//! What a finished shard leaves for the last step: one line of JSON a product, in the shard's order. Groups
//! and splits span the whole dump, so tables are written only once all shards are there.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use serde::{Deserialize, Serialize};
use stage::atomic::AtomicFile;
use stage::{OutputFile, StageError};

use crate::captions::Captions;
use crate::fit::ContentBox;
use crate::layout::Attributes;
use crate::near::Look;
use crate::rejects::Reject;

/// An ingested product: its row in the catalogue, short of group and split.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ingested {
    pub(crate) id: String,
    pub(crate) captions: Captions,
    pub(crate) attributes: Attributes,
    pub(crate) content: ContentBox,
    pub(crate) source: String,
    pub(crate) content_hash: String,
    /// A text was longer than the limit and was cut.
    pub(crate) cut: bool,
    /// The photo's colour profile could not be used.
    pub(crate) profile_ignored: bool,
    /// What the photo looks like.
    pub(crate) look: Option<Look>,
}

/// What became of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Fate {
    Ingested(Box<Ingested>),
    Rejected(Reject),
}

/// Appends one fate.
///
/// # Errors
/// The disk is full or fails.
pub(crate) fn push(file: &mut AtomicFile, fate: &Fate) -> Result<(), StageError> {
    let mut line = serde_json::to_vec(fate).map_err(|source| StageError::Settings {
        stage: crate::STAGE,
        source,
    })?;
    line.push(b'\n');
    file.put(&line)
}

/// Gives `take` all fates of the file `path`, whose shard record promises `expected`, one after another. They are
/// known to be whole only when this returns.
///
/// # Errors
/// The file is gone, or is not what was written; or what `take` fails with.
pub(crate) fn each<E: From<StageError>>(
    path: &Path,
    expected: &OutputFile,
    mut take: impl FnMut(Fate) -> Result<(), E>,
) -> Result<(), E> {
    let malformed = |found: String| StageError::Malformed {
        path: path.to_owned(),
        expected: format!("the {} bytes of a finished shard", expected.bytes),
        found,
    };
    let file = File::open(path).map_err(|e| StageError::io(path, "cannot read", e))?;
    let mut reader = BufReader::with_capacity(1 << 18, file);
    let mut hasher = blake3::Hasher::new();
    let mut line = Vec::new();
    while reader
        .read_until(b'\n', &mut line)
        .map_err(|e| StageError::io(path, "cannot read", e))?
        > 0
    {
        hasher.update(&line);
        take(serde_json::from_slice(&line).map_err(|e| malformed(e.to_string()))?)?;
        line.clear();
    }
    if hasher.finalize().to_hex().as_str() != expected.blake3 {
        return Err(malformed("other content".to_owned()).into());
    }
    Ok(())
}
