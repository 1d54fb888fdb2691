#![doc = include_str!("../README.md")]

// In the order in which data flows: a text becomes tokens, words worth counting, stems, terms; terms are
// counted, selected and weighed; the model is all of it, fitted.
pub mod analyzer;
pub mod counter;
pub mod counts;
pub mod counts_file;
pub mod error;
pub mod exchange;
pub mod explain;
pub mod language;
pub mod letters;
pub mod lsa;
pub mod method;
pub mod model;
pub mod norm;
pub mod pattern;
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
pub use codec::{MAX_COUNTS_BYTES, MAX_MODEL_BYTES};
pub use counter::{Counter, Record};
pub use counts::{Count, Counts};
pub use counts_file::CountsFile;
pub use error::{CountsError, FitError, ModelError, VocabularyError};
pub use exchange::{MAX_VOCABULARY_BYTES, VocabularyFile};
pub use explain::{Explanation, KnownWord, UnknownWord};
pub use language::Language;
pub use letters::Letters;
pub use lsa::LsaFit;
pub use method::Method;
pub use model::TextModel;
pub use norm::Norm;
pub use pattern::{Pattern, PatternTokenizer};
pub use settings::{Cutoff, Settings, Tokens};
pub use stemmer::{Snowball, Stemmer};
pub use stop_words::{StopWords, WordFilter};
pub use tokenizer::{TextTokenizer, Tokenizer, WordTokenizer};
pub use transformer::Transformer;
pub use vocabulary::{Vocabulary, VocabularyTerm};
