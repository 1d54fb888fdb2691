//! The parameters of scikit-learn's `TfidfVectorizer`, and what they are here.

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize};

use super::{check, pattern};
use crate::{
    Analyzer, Cutoff, Language, Norm, Pattern, PatternTokenizer, Settings, StopWords, Tokens, VocabularyError,
};

/// Parameters of `TfidfVectorizer` by its names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Params {
    pub(super) lowercase: bool,
    pub(super) token_pattern: String,
    pub(super) stop_words: Option<Vec<String>>,
    pub(super) ngram_range: (usize, usize),
    pub(super) norm: Option<Norm>,
    pub(super) use_idf: bool,
    pub(super) smooth_idf: bool,
    pub(super) sublinear_tf: bool,
    pub(super) min_df: Cutoff,
    pub(super) max_df: Cutoff,
    #[serde(skip_serializing)]
    pub(super) analyzer: String,
    #[serde(skip_serializing)]
    pub(super) binary: bool,
    #[serde(skip_serializing)]
    pub(super) strip_accents: Option<String>,
    #[serde(skip_serializing)]
    pub(super) tokenizer: Option<String>,
    #[serde(skip_serializing)]
    pub(super) preprocessor: Option<String>,
    // What changes nothing in what a fitted vectorizer does with a text.
    #[serde(skip_serializing)]
    pub(super) input: Ignored,
    #[serde(skip_serializing)]
    pub(super) encoding: Ignored,
    #[serde(skip_serializing)]
    pub(super) decode_error: Ignored,
    #[serde(skip_serializing)]
    pub(super) max_features: Ignored,
    #[serde(skip_serializing)]
    pub(super) vocabulary: Ignored,
    #[serde(skip_serializing)]
    pub(super) dtype: Ignored,
}

/// Any value.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Ignored;

impl Default for Params {
    fn default() -> Self {
        Self {
            lowercase: true,
            token_pattern: Pattern::TwoOrMore.name().to_owned(),
            stop_words: None,
            ngram_range: (1, 1),
            norm: Some(Norm::L2),
            use_idf: true,
            smooth_idf: true,
            sublinear_tf: false,
            min_df: Cutoff::Documents(1),
            max_df: Cutoff::Share(1.0),
            analyzer: "word".to_owned(),
            binary: false,
            strip_accents: None,
            tokenizer: None,
            preprocessor: None,
            input: Ignored,
            encoding: Ignored,
            decode_error: Ignored,
            max_features: Ignored,
            vocabulary: Ignored,
            dtype: Ignored,
        }
    }
}

impl Params {
    /// The settings of weights and selection.
    pub(super) fn settings(&self) -> Result<Settings, VocabularyError> {
        check("analyzer", self.analyzer == "word", "word", &self.analyzer)?;
        check("binary", !self.binary, false, self.binary)?;
        for (what, value) in [
            ("strip_accents", &self.strip_accents),
            ("tokenizer", &self.tokenizer),
            ("preprocessor", &self.preprocessor),
        ] {
            check(
                what,
                value.is_none(),
                "null",
                value.as_deref().unwrap_or_default(),
            )?;
        }
        let (least, ngrams) = self.ngram_range;
        check(
            "ngram_range",
            least == 1,
            "runs from 1 word on",
            format!("from {least}"),
        )?;
        Ok(Settings {
            ngrams,
            norm: self.norm.unwrap_or(Norm::None),
            smooth_idf: self.smooth_idf,
            sublinear: self.sublinear_tf,
            min_df: self.min_df,
            max_df: self.max_df,
            ..Settings::default()
        })
    }

    pub(super) fn analysis(&self, settings: Settings) -> Result<(Settings, Analyzer), VocabularyError> {
        let pattern = pattern(&self.token_pattern)?;
        let stop_words = self.stop_words.clone().unwrap_or_default();
        let settings = Settings {
            tokens: Tokens::Pattern(PatternTokenizer {
                pattern,
                lowercase: self.lowercase,
            }),
            language: Language::None,
            stop_words: !stop_words.is_empty(),
            ..settings
        };
        let analyzer = Analyzer {
            filter: StopWords::new(stop_words),
            ..Analyzer::new(&settings)
        };
        Ok((settings, analyzer))
    }
}

impl<'de> Deserialize<'de> for Ignored {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}
