//! Adam (Kingma and Ba 2015) with a state that can be saved, which tch's own cannot.

use std::cell::Cell;

use aten::{AdamRates, AdamTensors};
use tch::{Kind, Tensor};

use crate::GanError;
use crate::networks::Params;
use crate::recipe::AdamRecipe;

/// The optimizer of one network: its moments, in the order of the network's weights.
pub struct Adam {
    rates: Cell<AdamRates>,
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
            rates: Cell::new(AdamRates {
                lr,
                beta1,
                beta2,
                eps,
            }),
            exp_avgs: zeros(),
            exp_avg_sqs: zeros(),
            steps: params.weights().iter().map(step).collect(),
        }
    }

    /// Steps of this size from now on.
    pub fn set_lr(&self, lr: f64) {
        self.rates.set(AdamRates {
            lr,
            ..self.rates.get()
        });
    }

    /// Forgets all moments and steps.
    pub fn reset(&self) {
        let _no_grad = tch::no_grad_guard();
        for tensor in self.exp_avgs.iter().chain(&self.exp_avg_sqs).chain(&self.steps) {
            let _ = tensor.shallow_clone().zero_();
        }
    }

    /// Moves the weights of `params` against `grads`, one gradient a weight in the same order. A weight that took no
    /// part has an undefined gradient and stays, with its moments, as PyTorch's Adam leaves weights without gradient.
    ///
    /// # Errors
    /// The gradients do not fit the weights.
    pub fn step(&self, params: &Params, grads: &[Tensor]) -> Result<(), GanError> {
        if grads.iter().all(Tensor::defined) || grads.len() != params.weights().len() {
            return self.step_all(
                params.weights(),
                grads,
                &self.exp_avgs,
                &self.exp_avg_sqs,
                &self.steps,
            );
        }
        let moved = |list: &[Tensor]| -> Vec<Tensor> {
            let with_grads = list.iter().zip(grads).filter(|(_, grad)| grad.defined());
            with_grads.map(|(tensor, _)| tensor.shallow_clone()).collect()
        };
        self.step_all(
            &moved(params.weights()),
            &moved(grads),
            &moved(&self.exp_avgs),
            &moved(&self.exp_avg_sqs),
            &moved(&self.steps),
        )
    }

    fn step_all(
        &self,
        params: &[Tensor],
        grads: &[Tensor],
        exp_avgs: &[Tensor],
        exp_avg_sqs: &[Tensor],
        steps: &[Tensor],
    ) -> Result<(), GanError> {
        let tensors = AdamTensors {
            params,
            grads,
            exp_avgs,
            exp_avg_sqs,
            steps,
        };
        Ok(aten::fused_adam(tensors, self.rates.get())?)
    }

    /// Takes over the state of `before`, whose weight i is the one at `places[i]` here.
    pub fn take_over(&self, before: &Self, places: &[usize]) {
        let _no_grad = tch::no_grad_guard();
        for (here, old) in [
            (&self.exp_avgs, &before.exp_avgs),
            (&self.exp_avg_sqs, &before.exp_avg_sqs),
            (&self.steps, &before.steps),
        ] {
            for (&place, value) in places.iter().zip(old) {
                here[place].shallow_clone().copy_(value);
            }
        }
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn weights_without_a_gradient_stay_and_a_reset_forgets() {
        let mut params = Params::new(tch::Device::Cpu, 1, 1);
        let (a, b) = (
            params.constant("a".to_owned(), &[2], 1.0),
            params.constant("b".to_owned(), &[3], 1.0),
        );
        let adam = Adam::new(&AdamRecipe::default(), &params);
        adam.set_lr(0.5);
        adam.step(&params, &[Tensor::new(), b.detach() * 3.0]).unwrap();
        // The first step of Adam is the rate, whatever the gradient.
        assert!((b.double_value(&[0]) - 0.5).abs() < 1e-6);
        assert_eq!(a.double_value(&[0]), 1.0);
        let state = || -> Vec<f64> {
            adam.named()
                .map(|(_, t)| t.abs().max().double_value(&[]))
                .collect()
        };
        let named: Vec<String> = adam.named().map(|(name, _)| name).collect();
        let moved = |name: &str| state()[named.iter().position(|n| n == name).unwrap()] > 0.0;
        assert!(moved("exp_avg.1") && moved("step.1") && !moved("exp_avg.0") && !moved("step.0"));
        adam.reset();
        assert!(state().iter().all(|v| *v == 0.0));
        assert!(
            adam.step(&params, &[a.detach()]).is_err(),
            "a gradient is missing"
        );
    }
}
