//! A shard file, mapped: samples by their place, without a copy where they lie there as they are.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use memmap2::Mmap;

use crate::compress::{unpack, unpack_image};
use crate::format::{Header, Section, TextRecord};
use crate::map::map;
use crate::{DatasetError, parse};

/// A mapped shard whose header, index and texts have been checked; images and vectors are read when asked for.
pub(crate) struct Shard {
    path: PathBuf,
    file: Mmap,
    header: Header,
    texts: Vec<TextRecord>,
    /// Where the frames of images and of vectors end in their sections; `None` where the shard is raw.
    ends: Option<[Vec<u64>; 2]>,
    image_bytes: usize,
    vector_bytes: usize,
}

/// One of the two parts that are read when asked for.
#[derive(Clone, Copy)]
enum Kind {
    Image,
    Vectors,
}

impl Shard {
    /// Maps a shard, and checks its header, index and texts.
    pub(crate) fn open(path: &Path) -> Result<Self, DatasetError> {
        let file = map(path)?;
        let header = parse::read_header(path, &file)?;
        Self::with_header(path, file, header)
    }

    /// As [`Shard::open`], for a file whose header was read.
    pub(crate) fn with_header(path: &Path, file: Mmap, header: Header) -> Result<Self, DatasetError> {
        let ends = parse::read_index(path, &file, &header)?;
        let texts = parse::read_texts(path, &file, &header)?;
        let malformed = |expected: &str, found: String| DatasetError::Malformed {
            path: path.to_owned(),
            part: "vectors",
            expected: expected.to_owned(),
            found,
        };
        if ends.is_none() {
            bytemuck::try_cast_slice::<u8, f32>(header.vectors.of(&file))
                .map_err(|e| malformed("aligned f32 values", e.to_string()))?;
        }
        let shape = header.shape;
        let sizes = shape.image_bytes().zip(shape.vector_bytes());
        let sizes = sizes.and_then(|(i, v)| usize::try_from(i).ok().zip(usize::try_from(v).ok()));
        let (image_bytes, vector_bytes) =
            sizes.ok_or_else(|| malformed("sizes of this machine's memory", format!("{shape:?}")))?;
        Ok(Self {
            path: path.to_owned(),
            file,
            header,
            texts,
            ends,
            image_bytes,
            vector_bytes,
        })
    }

    pub(crate) const fn header(&self) -> &Header {
        &self.header
    }

    /// The texts of each sample, in order.
    pub(crate) fn texts(&self) -> &[TextRecord] {
        &self.texts
    }

    /// The bytes of an image as they lie in the file; none beyond the end.
    pub(crate) fn stored_image(&self, index: usize) -> &[u8] {
        self.stored(Kind::Image, index).unwrap_or_default()
    }

    /// The bytes of a product's vectors as they lie in the file, from value number `from` on where they are raw; none beyond
    /// the end.
    pub(crate) fn stored_vectors(&self, index: usize, from: usize) -> &[u8] {
        let stored = self.stored(Kind::Vectors, index).unwrap_or_default();
        let skipped = if self.ends.is_none() {
            from * size_of::<f32>()
        } else {
            0
        };
        stored.get(skipped..).unwrap_or_default()
    }

    /// `[resolution, resolution, 3]`, rows of RGB: in place, or unpacked.
    pub(crate) fn image(&self, index: usize) -> Result<Cow<'_, [u8]>, DatasetError> {
        let stored = self.place(Kind::Image, index)?;
        if self.ends.is_none() {
            return Ok(Cow::Borrowed(stored));
        }
        let mut image = vec![0; self.image_bytes];
        self.unpack_image(index, stored, &mut image)?;
        Ok(Cow::Owned(image))
    }

    /// `[captions, dims]`: in place, or unpacked.
    pub(crate) fn vectors(&self, index: usize) -> Result<Cow<'_, [f32]>, DatasetError> {
        let stored = self.place(Kind::Vectors, index)?;
        if self.ends.is_none() {
            return Ok(Cow::Borrowed(self.floats(index, stored)?));
        }
        let mut vectors = vec![0.0; self.vector_bytes / size_of::<f32>()];
        self.unpack_vectors(index, stored, &mut vectors)?;
        Ok(Cow::Owned(vectors))
    }

    /// Copies or unpacks an image to a place of just its size.
    pub(crate) fn read_image(&self, index: usize, image: &mut [u8]) -> Result<(), DatasetError> {
        let stored = self.place(Kind::Image, index)?;
        if self.ends.is_some() {
            return self.unpack_image(index, stored, image);
        }
        image.copy_from_slice(stored);
        Ok(())
    }

    /// Copies the part `range` of a product's vectors to a place of just its size; `scratch` is memory to work in.
    pub(crate) fn read_vectors(
        &self,
        index: usize,
        range: Range<usize>,
        place: &mut [f32],
        scratch: &mut Vec<f32>,
    ) -> Result<(), DatasetError> {
        let stored = self.place(Kind::Vectors, index)?;
        if self.ends.is_some() {
            scratch.resize(self.vector_bytes / size_of::<f32>(), 0.0);
            self.unpack_vectors(index, stored, scratch)?;
            place.copy_from_slice(&scratch[range]);
        } else {
            place.copy_from_slice(&self.floats(index, stored)?[range]);
        }
        Ok(())
    }

    fn unpack_image(&self, index: usize, stored: &[u8], image: &mut [u8]) -> Result<(), DatasetError> {
        unpack_image(stored, self.header.shape.resolution as usize, image)
            .map_err(|e| self.damaged("image", index, self.image_bytes, &e.to_string()))
    }

    fn unpack_vectors(&self, index: usize, stored: &[u8], vectors: &mut [f32]) -> Result<(), DatasetError> {
        unpack(stored, bytemuck::cast_slice_mut(vectors))
            .map_err(|e| self.damaged("vectors", index, self.vector_bytes, &e.to_string()))
    }

    fn floats<'a>(&self, index: usize, stored: &'a [u8]) -> Result<&'a [f32], DatasetError> {
        // Alignment was checked on opening, so the cast fails no more.
        let floats = bytemuck::try_cast_slice(stored);
        floats.map_err(|e| self.damaged("vectors", index, self.vector_bytes, &e.to_string()))
    }

    fn damaged(&self, part: &'static str, index: usize, bytes: usize, found: &str) -> DatasetError {
        DatasetError::DamagedSample {
            path: self.path.clone(),
            part,
            id: self
                .texts
                .get(index)
                .map(|text| text.id.clone())
                .unwrap_or_default(),
            index,
            expected: format!("a zstd frame of {bytes} bytes"),
            found: found.to_owned(),
        }
    }

    fn place(&self, kind: Kind, index: usize) -> Result<&[u8], DatasetError> {
        self.stored(kind, index).ok_or_else(|| {
            let expected = format!("a sample below {} in {}", self.texts.len(), self.path.display());
            DatasetError::load(&expected, index.to_string())
        })
    }

    /// The bytes of a sample's part as they lie in the file.
    fn stored(&self, kind: Kind, index: usize) -> Option<&[u8]> {
        let (section, each): (&Section, usize) = match kind {
            Kind::Image => (&self.header.images, self.image_bytes),
            Kind::Vectors => (&self.header.vectors, self.vector_bytes),
        };
        let content = section.of(&self.file);
        match &self.ends {
            None => content.get(index.checked_mul(each)?..index.checked_add(1)?.checked_mul(each)?),
            Some(ends) => {
                let ends = &ends[kind as usize];
                let end = *ends.get(index)?;
                let start = if index == 0 { 0 } else { ends[index - 1] };
                content.get(start as usize..end as usize)
            }
        }
    }
}

impl fmt::Debug for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Shard").field(&self.path).finish()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
