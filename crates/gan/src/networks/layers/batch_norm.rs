//! Batch normalisation, with an affine map of its own or with one that a condition decides, and the activation after it.

use aten::NormAct;
use tch::Tensor;

use super::super::Params;
use super::{Dense, Init, LEAK};

/// γ is drawn from N(1, 0.02²) (Radford et al. 2016, section 3).
const STD: f64 = 0.02;
/// PyTorch's defaults, which the article's code keeps.
const MOMENTUM: f64 = 0.1;
const EPS: f64 = 1e-5;

/// What comes after the normalisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// ReLU.
    Relu,
    /// LeakyReLU with the slope of a DCGAN.
    LeakyRelu,
}

impl Act {
    const fn slope(self) -> f64 {
        match self {
            Self::Relu => 0.0,
            Self::LeakyRelu => LEAK,
        }
    }
}

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

    /// In training by the batch's own statistics, which also move the running ones; else by the running ones. `scale` and
    /// `shift` are `[n, c]` or `[1, c]`. Maps come out with the channels innermost.
    ///
    /// # Panics
    /// As every tch call: libtorch refuses, here for shapes that do not fit.
    fn normalise(&self, x: &Tensor, scale: &Tensor, shift: &Tensor, act: Act, training: bool) -> Tensor {
        let how = NormAct {
            training,
            momentum: MOMENTUM,
            eps: EPS,
            slope: act.slope(),
        };
        let running = aten::Running {
            mean: &self.mean,
            var: &self.var,
        };
        match how.forward(x, scale, shift, running) {
            Ok(y) => y,
            Err(e) => panic!("{e}"),
        }
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

    /// `x` `[n, c, h, w]` normalised and activated, in its shape.
    pub fn forward(&self, x: &Tensor, act: Act, training: bool) -> Tensor {
        let (scale, shift) = (self.weight.unsqueeze(0), self.bias.unsqueeze(0));
        self.running.normalise(x, &scale, &shift, act, training)
    }

    /// `x` `[n, c]` normalised and activated, in its shape.
    pub fn forward_flat(&self, x: &Tensor, act: Act, training: bool) -> Tensor {
        self.forward(&x.unsqueeze(-1).unsqueeze(-1), act, training)
            .flatten(1, -1)
    }
}

/// Batch normalisation whose scale and shift follow from a condition, an affine map of it for each channel
/// (de Vries et al. 2017; Brock et al. 2019, appendix B): `act((1 + scale(c)) * norm(x) + shift(c))`.
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
    pub fn forward(&self, x: &Tensor, condition: &Tensor, act: Act, training: bool) -> Tensor {
        let parts = self.affine.forward(condition).chunk(2, 1); // [n, c] each
        self.running
            .normalise(x, &(&parts[0] + 1.0), &parts[1], act, training)
    }
}
