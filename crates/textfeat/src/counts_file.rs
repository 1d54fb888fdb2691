//! Counts that leave the machine on which they were made, with what they are counts of.

use crate::{Analyzer, Counts, CountsError, FitError, Settings, Snowball, TextModel, codec};

/// What a set of documents holds, and how it was counted. Files counted alike merge into what counting all
/// documents at once would have given.
#[derive(Debug, Clone, PartialEq)]
pub struct CountsFile {
    settings: Settings,
    document: String,
    counts: Counts,
}

/// Longest description of a document, in bytes.
pub(crate) const MAX_DOCUMENT_BYTES: usize = 1024;

impl CountsFile {
    /// Counts made with `Analyzer::new(&settings)`; of the settings, those of selection and weights take no part. `document` says
    /// what a document is, in up to 1024 bytes, such as `line` or `title,attributes`: texts of two kinds are not merged.
    ///
    /// # Errors
    /// A setting is out of range, or the description is too long.
    pub fn new(settings: &Settings, document: impl Into<String>, counts: Counts) -> Result<Self, FitError> {
        let settings = settings.of_analysis();
        settings.check()?;
        let document = document.into();
        if document.len() > MAX_DOCUMENT_BYTES {
            return Err(FitError::Setting {
                setting: "document",
                expected: format!("at most {MAX_DOCUMENT_BYTES} bytes"),
                found: document.len().to_string(),
            });
        }
        Ok(Self {
            settings,
            document,
            counts,
        })
    }

    /// How the documents were counted; settings of selection and weights have their defaults.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What a document is.
    #[must_use]
    pub fn document(&self) -> &str {
        &self.document
    }

    /// What was counted.
    #[must_use]
    pub const fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Adds what was counted elsewhere.
    ///
    /// # Errors
    /// [`CountsError::Differs`]: it was counted in another way.
    pub fn merge(&mut self, other: Self) -> Result<(), CountsError> {
        let mut pairs = vec![("document", self.document.clone(), other.document.clone())];
        pairs.extend(self.settings.analysis_beside(&other.settings));
        if let Some((what, expected, found)) = pairs.into_iter().find(|(_, ours, theirs)| ours != theirs) {
            return Err(CountsError::Differs {
                what,
                expected,
                found,
            });
        }
        self.counts.merge(other.counts);
        Ok(())
    }

    /// The model of these counts; of `settings`, those of selection and weights count. For [`crate::Method::Lsa`] counts
    /// are too little: its directions are those of the documents' rows, see [`crate::LsaFit`].
    ///
    /// # Errors
    /// As [`TextModel::from_counts`].
    pub fn model(&self, settings: &Settings) -> Result<TextModel, FitError> {
        TextModel::from_counts(settings.with_analysis_of(&self.settings), &self.counts)
    }

    /// The bytes of a file.
    ///
    /// # Errors
    /// [`CountsError::TooLarge`]: they are more than [`crate::MAX_COUNTS_BYTES`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, CountsError> {
        codec::encode_counts(self)
    }

    /// What is in the bytes of a file. The memory taken is a small multiple of their number, whatever they claim.
    ///
    /// # Errors
    /// The bytes are no counts, those of a newer version, cut, damaged or senseless, or made with another stemmer or other
    /// stop words than this version has: each its own error.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CountsError> {
        codec::decode_counts(bytes)
    }
}

/// A hash over the lists and the stemmer that a program of another version may have otherwise.
pub(crate) fn fingerprint(settings: &Settings) -> [u8; 32] {
    let analyzer = Analyzer::new(settings);
    let mut hasher = blake3::Hasher::new();
    hasher.update(Snowball::VERSION.as_bytes());
    for list in [
        analyzer.filter.words().collect::<Vec<_>>(),
        analyzer.stemmer.protected().collect(),
    ] {
        for word in list {
            hasher.update(b"\n").update(word.as_bytes());
        }
        hasher.update(b"\0");
    }
    hasher.finalize().into()
}
