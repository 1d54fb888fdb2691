//! What can go wrong with stage folders and files.

use std::io;
use std::path::{Path, PathBuf};

/// A failure of the bookkeeping that all stages share.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// The folder holds no finished stage.
    #[error("{}: expected the finished stage `{stage}`, found no stage.json\nhint: run `{stage}` into this folder first, or name the folder it wrote to", path.display())]
    Missing {
        /// The folder.
        path: PathBuf,
        /// The stage that should have run.
        stage: String,
    },
    /// A bookkeeping file is not readable as what it should be.
    #[error("{}: expected {expected}, found {found}\nhint: delete the file and run the stage again; finished shards are kept", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What should be there.
        expected: String,
        /// What is there.
        found: String,
    },
    /// The folder belongs to another stage.
    #[error("{}: expected a folder of stage `{expected}`, found one of `{found}`\nhint: choose another --out", path.display())]
    OtherStage {
        /// The folder.
        path: PathBuf,
        /// The stage asked for.
        expected: String,
        /// The stage found.
        found: String,
    },
    /// The folder was written by a later version of the program.
    #[error("{}: expected format version {expected} or lower, found {found}\nhint: update atelier, or run the stage again with --force", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// The highest version this program reads.
        expected: u32,
        /// The version found.
        found: u32,
    },
    /// An output named in `stage.json` is gone or has another size.
    #[error("{}: expected {expected} bytes, found {found}\nhint: run the stage that wrote it again with --force", path.display())]
    Output {
        /// The file.
        path: PathBuf,
        /// Bytes recorded.
        expected: u64,
        /// What is on the disk.
        found: String,
    },
    /// Another process works in the folder.
    #[error("{}: expected a folder of one process, found another at work in it\nhint: wait for it, or stop it; Ctrl-C saves what is finished", path.display())]
    Locked {
        /// The folder.
        path: PathBuf,
    },
    /// Settings that do not serialise.
    #[error("settings of stage `{stage}` cannot be written as JSON")]
    Settings {
        /// The stage.
        stage: &'static str,
        /// What serde said.
        source: serde_json::Error,
    },
    /// There is no file of texts.
    #[error(
        "{origin}: cannot read: expected a text file, found {found}\nhint: name a text file, or `-` for stdin"
    )]
    NoText {
        /// The file.
        origin: String,
        /// What is in its place.
        found: String,
    },
    /// A line of a file of texts.
    #[error("{origin}: line {line}: expected {expected}, found {found}\nhint: {hint}")]
    Line {
        /// The file, or `stdin`.
        origin: String,
        /// Number of the line, from 1.
        line: u64,
        /// What a line should be.
        expected: &'static str,
        /// What it is.
        found: String,
        /// What to do.
        hint: &'static str,
    },
    /// The disk is full.
    #[error("{}: no space left on the device\nhint: free some space and run the same command again; what is finished is kept", path.display())]
    NoSpace {
        /// The file that was being written.
        path: PathBuf,
    },
    /// Any other failure of the file system.
    #[error("{}: {action}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was being done, as "cannot ...".
        action: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

impl StageError {
    /// Wraps an I/O error with its path; a full disk or quota becomes [`StageError::NoSpace`].
    #[must_use]
    pub fn io(path: &Path, action: &'static str, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                Self::NoSpace {
                    path: path.to_owned(),
                }
            }
            _ => Self::Io {
                path: path.to_owned(),
                action,
                source,
            },
        }
    }
}
