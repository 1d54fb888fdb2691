//! No text and no bytes make the library panic; every way to damage a model's file has its own error.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;
use textfeat::{Language, Letters, ModelError, Norm, Pattern, PatternTokenizer, Settings, TextModel, Tokens};

/// Magic, version, length of the header.
const PREFIX: usize = 16;
/// Length of the header of [`model`].
const HEADER: usize = 83;
const CHECKSUM: usize = 32;

fn model() -> TextModel {
    let settings = Settings {
        dims: 3,
        language: Language::None,
        stop_words: false,
        ..Settings::default()
    };
    TextModel::fit(settings, ["red dress", "navy shirt", "red shirt red"]).unwrap()
}

fn bytes() -> Vec<u8> {
    model().to_bytes().unwrap()
}

/// Damage that a checksum made afterwards hides.
fn resealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let body = bytes.len() - CHECKSUM;
    let checksum = blake3::hash(&bytes[..body]);
    bytes[body..].copy_from_slice(checksum.as_bytes());
    bytes
}

fn with_header(header: &[u8]) -> Vec<u8> {
    let length = u32::try_from(header.len()).unwrap();
    resealed(
        [
            b"ATLRTEXT",
            &1_u32.to_le_bytes()[..],
            &length.to_le_bytes(),
            header,
            &[0; CHECKSUM],
        ]
        .concat(),
    )
}

#[test]
fn the_bytes_of_a_model_do_not_change() {
    let golden = [
        &b"ATLRTEXT\x01\0\0\0"[..],
        b"\x53\0\0\0",
        b"\x13rust-stemmers 1.2.0\x04none\0\0",
        b"\0\x01\0\x01\x01\0\0\0\0\0\0\xf0\x3f\0\x01\x03\x03",
        b"\x03\x05dress\x05dress\x01\x01\x03red\x03red\x03\x02\x05shirt\x05shirt\x02\x02",
    ]
    .concat();
    let bytes = bytes();
    let (content, checksum) = bytes.split_at(bytes.len() - CHECKSUM);
    assert_eq!(
        content.escape_ascii().to_string(),
        golden.escape_ascii().to_string()
    );
    assert_eq!(checksum, blake3::hash(&golden).as_bytes());
}

#[test]
fn a_model_read_back_is_the_model_written() {
    for settings in [
        Settings::default(),
        Settings {
            ngrams: 3,
            sublinear: true,
            numbers: true,
            ..Settings::default()
        },
        Settings {
            norm: Norm::None,
            letters: Some(Letters { least: 2, most: 4 }),
            ..Settings::default()
        },
        Settings {
            norm: Norm::L1,
            ..Settings::lsa()
        },
        patterned(Pattern::OneOrMore, true),
        patterned(Pattern::Unspaced, false),
    ] {
        let model = TextModel::fit(settings, ["Red dresses, 3/4 sleeves", "evening shirts 100"]).unwrap();
        let back = TextModel::from_bytes(&model.to_bytes().unwrap()).unwrap();
        assert_eq!(back, model);
        assert_eq!(back.transform("red evening"), model.transform("red evening"));
    }
}

fn patterned(pattern: Pattern, lowercase: bool) -> Settings {
    Settings {
        tokens: Tokens::Pattern(PatternTokenizer { pattern, lowercase }),
        language: Language::None,
        stop_words: false,
        ..Settings::default()
    }
}

#[test]
fn the_bytes_of_a_model_with_another_norm_and_tokens_do_not_change() {
    let settings = Settings {
        dims: 3,
        norm: Norm::L1,
        ..patterned(Pattern::TwoOrMore, true)
    };
    let model = TextModel::fit(settings, ["red dress", "navy shirt", "red shirt red"]).unwrap();
    let golden = [
        &b"ATLRTEXT\x03\0\0\0"[..],
        b"\x66\0\0\0\0\0\0\0",
        b"\x13rust-stemmers 1.2.0\x04none\0\0",
        b"\0\x01\0\x01\x01\0\0\0\0\0\0\xf0\x3f\0\x01\x03\x03",
        b"\x03\x05dress\x05dress\x01\x01\x03red\x03red\x03\x02\x05shirt\x05shirt\x02\x02",
        // No LSA, no letters, 8192 features, seed 0.
        b"\0\0\xfb\0\x20\0",
        // L1, weight of letters 1, a pattern, lowercase, no given weights.
        b"\x01\0\0\0\0\0\0\xf0\x3f\x01\0\x01\0",
    ]
    .concat();
    let bytes = model.to_bytes().unwrap();
    assert_eq!(
        bytes[..bytes.len() - CHECKSUM].escape_ascii().to_string(),
        golden.escape_ascii().to_string()
    );
}

#[test]
fn a_cut_file_says_so_wherever_it_is_cut() {
    let bytes = bytes();
    for length in 1..bytes.len() {
        let error = TextModel::from_bytes(&bytes[..length]).unwrap_err();
        assert!(matches!(error, ModelError::Cut { .. }), "{length}: {error}");
    }
    assert!(matches!(
        TextModel::from_bytes(b""),
        Err(ModelError::NotAModel { .. })
    ));
    let longer = [bytes, vec![0]].concat();
    assert!(matches!(
        TextModel::from_bytes(&longer),
        Err(ModelError::Trailing { .. })
    ));
}

#[test]
fn every_flipped_bit_is_found() {
    let bytes = bytes();
    for bit in 0..bytes.len() * 8 {
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        let error = TextModel::from_bytes(&damaged).unwrap_err();
        let right = match bit / 8 {
            0..8 => matches!(error, ModelError::NotAModel { .. }),
            8..12 => matches!(
                error,
                ModelError::Newer { .. }
                    | ModelError::Invalid { what: "version", .. }
                    // A version that has a projection, whose length is then the header's first bytes.
                    | ModelError::TooLarge { .. }
            ),
            12..16 => matches!(
                error,
                ModelError::Cut { .. } | ModelError::Trailing { .. } | ModelError::TooLarge { .. }
            ),
            _ => matches!(error, ModelError::Checksum { .. }),
        };
        assert!(right, "bit {bit}: {error}");
    }
}

#[test]
fn another_file_a_newer_version_and_absurd_sizes_are_named() {
    let text = TextModel::from_bytes(b"\x89PNG\r\n\x1a\n....")
        .unwrap_err()
        .to_string();
    assert!(text.contains("PNG") && text.contains("\nhint: "), "{text}");
    let mut newer = bytes();
    newer[8] = 4;
    let newer = TextModel::from_bytes(&resealed(newer));
    assert_eq!(
        newer,
        Err(ModelError::Newer {
            expected: 3,
            found: 4
        })
    );
    let mut huge = bytes();
    huge[12..16].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(matches!(
        TextModel::from_bytes(&huge),
        Err(ModelError::TooLarge { .. })
    ));
}

#[test]
fn a_header_that_claims_more_than_it_holds_takes_no_memory() {
    // A string of 2^62 bytes, where the name of the stemmer should be.
    let claim = [&[253][..], &(1_u64 << 62).to_le_bytes()].concat();
    assert!(matches!(
        TextModel::from_bytes(&with_header(&claim)),
        Err(ModelError::Header { .. })
    ));
    assert!(matches!(
        TextModel::from_bytes(&with_header(b"")),
        Err(ModelError::Header { .. })
    ));
}

#[test]
fn senseless_values_under_a_right_checksum_are_named() {
    let content = &bytes()[PREFIX..PREFIX + HEADER];
    let replaced = |from: &[u8], to: &[u8]| {
        let at = content
            .windows(from.len())
            .position(|w| w == from)
            .expect("the header holds it");
        let header = [&content[..at], to, &content[at + from.len()..]].concat();
        match TextModel::from_bytes(&with_header(&header)) {
            Err(ModelError::Invalid { what, .. }) => what,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(
        replaced(b"rust-stemmers 1.2.0", b"rust-stemmers 9.9.9"),
        "stemmer"
    );
    assert_eq!(replaced(b"\x04none", b"\x04nine"), "language");
    assert_eq!(
        replaced(b"\x05dress\x05dress", b"\x05ssssd\x05dress"),
        "order of terms"
    );
    assert_eq!(replaced(b"shirt\x02\x02", b"shirt\x02\x04"), "document frequency");
    assert_eq!(replaced(b"shirt\x02\x02", b"shirt\x01\x02"), "document frequency");
    assert_eq!(replaced(b"shirt\x02\x02", b"shirt\x02\x00"), "document frequency");
    assert_eq!(
        replaced(b"\x03\x03\x03\x05dress", b"\x00\x03\x03\x05dress"),
        "dims"
    );
    assert_eq!(
        replaced(b"\x03\x03\x03\x05dress", b"\x02\x03\x03\x05dress"),
        "number of terms"
    );
    assert_eq!(replaced(b"none\0\0\0\x01", b"none\0\0\0\0"), "ngrams");
    assert_eq!(replaced(b"\xf0\x3f", b"\xf8\x7f"), "max_df");
    assert_eq!(
        replaced(b"shirt\x02\x02", b"shirt\x02\x02\0"),
        "length of the header"
    );
}

fn lsa_model(letters_weight: f64) -> TextModel {
    let texts = [
        "red dress",
        "navy shirt",
        "red shirt red",
        "crimson shirts",
        "reddish dresses",
    ];
    let settings = Settings {
        dims: 4,
        features: 60,
        letters_weight,
        ..Settings::lsa()
    };
    TextModel::fit(settings, texts).unwrap()
}

#[test]
fn an_lsa_model_read_back_is_the_model_written_and_no_bit_of_it_changes_unseen() {
    let weighted = lsa_model(0.5);
    let bytes = weighted.to_bytes().unwrap();
    assert_eq!(bytes[8], 3, "version");
    assert_eq!(TextModel::from_bytes(&bytes).unwrap(), weighted);
    let model = lsa_model(1.0);
    let bytes = model.to_bytes().unwrap();
    assert_eq!(bytes[8], 2, "version");
    let back = TextModel::from_bytes(&bytes).unwrap();
    assert_eq!(back, model);
    assert_eq!(
        back.transform("a reddest dress"),
        model.transform("a reddest dress")
    );
    for length in 1..bytes.len() {
        let error = TextModel::from_bytes(&bytes[..length]).unwrap_err();
        assert!(matches!(error, ModelError::Cut { .. }), "{length}: {error}");
    }
    for bit in 0..bytes.len() * 8 {
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        assert!(TextModel::from_bytes(&damaged).is_err(), "bit {bit}");
    }
    let mut huge = bytes;
    huge[16..20].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(matches!(
        TextModel::from_bytes(&huge),
        Err(ModelError::TooLarge { .. })
    ));
}

#[test]
fn a_projection_of_senseless_values_is_named() {
    let mut bytes = lsa_model(1.0).to_bytes().unwrap();
    let last = bytes.len() - CHECKSUM - 4;
    for senseless in [f32::NAN, f32::INFINITY, 7.0] {
        bytes[last..last + 4].copy_from_slice(&senseless.to_le_bytes());
        let error = TextModel::from_bytes(&resealed(bytes.clone())).unwrap_err();
        assert!(
            matches!(
                error,
                ModelError::Invalid {
                    what: "projection",
                    ..
                }
            ),
            "{error}"
        );
    }
}

#[test]
fn an_unseen_word_is_placed_by_its_letters_and_keys_hit_at_random_are_not() {
    let model = lsa_model(0.5);
    let cosine = |a: &str, b: &str| -> f32 {
        let (a, b) = (model.transform(a), model.transform(b));
        a.iter().zip(&b).map(|(a, b)| a * b).sum()
    };
    assert!(cosine("shirtt", "shirt") > 0.9);
    assert!(cosine("shirtt", "shirt") > cosine("shirtt", "dress"));
    assert!(model.transform("qwxzv").iter().all(|&v| v == 0.0));
    let explained = model.explain("shirtt qwxzv");
    assert!(explained.is_known);
    assert_eq!(explained.unknown[0].kin[0], "shirt");
    assert_eq!(explained.unknown[1].kin, Vec::<String>::new());
    assert!(!model.explain("qwxzv").is_known);
}

#[test]
fn a_text_of_stray_letters_is_unknown_to_plain_terms_too() {
    let settings = Settings {
        letters: Some(Letters { least: 1, most: 2 }),
        ..Settings::default()
    };
    let model = TextModel::fit(settings, ["red dress"]).unwrap();
    // One of its letters is known, the runs are not.
    assert!(!model.explain("qwxdz").is_known);
    assert!(model.transform("qwxdz").iter().all(|&v| v == 0.0));
    assert!(model.transform("dresss").iter().any(|&v| v > 0.0));
}

proptest! {
    #[test]
    fn lsa_takes_any_text(texts in prop::collection::vec("\\PC{0,30}", 1..5), other: String) {
        let settings = Settings { dims: 3, features: 40, ..Settings::lsa() };
        if let Ok(model) = TextModel::fit(settings, &texts) {
            for text in texts.iter().chain([&other]) {
                let vector = model.transform(text);
                let length: f32 = vector.iter().map(|w| w * w).sum();
                prop_assert!(length == 0.0 || (length - 1.0).abs() < 1e-4);
                prop_assert_eq!(model.explain(text).is_known, length > 0.0);
            }
            prop_assert_eq!(TextModel::from_bytes(&model.to_bytes().unwrap()).unwrap(), model);
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(TextModel::from_bytes(&bytes).is_err());
        prop_assert!(TextModel::from_bytes(&with_header(&bytes)).is_err());
    }

    #[test]
    fn damage_under_a_right_checksum_never_panics(at in PREFIX..PREFIX + HEADER, byte in any::<u8>()) {
        let mut damaged = bytes();
        damaged[at] = byte;
        if let Ok(model) = TextModel::from_bytes(&resealed(damaged)) {
            let vector = model.transform("red dress shirt navy");
            prop_assert!(vector.iter().all(|w| w.is_finite()));
        }
    }

    #[test]
    fn arbitrary_unicode_never_panics(text in "\\PC{0,60}", other in any::<String>(), letters in "[\\p{L}\\p{M}'-]{0,40}") {
        for language in Language::all() {
            let settings = Settings { language, ngrams: 2, ..Settings::default() };
            let Ok(model) = TextModel::fit(settings, [&text, &letters]) else { continue };
            for text in [&text, &other, &letters] {
                let vector = model.transform(text);
                let length: f32 = vector.iter().map(|w| w * w).sum();
                prop_assert!(length == 0.0 || (length - 1.0).abs() < 1e-4);
                let explained = model.explain(text);
                prop_assert_eq!(explained.known.is_empty(), length == 0.0);
            }
        }
    }

    /// Every language by its name, both methods, words and patterns, every norm: fit, explain, and the way to bytes and
    /// back. Counting and merging are in `counts.rs`, export and import in `exchange.rs`.
    #[test]
    fn every_language_and_method_takes_arbitrary_unicode(
        texts in prop::collection::vec("[\\p{L}\\p{M}'-]{0,12} \\PC{0,20}", 2..4),
        other: String,
        pattern in prop::option::of(prop::sample::select(Pattern::ALL.to_vec())),
        norm in prop::sample::select(Norm::ALL.to_vec()),
    ) {
        let tokens = pattern.map_or(Tokens::Words, |pattern| Tokens::Pattern(PatternTokenizer { pattern, lowercase: true }));
        for name in Language::all().map(Language::name) {
            let language = Language::by_name(name).unwrap();
            for base in [Settings { dims: 3, features: 40, ..Settings::lsa() }, Settings::default()] {
                let settings = Settings { language, tokens, norm, ..base };
                let Ok(model) = TextModel::fit(settings, &texts) else { continue };
                for text in texts.iter().chain([&other]) {
                    let vector = model.transform(text);
                    prop_assert!(vector.iter().all(|w| w.is_finite()), "{}", name);
                    let explained = model.explain(text);
                    prop_assert_eq!(explained.is_known, vector.iter().any(|&w| w != 0.0), "{}", name);
                }
                prop_assert_eq!(&TextModel::from_bytes(&model.to_bytes().unwrap()).unwrap(), &model, "{}", name);
            }
        }
    }
}
