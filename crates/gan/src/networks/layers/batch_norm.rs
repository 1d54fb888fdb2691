//! Batch normalisation, with an affine map of its own or with one that a condition decides.

use tch::Tensor;

use super::super::Params;
use super::{Dense, Init, like};

/// γ is drawn from N(1, 0.02²) (Radford et al. 2016, section 3).
const STD: f64 = 0.02;
/// PyTorch's defaults, which the article's code keeps.
const MOMENTUM: f64 = 0.1;
const EPS: f64 = 1e-5;

/// The mean and variance of every channel over the batches seen lately.
struct Running {
    mean: Tensor,
    var: Tensor,
}

impl Running {
    fn new(params: &mut Params, name: &str, channels: usize) -> Self {
        let shape = [channels as i64];
        Self {
            mean: params.buffer(format!("{name}.running_mean"), &shape, 0.0),
            var: params.buffer(format!("{name}.running_var"), &shape, 1.0),
        }
    }

    /// In training by the batch's own statistics, which also move the running ones; else by the running ones.
    fn normalise(&self, x: &Tensor, affine: Option<(&Tensor, &Tensor)>, training: bool) -> Tensor {
        x.batch_norm(
            affine.map(|(weight, _)| weight),
            affine.map(|(_, bias)| bias),
            Some(&self.mean),
            Some(&self.var),
            training,
            MOMENTUM,
            EPS,
            true,
        )
    }
}

/// Batch normalisation (Ioffe and Szegedy 2015) over all but the channel dimension.
pub struct BatchNorm {
    weight: Tensor,
    bias: Tensor,
    running: Running,
}

impl BatchNorm {
    /// Over `channels` channels.
    pub fn new(params: &mut Params, name: &str, channels: usize) -> Self {
        let shape = [channels as i64];
        Self {
            weight: params.weight(format!("{name}.weight"), &shape, 1.0, STD),
            bias: params.constant(format!("{name}.bias"), &shape, 0.0),
            running: Running::new(params, name, channels),
        }
    }

    /// The same shape as `x`.
    pub fn forward(&self, x: &Tensor, training: bool) -> Tensor {
        self.running
            .normalise(x, Some((&self.weight, &self.bias)), training)
    }
}

/// Batch normalisation whose scale and shift follow from a condition, an affine map of it for each channel
/// (de Vries et al. 2017; Brock et al. 2019, appendix B): `(1 + scale(c)) * norm(x) + shift(c)`.
pub struct ConditionalBatchNorm {
    affine: Dense,
    running: Running,
}

impl ConditionalBatchNorm {
    /// Over `channels` channels, by conditions of `d_condition` values of variance 1.
    pub fn new(params: &mut Params, name: &str, channels: usize, d_condition: usize) -> Self {
        // Scales begin near 1 and shifts near 0, and yet the condition is felt from the first step.
        let init = Init::FanIn(0.2);
        Self {
            affine: Dense::new(params, &format!("{name}.affine"), d_condition, 2 * channels, init),
            running: Running::new(params, name, channels),
        }
    }

    /// `x` `[n, c, h, w]` under `condition` `[n, d_condition]`, in the shape of `x`.
    pub fn forward(&self, x: &Tensor, condition: &Tensor, training: bool) -> Tensor {
        let affine = self.affine.forward(condition).unsqueeze(-1).unsqueeze(-1); // [n, 2c, 1, 1]
        let parts = affine.chunk(2, 1);
        let normalised = self.running.normalise(x, None, training);
        like(&parts[1], x).addcmul(&normalised, &(like(&parts[0], x) + 1.0))
    }
}
