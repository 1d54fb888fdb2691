//! The languages of texts, by name.

use rust_stemmers::Algorithm;
use serde::Serialize;

/// The language of the texts: says which stemmer, stop words and protected words apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "a language is its own explanation")]
pub enum Language {
    /// None in particular: a word is its own stem.
    None,
    Arabic,
    Danish,
    Dutch,
    #[default]
    English,
    Finnish,
    French,
    German,
    Greek,
    Hungarian,
    Italian,
    Norwegian,
    Portuguese,
    Romanian,
    Russian,
    Spanish,
    Swedish,
    Tamil,
    Turkish,
}

const TABLE: [(Language, &str, Option<Algorithm>); 19] = [
    (Language::None, "none", None),
    (Language::Arabic, "arabic", Some(Algorithm::Arabic)),
    (Language::Danish, "danish", Some(Algorithm::Danish)),
    (Language::Dutch, "dutch", Some(Algorithm::Dutch)),
    (Language::English, "english", Some(Algorithm::English)),
    (Language::Finnish, "finnish", Some(Algorithm::Finnish)),
    (Language::French, "french", Some(Algorithm::French)),
    (Language::German, "german", Some(Algorithm::German)),
    (Language::Greek, "greek", Some(Algorithm::Greek)),
    (Language::Hungarian, "hungarian", Some(Algorithm::Hungarian)),
    (Language::Italian, "italian", Some(Algorithm::Italian)),
    (Language::Norwegian, "norwegian", Some(Algorithm::Norwegian)),
    (Language::Portuguese, "portuguese", Some(Algorithm::Portuguese)),
    (Language::Romanian, "romanian", Some(Algorithm::Romanian)),
    (Language::Russian, "russian", Some(Algorithm::Russian)),
    (Language::Spanish, "spanish", Some(Algorithm::Spanish)),
    (Language::Swedish, "swedish", Some(Algorithm::Swedish)),
    (Language::Tamil, "tamil", Some(Algorithm::Tamil)),
    (Language::Turkish, "turkish", Some(Algorithm::Turkish)),
];

impl Language {
    /// Every language, in the order of their names, [`Language::None`] first.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|&(language, ..)| language)
    }

    /// The lowercase name, such as `english`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        TABLE[self as usize].1
    }

    /// The language of that lowercase name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::all().find(|language| language.name() == name)
    }

    /// The two letters of ISO 639-1 by which stop words are listed.
    pub(crate) const fn code(self) -> Option<&'static str> {
        Some(match self {
            Self::None => return None,
            Self::Arabic => "ar",
            Self::Danish => "da",
            Self::Dutch => "nl",
            Self::English => "en",
            Self::Finnish => "fi",
            Self::French => "fr",
            Self::German => "de",
            Self::Greek => "el",
            Self::Hungarian => "hu",
            Self::Italian => "it",
            Self::Norwegian => "no",
            Self::Portuguese => "pt",
            Self::Romanian => "ro",
            Self::Russian => "ru",
            Self::Spanish => "es",
            Self::Swedish => "sv",
            Self::Tamil => "ta",
            Self::Turkish => "tr",
        })
    }

    pub(crate) const fn algorithm(self) -> Option<Algorithm> {
        TABLE[self as usize].2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_follows_the_order_of_the_languages() {
        for (i, &(language, name, _)) in TABLE.iter().enumerate() {
            assert_eq!((language as usize, language.name()), (i, name));
            assert_eq!(Language::by_name(name), Some(language));
        }
        assert_eq!(Language::by_name("klingon"), None);
    }
}
