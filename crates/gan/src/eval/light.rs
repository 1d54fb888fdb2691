//! The light evaluation: a few hundred pictures of the val split, for use again and again during a training.

use std::path::Path;

use dataset::{Dataset, Split};

use super::asked::Scope;
use super::drawer::Drawer;
use super::drawn::Drawn;
use super::evaluator::Evaluator;
use super::judge;
use super::reference::Reference;
use super::report::Light;
use crate::GanError;
use crate::device::Device;

/// Training photos that a light evaluation compares with.
const TRAIN: usize = 2000;

/// All that stays the same from one light evaluation of a run to the next.
pub struct LightEvaluation<'a>(Reference<'a>);

impl<'a> LightEvaluation<'a> {
    /// Looks at the real photos of `products` products of the val split, of test where val is empty, once. `resolution` is
    /// that of the pictures to come; `path` names the data in errors.
    ///
    /// # Errors
    /// As [`Reference::new`].
    pub fn new(
        data: &'a Dataset,
        path: &Path,
        evaluator: &'a Evaluator,
        products: usize,
        resolution: usize,
        seed: u64,
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
            seed,
        };
        Reference::new(data, path, evaluator, scope, Some(TRAIN), resolution, device).map(Self)
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

impl Light {
    /// One number to keep the best by, higher is better: the mean balanced share right over the attributes, in % of what
    /// photos get, less the points that KID takes: 10 for each tenfold of the photos' own scale above it.
    #[must_use]
    pub fn score(&self) -> f64 {
        let shares = self.attributes.iter().map(|a| a.balanced_share_right);
        let right = shares.sum::<f64>() / self.attributes.len().max(1) as f64;
        let floor = self.kid.real.mean.max(self.kid.real.std_error).max(1e-6);
        right - 10.0 * (self.kid.drawn.mean.max(floor) / floor).log10()
    }
}
