//! A step's batch in parts (gradient accumulation): what of it the networks see at once, and the gradients of the whole.
//!
//! All that a step draws or compares over the batch is drawn and compared before the batch is taken apart, so that the parts
//! together are the batch. A part is every `of`th sample: samples that a minibatch's standard deviation compares
//! ([`crate::networks`]) stay together where the parts are multiples of its groups.

use tch::{Kind, Tensor};

use super::Batch;
use super::gradient_penalty;
use crate::augment::Augmentation;
use crate::random::{Random, Stream};
use crate::recipe::{Loss, Recipe};

/// What the networks see at once.
pub(super) struct Part {
    /// Real images `[n, 3, r, r]`.
    pub images: Tensor,
    /// Their texts `[n, dims]`.
    pub texts: Tensor,
    /// Noise of the fakes of these texts, `[n, z_len]`.
    pub z: Tensor,
    /// Noise of other fakes of the same texts.
    pub other_z: Tensor,
    /// Where D is shown wrong texts.
    pub wrong: Option<Wrong>,
    /// The weight that these have, 0..=1.
    pub wrong_weight: f64,
    /// Where between reals and fakes a gradient penalty is taken, `[n, 1, 1, 1]`, where one is due.
    pub places: Option<Tensor>,
    /// How D sees reals and fakes in its turn, and then fakes and reals in G's.
    sights: [Augmentation; 4],
}

/// Texts of other products.
pub(super) struct Wrong {
    /// `[n, dims]`.
    pub texts: Tensor,
    /// 1 for each that is really wrong, 0 for one that is nearly the right one or none, `[n]`.
    pub usable: Tensor,
    /// Of all usable ones of the batch this part's share, a scalar of at least 1 / parts.
    pub count: Tensor,
}

/// When D looks at images. Each time they are augmented anew.
#[derive(Debug, Clone, Copy)]
pub(super) enum Sight {
    Reals,
    Fakes,
    FakesForG,
    RealsForG,
}

impl Part {
    /// The parts of a step's batch, with z `[n, z_len]`, and with wrong texts of this weight, none where it is 0.
    pub(super) fn of(recipe: &Recipe, batch: &Batch, z: &Tensor, step: u64, wrong_weight: f64) -> Vec<Self> {
        let seed = recipe.train.seed;
        let (n, of) = (batch.images.size()[0] as usize, recipe.train.accumulate);
        let side = batch.images.size()[3] as usize;
        let mut random = Random::new(seed, Stream::Augment, step);
        let mut draw = || Augmentation::draw(&recipe.augment, &mut random, n, side);
        let (reals, fakes, fakes_for_g) = (draw(), draw(), draw());
        let sights = [reals, fakes, fakes_for_g, draw()];
        let other_z = z.roll([1], [0]);
        let wrong = (wrong_weight > 0.0).then(|| Wrong::of(recipe, &batch.texts));
        let penalty = &recipe.penalty;
        let due = penalty.gradient_penalty > 0.0 && step.is_multiple_of(penalty.every);
        let places = (due && recipe.objective.loss != Loss::Mse)
            .then(|| gradient_penalty::places(&mut Random::new(seed, Stream::Interpolates, step), n));
        let part = |first: usize| {
            let take = |all: &Tensor| match of {
                1 => all.shallow_clone(),
                _ => all.slice(0, first as i64, None, of as i64),
            };
            Self {
                images: take(&batch.images),
                texts: take(&batch.texts),
                z: take(z),
                other_z: take(&other_z),
                wrong: wrong.as_ref().map(|wrong| Wrong {
                    texts: take(&wrong.texts),
                    usable: take(&wrong.usable),
                    count: &wrong.count / of as f64,
                }),
                wrong_weight,
                places: places.as_ref().map(take),
                sights: std::array::from_fn(|i| sights[i].part(first, of)),
            }
        };
        (0..of).map(part).collect()
    }

    /// Images of this part as D sees them.
    pub(super) fn seen(&self, sight: Sight, images: &Tensor) -> Tensor {
        self.sights[sight as usize].apply(images)
    }
}

impl Wrong {
    /// Of each product of the batch its neighbour's text.
    fn of(recipe: &Recipe, texts: &Tensor) -> Self {
        let others = texts.roll([1], [0]);
        let inner = |a: &Tensor, b: &Tensor| (a * b).sum_dim_intlist([1].as_slice(), false, Kind::Float);
        // Rows have length 1 or, while texts come in, another that all of them share; a dropped text is all zeros and fits
        // everything.
        let squares = inner(&others, &others);
        let other = inner(texts, &others).le_tensor(&(&squares * recipe.objective.wrong_text_max_cosine));
        let usable = other.logical_and(&squares.gt(0.0)).to_kind(Kind::Float);
        Self {
            texts: others,
            count: usable.sum(Kind::Float).clamp_min(1.0),
            usable,
        }
    }
}

/// The sum of the gradients of turns and parts: those of the whole loss over the whole batch.
#[derive(Default)]
pub(super) struct Sum(Vec<Tensor>);

impl Sum {
    /// Takes the gradients of a turn at a part, already divided by the number of parts. Those of weights that a turn does not
    /// move are undefined.
    pub(super) fn add(&mut self, gradients: Vec<Tensor>) {
        if self.0.is_empty() {
            self.0 = gradients;
            return;
        }
        for (sum, gradient) in self.0.iter_mut().zip(gradients) {
            match (sum.defined(), gradient.defined()) {
                (true, true) => *sum = &*sum + gradient,
                (false, true) => *sum = gradient,
                (_, false) => (),
            }
        }
    }

    /// The gradients, in the order of the weights.
    pub(super) fn gradients(&self) -> &[Tensor] {
        &self.0
    }
}
