//! One shard, written.
//!
//! Images are read twice, so that memory does not grow with them: once for the checksum of each, which the
//! texts hold, and once to be copied. The header, which comes first, takes the checksums of images and
//! vectors from the records of the stages that wrote them; reading checks that they are right.

use std::path::Path;

use stage::OutputFile;
use stage::atomic::AtomicFile;

use super::catalogue::{self, Row};
use super::inputs::ShardSources;
use super::source::Source;
use crate::format::{Header, MAX_TEXT, Shape, TextRecord};
use crate::{DatasetError, Split, codec};

/// Writes the shard at `path`; gives the file and the samples of each split.
pub(super) fn shard(
    path: &Path,
    sources: &ShardSources<'_>,
    shape: Shape,
) -> Result<(OutputFile, [u64; Split::ALL.len()]), DatasetError> {
    let too_large = |what: &str, found: String| DatasetError::Malformed {
        path: path.to_owned(),
        part: "sizes",
        expected: format!("{what} (use more shards)"),
        found,
    };
    let rows = catalogue::read(&sources.catalogue)?;
    let samples = u32::try_from(rows.len())
        .map_err(|_| too_large("fewer than 2^32 products", rows.len().to_string()))?;
    let image_stride = stride(&sources.images, shape.image_bytes(), samples)?;
    let vector_stride = stride(&sources.features, shape.vector_bytes(), samples)?;

    let mut checksums = Vec::with_capacity(rows.len());
    sources.images.each(image_stride, |image| {
        checksums.push(*blake3::hash(image).as_bytes());
        Ok(())
    })?;
    let texts: Vec<TextRecord> = rows.into_iter().zip(checksums).map(text).collect();
    let mut counts = [0; Split::ALL.len()];
    texts.iter().for_each(|text| counts[text.split as usize] += 1);

    let encoded = encode(&sources.catalogue, shape, &texts)?;
    let hashes = [
        sources.images.checksum()?,
        sources.features.checksum()?,
        *blake3::hash(&encoded).as_bytes(),
    ];
    let header = Header::new(samples, shape, encoded.len() as u64, hashes).ok_or_else(|| {
        too_large(
            "a file below 2^64 bytes",
            format!("{samples} products of {shape:?}"),
        )
    })?;

    let mut file = AtomicFile::create(path)?;
    file.put(&header.to_bytes()?)?;
    sources.images.each(image_stride, |image| Ok(file.put(image)?))?;
    file.put(&zeros(header.images.end(), header.vectors.offset))?;
    copy_vectors(&sources.features, vector_stride, &texts, &mut file)?;
    file.put(&zeros(header.vectors.end(), header.texts.offset))?;
    file.put(&encoded)?;
    Ok((file.commit()?, counts))
}

/// Bytes a product in `source`, whose recorded size must be that of all `samples`.
fn stride(source: &Source<'_>, bytes: Option<u64>, samples: u32) -> Result<usize, DatasetError> {
    let total = bytes.and_then(|bytes| bytes.checked_mul(u64::from(samples)));
    match (total, bytes.and_then(|bytes| usize::try_from(bytes).ok())) {
        (Some(total), Some(stride)) if total == source.recorded.bytes => Ok(stride),
        _ => {
            let expected = total.map_or_else(|| "fewer than 2^64 bytes".to_owned(), |n| format!("{n} bytes"));
            let found = format!("{} bytes", source.recorded.bytes);
            Err(source.fault(format!("{expected} ({samples} products in the catalogue)"), found))
        }
    }
}

fn text((row, image_blake3): (Row, [u8; 32])) -> TextRecord {
    let Row {
        id,
        split,
        captions,
        attributes,
        content_box,
    } = row;
    TextRecord {
        id,
        split,
        captions,
        attributes,
        content_box,
        image_blake3,
    }
}

/// The section of texts: what bincode makes of the whole list, each text checked on the way.
fn encode(catalogue: &Source<'_>, shape: Shape, texts: &[TextRecord]) -> Result<Vec<u8>, DatasetError> {
    let mut encoded = codec::encode(&(texts.len() as u64))?;
    for text in texts {
        if let Some((expected, found)) = text.fault(&shape) {
            return Err(catalogue.fault(expected, found));
        }
        let bytes = codec::encode(text)?;
        if bytes.len() > MAX_TEXT {
            let expected = format!("at most {MAX_TEXT} bytes of texts for product {}", text.id);
            return Err(catalogue.fault(expected, format!("{} bytes", bytes.len())));
        }
        encoded.extend(bytes);
    }
    Ok(encoded)
}

/// Copies the vectors and sees to it that they are numbers: one NaN would spoil a training much later.
fn copy_vectors(
    features: &Source<'_>,
    stride: usize,
    texts: &[TextRecord],
    file: &mut AtomicFile,
) -> Result<(), DatasetError> {
    let (mut texts, mut bad) = (texts.iter(), None);
    features.each(stride, |row| {
        let mut values = row
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
        let fault = texts.next().zip(values.find(|value| !value.is_finite()));
        bad = bad.or(fault);
        Ok(file.put(row)?)
    })?;
    // Not before here is it certain that the file is what `textfeat` wrote, and not damaged.
    match bad {
        None => Ok(()),
        Some((text, value)) => {
            let expected = format!("finite values for product {}", text.id);
            Err(features.fault(expected, value.to_string()))
        }
    }
}

/// The gap between two offsets of sections, which is less than a page.
fn zeros(from: u64, to: u64) -> Vec<u8> {
    vec![0; (to - from) as usize]
}
