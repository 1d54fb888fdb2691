//! A vocabulary as JSON, in the terms of scikit-learn, so that a fitted `TfidfVectorizer` moves here and back.
//!
//! ```json
//! {
//!   "textfeat_vocabulary": 1,
//!   "params": { "token_pattern": "(?u)\\b\\w\\w+\\b", "ngram_range": [1, 1], "norm": "l2", ... },
//!   "vocabulary_": { "dress": 0, "red": 1 },
//!   "idf_": [1.4, 1.0]
//! }
//! ```
//!
//! `params` are those of `TfidfVectorizer`, absent ones have its defaults; what has no counterpart here is refused. scikit-learn
//! cannot stem, nor cut words as this crate does. So where a model does either, `params` are for texts that are tokens
//! already (`\S+`), and `words` says how a text gets there: the program's `textfeat tokens` does it. `counts` are
//! there if the weights come from counts; such a file gives the very model that was exported.

mod columns;
mod counted;
mod params;
mod words;

use serde::{Deserialize, Serialize};

use self::columns::Columns;
use self::counted::Counted;
use self::params::Params;
use self::words::{WORDS, Words};
use crate::model::MAX_IDF;
use crate::{
    FitError, Language, Method, Norm, Pattern, PatternTokenizer, Settings, Snowball, TextModel, Tokens,
    Vocabulary, VocabularyError, VocabularyTerm,
};

/// Size of the largest file that is read as a vocabulary.
pub const MAX_VOCABULARY_BYTES: usize = 64 << 20;
/// Version of the format.
const VERSION: u32 = 1;

/// What is in the JSON, not yet checked to make sense.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VocabularyFile {
    textfeat_vocabulary: u32,
    #[serde(default)]
    params: Params,
    /// How a text becomes tokens where `params` cannot say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    words: Option<Words>,
    /// Length of a vector; without it the number of terms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dims: Option<usize>,
    #[serde(rename = "vocabulary_")]
    vocabulary: Columns,
    #[serde(rename = "idf_", default, skip_serializing_if = "Option::is_none")]
    idf: Option<Vec<f64>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    counts: Option<Counted>,
}

impl VocabularyFile {
    /// What there is to say of a model.
    ///
    /// # Errors
    /// [`VocabularyError::Unmovable`]: its vectors are those of no `TfidfVectorizer`.
    pub fn of(model: &TextModel) -> Result<Self, VocabularyError> {
        let (settings, analyzer) = (model.settings(), model.analyzer());
        if settings.method == Method::Lsa || settings.letters.is_some() {
            return Err(VocabularyError::Unmovable {
                found: if settings.method == Method::Lsa {
                    "directions of an LSA model"
                } else {
                    "runs of letters"
                },
            });
        }
        let stop_words: Vec<String> = analyzer.filter.words().map(str::to_owned).collect();
        let terms = model.vocabulary().terms();
        let mut params = Params {
            ngram_range: (1, settings.ngrams),
            norm: Some(settings.norm).filter(|&norm| norm != Norm::None),
            smooth_idf: settings.smooth_idf,
            sublinear_tf: settings.sublinear,
            min_df: settings.min_df,
            max_df: settings.max_df,
            ..Params::default()
        };
        let words = match settings.tokens {
            Tokens::Pattern(PatternTokenizer { pattern, lowercase })
                if settings.language == Language::None =>
            {
                params.lowercase = lowercase;
                params.token_pattern = pattern.name().to_owned();
                params.stop_words = Some(stop_words).filter(|list| !list.is_empty());
                None
            }
            tokens => {
                params.lowercase = false;
                params.token_pattern = Pattern::Unspaced.name().to_owned();
                let (tokens, lowercase) = match tokens {
                    Tokens::Words => (WORDS, true),
                    Tokens::Pattern(PatternTokenizer { pattern, lowercase }) => (pattern.name(), lowercase),
                };
                Some(Words {
                    tokens: tokens.to_owned(),
                    lowercase,
                    numbers: settings.numbers,
                    language: settings.language.name().to_owned(),
                    stemmer: Snowball::VERSION.to_owned(),
                    protected: analyzer.stemmer.protected().map(str::to_owned).collect(),
                    stop_words,
                })
            }
        };
        let counts = model.given_idf().is_none().then(|| Counted {
            documents: model.documents(),
            tf: terms.iter().map(|t| t.tf).collect(),
            df: terms.iter().map(|t| t.df).collect(),
            words: terms.iter().map(|t| t.word.clone()).collect(),
        });
        Ok(Self {
            textfeat_vocabulary: VERSION,
            params,
            words,
            dims: Some(settings.dims),
            vocabulary: Columns(terms.iter().map(|t| t.term.clone()).zip(0..).collect()),
            idf: Some(model.idf().to_vec()),
            counts,
        })
    }

    /// The model that this describes.
    ///
    /// # Errors
    /// A value is out of range, does not go with another, or asks for what has no counterpart here.
    pub fn into_model(self) -> Result<TextModel, VocabularyError> {
        check(
            "textfeat_vocabulary",
            self.textfeat_vocabulary == VERSION,
            VERSION,
            self.textfeat_vocabulary,
        )?;
        let terms = self.vocabulary.in_order()?;
        let settings = Settings {
            dims: self.dims.unwrap_or(terms.len()),
            ..self.params.settings()?
        };
        let (settings, analyzer) = match &self.words {
            Some(words) => words.analysis(&self.params, settings)?,
            None => self.params.analysis(settings)?,
        };
        settings.check().map_err(|e| match e {
            FitError::Setting {
                setting,
                expected,
                found,
            } => invalid(setting, expected, found),
            other => invalid("params", "settings of a fit", other),
        })?;
        check(
            "vocabulary_",
            terms.len() <= settings.dims,
            format!("at most {} terms", settings.dims),
            terms.len(),
        )?;
        let n = terms.len();
        let given = match (self.params.use_idf, self.idf) {
            (true, Some(idf)) => idf,
            (false, None) => vec![1.0; n],
            (true, None) => return Err(invalid("idf_", "a weight for each term", "none")),
            (false, Some(_)) => return Err(invalid("idf_", "none with use_idf false", "some")),
        };
        check("idf_", given.len() == n, format!("{n} values"), given.len())?;
        let wrong = given.iter().find(|idf| !(0.0..=MAX_IDF).contains(*idf));
        check(
            "idf_",
            wrong.is_none(),
            format!("0 to {MAX_IDF}"),
            wrong.copied().unwrap_or_default(),
        )?;
        match self.counts {
            Some(counts) => counts.model(settings, analyzer, terms, &given),
            None => {
                let terms = terms.into_iter().map(|term| VocabularyTerm {
                    word: term.clone(),
                    term,
                    tf: 0,
                    df: 0,
                });
                let vocabulary = vocabulary(terms.collect())?;
                Ok(TextModel::assemble(settings, analyzer, 0, vocabulary).with_given_idf(given))
            }
        }
    }
}

fn pattern(name: &str) -> Result<Pattern, VocabularyError> {
    let known = Pattern::ALL.map(Pattern::name).join("`, `");
    Pattern::by_name(name)
        .ok_or_else(|| invalid("token_pattern", format!("one of `{known}`"), format!("`{name}`")))
}

fn vocabulary(terms: Vec<VocabularyTerm>) -> Result<Vocabulary, VocabularyError> {
    Vocabulary::from_columns(terms)
        .map_err(|term| invalid("vocabulary_", "each term once", format!("`{term}` twice")))
}

fn check(
    what: &'static str,
    right: bool,
    expected: impl ToString,
    found: impl ToString,
) -> Result<(), VocabularyError> {
    if right {
        Ok(())
    } else {
        Err(invalid(what, expected, found))
    }
}

fn invalid(what: &'static str, expected: impl ToString, found: impl ToString) -> VocabularyError {
    VocabularyError::Invalid {
        what,
        expected: expected.to_string(),
        found: found.to_string(),
    }
}
