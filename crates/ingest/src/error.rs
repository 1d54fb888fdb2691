//! What stops an ingest as a whole. A flaw of one product is no error but a [`crate::rejects::Reject`].

use std::path::PathBuf;

use polars::error::PolarsError;
use stage::StageError;

/// Why a dump cannot be ingested.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// The path names nothing.
    #[error("{}: expected the folder of a dump, found nothing there\nhint: check the path; `ingest synth --products 2000 --out DIR` draws a dump to try things with", path.display())]
    Missing {
        /// The path given.
        path: PathBuf,
    },
    /// The path names a file.
    #[error("{}: expected the folder of a dump, found a file\nhint: unpack an archive first, then name the folder that holds images/ and styles.csv", path.display())]
    NotAFolder {
        /// The path given.
        path: PathBuf,
    },
    /// The folder is not laid out as any dump this program knows.
    #[error("{}: expected {expected}, found {found}\nhint: {hint}", path.display())]
    NoLayout {
        /// The path given.
        path: PathBuf,
        /// What a dump holds.
        expected: &'static str,
        /// What the folder holds.
        found: String,
        /// What to do.
        hint: String,
    },
    /// A table of the dump cannot be used.
    #[error("{}: expected {expected}, found {found}\nhint: {hint}", path.display())]
    Table {
        /// The table.
        path: PathBuf,
        /// What it should hold.
        expected: String,
        /// What it holds.
        found: String,
        /// What to do.
        hint: &'static str,
    },
    /// polars could not read or write a table.
    #[error("{}: {action}: {source}", path.display())]
    Polars {
        /// The table.
        path: PathBuf,
        /// What was being done, as "cannot ...".
        action: &'static str,
        /// What polars said.
        source: PolarsError,
    },
    /// A file of the stage's folder, or the folder of the dump.
    #[error(transparent)]
    Stage(#[from] StageError),
}
