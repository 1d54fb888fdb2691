//! AdamW (Loshchilov and Hutter 2019) with a rate that rises and then falls along a cosine.

use aten::{AdamRates, AdamTensors};
use tch::{Kind, Tensor};

use crate::GanError;
use crate::networks::Params;

/// Share of the steps in which the rate rises.
const RISE: f64 = 0.1;

pub(super) struct AdamW {
    lr: f64,
    decay: f64,
    steps: u64,
    exp_avgs: Vec<Tensor>,
    exp_avg_sqs: Vec<Tensor>,
    counts: Vec<Tensor>,
}

impl AdamW {
    /// Fresh moments for `steps` steps at rates up to `lr`.
    pub(super) fn new(params: &Params, lr: f64, decay: f64, steps: u64) -> Self {
        let zeros = || params.weights().iter().map(|w| w.detach().zeros_like()).collect();
        let count = |w: &Tensor| Tensor::zeros([], (Kind::Float, w.device()));
        Self {
            lr,
            decay,
            steps,
            exp_avgs: zeros(),
            exp_avg_sqs: zeros(),
            counts: params.weights().iter().map(count).collect(),
        }
    }

    /// The rate of a step, counted from 0.
    fn rate(&self, step: u64) -> f64 {
        let (at, all) = (step as f64 + 0.5, self.steps as f64);
        let rise = RISE * all;
        if at < rise {
            self.lr * at / rise
        } else {
            self.lr * 0.5 * (1.0 + (std::f64::consts::PI * (at - rise) / (all - rise)).cos())
        }
    }

    /// Moves the weights of `params` against `grads`, one gradient a weight in the same order.
    pub(super) fn step(&self, params: &Params, grads: &[Tensor], step: u64) -> Result<(), GanError> {
        let lr = self.rate(step);
        tch::no_grad(|| {
            // Vectors are biases and norms, which are not decayed.
            for weight in params.weights().iter().filter(|w| w.dim() > 1) {
                let _ = weight.shallow_clone().g_mul_scalar_(1.0 - lr * self.decay);
            }
        });
        let tensors = AdamTensors {
            params: params.weights(),
            grads,
            exp_avgs: &self.exp_avgs,
            exp_avg_sqs: &self.exp_avg_sqs,
            steps: &self.counts,
        };
        let rates = AdamRates {
            lr,
            beta1: 0.9,
            beta2: 0.999,
            eps: 1e-8,
        };
        Ok(aten::fused_adam(tensors, rates)?)
    }
}
