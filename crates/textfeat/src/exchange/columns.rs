//! Terms and their columns as a JSON object.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{check, invalid};
use crate::VocabularyError;
use crate::settings::MAX_DIMS;

/// Terms with their columns; a JSON object in which no name is there twice.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Columns(pub(super) Vec<(String, usize)>);

impl Columns {
    /// The terms by column.
    pub(super) fn in_order(self) -> Result<Vec<String>, VocabularyError> {
        let n = self.0.len();
        check(
            "vocabulary_",
            (1..=MAX_DIMS).contains(&n),
            format!("1 to {MAX_DIMS} terms"),
            n,
        )?;
        let mut places = vec![None; n];
        for (term, column) in self.0 {
            match places.get_mut(column) {
                Some(place @ None) => *place = Some(term),
                _ => {
                    let expected = format!("each column from 0 to {} once", n - 1);
                    return Err(invalid("vocabulary_", expected, format!("`{term}`: {column}")));
                }
            }
        }
        // As many terms as places, and no place taken twice.
        Ok(places.into_iter().flatten().collect())
    }
}

impl Serialize for Columns {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (term, column) in &self.0 {
            map.serialize_entry(term, column)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Columns {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Terms;
        impl<'de> Visitor<'de> for Terms {
            type Value = Columns;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of terms and their columns")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Columns, A::Error> {
                let (mut seen, mut terms) = (HashSet::new(), Vec::new());
                while let Some((term, column)) = map.next_entry::<String, usize>()? {
                    if !seen.insert(term.clone()) {
                        return Err(A::Error::custom(format!("the term `{term}` is there twice")));
                    }
                    terms.push((term, column));
                }
                Ok(Columns(terms))
            }
        }
        deserializer.deserialize_map(Terms)
    }
}
