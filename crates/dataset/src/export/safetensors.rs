//! safetensors: `SPLIT-KKKKK.safetensors`, a shard's products of a split, with the tensors `vectors` (F32,
//! `[products, captions, dims]`) and `images` (U8, `[products, resolution, resolution, 3]`). The metadata, whose values
//! are texts, has `split` and `products`: a JSON list with an object each (see [`super::product`]), in order.
//!
//! The layout is the one of the format's description: the header's length (u64, little-endian), the header as JSON, and
//! the tensors one after another. It is written here because the crate wants all tensors in memory.

use std::path::Path;

use serde_json::{Value, json};
use stage::OutputFile;
use stage::atomic::AtomicFile;
use stage::shards::shard_file;

use super::{ExportPlan, product};
use crate::{DatasetError, Sample, Split};

/// Readers refuse a longer header.
const MAX_HEADER: usize = 100_000_000;

pub(super) fn write(
    plan: &ExportPlan,
    dir: &Path,
    shard: u32,
    split: Split,
    samples: &[Sample<'_>],
) -> Result<(String, OutputFile), DatasetError> {
    let name = shard_file(split.name(), shard, "safetensors");
    let path = dir.join(&name);
    let (side, captions, dims) = (plan.data.resolution(), plan.data.captions(), plan.data.dims());
    let products: Vec<Value> = samples
        .iter()
        .map(|sample| Value::Object(product::record(sample)))
        .collect();
    let n = samples.len();
    let vectors_end = n * captions * dims * size_of::<f32>();
    let header = json!({
        "__metadata__": { "split": split.name(), "products": Value::Array(products).to_string() },
        // First what must lie at a multiple of four.
        "vectors": { "dtype": "F32", "shape": [n, captions, dims], "data_offsets": [0, vectors_end] },
        "images": {
            "dtype": "U8", "shape": [n, side, side, 3],
            "data_offsets": [vectors_end, vectors_end + n * plan.data.image_bytes()],
        },
    });
    let mut header = header.to_string();
    while !header.len().is_multiple_of(8) {
        header.push(' ');
    }
    if header.len() > MAX_HEADER {
        return Err(DatasetError::Malformed {
            path,
            part: "header",
            expected: format!(
                "texts of at most {MAX_HEADER} bytes, which is the format's limit (use more shards)"
            ),
            found: format!("{} bytes", header.len()),
        });
    }
    let mut file = AtomicFile::create(&path)?;
    file.put(&(header.len() as u64).to_le_bytes())?;
    file.put(header.as_bytes())?;
    for sample in samples {
        file.put(bytemuck::cast_slice(&sample.vectors()?))?;
    }
    for sample in samples {
        file.put(&sample.image()?)?;
    }
    Ok((name, file.commit()?))
}
