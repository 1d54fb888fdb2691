//! From the bytes of a file to a header and texts that can be relied on.
//!
//! Nothing in the bytes is believed: every number is compared with the file's length before memory is taken
//! or a section is touched.

use std::fmt;
use std::path::Path;

use crate::format::{
    Header, INDEX_ENTRY, MAGIC, MAX_HEADER, MAX_UNPACKED, MIN_TEXT, PREFIX, Shape, TextRecord, VERSION,
    u32_at,
};
use crate::{DatasetError, codec};

/// Reads and checks the header of a shard of which `file` is the whole content. Sections are not read; that
/// they lie inside the file, in order and apart is certain afterwards.
///
/// # Errors
/// The file is empty, foreign, newer, cut, appended to, damaged in its header, or contradicts itself.
pub(crate) fn read_header(path: &Path, file: &[u8]) -> Result<Header, DatasetError> {
    let path_of = || path.to_owned();
    let malformed = |expected, found| DatasetError::Malformed {
        path: path_of(),
        part: "header",
        expected,
        found,
    };
    let found = file.len() as u64;
    if file.is_empty() {
        return Err(DatasetError::Empty { path: path_of() });
    }
    let start = &file[..file.len().min(MAGIC.len())];
    if !MAGIC.starts_with(start) {
        return Err(DatasetError::Foreign {
            path: path_of(),
            found: start.escape_ascii().to_string(),
        });
    }
    let cut = |expected: usize| DatasetError::Cut {
        path: path_of(),
        expected: expected as u64,
        found,
    };
    let (Some(version), Some(length), Some(checksum)) =
        (u32_at(file, 8), u32_at(file, 12), file.get(16..PREFIX))
    else {
        return Err(cut(PREFIX));
    };
    if version > VERSION {
        return Err(DatasetError::Newer {
            path: path_of(),
            expected: VERSION,
            found: version,
        });
    }
    if version == 0 {
        return Err(malformed(format!("version 1 to {VERSION}"), "version 0".into()));
    }
    let length = length as usize;
    if length > MAX_HEADER {
        return Err(malformed(
            format!("at most {MAX_HEADER} bytes"),
            format!("{length} bytes"),
        ));
    }
    let Some(encoded) = file.get(PREFIX..PREFIX + length) else {
        return Err(cut(PREFIX + length));
    };
    check(path, "header", encoded, checksum)?;
    let (header, used) =
        Header::decode(encoded, version).map_err(|e| malformed("an encoded header".into(), e.to_string()))?;
    if used != length {
        return Err(malformed(
            format!("a header of {length} bytes"),
            format!("one of {used}"),
        ));
    }
    let Shape {
        resolution,
        captions,
        dims,
    } = header.shape;
    if resolution == 0 || captions == 0 || dims == 0 {
        let found = format!("resolution {resolution}, captions {captions}, dims {dims}");
        return Err(malformed("sizes above zero".into(), found));
    }
    let Some(right) = header.recomputed().filter(|right| *right == header) else {
        let mut expected =
            "sections one after another, of the sizes that samples, resolution, captions and dims give"
                .to_owned();
        if header.index.is_some() {
            expected.push_str(&format!(", of at most {MAX_UNPACKED} bytes a sample"));
        }
        return Err(malformed(expected, Places(&header).to_string()));
    };
    match right.texts.end() {
        expected if expected > found => Err(DatasetError::Cut {
            path: path_of(),
            expected,
            found,
        }),
        expected if expected < found => Err(DatasetError::Trailing {
            path: path_of(),
            expected,
            found,
        }),
        _ => Ok(right),
    }
}

/// Reads and checks the index of a compressed shard whose header was read from the same bytes: where the frame of
/// each image and of each product's vectors ends, counted from the beginning of its section.
///
/// # Errors
/// The section is damaged, or contradicts the header.
pub(crate) fn read_index(
    path: &Path,
    file: &[u8],
    header: &Header,
) -> Result<Option<[Vec<u64>; 2]>, DatasetError> {
    let Some(index) = &header.index else {
        return Ok(None);
    };
    let bytes = index.of(file);
    check(path, "index", bytes, &index.blake3)?;
    // As many entries as the file has room for: its length was compared with the number of samples.
    let mut ends = [const { Vec::new() }; 2];
    ends.iter_mut()
        .for_each(|ends| ends.reserve_exact(header.samples as usize));
    let mut sums = [0_u64; 2];
    for entry in bytes.chunks_exact(INDEX_ENTRY as usize) {
        for (part, (ends, sum)) in ends.iter_mut().zip(&mut sums).enumerate() {
            *sum += u64::from(u32_at(entry, part * 4).unwrap_or(0));
            ends.push(*sum);
        }
    }
    let lengths = [header.images.length, header.vectors.length];
    if sums == lengths {
        return Ok(Some(ends));
    }
    Err(DatasetError::Malformed {
        path: path.to_owned(),
        part: "index",
        expected: format!("frames of {} and {} bytes in all", lengths[0], lengths[1]),
        found: format!("of {} and {}", sums[0], sums[1]),
    })
}

/// Reads and checks the texts of a shard whose header was read from the same bytes.
///
/// # Errors
/// The section is damaged, or contradicts the header.
pub(crate) fn read_texts(path: &Path, file: &[u8], header: &Header) -> Result<Vec<TextRecord>, DatasetError> {
    let malformed = |expected, found| DatasetError::Malformed {
        path: path.to_owned(),
        part: "texts",
        expected,
        found,
    };
    let mut bytes = header.texts.of(file);
    check(path, "texts", bytes, &header.texts.blake3)?;
    let (count, used) =
        codec::decode::<u64>(bytes).map_err(|e| malformed("the number of texts".into(), e.to_string()))?;
    bytes = &bytes[used..];
    let samples = u64::from(header.samples);
    if count != samples || samples > bytes.len() as u64 / MIN_TEXT {
        return Err(malformed(
            format!("texts of {samples} products"),
            format!("{count} in {} bytes", bytes.len()),
        ));
    }
    let mut texts = Vec::with_capacity(header.samples as usize);
    for index in 0..samples {
        let (text, used) = codec::decode::<TextRecord>(bytes)
            .map_err(|e| malformed(format!("the texts of product {index}"), e.to_string()))?;
        if let Some((expected, found)) = text.fault(&header.shape) {
            return Err(malformed(expected, found));
        }
        texts.push(text);
        bytes = &bytes[used..];
    }
    if bytes.is_empty() {
        Ok(texts)
    } else {
        Err(malformed("no more bytes".into(), format!("{} more", bytes.len())))
    }
}

/// Compares content with its checksum.
///
/// # Errors
/// They differ.
pub(crate) fn check(
    path: &Path,
    part: &'static str,
    content: &[u8],
    checksum: &[u8],
) -> Result<(), DatasetError> {
    check_hex(path, part, content, &hex(checksum))
}

/// Compares content with its checksum in hexadecimal digits, as `stage.json` has it.
///
/// # Errors
/// They differ.
pub(crate) fn check_hex(
    path: &Path,
    part: &'static str,
    content: &[u8],
    expected: &str,
) -> Result<(), DatasetError> {
    let found = blake3::hash(content).to_hex();
    if found.as_str() == expected {
        return Ok(());
    }
    let (expected, found) = (expected.to_owned(), found.to_string());
    Err(DatasetError::Damaged {
        path: path.to_owned(),
        part,
        expected,
        found,
    })
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Where a header puts its sections, for an error's text.
struct Places<'a>(&'a Header);

impl fmt::Display for Places<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Header {
            samples,
            images,
            vectors,
            texts,
            index,
            shape,
        } = self.0;
        let (resolution, captions, dims) = (shape.resolution, shape.captions, shape.dims);
        write!(
            f,
            "{samples} samples of {resolution} pixels and {captions} x {dims} values"
        )?;
        for (name, section) in [("images", images), ("vectors", vectors), ("texts", texts)] {
            write!(f, ", {name} {} bytes at {}", section.length, section.offset)?;
        }
        if let Some(index) = index {
            write!(f, ", index {} bytes at {}", index.length, index.offset)?;
        }
        Ok(())
    }
}
