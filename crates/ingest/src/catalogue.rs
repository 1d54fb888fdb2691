//! The catalogue: one parquet file a shard, one row a squared image. Columns: `data/README.md`.

use std::path::Path;

use polars::prelude::*;
use stage::OutputFile;

use crate::error::IngestError;
use crate::groups::Split;
use crate::part::Ingested;
use crate::table;

/// An ingested product and where it belongs.
pub(crate) struct Row<'a> {
    pub(crate) product: Ingested,
    pub(crate) split: Split,
    pub(crate) group: &'a str,
    pub(crate) duplicate_of: Option<&'a str>,
}

/// Writes the catalogue of one shard, rows in the order of its images.
///
/// # Errors
/// The file system fails.
pub(crate) fn write(path: &Path, rows: &[Row<'_>]) -> Result<OutputFile, IngestError> {
    let texts = |name: &str, of: fn(&Row<'_>) -> String| {
        Column::new(name.into(), rows.iter().map(of).collect::<Vec<_>>())
    };
    let numbers = |name: &str, of: fn(&Row<'_>) -> u32| {
        Column::new(name.into(), rows.iter().map(of).collect::<Vec<_>>())
    };
    let mut captions = ListStringChunkedBuilder::new("captions".into(), rows.len(), rows.len() * 4);
    for row in rows {
        captions.append_values_iter(row.product.captions.all().into_iter());
    }
    let duplicate_of: Vec<Option<&str>> = rows.iter().map(|row| row.duplicate_of).collect();
    let columns = vec![
        texts("id", |row| row.product.id.clone()),
        captions.finish().into_series().into_column(),
        texts("attributes", |row| {
            serde_json::json!(row.product.attributes).to_string()
        }),
        texts("split", |row| row.split.word().to_owned()),
        texts("group", |row| row.group.to_owned()),
        numbers("box_x", |row| row.product.content.x),
        numbers("box_y", |row| row.product.content.y),
        numbers("box_w", |row| row.product.content.w),
        numbers("box_h", |row| row.product.content.h),
        texts("source", |row| row.product.source.clone()),
        texts("content_hash", |row| row.product.content_hash.clone()),
        Column::new("duplicate_of".into(), duplicate_of),
    ];
    table::write_parquet(path, rows.len(), columns)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_shard_has_the_columns_of_a_full_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("catalogue-00000.parquet");
        write(&path, &[]).unwrap();
        let frame = ParquetReader::new(std::fs::File::open(path).unwrap())
            .finish()
            .unwrap();
        assert_eq!(frame.shape(), (0, 12));
        assert_eq!(
            frame.column("captions").unwrap().dtype(),
            &DataType::List(Box::new(DataType::String))
        );
        assert_eq!(frame.column("duplicate_of").unwrap().dtype(), &DataType::String);
        assert_eq!(frame.column("box_x").unwrap().dtype(), &DataType::UInt32);
    }
}
