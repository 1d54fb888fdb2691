//! The captions that are asked for: those that people type, of products that training never saw.

use std::collections::BTreeSet;

use dataset::{Dataset, DatasetError, Sample, Split};

use super::evaluator::Evaluator;
use super::naming::Naming;
use super::rivals::Ranked;
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
    /// Only captions that name two attributes, the evaluator's first two, in a pair that no product of train has.
    pub unseen_pairs: bool,
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

    /// It among other captions.
    #[must_use]
    pub fn ranked(&self) -> Ranked<'_> {
        Ranked {
            text: self.text(),
            vector: &self.vector,
            product: self.sample.captions,
        }
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
    let pairs = Pairs::of(data, evaluator, scope.unseen_pairs);
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
            let named = || naming.named(&sample, text);
            !text.is_empty()
                && !seen.contains(text)
                && pairs.as_ref().is_none_or(|p| p.is_new(&sample, &named()))
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

/// The pairs of values that the products of train have of an evaluator's first two attributes.
struct Pairs<'a> {
    /// Empty where it knows fewer: then no pair is new.
    names: [&'a str; 2],
    known: BTreeSet<[&'a str; 2]>,
}

impl<'a> Pairs<'a> {
    /// Those of the data, if they are `wanted`.
    fn of(data: &'a Dataset, evaluator: &'a Evaluator, wanted: bool) -> Option<Self> {
        let names = match &evaluator.about.attributes[..] {
            _ if !wanted => return None,
            [first, second, ..] => [first.name.as_str(), second.name.as_str()],
            _ => [""; 2],
        };
        let train = (0..data.len(Split::Train)).filter_map(|i| data.sample(Split::Train, i));
        let known = train.filter_map(|sample| pair(names, &sample)).collect();
        Some(Self { names, known })
    }

    /// Whether a caption, of which `named` classes are named, names both values of a pair that is not among them.
    fn is_new(&self, sample: &Sample<'_>, named: &[Option<usize>]) -> bool {
        let both = matches!(named, [Some(_), Some(_), ..]);
        both && pair(self.names, sample).is_some_and(|pair| !self.known.contains(&pair))
    }
}

fn pair<'a>(names: [&str; 2], sample: &Sample<'a>) -> Option<[&'a str; 2]> {
    let value = |name: &str| sample.attributes.get(name).map(String::as_str);
    Some([value(names[0])?, value(names[1])?])
}
