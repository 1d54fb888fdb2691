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

use std::collections::HashSet;
use std::fmt;

use serde::de::{Error as _, IgnoredAny, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::model::MAX_IDF;
use crate::settings::MAX_DIMS;
use crate::{
    Analyzer, Cutoff, FitError, Language, Method, Norm, Pattern, PatternTokenizer, Settings, Snowball,
    StopWords, TextModel, TextTokenizer, Tokens, Vocabulary, VocabularyError, VocabularyTerm,
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

/// Parameters of `TfidfVectorizer` by its names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Params {
    lowercase: bool,
    token_pattern: String,
    stop_words: Option<Vec<String>>,
    ngram_range: (usize, usize),
    norm: Option<Norm>,
    use_idf: bool,
    smooth_idf: bool,
    sublinear_tf: bool,
    min_df: Cutoff,
    max_df: Cutoff,
    #[serde(skip_serializing)]
    analyzer: String,
    #[serde(skip_serializing)]
    binary: bool,
    #[serde(skip_serializing)]
    strip_accents: Option<String>,
    #[serde(skip_serializing)]
    tokenizer: Option<String>,
    #[serde(skip_serializing)]
    preprocessor: Option<String>,
    // What changes nothing in what a fitted vectorizer does with a text.
    #[serde(skip_serializing)]
    input: Ignored,
    #[serde(skip_serializing)]
    encoding: Ignored,
    #[serde(skip_serializing)]
    decode_error: Ignored,
    #[serde(skip_serializing)]
    max_features: Ignored,
    #[serde(skip_serializing)]
    vocabulary: Ignored,
    #[serde(skip_serializing)]
    dtype: Ignored,
}

/// Any value.
#[derive(Debug, Clone, PartialEq, Default)]
struct Ignored;

/// The way from a text to tokens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    /// `words`, or a token pattern.
    tokens: String,
    lowercase: bool,
    numbers: bool,
    language: String,
    stemmer: String,
    protected: Vec<String>,
    stop_words: Vec<String>,
}

/// What was counted in the fit, by column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Counted {
    documents: u64,
    tf: Vec<u64>,
    df: Vec<u64>,
    /// The commonest form of each term.
    words: Vec<String>,
}

/// Terms with their columns; a JSON object in which no name is there twice.
#[derive(Debug, Clone, PartialEq)]
struct Columns(Vec<(String, usize)>);

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

/// What [`Words::tokens`] is for words of any language.
const WORDS: &str = "words";

impl Params {
    /// The settings of weights and selection.
    fn settings(&self) -> Result<Settings, VocabularyError> {
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

    fn analysis(&self, settings: Settings) -> Result<(Settings, Analyzer), VocabularyError> {
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

impl Words {
    fn analysis(&self, params: &Params, settings: Settings) -> Result<(Settings, Analyzer), VocabularyError> {
        let unspaced = Pattern::by_name(&params.token_pattern) == Some(Pattern::Unspaced);
        check(
            "token_pattern",
            unspaced,
            r"(?u)\S+ beside words",
            &params.token_pattern,
        )?;
        check(
            "lowercase",
            !params.lowercase,
            "false beside words",
            params.lowercase,
        )?;
        check(
            "stop_words",
            params.stop_words.is_none(),
            "null beside words",
            "a list",
        )?;
        check(
            "stemmer",
            self.stemmer == Snowball::VERSION,
            Snowball::VERSION,
            &self.stemmer,
        )?;
        let language = Language::by_name(&self.language)
            .ok_or_else(|| invalid("language", "one of the stemmer's languages", &self.language))?;
        let tokens = if self.tokens == WORDS {
            check("lowercase", self.lowercase, "true with words", self.lowercase)?;
            Tokens::Words
        } else {
            Tokens::Pattern(PatternTokenizer {
                pattern: pattern(&self.tokens)?,
                lowercase: self.lowercase,
            })
        };
        let settings = Settings {
            tokens,
            language,
            stop_words: !self.stop_words.is_empty(),
            numbers: self.numbers,
            ..settings
        };
        let analyzer = Analyzer {
            tokenizer: TextTokenizer::new(&settings),
            filter: StopWords::new(self.stop_words.iter().cloned()),
            stemmer: Snowball::protecting(language, self.protected.iter().cloned()),
            ngrams: settings.ngrams,
            letters: None,
        };
        Ok((settings, analyzer))
    }
}

impl Counted {
    fn model(
        self,
        settings: Settings,
        analyzer: Analyzer,
        terms: Vec<String>,
        given: &[f64],
    ) -> Result<TextModel, VocabularyError> {
        let n = terms.len();
        for (what, length) in [
            ("tf", self.tf.len()),
            ("df", self.df.len()),
            ("words", self.words.len()),
        ] {
            check(what, length == n, format!("{n} values"), length)?;
        }
        check(
            "vocabulary_",
            terms.is_sorted(),
            "counted terms in order",
            "another order",
        )?;
        let mut counted = Vec::with_capacity(n);
        for (((term, word), tf), df) in terms.into_iter().zip(self.words).zip(self.tf).zip(self.df) {
            let right = (1..=self.documents).contains(&df) && df <= tf;
            let expected = || format!("1 to {} documents for `{term}`, each with it", self.documents);
            check("df", right, expected(), format!("{df} documents, {tf} times"))?;
            counted.push(VocabularyTerm { term, word, tf, df });
        }
        let model = TextModel::assemble(settings, analyzer, self.documents, vocabulary(counted)?);
        for (&given, &idf) in given.iter().zip(model.idf()) {
            check(
                "idf_",
                (given - idf).abs() <= 1e-9 * idf,
                format!("{idf} by the counts"),
                given,
            )?;
        }
        Ok(model)
    }
}

impl Columns {
    /// The terms by column.
    fn in_order(self) -> Result<Vec<String>, VocabularyError> {
        let n = self.0.len();
        check(
            "vocabulary_",
            (1..=MAX_DIMS).contains(&n),
            format!("1 to {MAX_DIMS} terms"),
            n,
        )?;
        let mut places = vec![None; n];
        for (term, column) in self.0 {
            match places.get_mut(column) {
                Some(place @ None) => *place = Some(term),
                _ => {
                    let expected = format!("each column from 0 to {} once", n - 1);
                    return Err(invalid("vocabulary_", expected, format!("`{term}`: {column}")));
                }
            }
        }
        // As many terms as places, and no place taken twice.
        Ok(places.into_iter().flatten().collect())
    }
}

impl Serialize for Columns {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (term, column) in &self.0 {
            map.serialize_entry(term, column)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Columns {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Terms;
        impl<'de> Visitor<'de> for Terms {
            type Value = Columns;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of terms and their columns")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Columns, A::Error> {
                let (mut seen, mut terms) = (HashSet::new(), Vec::new());
                while let Some((term, column)) = map.next_entry::<String, usize>()? {
                    if !seen.insert(term.clone()) {
                        return Err(A::Error::custom(format!("the term `{term}` is there twice")));
                    }
                    terms.push((term, column));
                }
                Ok(Columns(terms))
            }
        }
        deserializer.deserialize_map(Terms)
    }
}

impl<'de> Deserialize<'de> for Ignored {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self)
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
