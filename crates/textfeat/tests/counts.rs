//! Counts of several machines: merged they are those of one, and no bytes of a file do harm.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;
use textfeat::{
    Analyzer, Counter, CountsError, CountsFile, Language, Letters, Method, Norm, Settings, TextModel,
};

const PREFIX: usize = 20;
const CHECKSUM: usize = 32;

fn counted<T: AsRef<str>>(settings: &Settings, texts: &[T]) -> CountsFile {
    let analyzer = Analyzer::new(settings);
    let mut counter = Counter::new(&analyzer);
    texts.iter().for_each(|text| counter.add(text.as_ref()));
    CountsFile::new(settings, "line", counter.finish()).unwrap()
}

fn small() -> Settings {
    Settings {
        language: Language::None,
        stop_words: false,
        ..Settings::default()
    }
}

fn bytes() -> Vec<u8> {
    counted(&small(), &["red dress", "red red"]).to_bytes().unwrap()
}

/// Damage that a checksum made afterwards hides.
fn resealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let body = bytes.len() - CHECKSUM;
    let checksum = blake3::hash(&bytes[..body]);
    bytes[body..].copy_from_slice(checksum.as_bytes());
    bytes
}

#[test]
fn the_bytes_of_counts_do_not_change() {
    let bytes = bytes();
    let lists = b"rust-stemmers 1.2.0\0\0";
    let golden = [
        &b"ATLRCNTS\x01\0\0\0"[..],
        &77_u64.to_le_bytes(),
        blake3::hash(lists).as_bytes(),
        b"\x04line\x04none\0\0\0\x01\0\x02\x02",
        b"\x05dress\x01\x01\x01\x05dress\x01",
        b"\x03red\x03\x02\x01\x03red\x03",
    ]
    .concat();
    assert_eq!(
        bytes[..bytes.len() - CHECKSUM].escape_ascii().to_string(),
        golden.escape_ascii().to_string()
    );
    assert_eq!(bytes[bytes.len() - CHECKSUM..], *blake3::hash(&golden).as_bytes());
}

#[test]
fn every_cut_and_every_flipped_bit_is_found() {
    let bytes = bytes();
    for length in 0..bytes.len() {
        let error = CountsFile::from_bytes(&bytes[..length]).unwrap_err();
        let right = matches!(error, CountsError::Cut { .. } | CountsError::NotCounts { .. });
        assert!(right, "{length}: {error}");
    }
    for bit in 0..bytes.len() * 8 {
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        let error = CountsFile::from_bytes(&damaged).unwrap_err();
        let right = match bit / 8 {
            0..8 => matches!(error, CountsError::NotCounts { .. }),
            8..12 => matches!(error, CountsError::Newer { .. } | CountsError::Invalid { .. }),
            12..20 => matches!(
                error,
                CountsError::Cut { .. } | CountsError::Trailing { .. } | CountsError::TooLarge { .. }
            ),
            _ => matches!(error, CountsError::Checksum { .. }),
        };
        assert!(right, "bit {bit}: {error}");
    }
}

#[test]
fn senseless_values_under_a_right_checksum_are_named() {
    let content = bytes();
    let content = &content[PREFIX..content.len() - CHECKSUM];
    let replaced = |from: &[u8], to: &[u8]| {
        let at = (content.windows(from.len()).position(|w| w == from)).expect("the content holds it");
        let content = [&content[..at], to, &content[at + from.len()..]].concat();
        let length = (content.len() as u64).to_le_bytes();
        let file = [b"ATLRCNTS\x01\0\0\0", &length[..], &content, &[0; CHECKSUM]].concat();
        CountsFile::from_bytes(&resealed(file)).unwrap_err()
    };
    let named = |from: &[u8], to: &[u8]| match replaced(from, to) {
        CountsError::Invalid { what, .. } => what,
        other => panic!("{other:?}"),
    };
    assert_eq!(named(b"\x04none", b"\x04nine"), "language");
    assert_eq!(
        named(b"\0\x01\0\x02\x02\x05dress", b"\0\x09\0\x02\x02\x05dress"),
        "ngrams"
    );
    assert_eq!(
        named(b"\x02\x02\x05dress", b"\x01\x02\x05dress"),
        "document frequency"
    );
    assert_eq!(named(b"\x02\x02\x05dress", b"\x02\xfa\x05dress"), "terms");
    assert_eq!(
        named(b"\x02\x02\x05dress", b"\x02\x01\x05dress"),
        "bytes after the last term"
    );
    assert_eq!(
        named(b"\x05dress\x01\x01", b"\x05dress\x01\x02"),
        "document frequency"
    );
    assert_eq!(
        named(b"\x05dress\x01\x01", b"\x05sress\x01\x01"),
        "order of terms"
    );
    assert_eq!(
        named(
            b"\x03red\x03\x02\x01\x03red\x03",
            b"\x03red\x03\x02\x01\x03red\x02"
        ),
        "forms"
    );
    let other_lists = replaced(&content[..4], b"\0\0\0\0");
    assert!(matches!(other_lists, CountsError::Lists { .. }), "{other_lists}");
    // A term of 2^62 bytes.
    let huge = [&b"\x02\x02\xfd"[..], &(1_u64 << 62).to_le_bytes()].concat();
    let error = replaced(b"\x02\x02\x05dress", &huge);
    assert!(matches!(error, CountsError::Content { .. }), "{error}");
}

#[test]
fn what_was_counted_otherwise_is_not_merged() {
    let texts = ["red dress"];
    for (settings, what) in [
        (Settings { ngrams: 2, ..small() }, "ngrams"),
        (
            Settings {
                numbers: true,
                ..small()
            },
            "numbers",
        ),
        (
            Settings {
                language: Language::German,
                ..small()
            },
            "language",
        ),
        (
            Settings {
                letters: Some(Letters { least: 3, most: 3 }),
                ..small()
            },
            "letters",
        ),
    ] {
        let error = counted(&small(), &texts)
            .merge(counted(&settings, &texts))
            .unwrap_err();
        assert!(
            matches!(error, CountsError::Differs { what: found, .. } if found == what),
            "{error}"
        );
    }
    let analyzer = Analyzer::new(&small());
    let counts = Counter::new(&analyzer).finish();
    let other = CountsFile::new(&small(), "title", counts).unwrap();
    let error = counted(&small(), &texts).merge(other).unwrap_err();
    assert!(
        error.to_string().contains("document line, found document title"),
        "{error}"
    );
    // What selects and weighs terms is said when all is counted.
    let weighed = Settings {
        dims: 3,
        norm: Norm::L1,
        sublinear: true,
        ..small()
    };
    counted(&small(), &texts)
        .merge(counted(&weighed, &texts))
        .unwrap();
    let lsa = Settings {
        method: Method::Lsa,
        ..small()
    };
    let error = counted(&small(), &texts).model(&lsa).unwrap_err();
    assert!(
        error.to_string().contains("method: expected terms, found lsa"),
        "{error}"
    );
}

fn language() -> impl Strategy<Value = Language> {
    prop::sample::select(Language::all().collect::<Vec<_>>())
}

proptest! {
    /// In any number of parts, empty ones too, merged in any order, by way of files and of files of merged counts.
    #[test]
    fn counts_of_several_machines_give_the_model_of_one_fit_to_the_bit(
        texts in prop::collection::vec("(red |reds |shirt |Shirts |navy |\\PC{0,3} ){0,6}", 1..12),
        machines in prop::collection::vec(0_usize..4, 12),
        order in Just([0, 1, 2, 3]).prop_shuffle(),
        language in language(),
        ngrams in 1_usize..3,
        letters: bool,
        sublinear: bool,
    ) {
        let settings = Settings {
            language,
            ngrams,
            letters: letters.then_some(Letters { least: 2, most: 3 }),
            dims: 20,
            sublinear,
            ..Settings::default()
        };
        let part = |machine: usize| {
            let mine: Vec<&String> = texts.iter().zip(&machines).filter(|&(_, &m)| m == machine).map(|(t, _)| t).collect();
            CountsFile::from_bytes(&counted(&settings, &mine).to_bytes().unwrap()).unwrap()
        };
        let mut merged = part(order[0]);
        merged.merge(part(order[1])).unwrap();
        let mut others = part(order[2]);
        others.merge(part(order[3])).unwrap();
        merged.merge(CountsFile::from_bytes(&others.to_bytes().unwrap()).unwrap()).unwrap();
        prop_assert_eq!(&merged.to_bytes().unwrap(), &counted(&settings, &texts).to_bytes().unwrap());
        match (merged.model(&settings), TextModel::fit(settings, &texts)) {
            (Ok(merged), Ok(fitted)) => {
                prop_assert_eq!(merged.to_bytes().unwrap(), fitted.to_bytes().unwrap());
            }
            (merged, fitted) => prop_assert_eq!(merged, fitted),
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(CountsFile::from_bytes(&bytes).is_err());
        let length = (bytes.len() as u64).to_le_bytes();
        let file = [b"ATLRCNTS\x01\0\0\0", &length[..], &bytes, &[0; CHECKSUM]].concat();
        prop_assert!(CountsFile::from_bytes(&resealed(file)).is_err());
    }

    #[test]
    fn damage_under_a_right_checksum_never_panics(at in PREFIX..PREFIX + 77, byte in any::<u8>()) {
        let mut damaged = bytes();
        damaged[at] = byte;
        if let Ok(file) = CountsFile::from_bytes(&resealed(damaged)) {
            let mut twice = file.clone();
            twice.merge(file).unwrap();
            let vector = twice.model(&small()).map(|model| model.transform("red dress"));
            prop_assert!(vector.is_ok_and(|v| v.iter().all(|w| w.is_finite())));
        }
    }
}
