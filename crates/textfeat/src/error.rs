//! What can go wrong with a fit or with the file of a model.

/// A model that cannot be fitted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FitError {
    /// A setting is out of its range.
    #[error("{setting}: expected {expected}, found {found}")]
    Setting {
        /// The setting's name.
        setting: &'static str,
        /// Its range.
        expected: String,
        /// What was asked for.
        found: String,
    },
    /// There is nothing to fit on.
    #[error("expected at least one document to fit on, found none")]
    NoDocuments,
    /// No term is left after stop words and cutoffs.
    #[error(
        "expected terms in {documents} documents, found none between min_df and max_df\nhint: lower min_df, raise max_df, or keep stop words and numbers"
    )]
    NoTerms {
        /// Documents that were counted.
        documents: u64,
    },
}

/// Bytes that are not a model, or a model that does not fit into a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// The first bytes are another file's.
    #[error(
        "expected a text model beginning with `ATLRTEXT`, found {found}\nhint: name the file text.model that `textfeat fit` wrote"
    )]
    NotAModel {
        /// The first bytes, escaped.
        found: String,
    },
    /// A later version of the program wrote it.
    #[error(
        "expected a text model of version {expected} or lower, found {found}\nhint: update the program, or fit the model again with this one"
    )]
    Newer {
        /// The highest version that can be read.
        expected: u32,
        /// The version found.
        found: u32,
    },
    /// The header or the projection is larger than any model's.
    #[error(
        "expected a text model with a part of at most {limit} bytes, found {found}\nhint: the file is damaged, fetch or fit it again; or fit with fewer dims"
    )]
    TooLarge {
        /// The limit.
        limit: u64,
        /// What the file claims, or the model needs.
        found: u64,
    },
    /// The file ends early.
    #[error(
        "expected a text model of {expected} bytes, found {found}: it is cut\nhint: fetch the file again, or fit the model again"
    )]
    Cut {
        /// Bytes that the file should have.
        expected: u64,
        /// Bytes that it has.
        found: u64,
    },
    /// The file goes on after its end.
    #[error(
        "expected a text model of {expected} bytes, found {found}: something follows it\nhint: fetch the file again, or fit the model again"
    )]
    Trailing {
        /// Bytes that the file should have.
        expected: u64,
        /// Bytes that it has.
        found: u64,
    },
    /// Some byte is not what was written.
    #[error(
        "expected a text model with checksum {expected}, found {found}: it is damaged\nhint: fetch the file again, or fit the model again"
    )]
    Checksum {
        /// The checksum in the file, the first bytes in hex.
        expected: String,
        /// The checksum of what is there.
        found: String,
    },
    /// The header does not decode, although its checksum is right.
    #[error("expected the header of a text model, found something else: {reason}\nhint: fit the model again")]
    Header {
        /// What the decoder said.
        reason: String,
    },
    /// A value in the header makes no sense.
    #[error("text model: {what}: expected {expected}, found {found}\nhint: fit the model again")]
    Invalid {
        /// The value's name.
        what: &'static str,
        /// What it should be.
        expected: String,
        /// What it is.
        found: String,
    },
}

/// Bytes that are not counts, counts that do not fit into a file, or that do not go together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CountsError {
    /// The first bytes are another file's.
    #[error(
        "expected counts beginning with `ATLRCNTS`, found {found}\nhint: name a file that `textfeat count` wrote"
    )]
    NotCounts {
        /// The first bytes, escaped.
        found: String,
    },
    /// A later version of the program wrote it.
    #[error(
        "expected counts of version {expected} or lower, found {found}\nhint: update the program, or count again with this one"
    )]
    Newer {
        /// The highest version that can be read.
        expected: u32,
        /// The version found.
        found: u32,
    },
    /// The file or a part of it is larger than any.
    #[error(
        "expected counts with at most {limit} bytes, found {found}\nhint: count with fewer --ngrams, or without letters"
    )]
    TooLarge {
        /// The limit.
        limit: u64,
        /// What the file claims, or the counts need.
        found: u64,
    },
    /// The file ends early.
    #[error(
        "expected counts of {expected} bytes, found {found}: the file is cut\nhint: fetch the file again, or count again"
    )]
    Cut {
        /// Bytes that the file should have.
        expected: u64,
        /// Bytes that it has.
        found: u64,
    },
    /// The file goes on after its end.
    #[error(
        "expected counts of {expected} bytes, found {found}: something follows them\nhint: fetch the file again, or count again"
    )]
    Trailing {
        /// Bytes that the file should have.
        expected: u64,
        /// Bytes that it has.
        found: u64,
    },
    /// Some byte is not what was written.
    #[error(
        "expected counts with checksum {expected}, found {found}: the file is damaged\nhint: fetch the file again, or count again"
    )]
    Checksum {
        /// The checksum in the file, the first bytes in hex.
        expected: String,
        /// The checksum of what is there.
        found: String,
    },
    /// The content does not decode, although its checksum is right.
    #[error("expected counts, found something else: {reason}\nhint: count again")]
    Content {
        /// What the decoder said.
        reason: String,
    },
    /// A value makes no sense.
    #[error("counts: {what}: expected {expected}, found {found}\nhint: count again")]
    Invalid {
        /// The value's name.
        what: &'static str,
        /// What it should be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// Another version of the program counted, with another stemmer or other lists.
    #[error(
        "expected counts by the stemmer, stop words and protected words of this version ({expected}), found others ({found})\nhint: count with the version that is to merge"
    )]
    Lists {
        /// Hash of this version's, the first bytes in hex.
        expected: String,
        /// Hash of those in the file.
        found: String,
    },
    /// Two files were counted in different ways.
    #[error(
        "expected counts made as those before: {what} {expected}, found {what} {found}\nhint: count all with the same settings"
    )]
    Differs {
        /// The setting's name.
        what: &'static str,
        /// In the counts merged into.
        expected: String,
        /// In these.
        found: String,
    },
}

/// A vocabulary that cannot be moved from or to scikit-learn.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VocabularyError {
    /// The model is no TF-IDF over words.
    #[error(
        "expected a model of words and runs of words, found {found}\nhint: fit with --method terms and without --letters"
    )]
    Unmovable {
        /// What the model is made of.
        found: &'static str,
    },
    /// A value makes no sense, or has no counterpart here.
    #[error(
        "vocabulary: {what}: expected {expected}, found {found}\nhint: the README of textfeat says what a TfidfVectorizer must be like to be moved"
    )]
    Invalid {
        /// The value's name.
        what: &'static str,
        /// What it should be.
        expected: String,
        /// What it is.
        found: String,
    },
}
