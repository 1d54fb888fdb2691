//! A dump's table as parquet, from anybody.

use std::io::Cursor;

use ingest::layout::{ColumnFlags, LayoutChoice};
use polars::prelude::*;

use super::{Seed, dump, place};

pub(crate) fn run(data: &[u8]) {
    place::with(|folder| {
        let folder = folder.join("parquet");
        place::write(&folder.join("metadata.parquet"), data);
        place::write(&folder.join("images/1.jpg"), b"");
        let read = dump::read(&folder, LayoutChoice::Metadata, &ColumnFlags::default());
        if let Err(e) = read {
            dump::check_error(&e);
        }
    });
}

pub(crate) fn seeds() -> Vec<Seed> {
    let texts = Series::new("text".into(), ["a red dress", "a bag"]);
    let lists = Series::new("captions".into(), [texts.clone(), texts]);
    let plain = df!("file_name" => ["images/1.jpg", "2.jpg"], "text" => [Some("a dress"), None], "year" => [2011_i32, 2012]);
    let lists = df!("id" => [1_i64, 2], "image" => ["images/1.jpg", "x"], "captions" => lists, "price" => [1.5_f64, 2.5]);
    let compressions = [
        ("plain", plain, ParquetCompression::Uncompressed),
        ("lists", lists, ParquetCompression::Uncompressed),
    ];
    compressions
        .into_iter()
        .map(|(name, frame, compression)| {
            let mut bytes = Cursor::new(Vec::new());
            let mut frame = frame.unwrap_or_else(|e| panic!("{e}"));
            let written = ParquetWriter::new(&mut bytes)
                .with_compression(compression)
                .finish(&mut frame);
            assert!(written.is_ok(), "{name}: {written:?}");
            (name.to_owned(), bytes.into_inner())
        })
        .collect()
}
