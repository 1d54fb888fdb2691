//! Where a dump's bytes come from: a folder, a zip archive, tar shards. A [`Source`] lists files and reads
//! them in place, from many threads at once; what they mean is a [`crate::layout`]'s business.
//!
//! Paths are relative to the source's root, in UTF-8, parted by `/`. Hidden files, those below hidden folders
//! and what a Macintosh adds to archives (`__MACOSX`) are none of the dump's.

mod folder;
mod listing;
mod members;
pub mod path;
mod tar;
mod zip;

use std::io;
use std::path::Path;

pub use self::folder::Folder;
pub use self::listing::{Depth, Listed, Listing};
pub use self::tar::TarShards;
pub use self::zip::Zip;
use crate::error::IngestError;
use crate::rejects::{Flaw, Reason};

/// Files to list and read.
pub trait Source: Send + Sync {
    /// Where it lies: for messages, with a path in it appended.
    fn root(&self) -> &Path;

    /// Names of what lies directly in `folder`; the root is "". Nothing where there is no such folder.
    ///
    /// # Errors
    /// The folder cannot be listed.
    fn children(&self, folder: &str) -> Result<Children, IngestError>;

    /// The files of `folder`; `None` where there is no such folder.
    ///
    /// # Errors
    /// The folder cannot be listed.
    fn list(&self, folder: &str, depth: Depth) -> Result<Option<Listing>, IngestError>;

    /// The bytes of a file of at most `limit` bytes. The size is checked before memory is taken.
    ///
    /// # Errors
    /// The file is absent, larger, damaged, packed in a way that is not read here, or the system fails.
    fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, ReadError>;

    /// The source whose root is `folder` of this one.
    fn within(&self, folder: &str) -> Box<dyn Source>;
}

/// What lies directly in a folder: names, sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Children {
    /// Files.
    pub files: Vec<String>,
    /// Folders.
    pub folders: Vec<String>,
}

impl Children {
    /// Whether there is a file of that name.
    #[must_use]
    pub fn has_file(&self, name: &str) -> bool {
        self.files.iter().any(|file| file == name)
    }

    /// Whether there is a folder of that name.
    #[must_use]
    pub fn has_folder(&self, name: &str) -> bool {
        self.folders.iter().any(|folder| folder == name)
    }
}

/// Why a file of a source cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// There is no such file.
    #[error("no such file")]
    Absent,
    /// The file is larger than what was asked for.
    #[error("{bytes} bytes, the limit is {limit}")]
    TooLarge {
        /// Its size, as the source tells it.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// It is encrypted, or packed by a method that is not read here.
    #[error("{0}")]
    Unsupported(String),
    /// The archive is damaged at this file.
    #[error("{0}")]
    Damaged(String),
    /// The system does not give it.
    #[error("{0}")]
    System(io::Error),
}

impl ReadError {
    /// The flaw of a product that needs this file.
    #[must_use]
    pub fn flaw(&self) -> Flaw {
        let reason = match self {
            Self::Absent => Reason::NoImage,
            Self::TooLarge { .. } => Reason::TooLarge,
            Self::Unsupported(_) => Reason::Unsupported,
            Self::Damaged(_) => Reason::Corrupt,
            Self::System(_) => Reason::Unreadable,
        };
        Flaw::new(reason, self.to_string())
    }
}

/// A name that is none of the dump's, in whatever folder.
fn is_hidden(name: &str) -> bool {
    name.starts_with('.') || name == "__MACOSX"
}

/// `name` in `folder`.
fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}
