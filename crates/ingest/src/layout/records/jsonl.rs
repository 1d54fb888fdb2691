//! JSON Lines: an object a line, its keys the columns.

use std::collections::HashMap;
use std::path::Path;

use polars::prelude::{NewChunkedArray, StringChunked};
use serde_json::{Map, Value};

use super::{MAX_COLUMNS, Records, Wanted, no_records, require};
use crate::error::IngestError;
use crate::rejects::{Flaw, Reason, Reject};

/// Reads the records of `text`, in its order; blank lines are none.
///
/// # Errors
/// No line is an object, or none has a wanted column.
pub(super) fn read(file: &Path, name: &str, text: &str, wanted: &Wanted<'_>) -> Result<Records, IngestError> {
    let mut rejects: Vec<Reject> = Vec::new();
    let (mut names, mut numbers) = (Vec::new(), HashMap::new());
    let mut columns: Vec<Vec<Option<String>>> = Vec::new();
    let mut lines: Vec<u32> = Vec::new();
    for (line, text) in (1..).zip(text.lines()) {
        if text.trim().is_empty() {
            continue;
        }
        let object = match object(text.as_bytes()) {
            Ok(object) => object,
            Err(flaw) => {
                let detail = format!("line {line}: {}", flaw.detail);
                rejects.push(Flaw::new(flaw.reason, detail).of("", name));
                continue;
            }
        };
        for (key, cell) in cells(&object) {
            let column = *numbers.entry(key.to_owned()).or_insert_with(|| {
                names.push(key.to_owned());
                names.len() - 1
            });
            if names.len() > MAX_COLUMNS {
                break;
            }
            if column == columns.len() {
                columns.push(Vec::new());
            }
            // A key that is new leaves earlier records without a cell.
            columns[column].resize(lines.len(), None);
            columns[column].push(Some(cell));
        }
        lines.push(line);
    }
    if lines.is_empty() {
        let found = match rejects.first() {
            None => "an empty file".to_owned(),
            Some(first) => format!("{} lines, none of them; {}", rejects.len(), first.detail),
        };
        let hint = "each line must be an object, such as {\"file_name\": \"1.jpg\", \"text\": \"...\"}";
        return Err(no_records(file, &found, hint));
    }
    require(
        file,
        &names,
        wanted,
        "keys are the columns; see how they are spelt",
    )?;
    let columns = columns.into_iter().zip(&names).map(|(mut cells, name)| {
        cells.resize(lines.len(), None);
        StringChunked::from_iter_options(name.as_str().into(), cells.into_iter())
    });
    Ok(Records {
        columns: columns.collect(),
        names,
        lines,
        unit: "line",
        rejects,
    })
}

/// Keys and values of a file that is one object, values as the cells of a table have them.
///
/// # Errors
/// It is no JSON, or another value.
pub(in crate::layout) fn fields(text: &[u8]) -> Result<Vec<(String, String)>, Flaw> {
    let object = object(text)?;
    Ok(cells(&object).map(|(key, cell)| (key.to_owned(), cell)).collect())
}

/// The object that `text` is.
///
/// # Errors
/// It is no JSON, or another value.
fn object(text: &[u8]) -> Result<Map<String, Value>, Flaw> {
    let bad = |detail: String| Flaw::new(Reason::BadJson, detail);
    // serde_json says where it stopped, and limits the depth of nesting.
    match serde_json::from_slice(text).map_err(|e| bad(e.to_string()))? {
        Value::Object(object) => Ok(object),
        other => Err(bad(format!("expected an object, found {}", kind(&other)))),
    }
}

/// Keys and values as text. Several texts stand a line each; objects are left out.
fn cells(object: &Map<String, Value>) -> impl Iterator<Item = (&str, String)> {
    object.iter().filter_map(|(key, value)| {
        let cell = match value {
            Value::Array(several) => {
                let words: Vec<String> = several.iter().filter_map(word).collect();
                words.join("\n")
            }
            one => word(one)?,
        };
        Some((key.as_str(), cell))
    })
}

fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(true) => Some("yes".to_owned()),
        Value::Bool(false) => Some("no".to_owned()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
