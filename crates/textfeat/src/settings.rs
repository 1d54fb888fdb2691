//! What a fit can be asked for.

use serde::Serialize;

use crate::{FitError, Language};

/// Most columns a model may have; what a file claims beyond it is refused.
pub const MAX_DIMS: usize = 1 << 16;
/// Longest n-gram, in words.
pub const MAX_NGRAMS: usize = 4;

/// How texts are cut, and how terms are selected and weighed. The default is TF-IDF as scikit-learn's
/// `TfidfVectorizer` computes it, over 256 stemmed English words.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Settings {
    /// Length of a vector. Where the texts hold fewer terms, the last columns stay zero.
    pub dims: usize,
    /// Terms in fewer documents are left out.
    pub min_df: Cutoff,
    /// Terms in more documents are left out.
    pub max_df: Cutoff,
    /// Runs of up to this many words are terms; 1 for single words alone.
    pub ngrams: usize,
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
            dims: 256,
            min_df: Cutoff::Documents(1),
            max_df: Cutoff::Share(1.0),
            ngrams: 1,
            language: Language::English,
            stop_words: true,
            numbers: false,
            sublinear: false,
            smooth_idf: true,
        }
    }
}

impl Settings {
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
