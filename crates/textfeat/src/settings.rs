//! What a fit can be asked for.

use serde::{Deserialize, Serialize};

use crate::pattern::PatternTokenizer;
use crate::{FitError, Language, Letters, Method, Norm, Pattern};

/// Most columns a model may have; what a file claims beyond it is refused.
pub const MAX_DIMS: usize = 1 << 16;
/// Longest n-gram, in words.
pub const MAX_NGRAMS: usize = 4;
/// Longest run of letters.
pub const MAX_LETTERS: usize = 8;
/// Most that a run of letters may count beside a word.
pub const MAX_LETTERS_WEIGHT: f64 = 16.0;
/// Values of an LSA model's projection, `features` times `dims`: 32 MiB in a file.
pub const MAX_PROJECTION: usize = 8 << 20;

/// How texts are cut, and how terms are selected and weighed. The default is TF-IDF as scikit-learn's
/// `TfidfVectorizer` computes it, over 256 stemmed English words.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Settings {
    /// Terms with a place each, or directions in a space of terms.
    #[serde(skip_serializing_if = "is_terms")]
    pub method: Method,
    /// Length of a vector. Where the texts hold fewer terms, the last columns stay zero.
    pub dims: usize,
    /// Terms in fewer documents are left out.
    pub min_df: Cutoff,
    /// Terms in more documents are left out.
    pub max_df: Cutoff,
    /// Runs of up to this many words are terms; 1 for single words alone.
    pub ngrams: usize,
    /// Runs of letters within a word are terms too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub letters: Option<Letters>,
    /// A run of letters counts this much of what a word does; above 0, up to 16.
    #[serde(skip_serializing_if = "is_one")]
    pub letters_weight: f64,
    /// Terms that an LSA model knows; [`Method::Terms`] knows `dims` and takes no notice.
    #[serde(skip_serializing_if = "is_default_features")]
    pub features: usize,
    /// Where the search for an LSA model's directions starts.
    #[serde(skip_serializing_if = "is_zero")]
    pub seed: u64,
    /// What a token is.
    #[serde(skip_serializing_if = "is_words")]
    pub tokens: Tokens,
    /// Language of the texts.
    pub language: Language,
    /// Leave out the stop words of the language.
    pub stop_words: bool,
    /// Count plain numbers as words; [`Tokens::Pattern`] takes no notice.
    pub numbers: bool,
    /// A term found `n` times counts `1 + ln n` instead of `n`.
    pub sublinear: bool,
    /// Inverse document frequency as if one more document held every term.
    pub smooth_idf: bool,
    /// What the weights of a text are divided by. Vectors of an LSA model have length 1 (L2) whatever it is.
    #[serde(skip_serializing_if = "is_l2")]
    pub norm: Norm,
}

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tokens {
    /// Words as [`crate::WordTokenizer`] finds them.
    #[default]
    Words,
    /// What a pattern of scikit-learn matches.
    Pattern(PatternTokenizer),
}

impl Tokens {
    /// A short description.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Words => "words".to_owned(),
            Self::Pattern(PatternTokenizer { pattern, lowercase }) => {
                format!(
                    "{}{}",
                    pattern.name(),
                    if *lowercase { "" } else { ", capitals kept" }
                )
            }
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            method: Method::Terms,
            dims: 256,
            min_df: Cutoff::Documents(1),
            max_df: Cutoff::Share(1.0),
            ngrams: 1,
            letters: None,
            letters_weight: 1.0,
            features: DEFAULT_FEATURES,
            seed: 0,
            tokens: Tokens::Words,
            language: Language::English,
            stop_words: true,
            numbers: false,
            sublinear: false,
            smooth_idf: true,
            norm: Norm::L2,
        }
    }
}

/// Terms of an LSA model: with 256 dims, 8 MiB.
const DEFAULT_FEATURES: usize = 8192;

fn is_terms(method: &Method) -> bool {
    *method == Method::Terms
}

fn is_words(tokens: &Tokens) -> bool {
    *tokens == Tokens::Words
}

fn is_one(weight: &f64) -> bool {
    *weight == 1.0
}

fn is_l2(norm: &Norm) -> bool {
    *norm == Norm::L2
}

fn is_default_features(features: &usize) -> bool {
    *features == DEFAULT_FEATURES
}

fn is_zero(seed: &u64) -> bool {
    *seed == 0
}

impl Settings {
    /// Latent semantic analysis of words, pairs of words and runs of three to five letters.
    #[must_use]
    pub fn lsa() -> Self {
        Self {
            method: Method::Lsa,
            ngrams: 2,
            letters: Some(Letters { least: 3, most: 5 }),
            letters_weight: 0.5,
            ..Self::default()
        }
    }

    /// Terms that a vocabulary may hold.
    #[must_use]
    pub const fn max_terms(&self) -> usize {
        match self.method {
            Method::Terms => self.dims,
            Method::Lsa => self.features,
        }
    }

    /// These with the defaults for whatever comes after counting.
    pub(crate) fn of_analysis(&self) -> Self {
        Self::default().with_analysis_of(self)
    }

    /// These with the other's way from a text to its terms.
    pub(crate) fn with_analysis_of(&self, other: &Self) -> Self {
        Self {
            ngrams: other.ngrams,
            letters: other.letters,
            tokens: other.tokens,
            language: other.language,
            stop_words: other.stop_words,
            numbers: other.numbers,
            ..*self
        }
    }

    /// The settings that say how to get from a text to its terms, by name, with their values here and there.
    pub(crate) fn analysis_beside(
        &self,
        other: &Self,
    ) -> impl Iterator<Item = (&'static str, String, String)> {
        let named = |of: &Self| {
            [
                ("ngrams", of.ngrams.to_string()),
                ("letters", Letters::name_of(of.letters)),
                ("tokens", of.tokens.name()),
                ("language", of.language.name().to_owned()),
                (
                    "stop words",
                    if of.stop_words { "left out" } else { "kept" }.to_owned(),
                ),
                ("numbers", if of.numbers { "kept" } else { "left out" }.to_owned()),
            ]
        };
        let (here, there) = (named(self), named(other));
        here.into_iter()
            .zip(there)
            .map(|((name, here), (_, there))| (name, here, there))
    }

    /// Whether a fit can be asked for this.
    ///
    /// # Errors
    /// The first setting out of its range.
    pub fn check(&self) -> Result<(), FitError> {
        let wrong = |setting, expected, found| {
            Err(FitError::Setting {
                setting,
                expected,
                found,
            })
        };
        if !(1..=MAX_DIMS).contains(&self.dims) {
            return wrong("dims", format!("1 to {MAX_DIMS}"), self.dims.to_string());
        }
        if !(1..=MAX_NGRAMS).contains(&self.ngrams) {
            return wrong("ngrams", format!("1 to {MAX_NGRAMS}"), self.ngrams.to_string());
        }
        if let Some(Letters { least, most }) = self.letters
            && !(1 <= least && least <= most && most <= MAX_LETTERS)
        {
            return wrong(
                "letters",
                format!("1 to {MAX_LETTERS}, the shorter first"),
                format!("{least} to {most}"),
            );
        }
        if !(self.letters_weight > 0.0 && self.letters_weight <= MAX_LETTERS_WEIGHT) {
            return wrong(
                "letters_weight",
                format!("above 0, up to {MAX_LETTERS_WEIGHT}"),
                self.letters_weight.to_string(),
            );
        }
        if let Tokens::Pattern(PatternTokenizer { pattern, lowercase }) = self.tokens {
            if !lowercase && self.language != Language::None {
                let found = self.language.name().to_owned();
                return wrong(
                    "language",
                    "none with tokens that keep capitals".to_owned(),
                    found,
                );
            }
            // A token may look like the name of a run of letters.
            if pattern == Pattern::Unspaced && self.letters.is_some() {
                let found = pattern.name().to_owned();
                return wrong(
                    "tokens",
                    "words, or a pattern of letters and digits, with runs of letters".to_owned(),
                    found,
                );
            }
        }
        let most = MAX_PROJECTION / self.dims;
        if self.method == Method::Lsa && !(1..=most).contains(&self.features) {
            return wrong(
                "features",
                format!("1 to {most} with {} dims", self.dims),
                self.features.to_string(),
            );
        }
        for (setting, cutoff) in [("min_df", self.min_df), ("max_df", self.max_df)] {
            if let Cutoff::Share(share) = cutoff
                && !(0.0..=1.0).contains(&share)
            {
                return wrong(setting, "a share between 0 and 1".to_owned(), share.to_string());
            }
        }
        Ok(())
    }
}

/// A bound on document frequency.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Cutoff {
    /// A number of documents.
    Documents(u64),
    /// A share of all documents, 0 to 1.
    Share(f64),
}

impl Cutoff {
    /// The bound in documents, of `documents` in all.
    #[must_use]
    pub fn of(self, documents: u64) -> f64 {
        match self {
            Self::Documents(n) => n as f64,
            Self::Share(share) => share * documents as f64,
        }
    }
}
