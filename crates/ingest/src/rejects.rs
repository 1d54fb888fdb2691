//! Products that were not ingested: why, and the table that says so.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use polars::prelude::*;
use serde::{Deserialize, Serialize};
use stage::OutputFile;

use crate::error::IngestError;
use crate::table;

/// Name of the table in the stage's folder.
pub const FILE: &str = "rejects.parquet";

/// Why a product was not ingested, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// A row without an id.
    NoId,
    /// The id occurred before; the first occurrence is kept.
    DuplicateId,
    /// There is no picture.
    NoImage,
    /// There is no text: neither a title nor an attribute.
    NoText,
    /// The product's JSON is cut off or damaged.
    BadJson,
    /// A record of a table has more fields than the table has columns.
    BadRow,
    /// A path that is no UTF-8, is absolute or leads out of the dump.
    BadPath,
    /// A file is there but the system does not give it.
    Unreadable,
    /// The bytes are no picture, whatever the file is called.
    NotAnImage,
    /// A picture of a kind that is not decoded here.
    Unsupported,
    /// More pixels or bytes than the limits allow.
    TooLarge,
    /// The picture ends before its last pixel.
    Truncated,
    /// The picture is damaged.
    Corrupt,
}

impl Reason {
    /// The word that tables and summaries use.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::NoId => "no_id",
            Self::DuplicateId => "duplicate_id",
            Self::NoImage => "no_image",
            Self::NoText => "no_text",
            Self::BadJson => "bad_json",
            Self::BadRow => "bad_row",
            Self::BadPath => "bad_path",
            Self::Unreadable => "unreadable",
            Self::NotAnImage => "not_an_image",
            Self::Unsupported => "unsupported",
            Self::TooLarge => "too_large",
            Self::Truncated => "truncated",
            Self::Corrupt => "corrupt",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// What is wrong with a file, before it is known whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// The reason.
    pub reason: Reason,
    /// What was found, for a person.
    pub detail: String,
}

impl Flaw {
    /// A flaw with its detail.
    #[must_use]
    pub fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self {
            reason,
            detail: detail.into(),
        }
    }

    /// The reject of product `id` for this flaw of the file `path`.
    #[must_use]
    pub fn of(self, id: &str, path: &str) -> Reject {
        Reject {
            id: id.to_owned(),
            path: path.to_owned(),
            reason: self.reason,
            detail: self.detail,
        }
    }
}

/// A product that was seen and not ingested. Ordered by id, path, reason.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reject {
    /// The dump's id; empty where there is none.
    pub id: String,
    /// The file at fault, in the dump.
    pub path: String,
    /// Why.
    pub reason: Reason,
    /// What was found, for a person.
    pub detail: String,
}

/// How many rejects each reason has.
#[must_use]
pub fn by_reason(rejects: &[Reject]) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for reject in rejects {
        *counts.entry(reject.reason.word().to_owned()).or_insert(0) += 1;
    }
    counts
}

/// Lines for a person: each reason, its count, and the first products it befell.
#[must_use]
pub fn summary(rejects: &[Reject]) -> Vec<String> {
    const EXAMPLES: usize = 2;
    let mut by_reason: BTreeMap<Reason, Vec<&Reject>> = BTreeMap::new();
    for reject in rejects {
        by_reason.entry(reject.reason).or_default().push(reject);
    }
    let mut lines = Vec::new();
    for (reason, rejects) in by_reason {
        lines.push(format!("  {reason}: {}", rejects.len()));
        for Reject { id, path, detail, .. } in rejects.into_iter().take(EXAMPLES) {
            lines.push(format!(
                "    {}{path}: {detail}",
                if id.is_empty() {
                    String::new()
                } else {
                    format!("{id}: ")
                }
            ));
        }
    }
    lines
}

/// Writes the table of all rejects.
///
/// # Errors
/// The file system fails.
pub fn write(path: &Path, rejects: &[Reject]) -> Result<OutputFile, IngestError> {
    let texts = |name: &str, of: fn(&Reject) -> &str| {
        Column::new(name.into(), rejects.iter().map(of).collect::<Vec<_>>())
    };
    let columns = vec![
        texts("id", |r| &r.id),
        texts("path", |r| &r.path),
        texts("reason", |r| r.reason.word()),
        texts("detail", |r| &r.detail),
    ];
    table::write_parquet(path, rejects.len(), columns)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn reject(id: &str, reason: Reason) -> Reject {
        Flaw::new(reason, "found so").of(id, "images/x.jpg")
    }

    #[test]
    fn the_word_of_a_reason_is_its_name_in_json() {
        for reason in [Reason::NoId, Reason::NotAnImage, Reason::BadJson, Reason::Corrupt] {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.word());
        }
    }

    #[test]
    fn the_summary_counts_all_and_names_two() {
        let rejects = ["1", "2", "3"].map(|id| reject(id, Reason::Truncated));
        assert_eq!(by_reason(&rejects), BTreeMap::from([("truncated".to_owned(), 3)]));
        let lines = summary(&rejects);
        assert_eq!(lines[0], "  truncated: 3");
        assert_eq!(
            lines[1..],
            ["    1: images/x.jpg: found so", "    2: images/x.jpg: found so"]
        );
    }

    #[test]
    fn a_table_without_rejects_still_has_its_columns() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE);
        write(&path, &[]).unwrap();
        let frame = ParquetReader::new(std::fs::File::open(path).unwrap())
            .finish()
            .unwrap();
        assert_eq!(frame.shape(), (0, 4));
        assert!(frame.dtypes().iter().all(|t| *t == DataType::String));
    }
}
