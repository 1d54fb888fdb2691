//! The rows of an ingested catalogue.

use std::collections::BTreeMap;
use std::io::Cursor;

use polars::prelude::*;
use stage::guarded;

use super::source::Source;
use crate::{DatasetError, Split};

/// What is read of it.
const COLUMNS: [&str; 8] = [
    "id",
    "split",
    "captions",
    "attributes",
    "box_x",
    "box_y",
    "box_w",
    "box_h",
];

/// A product as `ingest` describes it.
pub(super) struct Row {
    pub(super) id: String,
    pub(super) split: Split,
    pub(super) captions: Vec<String>,
    pub(super) attributes: BTreeMap<String, String>,
    pub(super) content_box: [u32; 4],
}

/// Reads `catalogue-KKKKK.parquet`.
pub(super) fn read(source: &Source<'_>) -> Result<Vec<Row>, DatasetError> {
    let bytes = source.read()?;
    let fault = |found: String| source.fault(format!("a parquet file with {}", COLUMNS.join(", ")), found);
    stage::parquet::plausible(&bytes).map_err(fault)?;
    let reader =
        ParquetReader::new(Cursor::new(bytes)).with_columns(Some(COLUMNS.map(str::to_owned).to_vec()));
    // polars trusts what pages of a table say of themselves, and panics where that is wrong.
    let table = guarded(|| reader.finish())
        .map_err(|panic| fault(format!("a damaged one ({panic})")))?
        .map_err(|e| fault(e.to_string()))?;
    let columns = Columns::of(&table);
    let columns = columns.map_err(|e| {
        source.fault(
            format!("{} of the types of a catalogue", COLUMNS.join(", ")),
            e.to_string(),
        )
    })?;
    let rows: Vec<Row> = (0..table.height())
        .map(|i| columns.row(source, i))
        .collect::<Result<_, _>>()?;
    if let Some(pair) = rows.windows(2).find(|pair| pair[0].id >= pair[1].id) {
        let found = format!("{} before {}", pair[0].id, pair[1].id);
        return Err(source.fault("rows in ascending order of id", found));
    }
    Ok(rows)
}

/// The columns in use, typed.
struct Columns<'a> {
    id: &'a StringChunked,
    split: &'a StringChunked,
    captions: &'a ListChunked,
    attributes: &'a StringChunked,
    content_box: [&'a UInt32Chunked; 4],
}

impl<'a> Columns<'a> {
    fn of(table: &'a DataFrame) -> PolarsResult<Self> {
        let u32s = |name| table.column(name)?.u32();
        Ok(Self {
            id: table.column("id")?.str()?,
            split: table.column("split")?.str()?,
            captions: table.column("captions")?.list()?,
            attributes: table.column("attributes")?.str()?,
            content_box: [u32s("box_x")?, u32s("box_y")?, u32s("box_w")?, u32s("box_h")?],
        })
    }

    fn row(&self, source: &Source<'_>, index: usize) -> Result<Row, DatasetError> {
        let id = self
            .id
            .get(index)
            .ok_or_else(|| source.fault(format!("an id in row {index}"), "null"))?;
        let fault =
            |expected: &str, found: String| source.fault(format!("{expected} for product {id}"), found);
        let split = self.split.get(index).unwrap_or("null");
        let captions = self
            .captions
            .get_as_series(index)
            .ok_or_else(|| fault("captions", "null".into()))?;
        let captions = captions
            .str()
            .map_err(|e| fault("texts as captions", e.to_string()))?;
        let mut content_box = [0; 4];
        for (value, column) in content_box.iter_mut().zip(self.content_box) {
            *value = column
                .get(index)
                .ok_or_else(|| fault("a content box", "null".into()))?;
        }
        Ok(Row {
            id: id.to_owned(),
            split: Split::from_name(split).ok_or_else(|| fault("train, val or test", split.to_owned()))?,
            captions: captions
                .iter()
                .map(|text| text.unwrap_or_default().to_owned())
                .collect(),
            attributes: serde_json::from_str(self.attributes.get(index).unwrap_or("null"))
                .map_err(|e| fault("a JSON object of texts as attributes", e.to_string()))?,
            content_box,
        })
    }
}
