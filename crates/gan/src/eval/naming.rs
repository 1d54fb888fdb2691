//! Which attributes does a caption name? Only for those can a picture be right or wrong.

use std::collections::{BTreeMap, BTreeSet};

use dataset::{Dataset, Sample, Split};

use super::evaluator::Attribute;

/// A value goes without saying where at least this share of the products of a named value have it: saris are for women.
const GOES_WITHOUT_SAYING: f64 = 0.98;
/// Fewer products show nothing.
const LEAST_PRODUCTS: usize = 20;

/// What values go without saying when others are named.
pub struct Naming<'a> {
    attributes: &'a [Attribute],
    /// (attribute, value) to the values of others that it brings with it.
    implied: BTreeMap<(usize, &'a str), BTreeSet<(usize, &'a str)>>,
}

impl<'a> Naming<'a> {
    /// Learnt from the products of the train split.
    #[must_use]
    pub fn of(data: &'a Dataset, attributes: &'a [Attribute]) -> Self {
        let mut pairs = BTreeMap::<_, BTreeMap<_, usize>>::new();
        let mut counts = BTreeMap::<_, usize>::new();
        for sample in (0..data.len(Split::Train)).filter_map(|i| data.sample(Split::Train, i)) {
            let values = values(attributes, &sample);
            for &this in &values {
                *counts.entry(this).or_default() += 1;
                let others = pairs.entry(this).or_default();
                values
                    .iter()
                    .filter(|v| v.0 != this.0)
                    .for_each(|&v| *others.entry(v).or_default() += 1);
            }
        }
        let goes = |this: &(usize, &str), n: usize| {
            let all = counts.get(this).copied().unwrap_or(0);
            all >= LEAST_PRODUCTS && n as f64 >= GOES_WITHOUT_SAYING * all as f64
        };
        let implied = pairs
            .into_iter()
            .map(|(this, others)| {
                let kept = others
                    .into_iter()
                    .filter(|&(_, n)| goes(&this, n))
                    .map(|(v, _)| v);
                (this, kept.collect())
            })
            .collect();
        Self { attributes, implied }
    }

    /// For each attribute the product's class, if the caption names its value or a value that brings it with it.
    #[must_use]
    pub fn named(&self, sample: &Sample<'_>, caption: &str) -> Vec<Option<usize>> {
        let words = words(caption);
        let values = values(self.attributes, sample);
        let said: BTreeSet<_> = values.iter().filter(|(_, value)| names(&words, value)).collect();
        let is_named = |head: usize| {
            let own = values.iter().find(|v| v.0 == head);
            own.is_some_and(|own| {
                said.contains(own)
                    || said
                        .iter()
                        .any(|v| self.implied.get(*v).is_some_and(|set| set.contains(own)))
            })
        };
        let class = |(head, attribute): (usize, &Attribute)| {
            is_named(head).then(|| attribute.class_of(sample)).flatten()
        };
        self.attributes.iter().enumerate().map(class).collect()
    }
}

/// (attribute, value) of a product.
fn values<'s>(attributes: &[Attribute], sample: &Sample<'s>) -> Vec<(usize, &'s str)> {
    let value = |(head, a): (usize, &Attribute)| Some((head, sample.attributes.get(&a.name)?.as_str()));
    attributes.iter().enumerate().filter_map(value).collect()
}

/// Whether every word of a value is among the words.
pub(super) fn names(words: &BTreeSet<String>, value: &str) -> bool {
    let wanted = self::words(value);
    !wanted.is_empty() && wanted.is_subset(words)
}

/// Words in lower case, without hyphens, apostrophes and plural endings: "T-Shirts" and "tshirt" are one.
pub(super) fn words(text: &str) -> BTreeSet<String> {
    let text = text.to_lowercase().replace(['-', '\'', '\u{2019}'], "");
    let parts = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|p| !p.is_empty());
    parts.map(|word| singular(word).to_owned()).collect()
}

fn singular(word: &str) -> &str {
    let sibilant = ["sses", "shes", "ches", "xes"]
        .iter()
        .any(|end| word.ends_with(end));
    match word {
        _ if sibilant => &word[..word.len() - 2],
        _ if word.ends_with("ss") => word,
        _ => word.strip_suffix('s').unwrap_or(word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_named_in_singular_or_plural_and_only_by_all_its_words() {
        let named = |caption, value| names(&words(caption), value);
        assert!(named("Nike Men's Navy Blue T-Shirt", "Tshirts"));
        assert!(named("Nike Men's Navy Blue T-Shirt", "Navy Blue"));
        assert!(named("Nike Men's Navy Blue T-Shirt", "Men"));
        assert!(!named("Nike Men's Navy Blue T-Shirt", "Women"));
        assert!(!named("a blue shirt", "Navy Blue"));
        assert!(named("two dresses", "Dress") && named("a watch", "Watches") && !named("a watch", ""));
    }
}
