//! Adam (Kingma and Ba 2015) with a state that can be saved, which tch's own cannot.

use aten::{AdamRates, AdamTensors};
use tch::{Kind, Tensor};

use crate::GanError;
use crate::networks::Params;
use crate::recipe::AdamRecipe;

/// The optimizer of one network: its moments, in the order of the network's weights.
pub struct Adam {
    rates: AdamRates,
    exp_avgs: Vec<Tensor>,
    exp_avg_sqs: Vec<Tensor>,
    steps: Vec<Tensor>,
}

impl Adam {
    /// Fresh moments for the weights of `params`.
    #[must_use]
    pub fn new(recipe: &AdamRecipe, params: &Params) -> Self {
        let AdamRecipe {
            lr,
            beta1,
            beta2,
            eps,
        } = *recipe;
        let zeros = || params.weights().iter().map(|w| w.detach().zeros_like()).collect();
        let step = |w: &Tensor| Tensor::zeros([], (Kind::Float, w.device()));
        Self {
            rates: AdamRates {
                lr,
                beta1,
                beta2,
                eps,
            },
            exp_avgs: zeros(),
            exp_avg_sqs: zeros(),
            steps: params.weights().iter().map(step).collect(),
        }
    }

    /// Moves the weights of `params` against `grads`, one gradient a weight in the same order.
    ///
    /// # Errors
    /// The gradients do not fit the weights.
    pub fn step(&self, params: &Params, grads: &[Tensor]) -> Result<(), GanError> {
        let tensors = AdamTensors {
            params: params.weights(),
            grads,
            exp_avgs: &self.exp_avgs,
            exp_avg_sqs: &self.exp_avg_sqs,
            steps: &self.steps,
        };
        Ok(aten::fused_adam(tensors, self.rates)?)
    }

    /// The state by name: `exp_avg.3`, `exp_avg_sq.3`, `step.3` for the fourth weight.
    pub fn named(&self) -> impl Iterator<Item = (String, &Tensor)> {
        let lists = [
            ("exp_avg", &self.exp_avgs),
            ("exp_avg_sq", &self.exp_avg_sqs),
            ("step", &self.steps),
        ];
        lists.into_iter().flat_map(|(name, list)| {
            list.iter()
                .enumerate()
                .map(move |(i, tensor)| (format!("{name}.{i}"), tensor))
        })
    }
}
