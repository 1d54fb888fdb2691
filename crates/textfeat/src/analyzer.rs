//! Tokenizer, stop words, stemmer and n-grams in a row: a text becomes terms.

use crate::ngrams::Window;
use crate::{Settings, Snowball, Stemmer, StopWords, Tokenizer, WordFilter, WordTokenizer};

/// The steps from a text to its terms. Any of them can be one's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Analyzer<T = WordTokenizer, F = StopWords, S = Snowball> {
    /// Cuts the text.
    pub tokenizer: T,
    /// Leaves out words.
    pub filter: F,
    /// Brings forms of a word together.
    pub stemmer: S,
    /// Runs of up to this many words are terms.
    pub ngrams: usize,
}

impl Analyzer {
    /// The steps that `settings` ask for.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        Self {
            tokenizer: WordTokenizer {
                numbers: settings.numbers,
            },
            filter: if settings.stop_words {
                StopWords::of(settings.language)
            } else {
                StopWords::default()
            },
            stemmer: Snowball::new(settings.language),
            ngrams: settings.ngrams,
        }
    }
}

impl<T: Tokenizer, F: WordFilter, S: Stemmer> Analyzer<T, F, S> {
    /// Calls `each` with every term of `text`: its stems, and the words as they stand in the text.
    pub fn each_term(&self, text: &str, mut each: impl FnMut(&str, &str)) {
        let mut window = Window::new(self.ngrams);
        self.tokenizer.each_token(text, &mut |token| {
            if self.filter.keeps(token) {
                window.push(&self.stemmer.stem(token), token, &mut each);
            }
        });
    }
}
