//! What a fit can be asked for.

use serde::Serialize;

use crate::{FitError, Language, Letters, Method};

/// Most columns a model may have; what a file claims beyond it is refused.
pub const MAX_DIMS: usize = 1 << 16;
/// Longest n-gram, in words.
pub const MAX_NGRAMS: usize = 4;
/// Longest run of letters.
pub const MAX_LETTERS: usize = 8;
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
    /// Terms that an LSA model knows; [`Method::Terms`] knows `dims` and takes no notice.
    #[serde(skip_serializing_if = "is_default_features")]
    pub features: usize,
    /// Where the search for an LSA model's directions starts.
    #[serde(skip_serializing_if = "is_zero")]
    pub seed: u64,
    /// Language of the texts.
    pub language: Language,
    /// Leave out the stop words of the language.
    pub stop_words: bool,
    /// Count plain numbers as words.
    pub numbers: bool,
    /// A term found `n` times counts `1 + ln n` instead of `n`.
    pub sublinear: bool,
    /// Inverse document frequency as if one more document held every term.
    pub smooth_idf: bool,
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
            features: DEFAULT_FEATURES,
            seed: 0,
            language: Language::English,
            stop_words: true,
            numbers: false,
            sublinear: false,
            smooth_idf: true,
        }
    }
}

/// Terms of an LSA model: with 256 dims, 8 MiB.
const DEFAULT_FEATURES: usize = 8192;

fn is_terms(method: &Method) -> bool {
    *method == Method::Terms
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
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
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
