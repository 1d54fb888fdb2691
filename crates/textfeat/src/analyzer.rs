//! Tokenizer, stop words, stemmer and n-grams in a row: a text becomes terms.

use crate::scanner::Scanner;
use crate::{Letters, Settings, Snowball, Stemmer, StopWords, TextTokenizer, Tokenizer, WordFilter};

/// The steps from a text to its terms. Any of them can be one's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Analyzer<T = TextTokenizer, F = StopWords, S = Snowball> {
    /// Cuts the text.
    pub tokenizer: T,
    /// Leaves out words.
    pub filter: F,
    /// Brings forms of a word together.
    pub stemmer: S,
    /// Runs of up to this many words are terms.
    pub ngrams: usize,
    /// Runs of letters within a word are terms too.
    pub letters: Option<Letters>,
}

impl Analyzer {
    /// The steps that `settings` ask for.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        Self {
            tokenizer: TextTokenizer::new(settings),
            filter: if settings.stop_words {
                StopWords::of(settings.language)
            } else {
                StopWords::default()
            },
            stemmer: Snowball::new(settings.language),
            ngrams: settings.ngrams,
            letters: settings.letters,
        }
    }
}

impl<T: Tokenizer, F: WordFilter, S: Stemmer> Analyzer<T, F, S> {
    /// The terms of `text`, in the order in which it completes them.
    pub fn terms(&self, text: &str) -> Vec<String> {
        let mut scanner = Scanner::new(self);
        let mut found = Vec::new();
        scanner.scan(text, |next| found.push(next.term));
        found
            .into_iter()
            .map(|term| scanner.term(term).to_owned())
            .collect()
    }
}
