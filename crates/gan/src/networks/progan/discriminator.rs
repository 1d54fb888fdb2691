//! D: an image and a text to a logit, the mirror image of G.
//!
//! The text is an inner product with what D saw (Miyato and Koyama 2018), as in the other discriminator of this house
//! without BatchNorm, and not joined at 4x4: what D sees of an image is then the same for each text, so that a wrong
//! text costs one product and no second pass.

use std::cell::Cell;

use tch::{Device, Kind, Tensor};

use super::{GAIN, sides, width_at};
use crate::networks::grown::to_side;
use crate::networks::layers::{
    EqualisedConv, EqualisedDense, channels_last, downsample, leaky_relu, minibatch_stddev,
};
use crate::networks::{Discriminator, Grown, Params, Pass, Shape};

/// The growing discriminator.
pub struct ProganDiscriminator {
    dims: usize,
    params: Params,
    grown: Cell<Grown>,
    /// For 4x4, 8x8 and so on.
    from_rgb: Vec<EqualisedConv>,
    /// Two convolutions each for 8x8, 16x16 and so on.
    blocks: Vec<[EqualisedConv; 2]>,
    /// At 4x4.
    last: EqualisedConv,
    whole: EqualisedDense,
    to_logit: EqualisedDense,
    text: EqualisedDense,
}

impl ProganDiscriminator {
    /// A discriminator with fresh weights, fully grown.
    #[must_use]
    pub fn new(shape: Shape, seed: u64, device: Device) -> Self {
        let mut params = Params::new(device, seed, 2);
        let p = &mut params;
        let top = width_at(&shape, 4);
        let text = EqualisedDense::new(p, "text", shape.dims, top, 1.0);
        let to_logit = EqualisedDense::new(p, "to_logit", top, 1, 1.0).with_bias(p, "to_logit");
        let whole = EqualisedDense::new(p, "4.dense", top * 16, top, GAIN).with_bias(p, "4.dense");
        let last = EqualisedConv::new(p, "4.conv", top + 1, top, 3, GAIN);
        let (mut blocks, mut from_rgb) = (Vec::new(), Vec::new());
        let mut c_out = top;
        for side in sides(&shape) {
            let c_in = width_at(&shape, side);
            if side > 4 {
                blocks.push([
                    EqualisedConv::new(p, &format!("{side}.conv"), c_in, c_in, 3, GAIN),
                    EqualisedConv::new(p, &format!("{side}.conv_down"), c_in, c_out, 3, GAIN),
                ]);
            }
            from_rgb.push(EqualisedConv::new(
                p,
                &format!("{side}.from_rgb"),
                3,
                c_in,
                1,
                GAIN,
            ));
            c_out = c_in;
        }
        Self {
            dims: shape.dims,
            params,
            grown: Cell::new(Grown::fully(shape.resolution)),
            from_rgb,
            blocks,
            last,
            whole,
            to_logit,
            text,
        }
    }
}

impl Discriminator for ProganDiscriminator {
    fn params(&self) -> &Params {
        &self.params
    }

    fn grow(&self, to: Grown) {
        self.grown.set(to);
    }

    /// `[n, c]`, in f32. Images larger than the side that is grown to are averaged down to it.
    fn features(&self, images: &Tensor, pass: Pass) -> Tensor {
        let Grown { side, alpha } = self.grown.get();
        let x = channels_last(&images.to_kind(pass.precision.kind()));
        let x = to_side(&x, side); // [n, 3, side, side]
        let level = (side / 4).ilog2() as usize;
        let from_rgb = |level: usize, x: &Tensor| leaky_relu(&self.from_rgb[level].forward(x));
        let mut h = from_rgb(level, &x);
        for (i, [conv, down]) in self.blocks.iter().take(level).enumerate().rev() {
            h = leaky_relu(&down.forward_down(&leaky_relu(&conv.forward(&h)))); // [n, c, side/2, side/2], ..., [n, c, 4, 4]
            if i + 1 == level && alpha < 1.0 {
                h = from_rgb(i, &downsample(&x)).lerp(&h, alpha);
            }
        }
        let h = leaky_relu(&self.last.forward(&minibatch_stddev(&h))); // [n, c, 4, 4]
        leaky_relu(&self.whole.forward(&h.flatten(1, -1))).to_kind(Kind::Float) // [n, c]
    }

    fn judge(&self, features: &Tensor, texts: &Tensor, _: Pass) -> Tensor {
        let text = self.text.forward(&(texts * (self.dims as f64).sqrt())); // [n, c]
        let root = (text.size()[1] as f64).sqrt();
        let fit = (features * text).sum_dim_intlist([1].as_slice(), false, Kind::Float) / root; // [n]
        self.to_logit.forward(features).flatten(0, -1) + fit // [n]
    }
}
