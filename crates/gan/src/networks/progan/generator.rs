//! G: noise and text to an image.
//!
//! The text is projected, joined to z and normalised with it, as the labels of the paper's code are; blocks of two
//! convolutions, each followed by LeakyReLU and pixel norm, double the side from 4x4 up. An image is a linear map of
//! the last block's channels.

use std::cell::Cell;

use tch::{Device, Kind, Tensor};

use super::{GAIN, sides, width_at};
use crate::networks::grown::as_drawn;
use crate::networks::layers::{
    EqualisedConv, EqualisedDense, channels_last, leaky_relu, pixel_norm, upsample,
};
use crate::networks::{Generator, Grown, Params, Pass, Shape};

/// The growing generator.
pub struct ProganGenerator {
    shape: Shape,
    params: Params,
    grown: Cell<Grown>,
    text: EqualisedDense,
    base: EqualisedDense,
    base_bias: Tensor,
    /// At 4x4.
    first: EqualisedConv,
    /// Two convolutions each for 8x8, 16x16 and so on.
    blocks: Vec<[EqualisedConv; 2]>,
    /// For 4x4, 8x8 and so on.
    to_rgb: Vec<EqualisedConv>,
}

impl ProganGenerator {
    /// A generator with fresh weights, fully grown.
    #[must_use]
    pub fn new(shape: Shape, seed: u64, device: Device) -> Self {
        let mut params = Params::new(device, seed, 1);
        let p = &mut params;
        let text = EqualisedDense::new(p, "text", shape.dims, shape.text_dim, 1.0);
        let top = width_at(&shape, 4);
        // A quarter of the usual gain: the paper's code has it so.
        let base = EqualisedDense::new(p, "4.dense", shape.z_dim + shape.text_dim, top * 16, GAIN / 4.0);
        let base_bias = p.constant("4.dense.bias".to_owned(), &[1, top as i64, 1, 1], 0.0);
        let first = EqualisedConv::new(p, "4.conv", top, top, 3, GAIN);
        let (mut blocks, mut to_rgb) = (Vec::new(), Vec::new());
        let mut c_in = top;
        for side in sides(&shape) {
            let c_out = width_at(&shape, side);
            if side > 4 {
                blocks.push([
                    EqualisedConv::new(p, &format!("{side}.conv_up"), c_in, c_out, 3, GAIN),
                    EqualisedConv::new(p, &format!("{side}.conv"), c_out, c_out, 3, GAIN),
                ]);
            }
            to_rgb.push(EqualisedConv::new(p, &format!("{side}.to_rgb"), c_out, 3, 1, 1.0));
            c_in = c_out;
        }
        Self {
            shape,
            params,
            grown: Cell::new(Grown::fully(shape.resolution)),
            text,
            base,
            base_bias,
            first,
            blocks,
            to_rgb,
        }
    }
}

impl Generator for ProganGenerator {
    fn shape(&self) -> Shape {
        self.shape
    }

    fn params(&self) -> &Params {
        &self.params
    }

    fn grow(&self, to: Grown) {
        self.grown.set(to);
    }

    fn forward(&self, z: &Tensor, texts: &Tensor, pass: Pass) -> Tensor {
        let Grown { side, alpha } = self.grown.get();
        // Rows of length 1 become values of variance 1, as those of z.
        let text = self.text.forward(&(texts * (self.shape.dims as f64).sqrt())); // [n, text_dim]
        let latent = pixel_norm(&Tensor::cat(&[z, &text], 1)); // [n, z_dim + text_dim]
        let base = self.base.forward(&latent).to_kind(pass.precision.kind());
        let base = channels_last(&base.view([-1, width_at(&self.shape, 4) as i64, 4, 4])); // [n, c, 4, 4]
        let act = |x: &Tensor| pixel_norm(&leaky_relu(x));
        let x = act(&(&base + self.base_bias.to_kind(base.kind())));
        let mut x = act(&self.first.forward(&x));
        let mut below = None;
        let level = (side / 4).ilog2() as usize;
        for [up, conv] in self.blocks.iter().take(level) {
            let y = act(&up.forward_up(&x)); // [n, c', 8, 8], [n, c'', 16, 16], ...
            let y = act(&conv.forward(&y));
            below = Some(std::mem::replace(&mut x, y));
        }
        let mut images = self.to_rgb[level].forward(&x).to_kind(Kind::Float); // [n, 3, side, side]
        if let Some(below) = below.filter(|_| alpha < 1.0) {
            let coarse = self.to_rgb[level - 1].forward(&below).to_kind(Kind::Float); // [n, 3, side/2, side/2]
            images = upsample(&coarse).lerp(&images, alpha);
        }
        if !pass.training {
            images = images.clamp(-1.0, 1.0);
        }
        as_drawn(&images, self.shape.resolution, pass.training)
    }
}
