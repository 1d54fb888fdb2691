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
    /// The path names a file that is no dump.
    #[error("{}: expected the folder of a dump or its .zip, found {found}\nhint: {hint}", path.display())]
    NotADump {
        /// The path given.
        path: PathBuf,
        /// What the file is instead.
        found: String,
        /// What to do.
        hint: &'static str,
    },
    /// An archive cannot be read as a whole.
    #[error("{}: expected {expected}, found {found}\nhint: {hint}", path.display())]
    Archive {
        /// The archive.
        path: PathBuf,
        /// What it should be.
        expected: &'static str,
        /// What it is.
        found: String,
        /// What to do.
        hint: &'static str,
    },
    /// The dump is laid out as several of the dumps this program knows.
    #[error("{}: expected a dump of one layout, found {found}\nhint: choose with {flags}", path.display())]
    Ambiguous {
        /// The path given.
        path: PathBuf,
        /// Each layout it could be, and why.
        found: String,
        /// The flags to choose with.
        flags: String,
    },
    /// The folder is not laid out as any dump this program knows.
    #[error("{}: expected {expected}, found {found}\nhint: {hint}", path.display())]
    NoLayout {
        /// The path given.
        path: PathBuf,
        /// What a dump holds.
        expected: String,
        /// What the folder holds.
        found: String,
        /// What to do.
        hint: String,
    },
    /// Columns were named for a dump that is no table.
    #[error("{}: expected a table for --image-column, --caption-columns and --id-column, found a dump of layout {layout}\nhint: leave the flags out, or name the table itself", path.display())]
    NoTable {
        /// The path given.
        path: PathBuf,
        /// What the dump is.
        layout: String,
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
        hint: String,
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
