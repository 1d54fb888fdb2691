//! How a text becomes tokens where `TfidfVectorizer` has no parameters for it.

use serde::{Deserialize, Serialize};

use super::params::Params;
use super::{check, invalid, pattern};
use crate::{
    Analyzer, Language, Pattern, PatternTokenizer, Settings, Snowball, StopWords, TextTokenizer, Tokens,
    VocabularyError,
};

/// The way from a text to tokens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Words {
    /// `words`, or a token pattern.
    pub(super) tokens: String,
    pub(super) lowercase: bool,
    pub(super) numbers: bool,
    pub(super) language: String,
    pub(super) stemmer: String,
    pub(super) protected: Vec<String>,
    pub(super) stop_words: Vec<String>,
}

/// What [`Words::tokens`] is for words of any language.
pub(super) const WORDS: &str = "words";

impl Words {
    pub(super) fn analysis(
        &self,
        params: &Params,
        settings: Settings,
    ) -> Result<(Settings, Analyzer), VocabularyError> {
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
