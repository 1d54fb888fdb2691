//! A shard file, mapped: samples by their place, without a copy.

use std::path::{Path, PathBuf};

use memmap2::Mmap;

use crate::DatasetError;
use crate::format::{Header, TextRecord};
use crate::map::map;
use crate::parse;

/// A mapped shard whose header and texts have been checked; images and vectors are read when asked for.
pub(crate) struct Shard {
    path: PathBuf,
    file: Mmap,
    header: Header,
    texts: Vec<TextRecord>,
    image_bytes: usize,
    row: usize,
}

impl Shard {
    /// Maps a shard, and checks its header and texts.
    pub(crate) fn open(path: &Path) -> Result<Self, DatasetError> {
        let file = map(path)?;
        let header = parse::read_header(path, &file)?;
        let texts = parse::read_texts(path, &file, &header)?;
        let malformed = |expected: &str, found: String| DatasetError::Malformed {
            path: path.to_owned(),
            part: "vectors",
            expected: expected.to_owned(),
            found,
        };
        bytemuck::try_cast_slice::<u8, f32>(header.vectors.of(&file))
            .map_err(|e| malformed("aligned f32 values", e.to_string()))?;
        let shape = header.shape;
        let sizes = shape.image_bytes().zip(shape.vector_bytes());
        let sizes = sizes.and_then(|(i, v)| usize::try_from(i).ok().zip(usize::try_from(v / 4).ok()));
        let (image_bytes, row) =
            sizes.ok_or_else(|| malformed("sizes of this machine's memory", format!("{shape:?}")))?;
        Ok(Self {
            path: path.to_owned(),
            file,
            header,
            texts,
            image_bytes,
            row,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn file(&self) -> &[u8] {
        &self.file
    }

    pub(crate) const fn header(&self) -> &Header {
        &self.header
    }

    /// The texts of each sample, in order.
    pub(crate) fn texts(&self) -> &[TextRecord] {
        &self.texts
    }

    /// `[resolution, resolution, 3]`, rows of RGB.
    pub(crate) fn image(&self, index: usize) -> Option<&[u8]> {
        self.header
            .images
            .of(&self.file)
            .chunks_exact(self.image_bytes)
            .nth(index)
    }

    /// `[captions, dims]`.
    pub(crate) fn vectors(&self, index: usize) -> Option<&[f32]> {
        // Alignment was checked on opening, so the cast fails no more.
        let all: &[f32] = bytemuck::try_cast_slice(self.header.vectors.of(&self.file)).ok()?;
        all.chunks_exact(self.row).nth(index)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::fs;
    use std::sync::LazyLock;

    use proptest::prelude::*;
    use proptest::sample::Index;

    use super::*;
    use crate::fixture::Fixture;
    use crate::format;

    /// A sound shard of two products.
    static SOUND: LazyLock<Vec<u8>> =
        LazyLock::new(|| fs::read(Fixture::packed(&[2]).out().join("shard-00000.atl")).unwrap());

    /// Opens a file of these bytes and reads all of it.
    fn open(bytes: &[u8]) -> Result<(), DatasetError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("shard-00000.atl");
        fs::write(&path, bytes).unwrap();
        let shard = Shard::open(&path)?;
        for index in 0..=shard.texts().len() {
            assert_eq!(shard.image(index).is_some(), index < shard.texts().len());
            assert_eq!(shard.vectors(index).is_some(), index < shard.texts().len());
        }
        Ok(())
    }

    fn error(bytes: &[u8]) -> DatasetError {
        let error = open(bytes).unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("shard-00000.atl: ") && text.contains("expected "),
            "{text}"
        );
        assert!(text.contains("found ") && text.contains("\nhint: "), "{text}");
        error
    }

    /// The sound shard with another header, whose checksum is right.
    fn forged(change: impl Fn(&mut Header)) -> Vec<u8> {
        let mut header = parse::read_header(Path::new("sound"), &SOUND).unwrap();
        change(&mut header);
        let mut bytes = SOUND.clone();
        bytes[..format::ALIGN as usize].copy_from_slice(&header.to_bytes().unwrap());
        bytes
    }

    #[test]
    fn a_sound_shard_opens() {
        open(&SOUND).unwrap();
    }

    #[test]
    fn a_file_of_zero_bytes_is_empty() {
        assert!(matches!(error(&[]), DatasetError::Empty { .. }));
    }

    #[test]
    fn a_file_of_another_kind_is_foreign() {
        for bytes in [&b"PK"[..], b"\x89PNG\r\n\x1a\n and more", &[0; 5000]] {
            assert!(matches!(error(bytes), DatasetError::Foreign { .. }));
        }
    }

    #[test]
    fn a_shard_of_a_later_version_is_newer() {
        let mut bytes = SOUND.clone();
        bytes[8] = 2;
        assert!(matches!(
            error(&bytes),
            DatasetError::Newer {
                expected: 1,
                found: 2,
                ..
            }
        ));
    }

    #[test]
    fn a_shard_is_cut_wherever_it_ends_too_early() {
        let ends = [
            1,
            7,
            8,
            11,
            47,
            48,
            100,
            4095,
            4096,
            5000,
            SOUND.len() / 2,
            SOUND.len() - 1,
        ];
        for end in ends {
            assert!(matches!(error(&SOUND[..end]), DatasetError::Cut { .. }), "{end}");
        }
    }

    #[test]
    fn bytes_after_the_end_are_trailing() {
        let bytes = [&SOUND[..], b"x"].concat();
        assert!(matches!(error(&bytes), DatasetError::Trailing { .. }));
    }

    #[test]
    fn a_flipped_bit_in_header_or_texts_is_damage() {
        let header = parse::read_header(Path::new("sound"), &SOUND).unwrap();
        let length = u32::from_le_bytes([SOUND[12], SOUND[13], SOUND[14], SOUND[15]]) as usize;
        let texts = header.texts.offset as usize;
        for byte in (16..48 + length).chain(texts..SOUND.len()) {
            let mut bytes = SOUND.clone();
            bytes[byte] ^= 0x10;
            assert!(matches!(error(&bytes), DatasetError::Damaged { .. }), "{byte}");
        }
    }

    #[test]
    fn sections_that_overlap_leave_the_file_or_overflow_are_malformed() {
        let forgeries: [fn(&mut Header); 8] = [
            |h| h.vectors.offset = h.images.offset,
            |h| h.texts.offset = h.vectors.offset,
            |h| h.images.offset = 0,
            |h| h.images.length += 1,
            |h| h.vectors.offset = u64::MAX - 3,
            |h| h.texts.length = u64::MAX,
            |h| (h.shape.captions, h.shape.dims) = (u32::MAX, u32::MAX),
            |h| (h.samples, h.shape.resolution) = (u32::MAX, u32::MAX),
        ];
        for (number, change) in forgeries.into_iter().enumerate() {
            let error = error(&forged(change));
            assert!(
                matches!(error, DatasetError::Malformed { part: "header", .. }),
                "{number}: {error}"
            );
        }
    }

    #[test]
    fn sizes_that_the_file_cannot_hold_take_no_memory() {
        // A consistent header of four thousand million products in a file of some kilobytes.
        let huge = forged(|h| {
            let hashes = [h.images.blake3, h.vectors.blake3, h.texts.blake3];
            *h = Header::new(u32::MAX, h.shape, h.texts.length, hashes).unwrap();
        });
        assert!(matches!(error(&huge), DatasetError::Cut { .. }));
        let nothing = forged(|h| (h.samples, h.shape.resolution) = (u32::MAX, 0));
        assert!(matches!(
            error(&nothing),
            DatasetError::Malformed { part: "header", .. }
        ));
    }

    #[test]
    fn texts_that_contradict_the_header_are_malformed() {
        let header = parse::read_header(Path::new("sound"), &SOUND).unwrap();
        let start = header.texts.offset as usize;
        let with_texts = |texts: &[u8]| {
            let mut bytes = forged(|h| {
                h.texts.length = texts.len() as u64;
                h.texts.blake3 = *blake3::hash(texts).as_bytes();
            });
            bytes.truncate(start);
            bytes.extend(texts);
            bytes
        };
        let sound = &SOUND[start..];
        open(&with_texts(sound)).unwrap();
        let (one, longer) = ([&[1], &sound[1..]].concat(), [sound, b"x"].concat());
        for texts in [&[][..], &[2], &one, &longer, &sound[..sound.len() - 1]] {
            assert!(matches!(
                error(&with_texts(texts)),
                DatasetError::Malformed { part: "texts", .. }
            ));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn no_mutation_of_a_shard_panics(
            places in prop::collection::vec((any::<Index>(), any::<u8>()), 1..8),
            end in any::<Index>(),
            cut in any::<bool>(),
        ) {
            let mut bytes = SOUND.clone();
            for (place, value) in places {
                let place = place.index(bytes.len());
                bytes[place] = value;
            }
            if cut {
                bytes.truncate(end.index(bytes.len()));
            }
            let _ = open(&bytes);
        }

        #[test]
        fn no_forged_header_or_text_panics(
            places in prop::collection::vec((any::<Index>(), any::<u8>()), 1..8),
            in_texts in any::<bool>(),
        ) {
            let mut bytes = SOUND.clone();
            let mut header = parse::read_header(Path::new("sound"), &SOUND).unwrap();
            let length = u32::from_le_bytes([bytes[12], bytes[13], bytes[14], bytes[15]]) as usize;
            let start = header.texts.offset as usize;
            let range = if in_texts { start..bytes.len() } else { 48..48 + length };
            for (place, value) in places {
                let place = range.start + place.index(range.len());
                bytes[place] = value;
            }
            if in_texts {
                header.texts.blake3 = *blake3::hash(&bytes[start..]).as_bytes();
                bytes[..format::ALIGN as usize].copy_from_slice(&header.to_bytes().unwrap());
            } else {
                let checksum = *blake3::hash(&bytes[range]).as_bytes();
                bytes[16..48].copy_from_slice(&checksum);
            }
            let _ = open(&bytes);
        }
    }
}
