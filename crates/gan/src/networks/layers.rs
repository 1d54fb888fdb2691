//! Convolutions, their transposes and batch normalisation as the DCGAN uses them: no biases, weights from
//! N(0, 0.02²), BatchNorm's γ from N(1, 0.02²) (Radford et al. 2016, section 3); and the projection of texts.

use tch::Tensor;

use super::Params;

const STD: f64 = 0.02;
/// The slope of every LeakyReLU below zero.
const LEAK: f64 = 0.2;
/// PyTorch's defaults, which the article's code keeps.
const MOMENTUM: f64 = 0.1;
const EPS: f64 = 1e-5;

/// Where a convolution with a 4x4 kernel takes its windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// Between 4x4 and 1x1: stride 1, no padding.
    Whole,
    /// Between 2m x 2m and m x m: stride 2, padding 1.
    Halving,
}

impl Window {
    const fn stride_padding(self) -> (i64, i64) {
        match self {
            Self::Whole => (1, 0),
            Self::Halving => (2, 1),
        }
    }
}

/// A convolution with a 4x4 kernel, or a 1x1 kernel that only mixes channels.
pub struct Conv {
    weight: Tensor,
    stride: i64,
    padding: i64,
}

impl Conv {
    /// 4x4 kernel from `c_in` to `c_out` channels.
    pub fn new(params: &mut Params, name: &str, c_in: usize, c_out: usize, window: Window) -> Self {
        let (stride, padding) = window.stride_padding();
        let shape = [c_out as i64, c_in as i64, 4, 4];
        Self {
            weight: params.weight(format!("{name}.weight"), &shape, 0.0, STD),
            stride,
            padding,
        }
    }

    /// 1x1 kernel from `c_in` to `c_out` channels.
    pub fn pointwise(params: &mut Params, name: &str, c_in: usize, c_out: usize) -> Self {
        let shape = [c_out as i64, c_in as i64, 1, 1];
        Self {
            weight: params.weight(format!("{name}.weight"), &shape, 0.0, STD),
            stride: 1,
            padding: 0,
        }
    }

    /// `[n, c_in, h, w]` to `[n, c_out, h', w']`.
    pub fn forward(&self, x: &Tensor) -> Tensor {
        let Self {
            weight,
            stride,
            padding,
        } = self;
        x.conv2d::<&Tensor>(weight, None, *stride, *padding, 1, 1)
    }
}

/// A transposed convolution with a 4x4 kernel.
pub struct ConvTranspose {
    weight: Tensor,
    window: Window,
}

impl ConvTranspose {
    /// From `c_in` to `c_out` channels.
    pub fn new(params: &mut Params, name: &str, c_in: usize, c_out: usize, window: Window) -> Self {
        let shape = [c_in as i64, c_out as i64, 4, 4];
        Self {
            weight: params.weight(format!("{name}.weight"), &shape, 0.0, STD),
            window,
        }
    }

    /// `[n, c_in, h, w]` to `[n, c_out, h', w']`.
    pub fn forward(&self, x: &Tensor) -> Tensor {
        let (stride, padding) = self.window.stride_padding();
        x.conv_transpose2d::<&Tensor>(&self.weight, None, stride, padding, 0, 1, 1)
    }
}

/// The projection of text vectors, a linear map.
///
/// A text vector has length 1 over hundreds of values, z has values of variance 1: joined as they are, the text
/// would be lost in the noise. So vectors are scaled by the root of their dimension and weights drawn from
/// N(0, 1 / d_in), which gives the projected values variance 1 as well.
pub struct TextProjection {
    weight: Tensor,
    scale: f64,
}

impl TextProjection {
    /// From `d_in` to `d_out` values.
    pub fn new(params: &mut Params, name: &str, d_in: usize, d_out: usize) -> Self {
        let scale = (d_in as f64).sqrt();
        let shape = [d_out as i64, d_in as i64];
        Self {
            weight: params.weight(format!("{name}.weight"), &shape, 0.0, 1.0 / scale),
            scale,
        }
    }

    /// `[n, d_in]` rows of length 1 (or 0) to `[n, d_out]`.
    pub fn forward(&self, texts: &Tensor) -> Tensor {
        (texts * self.scale).linear::<&Tensor>(&self.weight, None)
    }
}

/// Batch normalisation (Ioffe and Szegedy 2015) over all but the channel dimension.
pub struct BatchNorm {
    weight: Tensor,
    bias: Tensor,
    running_mean: Tensor,
    running_var: Tensor,
}

impl BatchNorm {
    /// Over `channels` channels.
    pub fn new(params: &mut Params, name: &str, channels: usize) -> Self {
        let shape = [channels as i64];
        Self {
            weight: params.weight(format!("{name}.weight"), &shape, 1.0, STD),
            bias: params.constant(format!("{name}.bias"), &shape, 0.0),
            running_mean: params.buffer(format!("{name}.running_mean"), &shape, 0.0),
            running_var: params.buffer(format!("{name}.running_var"), &shape, 1.0),
        }
    }

    /// The same shape as `x`. In training by the batch's own statistics, which also move the running ones; else
    /// by the running ones.
    pub fn forward(&self, x: &Tensor, training: bool) -> Tensor {
        let Self {
            weight,
            bias,
            running_mean,
            running_var,
        } = self;
        x.batch_norm(
            Some(weight),
            Some(bias),
            Some(running_mean),
            Some(running_var),
            training,
            MOMENTUM,
            EPS,
            true,
        )
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
