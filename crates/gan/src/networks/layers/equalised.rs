//! Layers with an equalised learning rate (Karras et al. 2018, section 4.1): weights are drawn from N(0, 1) and scaled
//! by `gain / sqrt(fan_in)` each time they are used, so that an optimizer that moves all weights alike, as Adam does,
//! moves every layer at the same speed. Where the scale ends up is the usual one of He et al. 2015.

use aten::Windows;
use tch::{Kind, Tensor};

use super::super::Params;
use super::{Init, convolve, like};

/// A weight of N(0, 1) and what it is scaled by.
struct Weight {
    weight: Tensor,
    scale: f64,
}

impl Weight {
    fn new(params: &mut Params, name: &str, shape: &[i64], gain: f64) -> Self {
        let fan_in: i64 = shape.iter().skip(1).product();
        Self {
            weight: params.weight(format!("{name}.weight"), shape, 0.0, 1.0),
            scale: Init::FanIn(gain).std(fan_in as usize),
        }
    }

    fn scaled(&self) -> Tensor {
        &self.weight * self.scale
    }
}

/// A convolution with a bias a channel, which begins at 0, between maps of the same side, of half or of twice the
/// side.
pub struct EqualisedConv {
    weight: Weight,
    bias: Tensor,
    side: i64,
}

impl EqualisedConv {
    /// From `c_in` to `c_out` channels by windows of `side` x `side` pixels, 1 or 3.
    pub fn new(params: &mut Params, name: &str, c_in: usize, c_out: usize, side: usize, gain: f64) -> Self {
        let shape = [c_out as i64, c_in as i64, side as i64, side as i64];
        Self {
            weight: Weight::new(params, name, &shape, gain),
            bias: params.constant(format!("{name}.bias"), &shape[..1], 0.0),
            side: side as i64,
        }
    }

    /// `[n, c_in, h, w]` to `[n, c_out, h, w]`.
    pub fn forward(&self, x: &Tensor) -> Tensor {
        convolve(
            x,
            &self.weight.scaled(),
            Some(&self.bias),
            places(1, self.side / 2, false),
        )
    }

    /// `[n, c_in, h, w]` to `[n, c_out, 2h, 2w]`: what [`EqualisedConv::forward`] makes of maps of which every value
    /// stands four times. A 3x3 window over those sees each value through a sum of its own weights, so one transposed
    /// convolution of 4x4 does both with less than half of the products.
    pub fn forward_up(&self, x: &Tensor) -> Tensor {
        // [c_out, c_in, 3, 3] -> [c_out, c_in, 4, 4]: sums over 2x2, which a mean times 4 is.
        let weight = box_mean(&self.weight.scaled().flip([2, 3])) * 4.0;
        convolve(x, &weight.transpose(0, 1), Some(&self.bias), places(2, 1, true))
    }

    /// `[n, c_in, 2h, 2w]` to `[n, c_out, h, w]`: the means over 2x2 places of [`EqualisedConv::forward`], likewise as
    /// one convolution of 4x4.
    pub fn forward_down(&self, x: &Tensor) -> Tensor {
        convolve(
            x,
            &box_mean(&self.weight.scaled()),
            Some(&self.bias),
            places(2, 1, false),
        )
    }
}

const fn places(stride: i64, padding: i64, transposed: bool) -> Windows {
    Windows {
        stride,
        padding,
        transposed,
    }
}

/// Kernels `[o, i, 3, 3]` to `[o, i, 4, 4]`: means over 2x2 places, zeros around.
fn box_mean(kernels: &Tensor) -> Tensor {
    kernels.avg_pool2d([2, 2], [1, 1], [1, 1], false, true, None)
}

/// A linear map, with or without a bias.
pub struct EqualisedDense {
    weight: Weight,
    bias: Option<Tensor>,
}

impl EqualisedDense {
    /// From `d_in` to `d_out` values, without a bias.
    pub fn new(params: &mut Params, name: &str, d_in: usize, d_out: usize, gain: f64) -> Self {
        Self {
            weight: Weight::new(params, name, &[d_out as i64, d_in as i64], gain),
            bias: None,
        }
    }

    /// The same with a bias a value, which begins at 0.
    #[must_use]
    pub fn with_bias(self, params: &mut Params, name: &str) -> Self {
        let values = self.weight.weight.size()[0];
        Self {
            bias: Some(params.constant(format!("{name}.bias"), &[values], 0.0)),
            ..self
        }
    }

    /// `[n, d_in]` to `[n, d_out]`.
    pub fn forward(&self, x: &Tensor) -> Tensor {
        let bias = self.bias.as_ref().map(|bias| like(bias, x));
        x.linear(&like(&self.weight.scaled(), x), bias.as_ref())
    }
}

/// `x` `[n, c, ...]`, at each place of length √c over its channels: `x / sqrt(mean(x²) + 1e-8)` (Karras et al. 2018,
/// section 4.2). It keeps the signal of a generator from growing without a batch's statistics.
pub fn pixel_norm(x: &Tensor) -> Tensor {
    let mean = x.square().mean_dim([1].as_slice(), true, Kind::Float); // [n, 1, ...]
    x * (mean + 1e-8).rsqrt().to_kind(x.kind())
}

#[cfg(test)]
mod tests {
    use super::super::{downsample, upsample};
    use super::*;
    use crate::random::{Random, Stream};
    use tch::Device;

    fn normals(shape: &[i64]) -> Tensor {
        Random::new(3, Stream::Noise, 0).normal_tensor(shape, Device::Cpu)
    }

    fn conv(side: usize) -> EqualisedConv {
        let conv = EqualisedConv::new(
            &mut Params::new(Device::Cpu, 5, 1),
            "c",
            6,
            4,
            side,
            std::f64::consts::SQRT_2,
        );
        let _no_grad = tch::no_grad_guard();
        conv.bias.shallow_clone().copy_(&normals(&[4]));
        conv
    }

    fn same(a: &Tensor, b: &Tensor) {
        assert_eq!(a.size(), b.size());
        assert!(a.allclose(b, 1e-4, 1e-5, false), "{}", (a - b).abs().max());
    }

    #[test]
    fn weights_are_drawn_from_n01_and_scaled_by_gain_over_root_of_fan_in() {
        let mut params = Params::new(Device::Cpu, 5, 1);
        let dense = EqualisedDense::new(&mut params, "d", 64, 256, 2.0);
        let std = |t: &Tensor| t.std(true).double_value(&[]);
        assert!((std(&params.weights()[0]) - 1.0).abs() < 0.03);
        assert!((std(&dense.weight.scaled()) - 2.0 / 8.0).abs() < 0.01);
        assert!((conv(3).weight.scale - (2.0_f64 / 54.0).sqrt()).abs() < 1e-12);
        // Inputs of variance 1 give outputs of variance gain².
        let y = dense.forward(&normals(&[512, 64]));
        assert!((std(&y) - 2.0).abs() < 0.1);
    }

    #[test]
    fn a_step_of_adam_moves_layers_of_any_width_by_the_same_share() {
        // Adam moves each stored weight by the rate, whatever its gradient: in a layer of N(0, 1) that is a share.
        let share = |d_in: usize| {
            let mut params = Params::new(Device::Cpu, 5, 1);
            let dense = EqualisedDense::new(&mut params, "d", d_in, 8, 1.0);
            let before = dense.weight.scaled().detach().copy();
            let _no_grad = tch::no_grad_guard();
            let _ = params.weights()[0]
                .shallow_clone()
                .g_add_(&Tensor::from(0.001_f32));
            let moved = (dense.weight.scaled() - &before).norm();
            (moved / before.norm()).double_value(&[])
        };
        assert!(
            (share(16) - share(1024)).abs() < 1e-4,
            "{} {}",
            share(16),
            share(1024)
        );
    }

    #[test]
    fn resampling_convolutions_are_a_convolution_and_a_resampling() {
        let x = normals(&[2, 6, 8, 8]);
        let three = conv(3);
        same(&three.forward_up(&x), &three.forward(&upsample(&x)));
        same(&three.forward_down(&x), &downsample(&three.forward(&x)));
        assert_eq!(conv(1).forward(&x).size(), [2, 4, 8, 8]);
    }

    #[test]
    fn pixel_norm_gives_every_place_a_mean_square_of_one() {
        let x = pixel_norm(&(normals(&[2, 6, 4, 4]) * 40.0));
        let squares = x.square().mean_dim([1].as_slice(), false, Kind::Float);
        same(&squares, &squares.ones_like());
        // Of zeros it makes zeros, and of 16-bit values 16-bit values.
        let zeros = Tensor::zeros([1, 6], (Kind::BFloat16, Device::Cpu));
        assert!(pixel_norm(&zeros).equal(&zeros));
    }
}
