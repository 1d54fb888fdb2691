//! The light evaluation: a few hundred pictures of the val split, for use again and again during a training.

use std::path::Path;

use dataset::{Dataset, Split};

use super::asked::Scope;
use super::drawer::Drawer;
use super::drawn::Drawn;
use super::evaluator::Evaluator;
use super::judge;
use super::reference::{Known, Reference};
use super::report::Light;
use crate::GanError;
use crate::device::Device;

/// Training photos that a light evaluation compares with.
const TRAIN: usize = 2000;
/// Of choices and noise, whatever the seed of the training: runs are measured by the same captions, photos and noise.
const SEED: u64 = 0;

/// All that stays the same from one light evaluation of a run to the next.
pub struct LightEvaluation<'a>(Reference<'a>);

impl<'a> LightEvaluation<'a> {
    /// Looks at the real photos of `products` products of the val split, of test where val is empty, once. `resolution` is
    /// that of the pictures to come; `path` names the data in errors. All choices are the same in every run.
    ///
    /// # Errors
    /// As [`Reference::new`].
    pub fn new(
        data: &'a Dataset,
        path: &Path,
        evaluator: &'a Evaluator,
        products: usize,
        resolution: usize,
        device: Device,
    ) -> Result<Self, GanError> {
        let split = if data.is_empty(Split::Val) {
            Split::Test
        } else {
            Split::Val
        };
        let scope = Scope {
            split,
            products: Some(products),
            unseen: false,
            unseen_pairs: false,
            one_each: true,
            seed: SEED,
        };
        Reference::new(
            data,
            path,
            evaluator,
            scope,
            Known::Some(TRAIN),
            resolution,
            device,
        )
        .map(Self)
    }

    /// Draws a picture for each product, always of the same captions and the same noise, and measures them.
    ///
    /// # Errors
    /// libtorch refuses a call, or the images are not of the resolution announced.
    pub fn measure(&self, drawer: &Drawer<'_>) -> Result<Light, GanError> {
        let drawn = Drawn::of(drawer, &self.0, &|_| ())?;
        Ok(judge::light(&self.0, &drawn))
    }
}

/// Raised when [`Light::score`] becomes another function.
const FORMULA: u32 = 3;

impl Light {
    /// One number to keep the best by, higher is better and 100 the most: the mean balanced share right over the attributes,
    /// in % of what photos get and of each attribute at most that, since beyond it pictures are typical rather than right;
    /// less 10 points for each tenfold of KID above the photos' own scale (their KID, or its spread where that is larger), and of
    /// diversity below the photos'.
    #[must_use]
    pub fn score(&self) -> f64 {
        let shares: Vec<f64> = self.attributes.iter().map(|a| a.balanced_share_right).collect();
        let floor = self.kid.real.mean.max(self.kid.real.std).max(1e-6);
        let diversity = self.diversity.as_ref().map_or(1.0, |d| d.ratio);
        score(&shares, self.kid.drawn.mean / floor, diversity)
    }

    /// What the score of pictures of `side` pixels is on: scores compare only where this is equal, by the same formula, the same
    /// evaluator, and of pictures as large; it sees no more detail than its own side has, and would hold growing for a loss.
    #[must_use]
    pub fn scale(&self, side: usize) -> u64 {
        let name = format!("{FORMULA} {} {side}", self.evaluator);
        let [a, b, c, d, e, f, g, h, ..] = *blake3::hash(name.as_bytes()).as_bytes();
        u64::from_le_bytes([a, b, c, d, e, f, g, h])
    }
}

/// [`Light::score`] of shares right in %, and of KID and diversity as multiples of the photos'.
fn score(shares: &[f64], kid: f64, diversity: f64) -> f64 {
    let right = shares.iter().map(|share| share.min(100.0)).sum::<f64>() / shares.len().max(1) as f64;
    right - 10.0 * (kid.max(1.0) / diversity.clamp(1e-3, 1.0)).log10()
}

#[cfg(test)]
mod tests {
    use super::score;
    use crate::eval::measures::Kid;
    use crate::eval::report::{Light, Pair, RPrecision};

    fn light(evaluator: &str, real: Kid) -> Light {
        let share = Pair {
            drawn: 0.5,
            real: 1.0,
        };
        Light {
            evaluator: evaluator.to_owned(),
            captions: 8,
            attributes: Vec::new(),
            r_precision: RPrecision { among: 8, share },
            kid: Pair {
                drawn: Kid { mean: 0.2, ..real },
                real,
            },
            diversity: None,
        }
    }

    #[test]
    fn kid_counts_from_the_photos_own_or_from_its_spread() {
        let scored = |mean, std| light("a", Kid { mean, std, subset: 4 }).score();
        assert!((scored(0.02, 0.01) + 10.0).abs() < 1e-9);
        assert!((scored(-0.001, 0.02) + 10.0).abs() < 1e-9);
        assert_eq!(scored(0.3, 0.01), 0.0);
    }

    #[test]
    fn scores_by_another_evaluator_or_formula_are_on_another_scale() {
        let real = Kid {
            mean: 0.02,
            std: 0.01,
            subset: 4,
        };
        let scale = light("a", real).scale(64);
        assert_eq!(scale, light("a", real).scale(64));
        assert_ne!(scale, light("b", real).scale(64));
        assert_ne!(scale, light("a", real).scale(128), "of a network that grew");
        let [a, b, c, d, e, f, g, h, ..] = *blake3::hash(b"2 a 64").as_bytes();
        assert_ne!(
            scale,
            u64::from_le_bytes([a, b, c, d, e, f, g, h]),
            "the formula before"
        );
    }

    #[test]
    fn the_best_is_right_near_and_varied_and_not_merely_typical() {
        assert_eq!(score(&[100.0, 100.0], 1.0, 1.0), 100.0);
        assert_eq!(score(&[120.0, 80.0], 0.5, 1.2), 90.0);
        assert_eq!(score(&[80.0], 10.0, 0.1), 60.0);
        assert_eq!(score(&[], 1.0, 1.0), 0.0);
        // What is right anyway had better be varied.
        assert!(score(&[106.0], 2.0, 0.6) > score(&[118.0], 2.0, 0.4));
        assert!(score(&[50.0], 1.0, 0.0).is_finite());
    }
}
