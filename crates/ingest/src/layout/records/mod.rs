//! The records of a dump's table, whether CSV, JSON Lines or parquet: columns of text by name. Records that
//! cannot be read become rejects that name file and line; the others are used.

mod csv;
mod jsonl;
mod parquet;
mod repair;

use std::path::Path;

use polars::prelude::StringChunked;
use stage::Console;

pub(super) use self::jsonl::fields;
use crate::encoding;
use crate::error::IngestError;
use crate::rejects::Reject;
use crate::source::{ReadError, Source, path};

/// A table of more bytes is not read: the largest known has 36 MB for 105,000 products.
const MAX_BYTES: u64 = 4 << 30;
/// A table of more columns is none of products.
const MAX_COLUMNS: usize = 4096;
/// Extensions of tables, in lowercase.
const TABLES: [&str; 5] = ["csv", "tsv", "jsonl", "ndjson", "parquet"];

/// Whether the file calls itself a table.
pub(super) fn is_table(name: &str) -> bool {
    TABLES.contains(&path::extension(name).as_str())
}

/// What a layout wants of its table.
pub(super) struct Wanted<'a> {
    /// Columns without which the table cannot be used.
    pub(super) required: &'a [&'a str],
    /// The one column that may hold commas which nobody quoted, given the header. Without it a record of
    /// too many fields is a reject.
    pub(super) free_text: &'a dyn Fn(&[String]) -> Option<usize>,
}

/// Columns of text. A cell that is absent is empty; several texts in one cell stand a line each.
pub(super) struct Records {
    names: Vec<String>,
    columns: Vec<StringChunked>,
    lines: Vec<u32>,
    unit: &'static str,
    rejects: Vec<Reject>,
}

impl Records {
    /// The columns' names, as the table writes them.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// How many records there are.
    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    /// A cell.
    pub(super) fn cell(&self, column: usize, record: usize) -> &str {
        let column = self.columns.get(column);
        column.and_then(|cells| cells.get(record)).unwrap_or_default()
    }

    /// Where a record stands, for messages: `line 7`.
    pub(super) fn place(&self, record: usize) -> String {
        let line = self.lines.get(record).copied().unwrap_or_default();
        format!("{} {line}", self.unit)
    }

    /// The column called `name`, whatever its case.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        find(&self.names, name)
    }

    /// Records that cannot be read.
    pub(super) fn rejects(&self) -> &[Reject] {
        &self.rejects
    }
}

/// The column called `name`, whatever its case.
pub(super) fn find(names: &[String], name: &str) -> Option<usize> {
    names.iter().position(|column| column.eq_ignore_ascii_case(name))
}

/// The bytes of the table `name`.
///
/// # Errors
/// The file is missing, too large or unreadable.
pub(super) fn load(source: &dyn Source, name: &str) -> Result<Vec<u8>, IngestError> {
    let error = |expected: String, found: String, hint: &str| IngestError::Table {
        path: source.root().join(name),
        expected,
        found,
        hint: hint.to_owned(),
    };
    source.read(name, MAX_BYTES).map_err(|e| {
        let found = e.to_string();
        match e {
            ReadError::Absent => error(
                "the dump's table".to_owned(),
                found,
                "name the folder that holds the pictures and the table",
            ),
            ReadError::TooLarge { limit, .. } => error(
                format!("at most {limit} bytes"),
                found,
                "split the dump into several",
            ),
            _ => error(
                "a table".to_owned(),
                found,
                "see whether other programs can read it",
            ),
        }
    })
}

/// Reads the table `name` of `source` from its bytes; its name tells its format.
///
/// # Errors
/// The table has no records, lacks a column, or is not of its format.
pub(super) fn read(
    source: &dyn Source,
    name: &str,
    bytes: &[u8],
    wanted: &Wanted<'_>,
    console: &Console,
) -> Result<Records, IngestError> {
    let file = source.root().join(name);
    let extension = path::extension(name);
    if extension == "parquet" {
        return parquet::read(&file, bytes, wanted, console);
    }
    let decoded = encoding::decode(bytes);
    let shown = file.display();
    if decoded.encoding != "UTF-8" {
        console.info(format!("{shown}: read as {}", decoded.encoding));
    }
    if decoded.damaged {
        console.warn(format!(
            "{shown}: some bytes are not {}; they became U+FFFD",
            decoded.encoding
        ));
    }
    match extension.as_str() {
        "jsonl" | "ndjson" => jsonl::read(&file, name, &decoded.text, wanted),
        "tsv" => csv::read(&file, name, &decoded.text, b'\t', wanted, console),
        _ => {
            let separator = csv::separator(&decoded.text);
            csv::read(&file, name, &decoded.text, separator, wanted, console)
        }
    }
}

/// Sees to it that all wanted columns are there.
fn require(file: &Path, names: &[String], wanted: &Wanted<'_>, hint: &str) -> Result<(), IngestError> {
    let missing = wanted.required.iter().filter(|name| find(names, name).is_none());
    let missing: Vec<&str> = missing.copied().collect();
    let error = |expected: String, found: String| IngestError::Table {
        path: file.to_owned(),
        expected,
        found,
        hint: hint.to_owned(),
    };
    if names.len() > MAX_COLUMNS {
        let expected = format!("at most {MAX_COLUMNS} columns");
        return Err(error(expected, format!("{} columns", names.len())));
    }
    if missing.is_empty() {
        return Ok(());
    }
    let (noun, wanted) = match wanted.required {
        [one] => ("column", (*one).to_owned()),
        several => ("columns", several.join(" and ")),
    };
    let found = match names {
        [] => "an empty file".to_owned(),
        names => format!("the columns {}", shown(names)),
    };
    Err(error(
        format!("the {noun} {wanted} (missing: {})", missing.join(", ")),
        found,
    ))
}

/// Names for a message: a table of pictures may have thousands.
pub(super) fn shown(names: &[String]) -> String {
    const SHOWN: usize = 20;
    let rest = names.len().saturating_sub(SHOWN);
    let mut text = names[..names.len() - rest].join(", ");
    if rest > 0 {
        text.push_str(&format!(" and {rest} more"));
    }
    text
}

fn no_records(file: &Path, found: &str, hint: &str) -> IngestError {
    IngestError::Table {
        path: file.to_owned(),
        expected: "a row for each product".to_owned(),
        found: found.to_owned(),
        hint: hint.to_owned(),
    }
}
