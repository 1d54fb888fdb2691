//! The fitted model: texts in, vectors out.

use crate::weights::idf;
use crate::{Analyzer, Counter, Counts, FitError, ModelError, Settings, Transformer, Vocabulary, codec};

/// Everything that turns a text into its vector, the same for one text as for a million.
#[derive(Debug, Clone, PartialEq)]
pub struct TextModel {
    settings: Settings,
    analyzer: Analyzer,
    documents: u64,
    vocabulary: Vocabulary,
    idf: Vec<f64>,
}

impl TextModel {
    /// Fits on documents held in memory. To count elsewhere or in parallel, see [`TextModel::from_counts`].
    ///
    /// # Errors
    /// A setting is out of range, or the documents hold no term.
    pub fn fit<D: AsRef<str>>(
        settings: Settings,
        documents: impl IntoIterator<Item = D>,
    ) -> Result<Self, FitError> {
        let analyzer = Analyzer::new(&settings);
        let mut counter = Counter::new(&analyzer);
        documents.into_iter().for_each(|text| counter.add(text.as_ref()));
        Self::from_counts(settings, &counter.finish())
    }

    /// Fits on what was counted with `Analyzer::new(&settings)`.
    ///
    /// # Errors
    /// As [`TextModel::fit`].
    pub fn from_counts(settings: Settings, counts: &Counts) -> Result<Self, FitError> {
        settings.check()?;
        let vocabulary = Vocabulary::select(counts, &settings)?;
        Ok(Self::assemble(
            settings,
            Analyzer::new(&settings),
            counts.documents(),
            vocabulary,
        ))
    }

    pub(crate) fn assemble(
        settings: Settings,
        analyzer: Analyzer,
        documents: u64,
        vocabulary: Vocabulary,
    ) -> Self {
        let idf = vocabulary
            .terms()
            .iter()
            .map(|t| idf(documents, t.df, settings.smooth_idf))
            .collect();
        Self {
            settings,
            analyzer,
            documents,
            vocabulary,
            idf,
        }
    }

    /// Length of a vector.
    #[must_use]
    pub const fn dims(&self) -> usize {
        self.settings.dims
    }

    /// The vector of a text: `dims` values, none negative, of length 1 (L2); zeros if no word is known.
    #[must_use]
    pub fn transform(&self, text: &str) -> Vec<f32> {
        let mut vector = vec![0.0; self.dims()];
        self.transformer().transform_into(text, &mut vector);
        vector
    }

    /// Transforms many texts, faster.
    #[must_use]
    pub fn transformer(&self) -> Transformer<'_> {
        Transformer::new(self)
    }

    /// The settings of the fit.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The steps from a text to its terms.
    #[must_use]
    pub const fn analyzer(&self) -> &Analyzer {
        &self.analyzer
    }

    /// Documents fitted on.
    #[must_use]
    pub const fn documents(&self) -> u64 {
        self.documents
    }

    /// The known terms; at most `dims`.
    #[must_use]
    pub const fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// Inverse document frequency of each known term.
    #[must_use]
    pub fn idf(&self) -> &[f64] {
        &self.idf
    }

    /// The model as the bytes of its file.
    ///
    /// # Errors
    /// [`ModelError::TooLarge`]: the terms take more than [`crate::MAX_MODEL_BYTES`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, ModelError> {
        codec::encode(self)
    }

    /// The model in the bytes of its file.
    ///
    /// # Errors
    /// The bytes are no model, one of a newer version, cut, damaged or senseless: each its own error.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ModelError> {
        codec::decode(bytes)
    }
}
