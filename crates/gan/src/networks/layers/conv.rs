//! Convolutions and their transposes.

use aten::Windows;
use tch::Tensor;

use super::super::Params;
use super::{Init, convolve};

/// Where a convolution takes its windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// 4x4, between 4x4 and 1x1: stride 1, no padding.
    Whole,
    /// 4x4, between 2m x 2m and m x m: stride 2, padding 1.
    Halving,
    /// 3x3 around each place: stride 1, padding 1.
    Around,
    /// 1x1: channels are mixed, places are not.
    Point,
}

impl Window {
    /// Side of the kernel.
    const fn side(self) -> i64 {
        match self {
            Self::Whole | Self::Halving => 4,
            Self::Around => 3,
            Self::Point => 1,
        }
    }

    const fn places(self, transposed: bool) -> Windows {
        let (stride, padding) = match self {
            Self::Whole | Self::Point => (1, 0),
            Self::Halving => (2, 1),
            Self::Around => (1, 1),
        };
        Windows {
            stride,
            padding,
            transposed,
        }
    }
}

/// A convolution.
pub struct Conv {
    weight: Tensor,
    bias: Option<Tensor>,
    window: Window,
}

impl Conv {
    /// From `c_in` to `c_out` channels, without biases.
    pub fn new(
        params: &mut Params,
        name: &str,
        c_in: usize,
        c_out: usize,
        window: Window,
        init: Init,
    ) -> Self {
        let side = window.side();
        let std = init.std(c_in * (side * side) as usize);
        let shape = [c_out as i64, c_in as i64, side, side];
        Self {
            weight: params.weight(format!("{name}.weight"), &shape, 0.0, std),
            bias: None,
            window,
        }
    }

    /// The same with a bias a channel, which begins at 0.
    #[must_use]
    pub fn with_bias(self, params: &mut Params, name: &str) -> Self {
        let channels = self.weight.size()[0];
        Self {
            bias: Some(params.constant(format!("{name}.bias"), &[channels], 0.0)),
            ..self
        }
    }

    /// `[n, c_in, h, w]` to `[n, c_out, h', w']`.
    pub fn forward(&self, x: &Tensor) -> Tensor {
        convolve(x, &self.weight, self.bias.as_ref(), self.window.places(false))
    }
}

/// A transposed convolution.
pub struct ConvTranspose {
    weight: Tensor,
    window: Window,
}

impl ConvTranspose {
    /// From `c_in` to `c_out` channels, without biases.
    pub fn new(
        params: &mut Params,
        name: &str,
        c_in: usize,
        c_out: usize,
        window: Window,
        init: Init,
    ) -> Self {
        let side = window.side();
        // An output place is reached by every second row and column of the kernel where windows step by two.
        let Windows { stride, .. } = window.places(true);
        let reached = (side / stride) * (side / stride);
        let std = init.std(c_in * reached as usize);
        let shape = [c_in as i64, c_out as i64, side, side];
        Self {
            weight: params.weight(format!("{name}.weight"), &shape, 0.0, std),
            window,
        }
    }

    /// `[n, c_in, h, w]` to `[n, c_out, h', w']`.
    pub fn forward(&self, x: &Tensor) -> Tensor {
        convolve(x, &self.weight, None, self.window.places(true))
    }
}
