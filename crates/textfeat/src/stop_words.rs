//! Words too common to say anything are left out before stemming.

use std::collections::BTreeSet;

use crate::{Language, Tokenizer, WordTokenizer};

/// Says which tokens are worth counting.
pub trait WordFilter {
    /// Whether a lowercase token is kept.
    fn keeps(&self, token: &str) -> bool;
}

/// A list of words to leave out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StopWords(BTreeSet<String>);

/// Articles, conjunctions, auxiliaries, pronouns, plain prepositions. Three kinds of word that such lists
/// usually hold are left standing on purpose: he, she, his, her (they tell whom a garment is for), off,
/// over, under, up, down, out (they tell its cut: *off shoulder*, *button down*), no, not, without.
const ENGLISH: &str = "a about after again all also am an and any are as at be because been before being \
    between both but by can could did do does doing during each either else etc few for from further had \
    has have having how however i i'm if in into is isn't it it's its itself just let may me might more most \
    much must my myself of on once only or other our ours ourselves own same shall should so some such than \
    that that's the their theirs them themselves then there these they they're this those though through \
    thus to too until upon us very was we were what when where whether which while who whom whose why will \
    with within would yet you you'll you're your yours yourself";

impl StopWords {
    /// A list of one's own; words are given lowercase.
    pub fn new(words: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self(words.into_iter().map(Into::into).collect())
    }

    /// The list for a language: one of the house for English, NLTK's for any other, as the tokenizer would cut it.
    /// NLTK's lists spare no pronouns and prepositions for the sake of garments.
    #[must_use]
    pub fn of(language: Language) -> Self {
        match language {
            Language::English => Self::new(ENGLISH.split_whitespace()),
            other => {
                let listed = other.code().and_then(stop_words::lookup).unwrap_or_default();
                let tokenizer = WordTokenizer { numbers: true };
                Self::new(listed.iter().flat_map(|word| tokenizer.tokens(word)))
            }
        }
    }

    /// The words, sorted.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl WordFilter for StopWords {
    fn keeps(&self, token: &str) -> bool {
        !self.0.contains(token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_describe_a_garment_are_kept() {
        let stop = StopWords::of(Language::English);
        for word in [
            "men", "women", "her", "off", "under", "down", "without", "navy", "t-shirt", "one",
        ] {
            assert!(stop.keeps(word), "{word}");
        }
        for word in ["a", "the", "and", "with", "you'll"] {
            assert!(!stop.keeps(word), "{word}");
        }
        assert!(StopWords::of(Language::German).keeps("the"));
    }

    #[test]
    fn every_language_has_its_own_list() {
        for language in Language::all() {
            let words = StopWords::of(language).words().count();
            assert_eq!(
                words == 0,
                language == Language::None,
                "{}: {words}",
                language.name()
            );
        }
        for (language, stop, kept) in [
            (Language::German, "und", "kleid"),
            (Language::French, "avec", "robe"),
            (Language::Russian, "и", "платье"),
        ] {
            let list = StopWords::of(language);
            assert!(!list.keeps(stop) && list.keeps(kept), "{}", language.name());
        }
    }
}
