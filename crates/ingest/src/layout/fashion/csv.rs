//! `styles.csv`: decoded, repaired, read by polars, one [`Row`] a record.

use std::fs;
use std::io::Cursor;
use std::path::Path;

use polars::prelude::*;
use stage::Console;

use super::super::{Texts, snake_case};
use super::{repair, unreadable};
use crate::captions::clean;
use crate::encoding;
use crate::error::IngestError;

/// A table of more bytes is not read: the largest known has 4 MB for 44,000 products.
const MAX_BYTES: u64 = 4 << 30;
const ID: &str = "id";
const TITLE: &str = "productDisplayName";

/// A record of the table.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// The id, trimmed; empty where there is none.
    pub(super) id: String,
    /// Title and attributes.
    pub(super) texts: Texts,
}

/// The table's bytes.
///
/// # Errors
/// The file is missing, too large or unreadable.
pub(super) fn read_bytes(path: &Path) -> Result<Vec<u8>, IngestError> {
    let meta = match fs::metadata(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            return Err(IngestError::Table {
                path: path.to_owned(),
                expected: "the dump's table".to_owned(),
                found: "no such file".to_owned(),
                hint: "name the folder that holds images/ and styles.csv",
            });
        }
        found => found.map_err(|e| unreadable(path, "cannot read", e))?,
    };
    if meta.len() > MAX_BYTES {
        return Err(IngestError::Table {
            path: path.to_owned(),
            expected: format!("at most {MAX_BYTES} bytes"),
            found: format!("{} bytes", meta.len()),
            hint: "split the dump into several",
        });
    }
    fs::read(path).map_err(|e| unreadable(path, "cannot read", e))
}

/// Reads the table's records, in its order.
///
/// # Errors
/// The table has no rows, or lacks the id or the title.
pub(super) fn read(path: &Path, bytes: &[u8], console: &Console) -> Result<Vec<Row>, IngestError> {
    let decoded = encoding::decode(bytes);
    let name = path.display();
    if decoded.encoding != "UTF-8" {
        console.info(format!("{name}: read as {}", decoded.encoding));
    }
    if decoded.damaged {
        console.warn(format!(
            "{name}: some bytes are not {}; they became U+FFFD",
            decoded.encoding
        ));
    }
    let header = repair::header(&decoded.text);
    let missing: Vec<&str> = [ID, TITLE]
        .into_iter()
        .filter(|&c| find(&header, c).is_none())
        .collect();
    let table_error = |expected: String, found: String, hint| IngestError::Table {
        path: path.to_owned(),
        expected,
        found,
        hint,
    };
    let (Some(id), Some(title)) = (find(&header, ID), find(&header, TITLE)) else {
        let found = if header.is_empty() {
            "an empty file".to_owned()
        } else {
            format!("the columns {}", header.join(", "))
        };
        let hint = "the first line names the columns, separated by commas";
        return Err(table_error(
            format!("the columns {ID} and {TITLE} (missing: {})", missing.join(", ")),
            found,
            hint,
        ));
    };
    let repaired = repair::repair(&decoded.text, title);
    if repaired.rows == 0 {
        let hint = "the table must have a line for each product";
        return Err(table_error(
            "a row for each product".to_owned(),
            "a header without rows".to_owned(),
            hint,
        ));
    }
    if repaired.mended > 0 {
        console.info(format!(
            "{name}: {} titles with unquoted commas put back together",
            repaired.mended
        ));
    }
    if repaired.filled > 0 {
        console.warn(format!(
            "{name}: {} rows are shorter than the header",
            repaired.filled
        ));
    }
    let frame = parse(&repaired).map_err(|source| IngestError::Polars {
        path: path.to_owned(),
        action: "cannot read the table",
        source,
    })?;
    Ok(rows(&frame, &header, id, title))
}

/// The column called `name`, whatever its case.
fn find(header: &[String], name: &str) -> Option<usize> {
    header.iter().position(|column| column.eq_ignore_ascii_case(name))
}

/// All columns as text, by position: a header may name two columns alike.
fn parse(repaired: &repair::Repaired) -> PolarsResult<Vec<StringChunked>> {
    let frame = CsvReadOptions::default()
        .with_has_header(true)
        .with_infer_schema_length(Some(0))
        .into_reader_with_file_handle(Cursor::new(repaired.csv.as_bytes()))
        .finish()?;
    polars_ensure!(
        frame.height() == repaired.rows,
        ComputeError: "expected {} rows, found {}", repaired.rows, frame.height()
    );
    frame
        .columns()
        .iter()
        .map(|column| column.str().cloned())
        .collect()
}

fn rows(columns: &[StringChunked], header: &[String], id: usize, title: usize) -> Vec<Row> {
    let names: Vec<String> = header.iter().map(|name| snake_case(name)).collect();
    let cell = |column: usize, row: usize| columns.get(column).and_then(|c| c.get(row)).unwrap_or_default();
    let height = columns.first().map_or(0, |column| column.len());
    let row = |number: usize| {
        let mut texts = Texts::default();
        let cleaned = clean::text(cell(title, number));
        texts.title = cleaned.text;
        texts.cut = cleaned.cut;
        for (column, name) in names.iter().enumerate() {
            if column != id && column != title && !name.is_empty() {
                texts.add_attribute(name, cell(column, number));
            }
        }
        Row {
            id: cell(id, number).trim().to_owned(),
            texts,
        }
    };
    (0..height).map(row).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn rows_of(csv: &[u8]) -> Result<Vec<Row>, IngestError> {
        read(Path::new("dump/styles.csv"), csv, &Console::silent())
    }

    fn error_of(csv: &[u8]) -> String {
        rows_of(csv).unwrap_err().to_string()
    }

    #[test]
    fn cells_become_attributes_and_absent_ones_do_not() {
        let csv = "id,gender,baseColour,year,usage,productDisplayName\n 7 ,Men,NA,2011.0,,Nike  Men   Shoe\n";
        let rows = rows_of(csv.as_bytes()).unwrap();
        assert_eq!(rows[0].id, "7");
        assert_eq!(rows[0].texts.title, "Nike Men Shoe");
        let attributes: Vec<_> = rows[0]
            .texts
            .attributes
            .iter()
            .map(|(k, v)| (k.as_str(), v.as_str()))
            .collect();
        assert_eq!(attributes, [("gender", "Men"), ("year", "2011")]);
    }

    #[test]
    fn extra_columns_are_kept_and_columns_may_stand_in_any_order() {
        let csv = "productDisplayName,Extra Column,,ID,ID\nTie, Cufflink,x,y,7,8\n";
        let rows = rows_of(csv.as_bytes()).unwrap();
        assert_eq!(
            (rows[0].id.as_str(), rows[0].texts.title.as_str()),
            ("7", "Tie, Cufflink")
        );
        assert_eq!(rows[0].texts.attributes["extra_column"], "x");
    }

    #[test]
    fn a_table_of_another_encoding_is_read() {
        let rows = rows_of(b"id,productDisplayName\n1,Caf\xe9 Shirt\n").unwrap();
        assert_eq!(rows[0].texts.title, "Café Shirt");
        let utf16: Vec<u8> = "\u{feff}id,productDisplayName\r\n1,Café Shirt\r\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(rows_of(&utf16).unwrap(), rows);
    }

    #[test]
    fn a_table_without_rows_or_columns_is_an_error_with_a_hint() {
        let text = error_of(b"id,productDisplayName\n");
        assert!(text.contains("found a header without rows\nhint: "), "{text}");
        let text = error_of(b"id;productDisplayName\n1;Shirt\n");
        assert!(
            text.contains("missing: id, productDisplayName") && text.contains("separated by commas"),
            "{text}"
        );
        assert!(error_of(b"").contains("found an empty file"));
        assert!(error_of(b"id,title\n1,Shirt").contains("(missing: productDisplayName)"));
    }

    #[test]
    fn a_title_of_a_megabyte_is_cut() {
        let csv = [
            "id,productDisplayName\n1,\"",
            &"long, ".repeat(200_000),
            "\"\n2,Shirt\n",
        ]
        .concat();
        let rows = rows_of(csv.as_bytes()).unwrap();
        assert!(rows[0].texts.cut && rows[0].texts.title.len() <= clean::MAX_BYTES);
        assert!(!rows[1].texts.cut);
    }
}
