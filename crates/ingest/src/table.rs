//! Parquet files, written beside their name and renamed like every other file.

use std::path::Path;

use polars::prelude::*;
use stage::OutputFile;
use stage::atomic::AtomicFile;

use crate::error::IngestError;

/// Writes `columns` of `height` rows as one parquet file.
///
/// # Errors
/// The columns do not fit each other, or the file system fails.
pub(crate) fn write_parquet(
    path: &Path,
    height: usize,
    columns: Vec<Column>,
) -> Result<OutputFile, IngestError> {
    let fail = |source| IngestError::Polars {
        path: path.to_owned(),
        action: "cannot write the table",
        source,
    };
    let mut frame = DataFrame::new(height, columns).map_err(fail)?;
    let mut file = AtomicFile::create(path)?;
    ParquetWriter::new(&mut file)
        .set_parallel(false)
        .finish(&mut frame)
        .map_err(fail)?;
    Ok(file.commit()?)
}
