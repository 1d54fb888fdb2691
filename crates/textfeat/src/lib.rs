#![doc = include_str!("../README.md")]

// In the order in which data flows: a text becomes tokens, words worth counting, stems, terms; terms are
// counted, selected and weighed; the model is all of it, fitted.
pub mod analyzer;
pub mod counter;
pub mod counts;
pub mod error;
pub mod explain;
pub mod language;
pub mod letters;
pub mod lsa;
pub mod method;
pub mod model;
pub mod settings;
pub mod stemmer;
pub mod stop_words;
pub mod tokenizer;
pub mod transformer;
pub mod vocabulary;
pub mod weights;

mod codec;
mod scanner;

pub use analyzer::Analyzer;
pub use codec::MAX_MODEL_BYTES;
pub use counter::{Counter, Record};
pub use counts::{Count, Counts};
pub use error::{FitError, ModelError};
pub use explain::{Explanation, KnownWord, UnknownWord};
pub use language::Language;
pub use letters::Letters;
pub use lsa::LsaFit;
pub use method::Method;
pub use model::TextModel;
pub use settings::{Cutoff, Settings};
pub use stemmer::{Snowball, Stemmer};
pub use stop_words::{StopWords, WordFilter};
pub use tokenizer::{Tokenizer, WordTokenizer};
pub use transformer::Transformer;
pub use vocabulary::{Vocabulary, VocabularyTerm};
