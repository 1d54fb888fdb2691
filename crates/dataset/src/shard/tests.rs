//! What a shard's reader must hold to.

use std::fs;
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::compress::Packer;
use crate::fixture::Fixture;
use crate::format;

/// Sound shards of two products, raw and compressed.
static BOTH: LazyLock<[Vec<u8>; 2]> = LazyLock::new(|| {
    [None, Some("zstd")].map(|compress| {
        let fixture = Fixture::packed_as(&[2], compress);
        fs::read(fixture.out().join("shard-00000.atl")).unwrap()
    })
});

/// Opens a file of these bytes and reads all of it.
fn open(bytes: &[u8]) -> Result<(), DatasetError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("shard-00000.atl");
    fs::write(&path, bytes).unwrap();
    let shard = Shard::open(&path)?;
    let samples = shard.texts().len();
    assert!(shard.image(samples).is_err() && shard.vectors(samples).is_err());
    let shape = shard.header().shape;
    for index in 0..samples {
        let (image, vectors) = (shard.image(index)?, shard.vectors(index)?);
        assert_eq!(image.len() as u64, shape.image_bytes().unwrap());
        assert_eq!(vectors.len() as u64 * 4, shape.vector_bytes().unwrap());
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

fn header(sound: &[u8]) -> Header {
    parse::read_header(Path::new("sound"), sound).unwrap()
}

fn header_length(sound: &[u8]) -> usize {
    u32::from_le_bytes([sound[12], sound[13], sound[14], sound[15]]) as usize
}

/// The sound shard with another header, whose checksum is right.
fn forged(sound: &[u8], change: impl Fn(&mut Header)) -> Vec<u8> {
    let mut header = header(sound);
    change(&mut header);
    let mut bytes = sound.to_vec();
    bytes[..format::ALIGN as usize].copy_from_slice(&header.to_bytes().unwrap());
    bytes
}

#[test]
fn a_sound_shard_opens() {
    BOTH.iter().for_each(|sound| open(sound).unwrap());
    let versions = BOTH.each_ref().map(|sound| sound[8]);
    assert_eq!(versions, [1, 2]);
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
fn a_shard_of_a_later_version_is_newer_and_of_another_one_malformed() {
    for sound in &*BOTH {
        let mut bytes = sound.clone();
        bytes[8] = 3;
        assert!(matches!(
            error(&bytes),
            DatasetError::Newer {
                expected: 2,
                found: 3,
                ..
            }
        ));
        for version in [0, 3 - sound[8]] {
            bytes[8] = version;
            assert!(matches!(
                error(&bytes),
                DatasetError::Malformed { part: "header", .. }
            ));
        }
    }
}

#[test]
fn a_shard_is_cut_wherever_it_ends_too_early() {
    for sound in &*BOTH {
        let half = sound.len() / 2;
        let last = sound.len() - 1;
        for end in [1, 7, 8, 11, 47, 48, 100, 4095, 4096, 5000, half, last] {
            assert!(matches!(error(&sound[..end]), DatasetError::Cut { .. }), "{end}");
        }
    }
}

#[test]
fn bytes_after_the_end_are_trailing() {
    for sound in &*BOTH {
        let bytes = [&sound[..], b"x"].concat();
        assert!(matches!(error(&bytes), DatasetError::Trailing { .. }));
    }
}

#[test]
fn a_flipped_bit_in_header_index_or_texts_is_damage() {
    for sound in &*BOTH {
        let header = header(sound);
        let index = header.index.map_or(0..0, |index| index.offset..index.end());
        let places = (16..48 + header_length(sound))
            .chain(index.start as usize..index.end as usize)
            .chain(header.texts.offset as usize..sound.len());
        for byte in places {
            let mut bytes = sound.clone();
            bytes[byte] ^= 0x10;
            assert!(matches!(error(&bytes), DatasetError::Damaged { .. }), "{byte}");
        }
    }
}

#[test]
fn sections_that_overlap_leave_the_file_or_overflow_are_malformed() {
    let forgeries: [fn(&mut Header); 8] = [
        |h| h.vectors.offset = h.images.offset,
        |h| h.texts.offset = h.vectors.offset,
        |h| h.images.offset = 0,
        |h| h.images.length += 4096,
        |h| h.vectors.offset = u64::MAX - 3,
        |h| h.texts.length = u64::MAX,
        |h| (h.shape.captions, h.shape.dims) = (u32::MAX, u32::MAX),
        |h| (h.samples, h.shape.resolution) = (u32::MAX, u32::MAX),
    ];
    let of_an_index: [fn(&mut Section); 3] = [
        |index| index.offset = 4096,
        |index| index.length += 8,
        |index| index.length = u64::MAX,
    ];
    let malformed = |bytes: &[u8]| {
        let error = error(bytes);
        assert!(
            matches!(error, DatasetError::Malformed { part: "header", .. }),
            "{error}"
        );
    };
    for sound in &*BOTH {
        forgeries
            .iter()
            .for_each(|change| malformed(&forged(sound, change)));
    }
    for change in of_an_index {
        malformed(&forged(&BOTH[1], |header| change(header.index.as_mut().unwrap())));
    }
}

#[test]
fn sizes_that_the_file_cannot_hold_take_no_memory() {
    // A consistent header of four thousand million products in a file of some kilobytes.
    let huge = forged(&BOTH[0], |h| {
        h.samples = u32::MAX;
        let hashes = [h.images.blake3, h.vectors.blake3, h.texts.blake3];
        *h = Header::raw(u32::MAX, h.shape, h.texts.length, hashes).unwrap();
    });
    assert!(matches!(error(&huge), DatasetError::Cut { .. }));
    for sound in &*BOTH {
        let nothing = forged(sound, |h| (h.samples, h.shape.resolution) = (u32::MAX, 0));
        assert!(matches!(
            error(&nothing),
            DatasetError::Malformed { part: "header", .. }
        ));
    }
}

/// The compressed shard with these frames for images, and all checksums right.
fn with_frames(frames: [&[u8]; 2], change: impl Fn(&mut Header)) -> Vec<u8> {
    let sound = &BOTH[1];
    let old = header(sound);
    let content = |bytes: &[u8]| format::Content {
        length: bytes.len() as u64,
        blake3: *blake3::hash(bytes).as_bytes(),
    };
    let images = frames.concat();
    let mut index = old.index.as_ref().unwrap().of(sound).to_vec();
    for (entry, frame) in index.chunks_exact_mut(8).zip(frames) {
        entry[..4].copy_from_slice(&(frame.len() as u32).to_le_bytes());
    }
    let [vectors, texts] = [&old.vectors, &old.texts].map(|section| section.of(sound));
    let sections = [content(&images), content(vectors), content(texts)];
    let mut new = Header::compressed(2, old.shape, sections, content(&index)).unwrap();
    change(&mut new);
    let mut bytes = new.to_bytes().unwrap();
    for (section, content) in new.sections().zip([&images[..], vectors, &index, texts]) {
        bytes.resize(section.offset as usize, 0);
        bytes.extend(content);
    }
    bytes
}

#[test]
fn frames_that_are_none_or_of_another_size_are_named_by_product() {
    let mut packer = Packer::new("zstd".parse().unwrap()).unwrap();
    let sound = packer.image(&[9; 48], 4).unwrap();
    open(&with_frames([&sound, &sound], |_| {})).unwrap();
    let (short, long) = (
        packer.vectors(&[9; 47]).unwrap(),
        packer.vectors(&[9; 49]).unwrap(),
    );
    let bomb = packer.vectors(&vec![0; 64 << 20]).unwrap();
    for frame in [&short[..], &long, &bomb, b"", b"no frame", &sound[1..]] {
        match error(&with_frames([&sound, frame], |_| {})) {
            DatasetError::DamagedSample {
                part: "image", id, ..
            } => assert_eq!(id, "0-1"),
            other => panic!("{other}"),
        }
    }
}

#[test]
fn a_few_bytes_that_claim_images_of_gigabytes_are_refused() {
    let mut packer = Packer::new("zstd".parse().unwrap()).unwrap();
    let frame = packer.vectors(&[0; 48]).unwrap();
    for (resolution, dims) in [(1 << 20, 5), (u32::MAX, 5), (4, 1 << 30)] {
        let bytes = with_frames([&frame, &frame], |h| {
            (h.shape.resolution, h.shape.dims) = (resolution, dims);
        });
        let error = error(&bytes);
        assert!(
            error.to_string().contains("of at most 67108864 bytes a sample"),
            "{error}"
        );
    }
}

#[test]
fn an_index_that_contradicts_the_sections_is_malformed() {
    let sound = &BOTH[1];
    let index = header(sound).index.unwrap();
    for (place, value) in [(0, 0_u32), (0, u32::MAX), (4, 1), (12, u32::MAX)] {
        let mut bytes = sound.clone();
        bytes[index.offset as usize + place..][..4].copy_from_slice(&value.to_le_bytes());
        let checksum = *blake3::hash(index.of(&bytes)).as_bytes();
        let mut header = header(sound);
        header.index.as_mut().unwrap().blake3 = checksum;
        bytes[..format::ALIGN as usize].copy_from_slice(&header.to_bytes().unwrap());
        assert!(matches!(
            error(&bytes),
            DatasetError::Malformed { part: "index", .. }
        ));
    }
}

#[test]
fn texts_that_contradict_the_header_are_malformed() {
    for sound in &*BOTH {
        let start = header(sound).texts.offset as usize;
        let with_texts = |texts: &[u8]| {
            let mut bytes = forged(sound, |h| {
                h.texts.length = texts.len() as u64;
                h.texts.blake3 = *blake3::hash(texts).as_bytes();
            });
            bytes.truncate(start);
            bytes.extend(texts);
            bytes
        };
        let sound = &sound[start..];
        open(&with_texts(sound)).unwrap();
        let (one, longer) = ([&[1], &sound[1..]].concat(), [sound, b"x"].concat());
        for texts in [&[][..], &[2], &one, &longer, &sound[..sound.len() - 1]] {
            assert!(matches!(
                error(&with_texts(texts)),
                DatasetError::Malformed { part: "texts", .. }
            ));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_mutation_of_a_shard_panics(
        places in prop::collection::vec((any::<Index>(), any::<u8>()), 1..8),
        end in any::<Index>(),
        cut in any::<bool>(),
        which in 0_usize..2,
    ) {
        let mut bytes = BOTH[which].clone();
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
    fn no_forged_header_index_frame_or_text_panics(
        places in prop::collection::vec((any::<Index>(), any::<u8>()), 1..8),
        part in 0_usize..5,
        which in 0_usize..2,
    ) {
        let mut bytes = BOTH[which].clone();
        let mut header = header(&bytes);
        let sections: Vec<Range<usize>> = header
            .sections()
            .map(|section| section.offset as usize..section.end() as usize)
            .collect();
        let range = match part.checked_sub(1) {
            None => 48..48 + header_length(&bytes),
            Some(section) => sections[section % sections.len()].clone(),
        };
        for (place, value) in places {
            let place = range.start + place.index(range.len());
            bytes[place] = value;
        }
        if part > 0 {
            let hash = |section: &mut Section| section.blake3 = *blake3::hash(section.of(&bytes)).as_bytes();
            let sections = [&mut header.images, &mut header.vectors, &mut header.texts];
            sections.into_iter().chain(header.index.as_mut()).for_each(hash);
            bytes[..format::ALIGN as usize].copy_from_slice(&header.to_bytes().unwrap());
        } else {
            let checksum = *blake3::hash(&bytes[range]).as_bytes();
            bytes[16..48].copy_from_slice(&checksum);
        }
        let _ = open(&bytes);
    }
}
