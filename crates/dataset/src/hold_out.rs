//! Products that training must not see, by what they are: so that it can be measured whether a generator puts together what
//! its catalogue never did.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Attributes that a product must have all of, such as `article_type=Formal Shoes,base_colour=Purple`. Case does not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HoldOut(Vec<(String, String)>);

impl HoldOut {
    /// Whether a product is of this kind.
    #[must_use]
    pub fn holds(&self, attributes: &BTreeMap<String, String>) -> bool {
        self.0.iter().all(|(name, value)| {
            let found = attributes.get(name);
            found.is_some_and(|found| found.to_lowercase() == value.to_lowercase())
        })
    }
}

impl FromStr for HoldOut {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let pair = |part: &str| {
            let (name, value) = part.split_once('=')?;
            let (name, value) = (name.trim(), value.trim());
            (!name.is_empty() && !value.is_empty()).then(|| (name.to_owned(), value.to_owned()))
        };
        let pairs: Option<Vec<_>> = text.split(',').map(pair).collect();
        pairs
            .map(Self)
            .ok_or_else(|| "expected NAME=VALUE,..., such as article_type=Heels,base_colour=Red".to_owned())
    }
}

impl TryFrom<String> for HoldOut {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<HoldOut> for String {
    fn from(hold_out: HoldOut) -> Self {
        hold_out.to_string()
    }
}

impl fmt::Display for HoldOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (name, value)) in self.0.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            write!(f, "{comma}{name}={value}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn all_attributes_must_be_there_whatever_their_case() {
        let of = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
            pairs.iter().map(own).collect()
        };
        let red_heels: HoldOut = "article_type=Heels, base_colour=red".parse().unwrap();
        assert!(red_heels.holds(&of(&[
            ("article_type", "heels"),
            ("base_colour", "Red"),
            ("gender", "Women")
        ])));
        assert!(!red_heels.holds(&of(&[("article_type", "Heels"), ("base_colour", "Blue")])));
        assert!(!red_heels.holds(&of(&[("article_type", "Heels")])));
        assert_eq!(red_heels.to_string(), "article_type=Heels,base_colour=red");
        for wrong in ["", "Heels", "=Heels", "article_type=", "article_type=Heels,"] {
            assert!(wrong.parse::<HoldOut>().is_err(), "{wrong}");
        }
    }
}
