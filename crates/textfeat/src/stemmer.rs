//! A word becomes its stem, so that *shirt* and *shirts* are one term.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::Language;

/// Maps a word to its stem.
pub trait Stemmer {
    /// The stem of `word`, which must be lowercase.
    fn stem<'w>(&self, word: &'w str) -> Cow<'w, str>;
}

/// The Snowball stemmer of a language, with words that it would harm protected from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snowball {
    language: Language,
    protected: BTreeSet<String>,
}

/// English words of fashion whose stem is another word. The comment names what they would become.
const PROTECTED_ENGLISH: [&str; 11] = [
    "clothing", // cloth
    "evening",  // even
    "flats",    // flat: shoes, not a shape
    "glasses",  // glass: worn, not drunk from
    "legging",  // leg
    "lining",   // line
    "morning",  // morn
    "organic",  // organ
    "stocking", // stock
    "tights",   // tight: a garment, not a fit
    "wedding",  // wed
];

impl Snowball {
    /// What computes the stems. It is stored in a model: another version may stem a word otherwise than
    /// the vocabulary was stemmed.
    pub const VERSION: &str = "rust-stemmers 1.2.0";

    /// The stemmer of `language` with its own protected words, of which only English has any.
    #[must_use]
    pub fn new(language: Language) -> Self {
        let protected: &[&str] = if language == Language::English {
            &PROTECTED_ENGLISH
        } else {
            &[]
        };
        Self::protecting(language, protected.iter().copied())
    }

    /// The stemmer of `language` with a list of protected words, lowercase. A protected word is its own
    /// stem, and that of its plural in -s.
    pub fn protecting(language: Language, words: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            language,
            protected: words.into_iter().map(Into::into).collect(),
        }
    }

    /// The language.
    #[must_use]
    pub const fn language(&self) -> Language {
        self.language
    }

    /// The protected words, sorted.
    pub fn protected(&self) -> impl Iterator<Item = &str> {
        self.protected.iter().map(String::as_str)
    }
}

impl Stemmer for Snowball {
    fn stem<'w>(&self, word: &'w str) -> Cow<'w, str> {
        let Some(algorithm) = self.language.algorithm() else {
            return Cow::Borrowed(word);
        };
        let singular = word.strip_suffix('s').unwrap_or(word);
        if let Some(&kept) = [word, singular].iter().find(|w| self.protected.contains(**w)) {
            return Cow::Borrowed(kept);
        }
        rust_stemmers::Stemmer::create(algorithm).stem(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word_share_a_stem_and_other_words_do_not() {
        let english = Snowball::new(Language::English);
        for (a, b) in [
            ("shirts", "shirt"),
            ("dresses", "dress"),
            ("t-shirts", "t-shirt"),
            ("watches", "watch"),
            ("striped", "stripes"),
            ("women's", "women"),
            ("womens", "women"),
            ("men's", "men"),
        ] {
            assert_eq!(english.stem(a), english.stem(b), "{a}, {b}");
        }
        for (a, b) in [
            ("men", "women"),
            ("shirt", "shorts"),
            ("gold", "golden"),
            ("shirt", "t-shirt"),
        ] {
            assert_ne!(english.stem(a), english.stem(b), "{a}, {b}");
        }
    }

    #[test]
    fn protected_words_and_their_plurals_keep_their_meaning() {
        let english = Snowball::new(Language::English);
        let bare = Snowball::protecting(Language::English, Vec::<String>::new());
        for word in PROTECTED_ENGLISH {
            assert_eq!(english.stem(word), word);
            assert_ne!(
                bare.stem(word),
                word,
                "the list holds a word that needs no protection"
            );
        }
        assert_eq!(english.stem("evenings"), "evening");
        assert_eq!(english.stem("leggings"), "legging");
        assert_eq!(bare.stem("earrings"), "earring", "Snowball's own exception");
        assert_eq!(english.stem("flat"), "flat");
    }

    #[test]
    fn every_language_is_reached_by_name() {
        for (name, word, stem) in [("german", "kleider", "kleid"), ("french", "chemises", "chemis")] {
            let language = Language::by_name(name).unwrap_or_default();
            assert_eq!(Snowball::new(language).stem(word), stem);
        }
        assert_eq!(Snowball::new(Language::None).stem("dresses"), "dresses");
    }

    #[test]
    fn the_stored_version_is_the_one_in_use() {
        let lock = concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock");
        let Ok(lock) = std::fs::read_to_string(lock) else {
            eprintln!("skipped: no Cargo.lock of the workspace here");
            return;
        };
        let (name, version) = Snowball::VERSION.split_once(' ').unwrap_or_default();
        assert!(
            lock.contains(&format!("name = \"{name}\"\nversion = \"{version}\"\n")),
            "raise VERSION"
        );
    }
}
