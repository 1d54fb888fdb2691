//! The evaluator: a small network that is trained once on real photos and then looks at drawn ones.
//!
//! It names attributes, places pictures and captions in one space, and gives the features in which distances between
//! sets of pictures are taken. It is frozen in a file whose hash stands in every report, it is no part of any loss, and
//! figures of two evaluators are never compared.

mod adamw;
mod batches;
pub mod classes;
mod file;
mod network;
pub mod recipe;
mod training;

use dataset::{Dataset, Sample};
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

pub use classes::Attribute;
pub use recipe::EvaluatorRecipe;
pub use training::train;

use self::network::Network;
use super::measures::Accuracy;
use super::measures::r_precision::AMONG;
use crate::GanError;
use crate::device::Device;

/// What is to be known of an evaluator beside its weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct About {
    /// How it was trained.
    pub recipe: EvaluatorRecipe,
    /// What it names, with the classes of each.
    pub attributes: Vec<Attribute>,
    /// Length of a text vector.
    pub dims: usize,
    /// Content hash of the dataset it was trained on.
    pub data: String,
    /// Products of the train split, which it learnt from.
    pub trained_on: usize,
    /// What it reached on the val and test splits.
    pub held_out: HeldOut,
}

/// What an evaluator reaches on products that it did not learn from.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct HeldOut {
    /// Products of the val and test splits.
    pub products: usize,
    /// In the order of the attributes; none where no held-out product has the attribute.
    pub attributes: Vec<Option<HeldOutAccuracy>>,
    /// Captions that each picture's own one is ranked among, itself included: 100, or fewer where there are fewer; 0 where no
    /// held-out product has a title.
    #[serde(default = "among")]
    pub among: usize,
    /// Share of pictures whose own caption is found among these.
    pub r_precision: f64,
}

/// Accuracy for one attribute.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct HeldOutAccuracy {
    /// Right of all.
    pub plain: f64,
    /// Mean over classes.
    pub balanced: f64,
    /// Right of all when always naming the commonest class.
    pub chance: f64,
}

/// A trained evaluator.
pub struct Evaluator {
    /// What is known of it.
    pub about: About,
    /// blake3 of its file, in hex: the name of exactly this evaluator.
    pub hash: String,
    network: Network,
    device: Device,
}

/// What an evaluator sees in pictures; one a row.
pub struct Seen {
    /// `[n, features]`: mean 0 and variance 1 each over the photos it learnt from.
    pub features: Tensor,
    /// `[n, embedding]`, of length 1: near the embeddings of captions that fit.
    pub embeddings: Tensor,
    /// The class found for each attribute, of each picture: `[attributes][n]`.
    pub classes: Vec<Vec<usize>>,
}

impl Seen {
    /// What was seen in several lots, one after the other.
    #[must_use]
    pub fn join(lots: &[Self]) -> Self {
        let all = |part: fn(&Self) -> &Tensor| Tensor::cat(&lots.iter().map(part).collect::<Vec<_>>(), 0);
        let heads = lots.first().map_or(0, |lot| lot.classes.len());
        Self {
            features: all(|s| &s.features),
            embeddings: all(|s| &s.embeddings),
            classes: (0..heads)
                .map(|head| lots.iter().flat_map(|lot| &lot.classes[head]).copied().collect())
                .collect(),
        }
    }
}

impl Evaluator {
    /// Looks at images `[n, 3, r, r]` in -1..=1, of any side: they are averaged down, or enlarged, to its own. Results
    /// are on the CPU.
    ///
    /// # Errors
    /// libtorch refuses a call.
    pub fn look(&self, images: &Tensor) -> Result<Seen, GanError> {
        let _no_grad = tch::no_grad_guard();
        let images = fit(
            &images.to_device(self.device.tch()),
            self.about.recipe.side as i64,
        );
        let views = self.network.look(&images, false, Kind::Float);
        let host = |x: &Tensor| x.to_kind(Kind::Float).to_device(tch::Device::Cpu);
        let classes = |logits: &Tensor| -> Result<Vec<usize>, GanError> {
            let found = logits.argmax(1, false).to_device(tch::Device::Cpu);
            Ok(Vec::<i64>::try_from(&found)?
                .into_iter()
                .map(|c| c as usize)
                .collect())
        };
        Ok(Seen {
            classes: views.logits.iter().map(classes).collect::<Result<_, _>>()?,
            features: host(&views.features),
            embeddings: host(&views.embeddings),
        })
    }

    /// Embeddings `[n, embedding]` of length 1 of text vectors `[n, dims]`.
    pub fn read(&self, texts: &Tensor) -> Tensor {
        tch::no_grad(|| {
            self.network
                .read(&texts.to_device(self.device.tch()))
                .to_device(tch::Device::Cpu)
        })
    }

    /// The classes of a product: for each attribute, or none where the product does not have it.
    #[must_use]
    pub fn classes_of(&self, sample: &Sample<'_>) -> Vec<Option<usize>> {
        self.about.attributes.iter().map(|a| a.class_of(sample)).collect()
    }

    /// Whether it was trained on this data set.
    #[must_use]
    pub fn is_of(&self, data: &Dataset) -> bool {
        self.about.data == data.content_hash() && self.about.dims == data.dims()
    }

    /// Attributes and what it reached, a line each.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let About {
            attributes, held_out, ..
        } = &self.about;
        let percent = |x: f64| format!("{:.1} %", 100.0 * x);
        let line = |(attribute, found): (&Attribute, &Option<HeldOutAccuracy>)| {
            let classes = attribute.classes.len();
            let name = &attribute.name;
            found.map_or_else(
                || format!("{name}: {classes} classes; no held-out product has it"),
                |a| {
                    let (plain, balanced, chance) = (percent(a.plain), percent(a.balanced), percent(a.chance));
                    format!("{name}: {classes} classes, {plain} right, {balanced} balanced (the commonest class: {chance})")
                },
            )
        };
        let mut lines: Vec<String> = attributes.iter().zip(&held_out.attributes).map(line).collect();
        lines.push(held_out.ranked());
        lines
    }
}

impl HeldOut {
    /// How often the own caption is found, as a line.
    fn ranked(&self) -> String {
        match self.among {
            0 => "its own caption: no held-out product has one".to_owned(),
            among => format!("its own caption among {among}: {:.1} %", 100.0 * self.r_precision),
        }
    }
}

/// What files of before there was `among` were made with.
const fn among() -> usize {
    AMONG
}

impl HeldOutAccuracy {
    fn of(pairs: &[(usize, usize)]) -> Option<Self> {
        let Accuracy { plain, balanced } = Accuracy::of(pairs)?;
        let asked: Vec<usize> = pairs.iter().map(|p| p.0).collect();
        let chance = Accuracy::of_the_commonest(&asked)?.plain;
        Some(Self {
            plain,
            balanced,
            chance,
        })
    }
}

/// Images `[n, 3, r, r]` at `side`: means of whole squares where r is a multiple, else bilinear.
fn fit(images: &Tensor, side: i64) -> Tensor {
    let found = images.size()[3];
    match found / side {
        1 if found == side => images.shallow_clone(),
        factor if factor >= 1 && found % side == 0 => {
            images.avg_pool2d([factor; 2], [factor; 2], [0; 2], false, true, None)
        }
        _ => images.internal_upsample_bilinear2d_aa([side, side], false, None, None),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_captions_that_were_ranked_are_told_as_many_as_they_were() {
        let ranked = |among| {
            let (products, r_precision) = (30, 0.5);
            HeldOut {
                products,
                attributes: Vec::new(),
                among,
                r_precision,
            }
            .ranked()
        };
        assert_eq!(ranked(12), "its own caption among 12: 50.0 %");
        assert_eq!(ranked(0), "its own caption: no held-out product has one");
        let before = r#"{"products": 30, "attributes": [], "r_precision": 0.5}"#;
        let before: HeldOut = serde_json::from_str(before).unwrap();
        assert_eq!(before.ranked(), "its own caption among 100: 50.0 %");
    }
}
