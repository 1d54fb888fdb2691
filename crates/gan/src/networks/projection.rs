//! A discriminator that asks two questions apart: does the image look real, and does it fit the text? The second is
//! the inner product of what it saw and the projected text (Miyato and Koyama 2018). There is no normalisation: a
//! gradient penalty keeps it smooth instead (Mescheder et al. 2018).

use std::cell::Cell;

use tch::{Device, Kind, Tensor};

use super::grown::to_side;
use super::layers::{
    Conv, Dense, Init, TextProjection, Window, channels_last, downsample, leaky_relu, minibatch_stddev,
};
use super::{Discriminator, Grown, Params, Pass, Shape};

const GAIN: f64 = std::f64::consts::SQRT_2;

/// The discriminator.
pub struct ProjectionDiscriminator {
    params: Params,
    resolution: usize,
    skips: bool,
    grown: Cell<Grown>,
    /// The first convolution, for images of the full side, half of it and so on down to the first that are made.
    entries: Vec<Conv>,
    /// Those that follow it, for maps of half the full side, a quarter and so on down to 8x8.
    blocks: Vec<Conv>,
    mix: Conv,
    whole: Conv,
    to_logit: Dense,
    text: TextProjection,
}

impl ProjectionDiscriminator {
    /// A discriminator with fresh weights, fully grown.
    #[must_use]
    pub fn new(shape: Shape, seed: u64, device: Device) -> Self {
        let mut params = Params::new(device, seed, 2);
        let p = &mut params;
        let conv_from = |init, p: &mut Params, name: &str, c_in, c_out, window| {
            Conv::new(p, name, c_in, c_out, window, init).with_bias(p, name)
        };
        let conv = |p: &mut Params, name: &str, c_in, c_out, window| {
            conv_from(Init::FanIn(GAIN), p, name, c_in, c_out, window)
        };
        let mut side = shape.resolution / 2;
        let mut c_in = shape.width_at(side);
        let mut entries = vec![conv(p, "blocks.0", 3, c_in, Window::Halving)];
        let mut blocks = Vec::new();
        while side > 4 {
            side /= 2;
            let c_out = shape.width_at(side);
            let name = format!("blocks.{}", blocks.len() + 1);
            // With skips what a larger side adds to the features of the first begins at nothing.
            let init = match shape.skips && 2 * side >= shape.first_resolution {
                true => Init::Zero,
                false => Init::FanIn(GAIN),
            };
            blocks.push(conv_from(init, p, &name, c_in, c_out, Window::Halving));
            c_in = c_out;
        }
        let mix = conv(p, "mix", c_in + 1, c_in, Window::Around);
        let whole = conv(p, "whole", c_in, c_in, Window::Whole);
        let to_logit = Dense::new(p, "to_logit", c_in, 1, Init::FanIn(1.0));
        let text = TextProjection::new(p, "text", shape.dims, c_in);
        for side in shape.sides().skip(1) {
            let name = format!("{side}.entry");
            entries.push(conv(p, &name, 3, shape.width_at(side / 2), Window::Halving));
        }
        Self {
            resolution: shape.resolution,
            skips: shape.skips,
            grown: Cell::new(Grown::fully(shape.resolution)),
            entries,
            params,
            blocks,
            mix,
            whole,
            to_logit,
            text,
        }
    }
}

impl Discriminator for ProjectionDiscriminator {
    fn params(&self) -> &Params {
        &self.params
    }

    fn grow(&self, to: Grown) {
        self.grown.set(to);
    }

    /// Blocks are counted from the image down, the first of which is the entry; entries are called by their side unless it is
    /// the last.
    fn name_within(&self, resolution: usize, name: &str) -> String {
        let own = self.resolution;
        let block = name.strip_prefix("blocks.").and_then(|rest| rest.split_once('.'));
        let number = block.and_then(|(number, rest)| Some((number.parse::<u32>().ok()?, rest)));
        match number {
            Some((0, rest)) if own < resolution => format!("{own}.entry.{rest}"),
            Some((i, rest)) if own < resolution => {
                format!("blocks.{}.{rest}", i + (resolution / own).ilog2())
            }
            _ => name.to_owned(),
        }
    }

    /// `[n, c]`, in f32. Images larger than the side that is grown to are averaged down to it.
    fn features(&self, images: &Tensor, pass: Pass) -> Tensor {
        let Grown { side, alpha } = self.grown.get();
        let images = channels_last(&images.to_kind(pass.precision.kind()));
        let mut images = to_side(&images, side); // [n, 3, side, side]
        let level = (self.resolution / side).ilog2() as usize;
        let enter = |level: usize, images: &Tensor| leaky_relu(&self.entries[level].forward(images));
        let mut x = enter(level, &images); // [n, c, side/2, side/2]
        for (i, block) in self.blocks.iter().skip(level).enumerate() {
            x = leaky_relu(&block.forward(&x)); // [n, c, side/4, side/4], ..., [n, c, 4, 4]
            let (below, newest) = (level + i + 1, i == 0);
            if below < self.entries.len() && (self.skips || newest && alpha < 1.0) {
                images = downsample(&images);
                let coarse = enter(below, &images);
                x = match (self.skips, newest) {
                    (true, true) => coarse + x * alpha,
                    (true, false) => coarse + x,
                    (false, _) => coarse.lerp(&x, alpha),
                };
            }
        }
        let x = leaky_relu(&self.mix.forward(&minibatch_stddev(&x))); // [n, c, 4, 4]
        leaky_relu(&self.whole.forward(&x))
            .flatten(1, -1)
            .to_kind(Kind::Float) // [n, c]
    }

    fn judge(&self, features: &Tensor, texts: &Tensor, _: Pass) -> Tensor {
        let text = self.text.forward(texts); // [n, c]
        let root = (text.size()[1] as f64).sqrt();
        let fit = (features * text).sum_dim_intlist([1].as_slice(), false, Kind::Float) / root; // [n]
        self.to_logit.forward(features).flatten(0, -1) + fit // [n]
    }
}
