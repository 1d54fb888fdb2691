//! zstd, at one place: a frame for each image and for each product's vectors, and back.

use std::cell::RefCell;
use std::fmt;
use std::io;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use zstd::bulk::{Compressor, Decompressor};

use crate::filter;

/// The level where none is asked for, zstd's own.
const DEFAULT_LEVEL: u8 = 3;
/// The highest level; above it zstd takes memory in the order of gigabytes.
const MAX_LEVEL: u8 = 19;

/// How a data set's shards are compressed: `zstd` or `zstd:LEVEL`, with a level from 1 to 19.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Compression {
    level: u8,
}

impl FromStr for Compression {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let level = match text.split_once(':') {
            None if text == "zstd" => Some(DEFAULT_LEVEL),
            Some(("zstd", level)) => level.parse().ok().filter(|level| (1..=MAX_LEVEL).contains(level)),
            _ => None,
        };
        let level =
            level.ok_or_else(|| format!("expected zstd or zstd:LEVEL with a level from 1 to {MAX_LEVEL}"))?;
        Ok(Self { level })
    }
}

impl TryFrom<String> for Compression {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Compression> for String {
    fn from(compression: Compression) -> Self {
        compression.to_string()
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "zstd:{}", self.level)
    }
}

/// Makes frames.
pub(crate) struct Packer {
    compressor: Compressor<'static>,
    filtered: Vec<u8>,
}

impl Packer {
    pub(crate) fn new(compression: Compression) -> io::Result<Self> {
        Ok(Self {
            compressor: Compressor::new(i32::from(compression.level))?,
            filtered: Vec::new(),
        })
    }

    /// The frame of an image, `[side, side, 3]`.
    pub(crate) fn image(&mut self, image: &[u8], side: usize) -> io::Result<Vec<u8>> {
        self.filtered.resize(image.len(), 0);
        filter::apply(image, side, &mut self.filtered);
        self.compressor.compress(&self.filtered)
    }

    /// The frame of a product's vectors.
    pub(crate) fn vectors(&mut self, vectors: &[u8]) -> io::Result<Vec<u8>> {
        self.compressor.compress(vectors)
    }
}

/// Unpacks the frame of an image into a place of just its size. What the frame claims of itself takes no memory.
pub(crate) fn unpack_image(frame: &[u8], side: usize, image: &mut [u8]) -> io::Result<()> {
    unpack(frame, image)?;
    filter::undo(image, side);
    Ok(())
}

/// Unpacks a frame into a place of just its size.
pub(crate) fn unpack(frame: &[u8], place: &mut [u8]) -> io::Result<()> {
    thread_local! {
        static DECOMPRESSOR: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
    }
    let size = DECOMPRESSOR.with_borrow_mut(|slot| {
        let decompressor = match slot {
            Some(decompressor) => decompressor,
            None => slot.insert(Decompressor::new()?),
        };
        decompressor.decompress_to_buffer(frame, place)
    })?;
    if size == place.len() {
        return Ok(());
    }
    Err(io::Error::other(format!("{size} bytes, not {}", place.len())))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_compression_is_written_as_it_is_read() {
        for (text, said) in [("zstd", "zstd:3"), ("zstd:1", "zstd:1"), ("zstd:19", "zstd:19")] {
            assert_eq!(text.parse::<Compression>().unwrap().to_string(), said);
        }
        for text in [
            "", "gzip", "zstd:", "zstd:0", "zstd:20", "zstd:-1", "zstd:x", "zstd3",
        ] {
            assert!(
                text.parse::<Compression>().unwrap_err().contains("zstd:LEVEL"),
                "{text}"
            );
        }
    }

    #[test]
    fn a_frame_of_another_size_or_no_frame_is_an_error() {
        let frame = Packer::new("zstd".parse().unwrap())
            .unwrap()
            .vectors(&[7; 100])
            .unwrap();
        let mut place = vec![0; 100];
        unpack(&frame, &mut place).unwrap();
        assert_eq!(place, [7; 100]);
        assert!(unpack(&frame, &mut [0; 99]).is_err());
        assert!(unpack(&frame, &mut [0; 101]).is_err());
        assert!(unpack(&frame[..frame.len() - 1], &mut place).is_err());
        assert!(unpack(&[], &mut place).is_err());
        assert!(unpack(b"no frame at all", &mut place).is_err());
    }

    #[test]
    fn a_frame_that_unpacks_to_a_gigabyte_ends_at_its_place() {
        let bomb = zstd::stream::encode_all(io::Read::take(io::repeat(0), 1 << 30), 1).unwrap();
        assert!(bomb.len() < 1 << 17);
        assert!(unpack(&bomb, &mut [0; 4096]).is_err());
    }
}
