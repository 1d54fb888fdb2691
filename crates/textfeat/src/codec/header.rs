//! What a model's file says beside its projection, and whether that makes sense.

use bincode::{Decode, Encode};

use crate::letters::Letters;
use crate::lsa::Projection;
use crate::model::MAX_IDF;
use crate::{
    Analyzer, Cutoff, FitError, Language, Method, ModelError, Norm, Pattern, PatternTokenizer, Settings,
    Snowball, StopWords, TextModel, TextTokenizer, Tokens, Vocabulary, VocabularyTerm,
};

#[derive(Encode, Decode)]
pub(super) struct Header {
    stemmer: String,
    language: String,
    protected: Vec<String>,
    stop_words: Vec<String>,
    numbers: bool,
    ngrams: u8,
    min_df: HeaderCutoff,
    max_df: HeaderCutoff,
    sublinear: bool,
    smooth_idf: bool,
    dims: u32,
    documents: u64,
    terms: Vec<HeaderTerm>,
}

/// The header of version 2.
#[derive(Encode, Decode)]
pub(super) struct FullHeader {
    plain: Header,
    is_lsa: bool,
    letters: Option<(u8, u8)>,
    features: u32,
    seed: u64,
}

/// The header of version 3.
#[derive(Encode, Decode)]
pub(super) struct ExtendedHeader {
    full: FullHeader,
    norm: HeaderNorm,
    letters_weight: f64,
    pattern: Option<HeaderPattern>,
    /// Inverse document frequencies that were given and not counted.
    idf: Option<Vec<f64>>,
}

#[derive(Encode, Decode)]
enum HeaderNorm {
    L2,
    L1,
    None,
}

#[derive(Clone, Copy, Encode, Decode)]
pub(super) struct HeaderPattern {
    pattern: u8,
    lowercase: bool,
}

#[derive(Clone, Copy, Encode, Decode)]
pub(super) enum HeaderCutoff {
    Documents(u64),
    Share(f64),
}

#[derive(Encode, Decode)]
pub(super) struct HeaderTerm {
    term: String,
    word: String,
    tf: u64,
    df: u64,
}

impl FullHeader {
    pub(super) fn into_model(
        self,
        projection: &[u8],
        base: Settings,
        idf: Option<Vec<f64>>,
    ) -> Result<TextModel, ModelError> {
        check(
            "weights",
            idf.is_none() || !self.is_lsa,
            "weights that were counted, with LSA",
            "given ones",
        )?;
        let base = Settings {
            method: if self.is_lsa { Method::Lsa } else { Method::Terms },
            letters: self.letters.map(|(least, most)| Letters {
                least: usize::from(least),
                most: usize::from(most),
            }),
            features: self.features as usize,
            seed: self.seed,
            ..base
        };
        let model = self.plain.into_model(base, idf)?;
        let values = if self.is_lsa {
            model.idf().len() * model.dims()
        } else {
            0
        };
        let expected = values * size_of::<f32>();
        check(
            "bytes of the projection",
            projection.len() == expected,
            expected,
            projection.len(),
        )?;
        if !self.is_lsa {
            return Ok(model);
        }
        let (chunks, _) = projection.as_chunks();
        let values: Vec<f32> = chunks.iter().map(|&chunk| f32::from_le_bytes(chunk)).collect();
        // Entries of orthonormal vectors.
        let wrong = values.iter().find(|value| value.is_nan() || value.abs() > 1.01);
        check(
            "projection",
            wrong.is_none(),
            "values from -1 to 1",
            wrong.copied().unwrap_or_default(),
        )?;
        Ok(model.with_projection(Projection { values }))
    }
}

impl From<&TextModel> for Header {
    fn from(model: &TextModel) -> Self {
        let (settings, analyzer) = (model.settings(), model.analyzer());
        let terms = model.vocabulary().terms().iter();
        Self {
            stemmer: Snowball::VERSION.to_owned(),
            language: analyzer.stemmer.language().name().to_owned(),
            protected: analyzer.stemmer.protected().map(str::to_owned).collect(),
            stop_words: analyzer.filter.words().map(str::to_owned).collect(),
            numbers: settings.numbers,
            ngrams: analyzer.ngrams as u8,
            min_df: settings.min_df.into(),
            max_df: settings.max_df.into(),
            sublinear: settings.sublinear,
            smooth_idf: settings.smooth_idf,
            dims: settings.dims as u32,
            documents: model.documents(),
            terms: terms
                .map(|VocabularyTerm { term, word, tf, df }| HeaderTerm {
                    term: term.clone(),
                    word: word.clone(),
                    tf: *tf,
                    df: *df,
                })
                .collect(),
        }
    }
}

impl Header {
    /// The model without a projection; with given weights its terms may stand in any order and were not counted.
    pub(super) fn into_model(self, base: Settings, idf: Option<Vec<f64>>) -> Result<TextModel, ModelError> {
        check(
            "stemmer",
            self.stemmer == Snowball::VERSION,
            Snowball::VERSION,
            &self.stemmer,
        )?;
        let language = Language::by_name(&self.language).ok_or_else(|| ModelError::Invalid {
            what: "language",
            expected: "one of the stemmer's languages".to_owned(),
            found: self.language.clone(),
        })?;
        let settings = Settings {
            dims: self.dims as usize,
            min_df: self.min_df.into(),
            max_df: self.max_df.into(),
            ngrams: usize::from(self.ngrams),
            language,
            stop_words: !self.stop_words.is_empty(),
            numbers: self.numbers,
            sublinear: self.sublinear,
            smooth_idf: self.smooth_idf,
            ..base
        };
        if let Err(FitError::Setting {
            setting,
            expected,
            found,
        }) = settings.check()
        {
            return Err(ModelError::Invalid {
                what: setting,
                expected,
                found,
            });
        }
        let terms = self.terms.len();
        check(
            "number of terms",
            (1..=settings.max_terms()).contains(&terms),
            format!("1 to {}", settings.max_terms()),
            terms,
        )?;
        match &idf {
            None => self.check_counted()?,
            Some(idf) => self.check_given(idf)?,
        }
        let analyzer = Analyzer {
            tokenizer: TextTokenizer::new(&settings),
            filter: StopWords::new(self.stop_words),
            stemmer: Snowball::protecting(language, self.protected),
            ngrams: settings.ngrams,
            letters: settings.letters,
        };
        let terms = self
            .terms
            .into_iter()
            .map(|HeaderTerm { term, word, tf, df }| VocabularyTerm { term, word, tf, df });
        let vocabulary =
            Vocabulary::from_columns(terms.collect()).map_err(|repeated| ModelError::Invalid {
                what: "terms",
                expected: "each once".to_owned(),
                found: format!("`{repeated}` twice"),
            })?;
        let model = TextModel::assemble(settings, analyzer, self.documents, vocabulary);
        Ok(match idf {
            None => model,
            Some(idf) => model.with_given_idf(idf),
        })
    }

    fn check_counted(&self) -> Result<(), ModelError> {
        for pair in self.terms.windows(2) {
            let (a, b) = (&pair[0].term, &pair[1].term);
            check(
                "order of terms",
                a < b,
                format!("a term after `{a}`"),
                format!("`{b}`"),
            )?;
        }
        for HeaderTerm { term, tf, df, .. } in &self.terms {
            let right = (1..=self.documents).contains(df) && df <= tf;
            let expected = || format!("1 to {} documents for `{term}`, each with it", self.documents);
            check(
                "document frequency",
                right,
                expected(),
                format!("{df} documents, {tf} times"),
            )?;
        }
        Ok(())
    }

    fn check_given(&self, idf: &[f64]) -> Result<(), ModelError> {
        let counts = self.terms.iter().flat_map(|t| [t.tf, t.df]);
        let counted = counts.chain([self.documents]).max().unwrap_or_default();
        check("counts", counted == 0, "none with given weights", counted)?;
        check(
            "weights",
            idf.len() == self.terms.len(),
            self.terms.len(),
            idf.len(),
        )?;
        let wrong = idf.iter().find(|idf| !(0.0..=MAX_IDF).contains(*idf));
        check(
            "weights",
            wrong.is_none(),
            format!("0 to {MAX_IDF}"),
            wrong.copied().unwrap_or_default(),
        )
    }
}

impl From<&TextModel> for FullHeader {
    fn from(model: &TextModel) -> Self {
        let settings = model.settings();
        Self {
            plain: Header::from(model),
            is_lsa: settings.method == Method::Lsa,
            letters: settings.letters.map(|l| (l.least as u8, l.most as u8)),
            features: settings.features as u32,
            seed: settings.seed,
        }
    }
}

impl From<&TextModel> for ExtendedHeader {
    fn from(model: &TextModel) -> Self {
        let settings = model.settings();
        Self {
            full: FullHeader::from(model),
            norm: match settings.norm {
                Norm::L2 => HeaderNorm::L2,
                Norm::L1 => HeaderNorm::L1,
                Norm::None => HeaderNorm::None,
            },
            letters_weight: settings.letters_weight,
            pattern: HeaderPattern::of(settings.tokens),
            idf: model.given_idf().map(<[f64]>::to_vec),
        }
    }
}

impl ExtendedHeader {
    pub(super) fn into_model(self, projection: &[u8]) -> Result<TextModel, ModelError> {
        let base = Settings {
            norm: match self.norm {
                HeaderNorm::L2 => Norm::L2,
                HeaderNorm::L1 => Norm::L1,
                HeaderNorm::None => Norm::None,
            },
            letters_weight: self.letters_weight,
            tokens: HeaderPattern::tokens(self.pattern)?,
            ..Settings::default()
        };
        self.full.into_model(projection, base, self.idf)
    }
}

impl HeaderPattern {
    pub(super) fn of(tokens: Tokens) -> Option<Self> {
        match tokens {
            Tokens::Words => None,
            Tokens::Pattern(PatternTokenizer { pattern, lowercase }) => Some(Self {
                pattern: match pattern {
                    Pattern::TwoOrMore => 0,
                    Pattern::OneOrMore => 1,
                    Pattern::Unspaced => 2,
                },
                lowercase,
            }),
        }
    }

    pub(super) fn tokens(of: Option<Self>) -> Result<Tokens, ModelError> {
        let Some(Self { pattern, lowercase }) = of else {
            return Ok(Tokens::Words);
        };
        let pattern = match pattern {
            0 => Pattern::TwoOrMore,
            1 => Pattern::OneOrMore,
            2 => Pattern::Unspaced,
            other => {
                return Err(ModelError::Invalid {
                    what: "pattern",
                    expected: "0 to 2".to_owned(),
                    found: other.to_string(),
                });
            }
        };
        Ok(Tokens::Pattern(PatternTokenizer { pattern, lowercase }))
    }
}

impl From<Cutoff> for HeaderCutoff {
    fn from(cutoff: Cutoff) -> Self {
        match cutoff {
            Cutoff::Documents(n) => Self::Documents(n),
            Cutoff::Share(share) => Self::Share(share),
        }
    }
}

impl From<HeaderCutoff> for Cutoff {
    fn from(cutoff: HeaderCutoff) -> Self {
        match cutoff {
            HeaderCutoff::Documents(n) => Self::Documents(n),
            HeaderCutoff::Share(share) => Self::Share(share),
        }
    }
}

pub(super) fn check(
    what: &'static str,
    right: bool,
    expected: impl ToString,
    found: impl ToString,
) -> Result<(), ModelError> {
    if right {
        Ok(())
    } else {
        Err(ModelError::Invalid {
            what,
            expected: expected.to_string(),
            found: found.to_string(),
        })
    }
}
