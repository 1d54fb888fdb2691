//! How far the pictures of one caption may differ.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The scale of z, 0 to 1.5: what Brock et al. 2019 (section 3.1) reach by truncation, reached by scaling. Below 1 pictures
/// are nearer to what the caption has in common, and more alike; at 0 a caption has one picture, whatever the seed; above 1
/// they leave what training has shown.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "f64")]
pub struct Variety(f64);

impl Variety {
    /// The largest.
    pub const MAX: f64 = 1.5;

    /// What z is multiplied with.
    #[must_use]
    pub const fn scale(self) -> f32 {
        self.0 as f32
    }

    /// Whether z is left as it is.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.0 == 1.0
    }
}

impl Default for Variety {
    fn default() -> Self {
        Self(1.0)
    }
}

impl TryFrom<f64> for Variety {
    type Error = String;

    fn try_from(scale: f64) -> Result<Self, String> {
        if (0.0..=Self::MAX).contains(&scale) {
            Ok(Self(scale))
        } else {
            Err(format!(
                "expected a variety from 0 to {}, found {scale}",
                Self::MAX
            ))
        }
    }
}

impl FromStr for Variety {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let scale: Result<f64, _> = text.parse();
        Self::try_from(scale.map_err(|_| format!("expected a number from 0 to {}", Self::MAX))?)
    }
}

impl fmt::Display for Variety {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn it_lies_between_0_and_one_and_a_half() {
        for (text, scale) in [("0", 0.0), ("0.5", 0.5), ("1", 1.0), ("1.5", 1.5)] {
            let variety: Variety = text.parse().unwrap();
            assert_eq!((variety.scale(), variety.to_string().as_str()), (scale, text));
            assert_eq!(variety.is_plain(), text == "1");
        }
        for text in ["-0.1", "1.6", "NaN", "inf", "much", ""] {
            let error = text.parse::<Variety>().unwrap_err();
            assert!(error.contains("from 0 to 1.5"), "{text}: {error}");
        }
        assert!(serde_json::from_str::<Variety>("7").is_err());
        assert_eq!(serde_json::to_string(&Variety(0.7)).unwrap(), "0.7");
    }
}
