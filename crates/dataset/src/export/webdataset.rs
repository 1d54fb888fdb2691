//! WebDataset: `SPLIT-KKKKK.tar`, a shard's products of a split. A product is `KEY.png`, `KEY.json` (see
//! [`super::product`]), `KEY.txt` (the first caption that is not empty) and, where asked for, `KEY.npy` (f32,
//! `[captions, dims]`).

use std::io;
use std::path::Path;

use stage::atomic::AtomicFile;
use stage::shards::shard_file;
use stage::{OutputFile, StageError};

use super::{ExportPlan, product};
use crate::inspect::encode_png;
use crate::{DatasetError, Sample, Split};

pub(super) fn write(
    plan: &ExportPlan,
    dir: &Path,
    shard: u32,
    split: Split,
    samples: &[Sample<'_>],
) -> Result<(String, OutputFile), DatasetError> {
    let name = shard_file(split.name(), shard, "tar");
    let path = dir.join(&name);
    let fail = |e| DatasetError::from(StageError::io(&path, "cannot write", e));
    let mut file = AtomicFile::create(&path)?;
    let mut archive = tar::Builder::new(&mut file);
    let mut picture = Vec::new();
    for sample in samples {
        let key = product::key(sample.id);
        picture.clear();
        encode_png(&mut picture, plan.data.resolution(), &sample.image()?).map_err(fail)?;
        let record = serde_json::to_vec(&product::record(sample)).map_err(|e| fail(e.into()))?;
        let text = sample.captions.iter().find(|text| !text.is_empty());
        let mut members = vec![
            ("png", &picture[..]),
            ("json", &record),
            ("txt", text.map_or(&[], |text| text.as_bytes())),
        ];
        let vectors;
        if plan.vectors {
            vectors = npy(&sample.vectors()?, plan.data.captions(), plan.data.dims());
            members.push(("npy", &vectors));
        }
        for (ending, content) in members {
            add(&mut archive, &format!("{key}.{ending}"), content).map_err(fail)?;
        }
    }
    archive.into_inner().map_err(fail)?;
    Ok((name, file.commit()?))
}

/// Adds a file of nobody's and of no time, so that the same data give the same archive.
fn add(archive: &mut tar::Builder<&mut AtomicFile>, name: &str, content: &[u8]) -> io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    archive.append_data(&mut header, name, content)
}

/// numpy's format, version 1.0: magic, version, the header's length, a header that ends at a multiple of 64, the values.
fn npy(values: &[f32], rows: usize, columns: usize) -> Vec<u8> {
    const BEFORE: usize = 10;
    let mut header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {columns}), }}");
    while !(BEFORE + header.len() + 1).is_multiple_of(64) {
        header.push(' ');
    }
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    // Two numbers and some words: far below 2^16.
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(bytemuck::cast_slice::<f32, u8>(values));
    bytes
}
