//! Captions of held-out products that training never saw.

use std::collections::BTreeSet;
use std::path::Path;

use dataset::{Dataset, Sample, Split};

use super::colour_names::basic_term;
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

/// Up to `limit` captions of the test and val splits that no product of the train split has, of products in one
/// of the eleven basic colours. They are of the kinds that the model was trained on; `path` names the data in errors.
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
            let colour = sample.attributes.get("base_colour").and_then(|c| basic_term(c));
            let (Some(colour), Some(text)) = (colour, sample.captions.get(caption)) else {
                continue;
            };
            if !text.is_empty() && !seen.contains(text) && used.insert(text) {
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
            "held-out captions with a basic colour that do not occur in train",
            "none",
            "the measure needs products with the attribute base_colour in the val or test split",
        ));
    }
    Ok(cases)
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
