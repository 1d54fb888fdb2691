//! What the weights of a text are divided by.

use serde::{Deserialize, Serialize};

/// The length that a text's weights get, as scikit-learn names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Norm {
    /// The square root of the sum of squares is 1: a product of two vectors is their cosine.
    #[default]
    L2,
    /// The sum is 1: a weight is a share of the text.
    L1,
    /// Weights stay as they are, and a long text has a long vector.
    None,
}

impl Norm {
    /// Every norm.
    pub const ALL: [Self; 3] = [Self::L2, Self::L1, Self::None];

    /// The norm of that lowercase name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|norm| norm.name() == name)
    }

    /// What `weights` are to be divided by; none of them is negative.
    #[must_use]
    pub fn length(self, weights: impl Iterator<Item = f64>) -> f64 {
        match self {
            Self::L2 => weights.map(|weight| weight * weight).sum::<f64>().sqrt(),
            Self::L1 => weights.sum(),
            Self::None => 1.0,
        }
    }

    /// The lowercase name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::L2 => "l2",
            Self::L1 => "l1",
            Self::None => "none",
        }
    }
}
