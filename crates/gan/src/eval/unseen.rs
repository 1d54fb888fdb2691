//! Captions of held-out products that training never saw.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use dataset::{Dataset, Sample, Split};

use super::colour_names::basic_term;
use super::naming::{names, words};
use crate::recipe::Captions;
use crate::{GanError, Model};

/// A caption of a held-out product and the colour it names.
pub struct Case<'a> {
    /// The product.
    pub sample: Sample<'a>,
    /// Which of its captions.
    pub caption: usize,
    /// One of the eleven basic colours.
    pub colour: &'static str,
}

/// Up to `limit` captions of the test and val splits that no product of the train split has and that name their product's
/// colour, where that is one of the eleven basic ones. They are of the kinds that the model was trained on; `path` names
/// the data in errors.
///
/// # Errors
/// There is no such caption, or the data are not those of the model's text vectors.
pub fn unseen_captions<'a>(
    model: &Model,
    data: &'a Dataset,
    path: &Path,
    limit: usize,
) -> Result<Vec<Case<'a>>, GanError> {
    let wrong = |expected: &str, found: &str, hint| GanError::Data {
        path: path.to_owned(),
        expected: expected.to_owned(),
        found: found.to_owned(),
        hint,
    };
    if data.content_hash() != model.data {
        return Err(wrong(
            "the dataset the model was trained on",
            "another one",
            "name it with --data",
        ));
    }
    let samples = |split| (0..data.len(split)).filter_map(move |i| data.sample(split, i));
    let seen: BTreeSet<&String> = samples(Split::Train).flat_map(|s| s.captions).collect();
    // `short` is colour and type alone: nearly every pair of them occurs in train.
    let kinds: &[usize] = match model.recipe.train.captions {
        Captions::Full => &[0],
        Captions::Any => &[1, 2, 0],
    };
    let mut used = BTreeSet::new();
    let mut cases = Vec::new();
    for &caption in kinds {
        for sample in samples(Split::Test).chain(samples(Split::Val)) {
            let Some(text) = sample.captions.get(caption) else {
                continue;
            };
            let Some(colour) = named_colour(sample.attributes, text) else {
                continue;
            };
            if !seen.contains(text) && used.insert(text) {
                cases.push(Case {
                    sample,
                    caption,
                    colour,
                });
            }
        }
    }
    cases.truncate(limit);
    if cases.is_empty() {
        return Err(wrong(
            "held-out captions that name a basic colour and do not occur in train",
            "none",
            "the measure needs products with the attribute base_colour, and captions that name it, in the val or test split",
        ));
    }
    Ok(cases)
}

/// The basic colour of a product of these attributes, if a caption of it names that colour.
fn named_colour(attributes: &BTreeMap<String, String>, caption: &str) -> Option<&'static str> {
    let value = attributes.get("base_colour")?;
    let (colour, words) = (basic_term(value)?, words(caption));
    let named = names(&words, value) || words.iter().any(|word| basic_term(word) == Some(colour));
    named.then_some(colour)
}

/// The captions as `gen` reads them: `{"id", "caption"}` a line.
#[must_use]
pub fn to_jsonl(cases: &[Case<'_>]) -> String {
    let line = |case: &Case<'_>| {
        serde_json::json!({ "id": case.sample.id, "caption": case.sample.captions[case.caption] }).to_string()
    };
    cases
        .iter()
        .map(line)
        .flat_map(|line| [line, "\n".to_owned()])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_caption_that_names_its_products_colour_is_a_case() {
        let of = |colour: &str, caption| {
            let attributes = BTreeMap::from([("base_colour".to_owned(), colour.to_owned())]);
            named_colour(&attributes, caption)
        };
        assert_eq!(of("Navy Blue", "Nike Men's Navy Blue T-Shirt"), Some("blue"));
        assert_eq!(of("Navy Blue", "a blue shirt"), Some("blue"));
        assert_eq!(of("Grey Melange", "gray socks"), Some("grey"));
        assert_eq!(of("Navy-Blue", "Navy-Blue shirt"), Some("blue"));
        assert_eq!(of("Navy Blue", "Nike Men's Dry-Fit T-Shirt"), None);
        assert_eq!(of("Navy Blue", "a red shirt"), None);
        assert_eq!(of("Red", "Levi's Redloop Jeans"), None);
        assert_eq!(of("Red", ""), None);
        assert_eq!(of("Teal", "a teal shirt"), None, "no basic colour");
        assert_eq!(named_colour(&BTreeMap::new(), "a red shirt"), None);
    }
}
