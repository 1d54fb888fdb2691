//! A parquet table: what is text, a number or a list of texts.

use std::io::Cursor;
use std::path::Path;

use polars::prelude::*;
use stage::{Console, guarded};

use super::{Records, Wanted, no_records, require};
use crate::error::IngestError;

/// Reads the records of a parquet file.
///
/// # Errors
/// The file is no parquet, has no rows, or lacks a column.
pub(super) fn read(
    file: &Path,
    bytes: &[u8],
    wanted: &Wanted<'_>,
    console: &Console,
) -> Result<Records, IngestError> {
    let damaged = |found: String| IngestError::Table {
        path: file.to_owned(),
        expected: "a parquet table".to_owned(),
        found,
        hint: "see whether other programs can read it, or fetch it again".to_owned(),
    };
    if !bytes.starts_with(b"PAR1") {
        let head = &bytes[..bytes.len().min(12)];
        return Err(damaged(format!(
            "a file that begins with \"{}\"",
            head.escape_ascii()
        )));
    }
    stage::parquet::plausible(bytes).map_err(damaged)?;
    // polars trusts what pages of a table say of themselves, and panics where that is wrong.
    let frame = guarded(|| {
        let mut reader = ParquetReader::new(Cursor::new(bytes));
        let schema = reader.schema()?;
        let (wordy, others): (Vec<_>, Vec<_>) =
            schema.iter_values().partition(|field| is_wordy(field.dtype()));
        for field in others {
            console.detail(format!(
                "{}: the column {} holds no text ({:?})",
                file.display(),
                field.name,
                field.dtype()
            ));
        }
        let wordy = wordy.into_iter().map(|field| field.name.to_string());
        reader.with_columns(Some(wordy.collect())).finish()
    });
    let frame = frame
        .map_err(|panic| damaged(format!("a damaged one ({panic})")))?
        .map_err(|e| damaged(e.to_string()))?;
    let (mut names, mut columns) = (Vec::new(), Vec::new());
    for column in frame.columns() {
        if let Some(cells) = text(column) {
            names.push(column.name().to_string());
            columns.push(cells);
        }
    }
    let hint = "pictures must be files beside the table; pictures inside it are not read";
    require(file, &names, wanted, hint)?;
    let rows = u32::try_from(frame.height()).unwrap_or(u32::MAX);
    if rows == 0 {
        let hint = "the table must have a row for each product";
        return Err(no_records(file, "a table without rows", hint));
    }
    Ok(Records {
        names,
        columns,
        lines: (1..=rows).collect(),
        unit: "row",
        rejects: Vec::new(),
    })
}

/// Whether values of that type are read as text. polars is built without instants, spans, decimals, short numbers and
/// the like: it refuses a table for a single such column, or panics.
fn is_wordy(of: &ArrowDataType) -> bool {
    use ArrowDataType::{
        Boolean, Dictionary, Float32, Float64, Int32, Int64, LargeList, LargeUtf8, List, UInt32, UInt64,
        Utf8, Utf8View,
    };
    let is_text = |of: &ArrowDataType| matches!(of, Utf8 | LargeUtf8 | Utf8View);
    match of {
        Boolean | Int32 | Int64 | UInt32 | UInt64 | Float32 | Float64 => true,
        List(field) | LargeList(field) => is_text(field.dtype()),
        Dictionary(_, values, _) => is_text(values),
        of => is_text(of),
    }
}

/// The cells of a column as text, where its type [`is_wordy`].
fn text(column: &Column) -> Option<StringChunked> {
    let series = column.as_materialized_series();
    match column.dtype() {
        DataType::String => series.str().ok().cloned(),
        DataType::List(inner) if **inner == DataType::String => {
            let lists = series.list().ok()?;
            let joined = (0..lists.len()).map(|row| {
                let texts = lists.get_as_series(row)?;
                let lines: Vec<&str> = texts.str().ok()?.iter().flatten().collect();
                Some(lines.join("\n"))
            });
            let joined: Vec<Option<String>> = joined.collect();
            Some(StringChunked::from_iter_options(
                column.name().clone(),
                joined.into_iter(),
            ))
        }
        // Numbers, truth values, and texts that are kept as numbers with a dictionary.
        _ => series.cast(&DataType::String).ok()?.str().ok().cloned(),
    }
}
