//! The fitted model: texts in, vectors out.

use crate::lsa::{LsaFit, Projection, Rows};
use crate::weights::idf;
use crate::{
    Analyzer, Counter, Counts, FitError, Language, Method, ModelError, Record, Settings, Transformer,
    Vocabulary, codec,
};

/// Largest inverse document frequency that can be given; a counted one is below 46.
pub(crate) const MAX_IDF: f64 = 1e6;

/// Everything that turns a text into its vector, the same for one text as for a million.
#[derive(Debug, Clone, PartialEq)]
pub struct TextModel {
    settings: Settings,
    analyzer: Analyzer,
    documents: u64,
    vocabulary: Vocabulary,
    idf: Vec<f64>,
    /// Whether the weights were given, and not counted.
    is_given: bool,
    projection: Option<Projection>,
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
        let is_lsa = settings.method == Method::Lsa;
        let mut counter = if is_lsa {
            Counter::recording(&analyzer)
        } else {
            Counter::new(&analyzer)
        };
        documents.into_iter().for_each(|text| counter.add(text.as_ref()));
        let (counts, record) = counter.finish_recorded();
        if !is_lsa {
            return Self::from_counts(settings, &counts);
        }
        let fit = LsaFit::new(settings, &counts)?;
        let mut rows = Rows::default();
        fit.add_record(&record, &mut rows);
        Ok(fit.finish(&rows, 1))
    }

    /// Fits on what was counted with `Analyzer::new(&settings)`.
    ///
    /// # Errors
    /// As [`TextModel::fit`]; counts are too little for [`Method::Lsa`], which has [`LsaFit`].
    pub fn from_counts(settings: Settings, counts: &Counts) -> Result<Self, FitError> {
        if settings.method != Method::Terms {
            return Err(FitError::Setting {
                setting: "method",
                expected: "terms".to_owned(),
                found: settings.method.name().to_owned(),
            });
        }
        Self::unprojected(settings, counts)
    }

    pub(crate) fn unprojected(settings: Settings, counts: &Counts) -> Result<Self, FitError> {
        settings.check()?;
        // No language has no stop words: said so, as the file of the model will say it.
        let settings = Settings {
            stop_words: settings.stop_words && settings.language != Language::None,
            ..settings
        };
        let vocabulary = Vocabulary::select(counts, &settings)?;
        Ok(Self::assemble(
            settings,
            Analyzer::new(&settings),
            counts.documents(),
            vocabulary,
        ))
    }

    pub(crate) fn with_projection(mut self, projection: Projection) -> Self {
        self.projection = Some(projection);
        self
    }

    pub(crate) const fn projection(&self) -> Option<&Projection> {
        self.projection.as_ref()
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
            is_given: false,
            projection: None,
        }
    }

    /// With these weights in place of those that counts would give, one a term, 0 to [`MAX_IDF`].
    pub(crate) fn with_given_idf(mut self, idf: Vec<f64>) -> Self {
        self.idf = idf;
        self.is_given = true;
        self
    }

    /// The weights, if they were given.
    pub(crate) fn given_idf(&self) -> Option<&[f64]> {
        self.is_given.then_some(self.idf.as_slice())
    }

    /// Length of a vector.
    #[must_use]
    pub const fn dims(&self) -> usize {
        self.settings.dims
    }

    /// The vector of a text: `dims` values, with [`Method::Terms`] none negative and of length 1 in the sense of
    /// [`Settings::norm`], with [`Method::Lsa`] of length 1 (L2); zeros if the text
    /// is not known. It is known if a word of it is, or, with runs of letters, if three in ten of a word's are: so that an unseen word is placed by its kin, and keys hit at random are not.
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

    /// Calls `each` with the vector of every document that a [`Counter::recording`] counted, in order, and
    /// whether any word of it is known: the second half of fit and transform, without reading texts twice.
    pub fn transform_record(&self, record: &Record, each: impl FnMut(&[f32], bool)) {
        self.transformer().transform_record(record, each);
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

    /// Documents fitted on; 0 if the vocabulary and its weights were given.
    #[must_use]
    pub const fn documents(&self) -> u64 {
        self.documents
    }

    /// The known terms; at most [`Settings::max_terms`].
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_record_a_transformer_and_a_single_call_give_the_same_bits() {
        let texts = [
            "navy navy shirts",
            "",
            "red dress, the navy dresses",
            "zebra",
            "Shirt navy zebra incomprehensibilities",
        ];
        let settings = Settings {
            ngrams: 2,
            sublinear: true,
            dims: 9,
            ..Settings::default()
        };
        let analyzer = Analyzer::new(&settings);
        let mut counter = Counter::recording(&analyzer);
        texts.iter().for_each(|text| counter.add(text));
        let (counts, record) = counter.finish_recorded();
        let model = TextModel::from_counts(settings, &counts).unwrap();
        let mut recorded = Vec::new();
        model.transform_record(&record, |vector, is_known| {
            recorded.push((vector.to_vec(), is_known))
        });
        let mut transformer = model.transformer();
        for (text, (vector, is_known)) in texts.iter().rev().zip(recorded.iter().rev()) {
            let mut again = vec![1.0; 9];
            assert_eq!(transformer.transform_into(text, &mut again), *is_known, "{text}");
            assert_eq!((&again, &model.transform(text)), (vector, vector), "{text}");
        }
    }
}
