//! Which vectors a model makes.

use serde::Serialize;

/// How a text becomes a vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// TF-IDF: each of the most frequent terms has a place of its own.
    #[default]
    Terms,
    /// Latent semantic analysis of a larger vocabulary; see [`crate::lsa`].
    Lsa,
}

impl Method {
    /// The lowercase name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Terms => "terms",
            Self::Lsa => "lsa",
        }
    }
}
