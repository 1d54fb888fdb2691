//! What networks are built of, a concept a file. Every layer computes in the precision of its input: weights are
//! kept in f32 and cast on the way, so that their gradients are f32 too.

mod batch_norm;
mod condition;
mod conv;
mod dense;
mod equalised;
mod minibatch;
mod resample;
mod text;

use aten::Windows;
use tch::Tensor;

pub use batch_norm::{Act, BatchNorm, ConditionalBatchNorm};
pub use condition::Condition;
pub use conv::{Conv, ConvTranspose, Window};
pub use dense::Dense;
pub use equalised::{EqualisedConv, EqualisedDense, pixel_norm};
pub use minibatch::minibatch_stddev;
pub use resample::{blur, downsample, upsample, upsample_smooth};
pub use text::TextProjection;

/// The slope of every LeakyReLU below zero.
const LEAK: f64 = 0.2;

/// How fresh weights are drawn: normal, around 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Init {
    /// Of this standard deviation; the DCGAN has 0.02 (Radford et al. 2016, section 3).
    Std(f64),
    /// Of `gain / sqrt(fan_in)`, so that a layer keeps the scale of its input (He et al. 2015: gain √2 before a ReLU).
    FanIn(f64),
    /// All zero: a residual branch that adds nothing yet.
    Zero,
}

impl Init {
    /// The standard deviation for a layer whose output values are sums of `fan_in` products.
    #[must_use]
    pub fn std(self, fan_in: usize) -> f64 {
        match self {
            Self::Std(std) => std,
            Self::FanIn(gain) => gain / (fan_in.max(1) as f64).sqrt(),
            Self::Zero => 0.0,
        }
    }
}

/// LeakyReLU with the slope of a DCGAN.
///
/// # Panics
/// As every tch call: libtorch refuses, here for a tensor that is not of a floating type.
pub fn leaky_relu(x: &Tensor) -> Tensor {
    match aten::leaky_relu(x, LEAK) {
        Ok(y) => y,
        Err(e) => panic!("{e}"),
    }
}

/// The same values with the channels innermost in memory, which convolutions are fastest on; nothing is copied
/// where they are already.
///
/// # Panics
/// As every tch call: libtorch refuses, here for a tensor that is not `[n, c, h, w]`.
pub fn channels_last(x: &Tensor) -> Tensor {
    match aten::channels_last(x) {
        Ok(y) => y,
        Err(e) => panic!("{e}"),
    }
}

/// `weight` in the precision of `x`.
fn like(weight: &Tensor, x: &Tensor) -> Tensor {
    if weight.kind() == x.kind() {
        weight.shallow_clone()
    } else {
        weight.to_kind(x.kind())
    }
}

/// The convolution of `x` with `weight`, which is brought to the type of `x`.
///
/// # Panics
/// As every tch call: libtorch refuses, here for shapes that do not fit.
fn convolve(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>, windows: Windows) -> Tensor {
    let bias = bias.map(|bias| like(bias, x));
    let weight = aten::weight_like(weight, x);
    match weight.and_then(|weight| windows.convolve(x, &weight, bias.as_ref())) {
        Ok(y) => y,
        Err(e) => panic!("{e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::Init;

    #[test]
    fn fresh_weights_have_the_spread_that_is_asked_for() {
        assert_eq!(Init::Std(0.02).std(999), 0.02);
        assert!((Init::FanIn(std::f64::consts::SQRT_2).std(8) - 0.5).abs() < 1e-12);
        assert_eq!(Init::Zero.std(4), 0.0);
    }
}
