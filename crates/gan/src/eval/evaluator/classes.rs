//! What an evaluator names: attributes of the data and their classes.

use dataset::{Dataset, Sample, Split};
use serde::{Deserialize, Serialize};

/// The attributes that the house reports, where the data have them.
const USUAL: [&str; 4] = ["article_type", "base_colour", "gender", "master_category"];
/// Classes of their own, at most; rarer values are one class together.
const MOST_CLASSES: usize = 40;
/// A value of fewer products in train is rare.
const LEAST_PRODUCTS: usize = 5;
/// Attributes of other data, at most.
const MOST_ATTRIBUTES: usize = 8;
/// The class of all rare values.
pub const OTHER: &str = "other";

/// An attribute and its classes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribute {
    /// Its name in the data, such as `base_colour`.
    pub name: String,
    /// Its values from the commonest down; the last is [`OTHER`] where there are rare ones.
    pub classes: Vec<String>,
}

impl Attribute {
    /// The attribute's classes in the train split.
    #[must_use]
    pub fn of(data: &Dataset, name: &str) -> Self {
        let values = data.classes(Split::Train, name);
        let mut counts: Vec<(usize, &str)> = values
            .iter()
            .filter_map(|(v, list)| Some((list.len(), (*v)?)))
            .collect();
        // Equal counts in order of name.
        counts.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
        let kept = counts
            .iter()
            .take(MOST_CLASSES)
            .take_while(|c| c.0 >= LEAST_PRODUCTS)
            .count();
        let mut classes: Vec<String> = counts[..kept].iter().map(|c| c.1.to_owned()).collect();
        if kept < counts.len() {
            classes.push(OTHER.to_owned());
        }
        Self {
            name: name.to_owned(),
            classes,
        }
    }

    /// The class of a product's value; a value that train does not have is rare. None without the attribute.
    #[must_use]
    pub fn class_of(&self, sample: &Sample<'_>) -> Option<usize> {
        let value = sample.attributes.get(&self.name)?;
        let place = |name: &str| self.classes.iter().position(|c| c == name);
        place(value).or_else(|| place(OTHER))
    }
}

/// The usual attributes that the data have; of data that have none of them, up to eight of those that at least half the
/// products have and that tell products apart.
#[must_use]
pub fn attributes(data: &Dataset) -> Vec<Attribute> {
    let known = data.attributes(Split::Train);
    let usable = |name: &&str| {
        let attribute = Attribute::of(data, name);
        let missing = data.classes(Split::Train, name).get(&None).map_or(0, Vec::len);
        let telling = attribute.classes.iter().filter(|c| *c != OTHER).count() >= 2;
        (telling && missing * 2 <= data.len(Split::Train)).then_some(attribute)
    };
    let usual: Vec<Attribute> = USUAL
        .iter()
        .filter(|name| known.contains(name))
        .filter_map(usable)
        .collect();
    if !usual.is_empty() {
        return usual;
    }
    known.iter().filter_map(usable).take(MOST_ATTRIBUTES).collect()
}
