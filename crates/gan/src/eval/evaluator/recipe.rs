//! How an evaluator is trained.

use dataset::{Dataset, Split};
use serde::{Deserialize, Serialize};

/// Side of an evaluator's input in pixels where the data are as large.
const SIDE: usize = 64;
/// Four halvings lead to at least one pixel.
const LEAST_SIDE: usize = 16;

/// Everything that decides an evaluator's weights, beside the data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvaluatorRecipe {
    /// Side of the input in pixels, a multiple of 16.
    pub side: usize,
    /// Channels of the first maps; doubled at every halving.
    pub width: usize,
    /// Length of the features.
    pub features: usize,
    /// Length of embeddings.
    pub embedding: usize,
    /// Passes over the train split.
    pub epochs: f64,
    /// Images a step.
    pub batch: usize,
    /// Highest rate of AdamW.
    pub lr: f64,
    /// Weight decay of AdamW.
    pub weight_decay: f64,
    /// Share of a target's weight that is spread over all classes.
    pub label_smoothing: f64,
    /// Images are moved by up to this share of their side.
    pub shift: f64,
    /// Convolutions in bf16; else all is f32.
    pub bf16: bool,
    /// Seed of weights, order, captions and shifts.
    pub seed: u64,
}

impl EvaluatorRecipe {
    /// The house's own for a data set, in the precision that the machine is fast at; `None` where its images are too
    /// small.
    #[must_use]
    pub fn of(data: &Dataset, device: crate::Device, seed: u64) -> Option<Self> {
        let side = data.resolution().min(SIDE) / LEAST_SIDE * LEAST_SIDE;
        if side == 0 {
            return None;
        }
        Some(Self {
            side,
            width: 32,
            features: 128,
            embedding: 128,
            epochs: 16.0,
            batch: data.len(Split::Train).clamp(2, 128),
            lr: 4e-3,
            weight_decay: 0.05,
            label_smoothing: 0.1,
            shift: 1.0 / 16.0,
            bf16: device.is_fast_at_bf16(),
            seed,
        })
    }

    /// Steps of the training on so many products.
    #[must_use]
    pub fn steps(&self, products: usize) -> u64 {
        ((self.epochs * products as f64 / self.batch as f64).ceil() as u64).max(1)
    }
}
