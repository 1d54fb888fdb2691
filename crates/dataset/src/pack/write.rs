//! One shard, written, and its sums.
//!
//! Memory does not grow with images. A raw shard's images are read twice: once for the checksum of each, which the
//! texts hold, and once to be copied; the header, which comes first, takes the checksums of images and vectors from
//! the records of the stages that wrote them, and reading checks that they are right. The frames of a compressed shard
//! wait in a file without a name until their lengths are known.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, Write};
use std::path::Path;

use stage::atomic::{self, AtomicFile};
use stage::{OutputFile, StageError};

use super::catalogue::{self, Row};
use super::inputs::ShardSources;
use super::source::Source;
use crate::compress::{Compression, Packer};
use crate::folder::Settings;
use crate::format::{Content, Header, MAX_TEXT, MAX_UNPACKED, Part, ProductSums, Shape, TextRecord};
use crate::{DatasetError, Split, codec, sums};

/// Bytes copied at a time.
const CHUNK: usize = 1 << 18;

/// What was written.
pub(super) struct Written {
    pub(super) shard: OutputFile,
    pub(super) sums: OutputFile,
    /// Samples of each split.
    pub(super) counts: [u64; Split::ALL.len()],
    /// Samples of the test split that were put there for what they are.
    pub(super) held_out: u64,
}

/// Writes the shard at `path` and its sums at `sums_path`.
pub(super) fn shard(
    path: &Path,
    sums_path: &Path,
    sources: &ShardSources<'_>,
    settings: &Settings,
) -> Result<Written, DatasetError> {
    let shape = settings.shape;
    let mut rows = catalogue::read(&sources.catalogue)?;
    let mut held_out = 0;
    for row in &mut rows {
        if settings.hold_out.iter().any(|kind| kind.holds(&row.attributes)) {
            row.split = Split::Test;
            held_out += 1;
        }
    }
    let samples = u32::try_from(rows.len())
        .map_err(|_| too_large(path, "fewer than 2^32 products", rows.len().to_string()))?;
    let strides = [
        stride(&sources.images, shape.image_bytes(), samples)?,
        stride(&sources.features, shape.vector_bytes(), samples)?,
    ];
    let work = Work {
        path,
        sources,
        shape,
        strides,
        samples,
    };
    let mut counts = [0; Split::ALL.len()];
    rows.iter().for_each(|row| counts[row.split as usize] += 1);
    let (shard, products) = match settings.compress {
        None => work.raw(rows)?,
        Some(compression) => work.compressed(rows, compression)?,
    };
    let sums = atomic::write(sums_path, &sums::encode(&products)?)?;
    Ok(Written {
        shard,
        sums,
        counts,
        held_out,
    })
}

fn too_large(path: &Path, what: &str, found: String) -> DatasetError {
    DatasetError::Malformed {
        path: path.to_owned(),
        part: "sizes",
        expected: format!("{what} (use more shards)"),
        found,
    }
}

/// A shard to be written.
struct Work<'a> {
    path: &'a Path,
    sources: &'a ShardSources<'a>,
    shape: Shape,
    /// Bytes of an image and of a product's vectors.
    strides: [usize; 2],
    samples: u32,
}

impl Work<'_> {
    fn raw(&self, rows: Vec<Row>) -> Result<(OutputFile, Vec<ProductSums>), DatasetError> {
        let (sources, [image_stride, vector_stride]) = (self.sources, self.strides);
        let mut images = Vec::with_capacity(rows.len());
        sources.images.each(image_stride, |image| {
            images.push(Part::of(image));
            Ok(())
        })?;
        let texts = with_checksums(rows, images.iter().map(|image| image.blake3));
        let (encoded, text_parts) = encode(&sources.catalogue, self.shape, &texts)?;
        let hashes = [
            sources.images.checksum()?,
            sources.features.checksum()?,
            *blake3::hash(&encoded).as_bytes(),
        ];
        let header = Header::raw(self.samples, self.shape, encoded.len() as u64, hashes);
        let header = header.ok_or_else(|| self.overflow())?;

        let mut file = AtomicFile::create(self.path)?;
        file.put(&header.to_bytes()?)?;
        sources.images.each(image_stride, |image| Ok(file.put(image)?))?;
        file.put(&zeros(header.images.end(), header.vectors.offset))?;
        let mut vectors = Vec::with_capacity(texts.len());
        each_vectors(&sources.features, vector_stride, &texts, |row| {
            vectors.push(Part::of(row));
            Ok(file.put(row)?)
        })?;
        file.put(&zeros(header.vectors.end(), header.texts.offset))?;
        file.put(&encoded)?;
        Ok((file.commit()?, products(&texts, [images, vectors, text_parts])))
    }

    fn compressed(
        &self,
        rows: Vec<Row>,
        compression: Compression,
    ) -> Result<(OutputFile, Vec<ProductSums>), DatasetError> {
        let (sources, [image_stride, vector_stride]) = (self.sources, self.strides);
        if self
            .strides
            .into_iter()
            .any(|stride| stride as u64 > MAX_UNPACKED)
        {
            return Err(DatasetError::TooLarge {
                path: self.path.to_owned(),
                expected: MAX_UNPACKED,
                found: format!("{image_stride} and {vector_stride}"),
            });
        }
        let cannot = |e| DatasetError::from(StageError::io(self.path, "cannot compress", e));
        let mut packer = Packer::new(compression).map_err(cannot)?;
        let side = self.shape.resolution as usize;
        let (mut images, mut checksums) = (Spool::new(self.path)?, Vec::with_capacity(rows.len()));
        sources.images.each(image_stride, |image| {
            checksums.push(*blake3::hash(image).as_bytes());
            images.put(&packer.image(image, side).map_err(cannot)?)
        })?;
        let texts = with_checksums(rows, checksums);
        let mut vectors = Spool::new(self.path)?;
        each_vectors(&sources.features, vector_stride, &texts, |row| {
            vectors.put(&packer.vectors(row).map_err(cannot)?)
        })?;
        let (encoded, text_parts) = encode(&sources.catalogue, self.shape, &texts)?;
        let index = self.index(&images, &vectors)?;
        let sections = [images.content(), vectors.content(), content(&encoded)];
        let header = Header::compressed(self.samples, self.shape, sections, content(&index));
        let header = header.ok_or_else(|| self.overflow())?;

        let mut file = AtomicFile::create(self.path)?;
        file.put(&header.to_bytes()?)?;
        let image_parts = images.copy(&mut file)?;
        file.put(&zeros(header.images.end(), header.vectors.offset))?;
        let vector_parts = vectors.copy(&mut file)?;
        let mut end = header.vectors.end();
        for (section, content) in header.index.iter().chain([&header.texts]).zip([&index, &encoded]) {
            file.put(&zeros(end, section.offset))?;
            file.put(content)?;
            end = section.end();
        }
        let parts = [image_parts, vector_parts, text_parts];
        Ok((file.commit()?, products(&texts, parts)))
    }

    fn index(&self, images: &Spool<'_>, vectors: &Spool<'_>) -> Result<Vec<u8>, DatasetError> {
        let mut index = Vec::new();
        for part in images.parts.iter().zip(&vectors.parts).flat_map(|(i, v)| [i, v]) {
            // A frame is hardly longer than what it unpacks to, which is far below 2^32 bytes.
            let length = u32::try_from(part.length).map_err(|_| self.overflow())?;
            index.extend(length.to_le_bytes());
        }
        Ok(index)
    }

    fn overflow(&self) -> DatasetError {
        let found = format!("{} products of {:?}", self.samples, self.shape);
        too_large(self.path, "a file below 2^64 bytes", found)
    }
}

/// Frames that wait for their header, in a file that has no name and so leaves nothing behind.
struct Spool<'a> {
    /// The shard, beside which they wait.
    path: &'a Path,
    file: BufWriter<File>,
    hasher: blake3::Hasher,
    length: u64,
    parts: Vec<Part>,
}

impl<'a> Spool<'a> {
    fn new(path: &'a Path) -> Result<Self, DatasetError> {
        let folder = path.parent().unwrap_or(Path::new("."));
        let file = tempfile::tempfile_in(folder)
            .map_err(|e| StageError::io(folder, "cannot make a file without a name", e))?;
        Ok(Self {
            path,
            file: BufWriter::with_capacity(CHUNK, file),
            hasher: blake3::Hasher::new(),
            length: 0,
            parts: Vec::new(),
        })
    }

    fn put(&mut self, frame: &[u8]) -> Result<(), DatasetError> {
        let written = self.file.write_all(frame);
        written.map_err(|e| StageError::io(self.path, "cannot write a part of", e))?;
        self.hasher.update(frame);
        self.length += frame.len() as u64;
        self.parts.push(Part::of(frame));
        Ok(())
    }

    fn content(&self) -> Content {
        Content {
            length: self.length,
            blake3: *self.hasher.finalize().as_bytes(),
        }
    }

    /// Copies all frames to the end of `to`, and gives the parts.
    fn copy(self, to: &mut AtomicFile) -> Result<Vec<Part>, DatasetError> {
        let fail = |e| StageError::io(self.path, "cannot write a part of", e);
        let mut file = self.file.into_inner().map_err(|e| fail(e.into_error()))?;
        file.rewind().map_err(fail)?;
        let copied = io::copy(&mut file.take(self.length), to).map_err(fail)?;
        if copied < self.length {
            return Err(fail(io::ErrorKind::UnexpectedEof.into()).into());
        }
        Ok(self.parts)
    }
}

fn content(bytes: &[u8]) -> Content {
    let Part { length, blake3 } = Part::of(bytes);
    Content { length, blake3 }
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

fn with_checksums(rows: Vec<Row>, checksums: impl IntoIterator<Item = [u8; 32]>) -> Vec<TextRecord> {
    rows.into_iter().zip(checksums).map(text).collect()
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

/// The sums of each product, of its image, vectors and texts.
fn products(texts: &[TextRecord], [images, vectors, text_parts]: [Vec<Part>; 3]) -> Vec<ProductSums> {
    let parts = images.into_iter().zip(vectors).zip(text_parts);
    let products = texts.iter().zip(parts);
    products
        .map(|(text, ((image, vectors), texts))| ProductSums {
            id: text.id.clone(),
            image,
            vectors,
            texts,
        })
        .collect()
}

/// The section of texts: what bincode makes of the whole list, each text checked on the way; and each text's part.
fn encode(
    catalogue: &Source<'_>,
    shape: Shape,
    texts: &[TextRecord],
) -> Result<(Vec<u8>, Vec<Part>), DatasetError> {
    let mut encoded = codec::encode(&(texts.len() as u64))?;
    let mut parts = Vec::with_capacity(texts.len());
    for text in texts {
        if let Some((expected, found)) = text.fault(&shape) {
            return Err(catalogue.fault(expected, found));
        }
        let bytes = codec::encode(text)?;
        if bytes.len() > MAX_TEXT {
            let expected = format!("at most {MAX_TEXT} bytes of texts for product {}", text.id);
            return Err(catalogue.fault(expected, format!("{} bytes", bytes.len())));
        }
        parts.push(Part::of(&bytes));
        encoded.extend(bytes);
    }
    Ok((encoded, parts))
}

/// Hands on the vectors and sees to it that they are numbers: one NaN would spoil a training much later.
fn each_vectors(
    features: &Source<'_>,
    stride: usize,
    texts: &[TextRecord],
    mut take: impl FnMut(&[u8]) -> Result<(), DatasetError>,
) -> Result<(), DatasetError> {
    let (mut texts, mut bad) = (texts.iter(), None);
    features.each(stride, |row| {
        let mut values = row
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
        let fault = texts.next().zip(values.find(|value| !value.is_finite()));
        bad = bad.or(fault);
        take(row)
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
