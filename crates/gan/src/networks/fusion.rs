//! A generator into which the text is fused at every step: residual blocks, each of whose normalisations is scaled
//! and shifted by noise and text together (the deep fusion of Tao et al. 2022, with the conditional batch
//! normalisation of Brock et al. 2019). A text that only enters at 4x4, as in a DCGAN, is forgotten on the way up.

use std::cell::Cell;

use tch::{Device, Kind, Tensor};

use super::grown::as_drawn;
use super::layers::{
    Act, BatchNorm, Condition, ConditionalBatchNorm, Conv, ConvTranspose, Dense, Init, Window, blur,
    channels_last, upsample, upsample_smooth,
};
use super::{Generator, Grown, Params, Pass, Shape};

/// Before a LeakyReLU or after one, a layer keeps the scale of its input.
const GAIN: f64 = std::f64::consts::SQRT_2;

/// The generator.
pub struct FusionGenerator {
    shape: Shape,
    params: Params,
    condition: Condition,
    base: Dense,
    blocks: Vec<Block>,
    grown: Cell<Grown>,
    /// For images of the full side, half of it and so on down to the first that are made.
    heads: Vec<Head>,
}

/// From the channels at a side to an image.
struct Head {
    norm: BatchNorm,
    to_rgb: Conv,
}

impl Head {
    fn new(params: &mut Params, prefix: &str, channels: usize, init: Init) -> Self {
        let name = format!("{prefix}to_rgb");
        Self {
            norm: BatchNorm::new(params, &format!("{prefix}norm"), channels),
            to_rgb: Conv::new(params, &name, channels, 3, Window::Around, init).with_bias(params, &name),
        }
    }

    /// `[n, c, s, s]` to `[n, 3, s, s]` in f32, any values: tanh makes colours of them.
    fn forward(&self, x: &Tensor, training: bool) -> Tensor {
        let x = self.norm.forward(x, Act::LeakyRelu, training);
        self.to_rgb.forward(&x).to_kind(Kind::Float)
    }
}

/// From `c_in` channels at a side of s to `c_out` at 2s.
struct Block {
    norm_in: ConditionalBatchNorm,
    up: ConvTranspose,
    norm_mid: ConditionalBatchNorm,
    conv: Conv,
    skip: Conv,
    smooth_skip: bool,
}

impl Block {
    fn new(params: &mut Params, name: &str, [c_in, c_out]: [usize; 2], shape: Shape) -> Self {
        let d_condition = shape.z_dim + shape.text_dim;
        Self {
            smooth_skip: shape.smooth_skip,
            norm_in: ConditionalBatchNorm::new(params, &format!("{name}.norm_in"), c_in, d_condition),
            up: ConvTranspose::new(
                params,
                &format!("{name}.up"),
                c_in,
                c_out,
                Window::Halving,
                Init::FanIn(GAIN),
            ),
            norm_mid: ConditionalBatchNorm::new(params, &format!("{name}.norm_mid"), c_out, d_condition),
            conv: Conv::new(
                params,
                &format!("{name}.conv"),
                c_out,
                c_out,
                Window::Around,
                Init::FanIn(GAIN),
            ),
            skip: Conv::new(
                params,
                &format!("{name}.skip"),
                c_in,
                c_out,
                Window::Point,
                Init::FanIn(1.0),
            ),
        }
    }

    fn forward(&self, x: &Tensor, condition: &Tensor, training: bool) -> Tensor {
        let h = self.norm_in.forward(x, condition, Act::LeakyRelu, training); // [n, c_in, s, s]
        let h = blur(&self.up.forward(&h)); // [n, c_out, 2s, 2s]
        let h = self.norm_mid.forward(&h, condition, Act::LeakyRelu, training);
        let skip = self.skip.forward(x); // [n, c_out, s, s]
        let enlarge = if self.smooth_skip {
            upsample_smooth
        } else {
            upsample
        };
        enlarge(&skip) + self.conv.forward(&h)
    }
}

impl FusionGenerator {
    /// A generator with fresh weights, fully grown.
    #[must_use]
    pub fn new(shape: Shape, seed: u64, device: Device) -> Self {
        let mut params = Params::new(device, seed, 1);
        let p = &mut params;
        let condition = Condition::new(p, shape);
        let d_condition = shape.z_dim + shape.text_dim;
        let mut c_in = shape.width_at(4);
        let base = Dense::new(p, "base", d_condition, c_in * 16, Init::FanIn(1.0));
        let mut blocks = Vec::new();
        let mut side = 4;
        while side < shape.resolution {
            side *= 2;
            let c_out = shape.width_at(side);
            blocks.push(Block::new(
                p,
                &format!("blocks.{}", blocks.len()),
                [c_in, c_out],
                shape,
            ));
            c_in = c_out;
        }
        let head = |side: usize| {
            let prefix = if side == shape.resolution {
                String::new()
            } else {
                format!("{side}.")
            };
            // With skips the first side draws by itself; those after it add to it, at first nothing.
            let init = match shape.skips && side > shape.first_resolution {
                true => Init::Zero,
                false => Init::FanIn(1.0),
            };
            Head::new(p, &prefix, shape.width_at(side), init)
        };
        let heads = shape.sides().map(head).collect();
        Self {
            grown: Cell::new(Grown::fully(shape.resolution)),
            heads,
            shape,
            params,
            condition,
            base,
            blocks,
        }
    }
}

impl Generator for FusionGenerator {
    fn shape(&self) -> Shape {
        self.shape
    }

    fn params(&self) -> &Params {
        &self.params
    }

    fn grow(&self, to: Grown) {
        self.grown.set(to);
    }

    /// Blocks are counted from 4x4 up, heads are called by their side unless it is the last.
    fn name_within(&self, resolution: usize, name: &str) -> String {
        let own = self.shape.resolution;
        let is_head = ["norm.", "to_rgb."].iter().any(|head| name.starts_with(head));
        match is_head && own < resolution {
            true => format!("{own}.{name}"),
            false => name.to_owned(),
        }
    }

    fn forward(&self, z: &Tensor, texts: &Tensor, pass: Pass) -> Tensor {
        let Grown { side, alpha } = self.grown.get();
        let condition = self.condition.forward(z, texts); // [n, z_dim + text_dim]
        let base = self.base.forward(&condition).to_kind(pass.precision.kind());
        let mut x = channels_last(&base.view([-1, self.shape.width_at(4) as i64, 4, 4])); // [n, c, 4, 4]
        let Shape {
            resolution,
            first_resolution,
            skips,
            ..
        } = self.shape;
        let head = |side: usize, x: &Tensor| {
            let images = self.heads[(resolution / side).ilog2() as usize].forward(x, pass.training);
            if skips { images } else { images.tanh() }
        };
        // The first side that has a part in the images.
        let mut at = match alpha < 1.0 {
            _ if skips => first_resolution,
            true => side / 2,
            false => side,
        };
        let depth = |side: usize| (side / 4).ilog2() as usize;
        for block in &self.blocks[..depth(at)] {
            x = block.forward(&x, &condition, pass.training); // [n, c', 8, 8], [n, c'', 16, 16], ...
        }
        let mut images = head(at, &x); // [n, 3, at, at]
        for block in &self.blocks[depth(at)..depth(side)] {
            x = block.forward(&x, &condition, pass.training);
            at *= 2;
            let own = head(at, &x);
            images = match skips {
                true if at == side => upsample_smooth(&images) + own * alpha,
                true => upsample_smooth(&images) + own,
                false => upsample(&images).lerp(&own, alpha),
            };
        }
        let images = if skips { images.tanh() } else { images };
        as_drawn(&images, resolution, pass.training) // [n, 3, r, r]
    }

    fn text_divergence(&self, texts: &Tensor) -> Option<Tensor> {
        self.condition.divergence(texts)
    }
}
