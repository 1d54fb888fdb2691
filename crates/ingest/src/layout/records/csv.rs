//! A CSV or TSV: repaired, then read by polars. A header without a comma tells what parts the fields instead.

use std::io::Cursor;
use std::path::Path;

use polars::prelude::*;
use stage::Console;

use super::{Records, Wanted, no_records, repair, require};
use crate::error::IngestError;
use crate::rejects::{Flaw, Reason};

/// What parts the fields of a CSV by its header: a comma or, where there is none, the semicolon of spreadsheets,
/// the bar of Flickr30k or a tab.
pub(super) fn separator(text: &str) -> u8 {
    let header = text.lines().find(|line| !line.is_empty()).unwrap_or_default();
    let parts = |&&b: &&u8| header.as_bytes().contains(&b);
    *b",;|\t".iter().find(parts).unwrap_or(&b',')
}

/// Reads the records of `text`, in its order.
///
/// # Errors
/// The table has no rows, or lacks a column.
pub(super) fn read(
    file: &Path,
    name: &str,
    text: &str,
    separator: u8,
    wanted: &Wanted<'_>,
    console: &Console,
) -> Result<Records, IngestError> {
    let names = repair::header(text, separator);
    let separated = match separator {
        b'\t' => "tabs",
        b';' => "semicolons",
        b'|' => "bars",
        _ => "commas",
    };
    require(
        file,
        &names,
        wanted,
        &format!("the first line names the columns, separated by {separated}"),
    )?;
    let repaired = repair::repair(text, separator, (wanted.free_text)(&names));
    if repaired.lines.is_empty() && repaired.surplus.is_empty() {
        let hint = "the table must have a line for each product";
        return Err(no_records(file, "a header without rows", hint));
    }
    let shown = file.display();
    if repaired.mended > 0 {
        console.info(format!(
            "{shown}: {} titles with unquoted commas put back together",
            repaired.mended
        ));
    }
    if repaired.filled > 0 {
        console.warn(format!(
            "{shown}: {} rows are shorter than the header",
            repaired.filled
        ));
    }
    let columns = parse(&repaired).map_err(|source| IngestError::Polars {
        path: file.to_owned(),
        action: "cannot read the table",
        source,
    })?;
    let surplus = repaired.surplus.iter().map(|(line, fields)| {
        let detail = format!("line {line}: expected {} fields, found {fields}", names.len());
        Flaw::new(Reason::BadRow, detail).of("", name)
    });
    Ok(Records {
        rejects: surplus.collect(),
        names,
        columns,
        lines: repaired.lines,
        unit: "line",
    })
}

/// All columns as text, by position: a header may name two columns alike.
fn parse(repaired: &repair::Repaired) -> PolarsResult<Vec<StringChunked>> {
    let frame = CsvReadOptions::default()
        .with_has_header(true)
        .with_infer_schema_length(Some(0))
        .into_reader_with_file_handle(Cursor::new(repaired.csv.as_bytes()))
        .finish()?;
    polars_ensure!(
        frame.height() == repaired.lines.len(),
        ComputeError: "expected {} rows, found {}", repaired.lines.len(), frame.height()
    );
    frame
        .columns()
        .iter()
        .map(|column| column.str().cloned())
        .collect()
}
