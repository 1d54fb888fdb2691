//! The byte layout of a shard.
//!
//! `shard-KKKKK.atl`, all numbers little-endian:
//!
//! | offset | bytes | what |
//! | --- | --- | --- |
//! | 0 | 8 | magic `ATLSHARD` |
//! | 8 | 4 | version, u32: 1 raw, 2 compressed |
//! | 12 | 4 | header length `h`, u32, at most 4048 |
//! | 16 | 32 | blake3 of the header |
//! | 48 | `h` | header: the fields of [`Header`] in bincode 2, standard configuration |
//! | 4096 | `samples * resolution² * 3` | images: rows of RGB u8, one image after another |
//! | next multiple of 4096 | `samples * captions * dims * 4` | vectors: f32, one row a caption |
//! | next multiple of 4096 | the rest of the file | texts: a `Vec<TextRecord>` in the same bincode |
//!
//! Gaps are zeros. The header repeats each section's place, and gives its length and blake3. The places
//! are not free: sections that overlap, leave holes or leave the file are refused. Offsets of 4096 make a
//! mapped section aligned to a page.
//!
//! # Version 2: compressed
//!
//! Each product's image is a zstd frame by itself, and so are its vectors (all captions together): any sample is reached at
//! once, and one that is damaged spoils no other. The sections are as above, but
//!
//! * images hold one frame after another, each of a filtered image: `r - g, g, b - g` in place of `r, g, b`, and
//!   from each row but the first the row above is taken away, modulo 256;
//! * vectors hold one frame after another, each of `captions * dims` f32 as they are;
//! * between vectors and texts, at a multiple of 4096, lies the index: for each product the lengths of its two
//!   frames, u32 each. The header has it as a last section. Texts begin at the next multiple of 4096.
//!
//! Checksums of sections are of the bytes as they lie in the file. [`TextRecord::image_blake3`] is of the pixels in both versions.
//! Neither an image nor the vectors of a product may be larger than [`MAX_UNPACKED`] bytes, so that a few bytes
//! that claim to unpack to many take no more memory than that.
//!
//! The filter is what paid on 11,671 real photos at 128 pixels: without one zstd leaves 28 % of the bytes, with rows
//! alone 23 %, with colours too 20 %; a gradient (19 %) or JPEG-LS's median (18 %) cannot be undone row by row,
//! and unpack at half the speed. Levels from 1 to 19 differ by less than 1 %. Vectors shrink to 6 %.
//!
//! # Sums
//!
//! Beside each shard lies `shard-KKKKK.sums`, so that any changed bit can be laid at one product's door: magic
//! `ATLRSUMS`, then a `Vec<ProductSums>` in the same bincode. `stage.json` has its checksum. A shard is readable without it.

use std::collections::BTreeMap;

use bincode::error::{DecodeError, EncodeError};
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::{Split, codec};

/// The first bytes of a shard.
pub const MAGIC: [u8; 8] = *b"ATLSHARD";
/// The version of raw shards.
pub const RAW: u32 = 1;
/// The version of compressed shards, and the highest one read.
pub const VERSION: u32 = 2;
/// Bytes that an image, or the vectors of a product, take at most where they are compressed.
pub const MAX_UNPACKED: u64 = 64 << 20;
/// Bytes of the index a product.
pub(crate) const INDEX_ENTRY: u64 = 8;
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

/// What a shard holds and where. In the file a field follows the other; `index` is there in version 2 alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Products in this shard.
    pub samples: u32,
    /// Sizes shared by all shards.
    pub shape: Shape,
    /// `[samples, resolution, resolution, 3]` u8, or a frame a sample.
    pub images: Section,
    /// `[samples, captions, dims]` f32, or a frame a sample.
    pub vectors: Section,
    /// A [`TextRecord`] a sample.
    pub texts: Section,
    /// The lengths of the frames, where the shard is compressed.
    pub index: Option<Section>,
}

/// What a shard's parts of one product must be.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ProductSums {
    /// The dump's id.
    pub id: String,
    /// The image as it lies in the shard.
    pub image: Part,
    /// The vectors as they lie in the shard.
    pub vectors: Part,
    /// The [`TextRecord`] as it lies in the shard.
    pub texts: Part,
}

/// The part of a section that is one product's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Part {
    /// Length in bytes.
    pub length: u64,
    /// Checksum of the content.
    pub blake3: [u8; 32],
}

impl Part {
    /// Of this content.
    pub(crate) fn of(content: &[u8]) -> Self {
        Self {
            length: content.len() as u64,
            blake3: *blake3::hash(content).as_bytes(),
        }
    }
}

/// A section whose place is not known yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Content {
    /// Length in bytes.
    pub length: u64,
    /// Checksum of the content.
    pub blake3: [u8; 32],
}

impl Content {
    fn at(self, offset: u64) -> Section {
        Section {
            offset,
            length: self.length,
            blake3: self.blake3,
        }
    }
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
    /// The header of a raw shard with these contents; checksums of images, vectors and texts in this order.
    /// `None` where a size overflows.
    #[must_use]
    pub fn raw(samples: u32, shape: Shape, texts_length: u64, blake3: [[u8; 32]; 3]) -> Option<Self> {
        let [images, vectors, texts] = blake3;
        let content = |each: u64, blake3| {
            let length = u64::from(samples).checked_mul(each)?;
            Some(Content { length, blake3 })
        };
        let sections = [
            content(shape.image_bytes()?, images)?,
            content(shape.vector_bytes()?, vectors)?,
            Content {
                length: texts_length,
                blake3: texts,
            },
        ];
        Self::place(samples, shape, sections, None)
    }

    /// The header of a compressed shard with these images, vectors and texts, and this index. `None` where a size
    /// overflows, the index is not that of so many samples, or a sample is larger than may be.
    #[must_use]
    pub fn compressed(samples: u32, shape: Shape, sections: [Content; 3], index: Content) -> Option<Self> {
        let small = |bytes: Option<u64>| bytes.filter(|&bytes| bytes <= MAX_UNPACKED);
        small(shape.image_bytes()).and(small(shape.vector_bytes()))?;
        if index.length != u64::from(samples) * INDEX_ENTRY {
            return None;
        }
        Self::place(samples, shape, sections, Some(index))
    }

    /// Puts images, vectors, the index and texts one after another.
    fn place(samples: u32, shape: Shape, sections: [Content; 3], index: Option<Content>) -> Option<Self> {
        let [images, vectors, texts] = sections;
        let after = |section: &Section| section.offset.checked_add(section.length);
        let next = |section: &Section| after(section)?.checked_next_multiple_of(ALIGN);
        let images = images.at(ALIGN);
        let vectors = vectors.at(next(&images)?);
        let index = match index {
            Some(index) => Some(index.at(next(&vectors)?)),
            None => None,
        };
        let texts = texts.at(next(index.as_ref().unwrap_or(&vectors))?);
        after(&texts)?;
        Some(Self {
            samples,
            shape,
            images,
            vectors,
            texts,
            index,
        })
    }

    /// This header again, computed from what in it is free: `None` or another one where it contradicts itself.
    pub(crate) fn recomputed(&self) -> Option<Self> {
        let content = |section: &Section| Content {
            length: section.length,
            blake3: section.blake3,
        };
        let [images, vectors, texts] = [&self.images, &self.vectors, &self.texts].map(content);
        match &self.index {
            None => {
                let hashes = [images.blake3, vectors.blake3, texts.blake3];
                Self::raw(self.samples, self.shape, texts.length, hashes)
            }
            Some(index) => {
                Self::compressed(self.samples, self.shape, [images, vectors, texts], content(index))
            }
        }
    }

    /// The version of the file.
    pub(crate) const fn version(&self) -> u32 {
        if self.index.is_some() { VERSION } else { RAW }
    }

    /// The header proper.
    ///
    /// # Errors
    /// bincode refuses.
    pub(crate) fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        let Self {
            samples,
            shape,
            images,
            vectors,
            texts,
            index,
        } = self;
        let mut bytes = codec::encode(&(samples, shape, images, vectors, texts))?;
        if let Some(index) = index {
            bytes.extend(codec::encode(index)?);
        }
        Ok(bytes)
    }

    /// The header at the start of `bytes`, and how many of them it took.
    ///
    /// # Errors
    /// They are no header of that version.
    pub(crate) fn decode(bytes: &[u8], version: u32) -> Result<(Self, usize), DecodeError> {
        let ((samples, shape, images, vectors, texts), mut used) = codec::decode(bytes)?;
        let mut header = Self {
            samples,
            shape,
            images,
            vectors,
            texts,
            index: None,
        };
        if version != RAW {
            let (index, more) = codec::decode(&bytes[used..])?;
            (header.index, used) = (Some(index), used + more);
        }
        Ok((header, used))
    }

    /// The beginning of the file up to the first section.
    ///
    /// # Errors
    /// bincode refuses.
    pub fn to_bytes(&self) -> Result<Vec<u8>, EncodeError> {
        let header = self.encode()?;
        let mut bytes = Vec::with_capacity(ALIGN as usize);
        bytes.extend(MAGIC);
        bytes.extend(self.version().to_le_bytes());
        bytes.extend((header.len() as u32).to_le_bytes());
        bytes.extend(blake3::hash(&header).as_bytes());
        bytes.extend(header);
        bytes.resize(ALIGN as usize, 0);
        Ok(bytes)
    }

    /// The sections in the order in which they lie in the file.
    pub(crate) fn sections(&self) -> impl Iterator<Item = &Section> {
        [&self.images, &self.vectors]
            .into_iter()
            .chain(&self.index)
            .chain([&self.texts])
    }

    /// The gaps between sections, which hold zeros.
    pub(crate) fn gaps<'a>(&self, file: &'a [u8]) -> Vec<&'a [u8]> {
        let mut end = PREFIX as u64 + u64::from(u32_at(file, 12).unwrap_or(0));
        let gap = |section: &Section| {
            let gap = slice(file, end, section.offset);
            end = section.end();
            gap
        };
        self.sections().map(gap).collect()
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
