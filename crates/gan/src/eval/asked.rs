//! The captions that are asked for: those that people type, of products that training never saw.

use std::collections::BTreeSet;

use dataset::{Dataset, DatasetError, Sample, Split};

use super::evaluator::Evaluator;
use super::naming::Naming;
use crate::random::{Random, Stream};

/// A caption that is asked for.
pub struct Asked<'a> {
    /// Its product.
    pub sample: Sample<'a>,
    /// The product's index in its split.
    pub index: usize,
    /// Which of its captions.
    pub caption: usize,
    /// The caption's vector.
    pub vector: Vec<f32>,
    /// For each attribute the class that the caption names, or none.
    pub named: Vec<Option<usize>>,
}

/// Which captions to ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope {
    /// Of which products.
    pub split: Split,
    /// Products at most, chosen at random; else all.
    pub products: Option<usize>,
    /// Only captions that no product of train has.
    pub unseen: bool,
    /// Only one caption of each product.
    pub one_each: bool,
    /// Seed of all choices.
    pub seed: u64,
}

impl<'a> Asked<'a> {
    /// The text.
    #[must_use]
    pub fn text(&self) -> &'a str {
        self.sample.captions.get(self.caption).map_or("", String::as_str)
    }
}

/// Captions in the order of their products, of the kinds `title`, `attributes` and `short`; of data with a single caption
/// that one. The first of each product is another kind from product to product.
///
/// # Errors
/// The data are damaged.
pub fn asked<'a>(
    data: &'a Dataset,
    evaluator: &Evaluator,
    scope: &Scope,
) -> Result<Vec<Asked<'a>>, DatasetError> {
    let naming = Naming::of(data, &evaluator.about.attributes);
    let train = (0..data.len(Split::Train)).filter_map(|i| data.sample(Split::Train, i));
    let seen: BTreeSet<&str> = match scope.unseen {
        true => train.flat_map(|s| s.captions).map(String::as_str).collect(),
        false => BTreeSet::new(),
    };
    let kinds: Vec<usize> = if data.captions() > 1 {
        (1..data.captions()).collect()
    } else {
        vec![0]
    };
    let len = data.len(scope.split);
    let mut indices = Random::new(scope.seed, Stream::Measures, 5).choose(len, scope.products.unwrap_or(len));
    indices.sort_unstable();
    let mut all = Vec::new();
    for (turn, index) in indices.into_iter().enumerate() {
        let Some(sample) = data.sample(scope.split, index) else {
            continue;
        };
        let kinds = (0..kinds.len()).map(|i| kinds[(i + turn) % kinds.len()]);
        let usable = |&caption: &usize| {
            let text = sample.captions.get(caption).map_or("", String::as_str);
            !text.is_empty() && !seen.contains(text)
        };
        let usable = kinds
            .filter(usable)
            .take(if scope.one_each { 1 } else { usize::MAX });
        let (vectors, dims) = (sample.vectors()?, data.dims());
        all.extend(usable.map(|caption| Asked {
            sample,
            index,
            caption,
            vector: vectors[caption * dims..][..dims].to_vec(),
            named: naming.named(&sample, &sample.captions[caption]),
        }));
    }
    Ok(all)
}
