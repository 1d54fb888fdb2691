//! Fully connected layers.

use tch::Tensor;

use super::super::Params;
use super::{Init, like};

/// A linear map with a bias, which begins at 0.
pub struct Dense {
    weight: Tensor,
    bias: Tensor,
}

impl Dense {
    /// From `d_in` to `d_out` values.
    pub fn new(params: &mut Params, name: &str, d_in: usize, d_out: usize, init: Init) -> Self {
        let shape = [d_out as i64, d_in as i64];
        Self {
            weight: params.weight(format!("{name}.weight"), &shape, 0.0, init.std(d_in)),
            bias: params.constant(format!("{name}.bias"), &[d_out as i64], 0.0),
        }
    }

    /// `[n, d_in]` to `[n, d_out]`.
    pub fn forward(&self, x: &Tensor) -> Tensor {
        x.linear(&like(&self.weight, x), Some(&like(&self.bias, x)))
    }
}
