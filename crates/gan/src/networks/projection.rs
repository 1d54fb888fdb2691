//! A discriminator that asks two questions apart: does the image look real, and does it fit the text? The second is
//! the inner product of what it saw and the projected text (Miyato and Koyama 2018). There is no normalisation: a
//! gradient penalty keeps it smooth instead (Mescheder et al. 2018).

use tch::{Device, Kind, Tensor};

use super::layers::{Conv, Dense, Init, TextProjection, Window, channels_last, leaky_relu, minibatch_stddev};
use super::{Discriminator, Params, Pass, Shape};

const GAIN: f64 = std::f64::consts::SQRT_2;

/// The discriminator.
pub struct ProjectionDiscriminator {
    params: Params,
    blocks: Vec<Conv>,
    mix: Conv,
    whole: Conv,
    to_logit: Dense,
    text: TextProjection,
}

impl ProjectionDiscriminator {
    /// A discriminator with fresh weights.
    #[must_use]
    pub fn new(shape: Shape, seed: u64, device: Device) -> Self {
        let mut params = Params::new(device, seed, 2);
        let p = &mut params;
        let conv = |p: &mut Params, name: &str, c_in, c_out, window| {
            Conv::new(p, name, c_in, c_out, window, Init::FanIn(GAIN)).with_bias(p, name)
        };
        let mut blocks = Vec::new();
        let (mut c_in, mut side) = (3, shape.resolution);
        while side > 4 {
            side /= 2;
            let c_out = shape.width_at(side);
            let name = format!("blocks.{}", blocks.len());
            blocks.push(conv(p, &name, c_in, c_out, Window::Halving));
            c_in = c_out;
        }
        let mix = conv(p, "mix", c_in + 1, c_in, Window::Around);
        let whole = conv(p, "whole", c_in, c_in, Window::Whole);
        let to_logit = Dense::new(p, "to_logit", c_in, 1, Init::FanIn(1.0));
        let text = TextProjection::new(p, "text", shape.dims, c_in);
        Self {
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

    /// `[n, c]`, in f32.
    fn features(&self, images: &Tensor, pass: Pass) -> Tensor {
        let mut x = channels_last(&images.to_kind(pass.precision.kind()));
        for block in &self.blocks {
            x = leaky_relu(&block.forward(&x)); // [n, c, r/2, r/2], ..., [n, c, 4, 4]
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
