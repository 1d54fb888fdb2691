//! The byte layout of a shard.
//!
//! `shard-KKKKK.atl`, all numbers little-endian:
//!
//! | offset | bytes | what |
//! | --- | --- | --- |
//! | 0 | 8 | magic `ATLSHARD` |
//! | 8 | 4 | version, u32: 1 |
//! | 12 | 4 | header length `h`, u32, at most 4048 |
//! | 16 | 32 | blake3 of the header |
//! | 48 | `h` | header: [`Header`] in bincode 2, standard configuration |
//! | 4096 | `samples * resolution² * 3` | images: rows of RGB u8, one image after another |
//! | next multiple of 4096 | `samples * captions * dims * 4` | vectors: f32, one row a caption |
//! | next multiple of 4096 | the rest of the file | texts: a `Vec<TextRecord>` in the same bincode |
//!
//! Gaps are zeros. The header repeats each section's place, and gives its length and blake3. The places
//! are not free: sections that overlap, leave holes or leave the file are refused. Offsets of 4096 make a
//! mapped section aligned to a page.

use std::collections::BTreeMap;

use bincode::error::EncodeError;
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::{Split, codec};

/// The first bytes of a shard.
pub const MAGIC: [u8; 8] = *b"ATLSHARD";
/// The version written, and the highest one read.
pub const VERSION: u32 = 1;
/// Sections begin at multiples of this many bytes.
pub const ALIGN: u64 = 4096;
/// Bytes before the header.
pub(crate) const PREFIX: usize = 48;
/// The header ends before the first section.
pub(crate) const MAX_HEADER: usize = ALIGN as usize - PREFIX;
/// A product's texts take no more bytes than this.
pub(crate) const MAX_TEXT: usize = 1 << 20;
/// And no fewer: the image's checksum alone takes as many.
pub(crate) const MIN_TEXT: u64 = 32;

/// What all shards of a data set have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Shape {
    /// Width and height of an image in pixels.
    pub resolution: u32,
    /// Captions a product.
    pub captions: u32,
    /// Length of a caption's vector.
    pub dims: u32,
}

impl Shape {
    /// Bytes of an image; `None` where the number overflows.
    #[must_use]
    pub fn image_bytes(&self) -> Option<u64> {
        let side = u64::from(self.resolution);
        (side * side).checked_mul(3)
    }

    /// Bytes of a product's vectors; `None` where the number overflows.
    #[must_use]
    pub fn vector_bytes(&self) -> Option<u64> {
        (u64::from(self.captions) * u64::from(self.dims)).checked_mul(4)
    }
}

/// A part of the file and its checksum.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Section {
    /// Bytes from the start of the file.
    pub offset: u64,
    /// Length in bytes.
    pub length: u64,
    /// Checksum of the content.
    pub blake3: [u8; 32],
}

impl Section {
    /// The offset of the first byte after it, for a section that was checked.
    pub(crate) const fn end(&self) -> u64 {
        self.offset + self.length
    }

    /// The content, in a file whose header was checked.
    pub(crate) fn of<'a>(&self, file: &'a [u8]) -> &'a [u8] {
        slice(file, self.offset, self.end())
    }
}

/// What a shard holds and where.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Header {
    /// Products in this shard.
    pub samples: u32,
    /// Sizes shared by all shards.
    pub shape: Shape,
    /// `[samples, resolution, resolution, 3]` u8.
    pub images: Section,
    /// `[samples, captions, dims]` f32.
    pub vectors: Section,
    /// A [`TextRecord`] a sample.
    pub texts: Section,
}

/// What a shard knows of a product beside its pixels and vectors.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct TextRecord {
    /// The dump's id.
    pub id: String,
    /// What the product is for.
    pub split: Split,
    /// `captions` texts, in the order of the vectors; a text may be empty.
    pub captions: Vec<String>,
    /// Names in snake_case, such as `base_colour`.
    pub attributes: BTreeMap<String, String>,
    /// Where the photo lies in the squared image: x, y, width, height in pixels.
    pub content_box: [u32; 4],
    /// Checksum of the image, so that damage can be laid at a product's door.
    pub image_blake3: [u8; 32],
}

impl TextRecord {
    /// What contradicts `shape`, as expected and found.
    pub(crate) fn fault(&self, shape: &Shape) -> Option<(String, String)> {
        let id = &self.id;
        if self.captions.len() as u64 != u64::from(shape.captions) {
            let expected = format!("{} captions for product {id}", shape.captions);
            return Some((expected, self.captions.len().to_string()));
        }
        let [x, y, w, h] = self.content_box.map(u64::from);
        let side = u64::from(shape.resolution);
        if x + w > side || y + h > side {
            let expected = format!("a content box inside {side} x {side} pixels for product {id}");
            return Some((expected, format!("{w} x {h} at {x}, {y}")));
        }
        None
    }
}

impl Header {
    /// The header of a shard with these contents; checksums of images, vectors and texts in this order.
    /// `None` where a size overflows.
    #[must_use]
    pub fn new(samples: u32, shape: Shape, texts_length: u64, blake3: [[u8; 32]; 3]) -> Option<Self> {
        let [images_hash, vectors_hash, texts_hash] = blake3;
        let after = |section: &Section| section.offset.checked_add(section.length);
        let images = Section {
            offset: ALIGN,
            length: u64::from(samples).checked_mul(shape.image_bytes()?)?,
            blake3: images_hash,
        };
        let vectors = Section {
            offset: after(&images)?.checked_next_multiple_of(ALIGN)?,
            length: u64::from(samples).checked_mul(shape.vector_bytes()?)?,
            blake3: vectors_hash,
        };
        let texts = Section {
            offset: after(&vectors)?.checked_next_multiple_of(ALIGN)?,
            length: texts_length,
            blake3: texts_hash,
        };
        after(&texts)?;
        Some(Self {
            samples,
            shape,
            images,
            vectors,
            texts,
        })
    }

    /// The beginning of the file up to the first section.
    ///
    /// # Errors
    /// bincode refuses.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, EncodeError> {
        let header = codec::encode(self)?;
        let mut bytes = Vec::with_capacity(ALIGN as usize);
        bytes.extend(MAGIC);
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend((header.len() as u32).to_le_bytes());
        bytes.extend(blake3::hash(&header).as_bytes());
        bytes.extend(header);
        bytes.resize(ALIGN as usize, 0);
        Ok(bytes)
    }

    /// The gaps between sections, which hold zeros.
    pub(crate) fn gaps<'a>(&self, file: &'a [u8]) -> [&'a [u8]; 3] {
        let header_end = PREFIX as u64 + u64::from(u32_at(file, 12).unwrap_or(0));
        [
            slice(file, header_end, self.images.offset),
            slice(file, self.images.end(), self.vectors.offset),
            slice(file, self.vectors.end(), self.texts.offset),
        ]
    }
}

fn slice(file: &[u8], start: u64, end: u64) -> &[u8] {
    // What lies in a file that is mapped has offsets of the machine's word.
    file.get(start as usize..end as usize).unwrap_or_default()
}

/// The number at `offset`; `None` beyond the end.
pub(crate) fn u32_at(file: &[u8], offset: usize) -> Option<u32> {
    let bytes = file.get(offset..)?.first_chunk()?;
    Some(u32::from_le_bytes(*bytes))
}
