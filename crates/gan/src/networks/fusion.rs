//! A generator into which the text is fused at every step: residual blocks, each of whose normalisations is scaled
//! and shifted by noise and text together (the deep fusion of Tao et al. 2022, with the conditional batch
//! normalisation of Brock et al. 2019). A text that only enters at 4x4, as in a DCGAN, is forgotten on the way up.

use tch::{Device, Kind, Tensor};

use super::layers::{
    Act, BatchNorm, Condition, ConditionalBatchNorm, Conv, ConvTranspose, Dense, Init, Window, blur,
    channels_last, upsample, upsample_smooth,
};
use super::{Generator, Params, Pass, Shape};

/// Before a LeakyReLU or after one, a layer keeps the scale of its input.
const GAIN: f64 = std::f64::consts::SQRT_2;

/// The generator.
pub struct FusionGenerator {
    shape: Shape,
    params: Params,
    condition: Condition,
    base: Dense,
    blocks: Vec<Block>,
    norm: BatchNorm,
    to_rgb: Conv,
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
    /// A generator with fresh weights.
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
        let norm = BatchNorm::new(p, "norm", c_in);
        let to_rgb = Conv::new(p, "to_rgb", c_in, 3, Window::Around, Init::FanIn(1.0)).with_bias(p, "to_rgb");
        Self {
            shape,
            params,
            condition,
            base,
            blocks,
            norm,
            to_rgb,
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

    fn forward(&self, z: &Tensor, texts: &Tensor, pass: Pass) -> Tensor {
        let condition = self.condition.forward(z, texts); // [n, z_dim + text_dim]
        let base = self.base.forward(&condition).to_kind(pass.precision.kind());
        let mut x = channels_last(&base.view([-1, self.shape.width_at(4) as i64, 4, 4])); // [n, c, 4, 4]
        for block in &self.blocks {
            x = block.forward(&x, &condition, pass.training); // [n, c', 8, 8], [n, c'', 16, 16], ...
        }
        let x = self.norm.forward(&x, Act::LeakyRelu, pass.training);
        self.to_rgb.forward(&x).to_kind(Kind::Float).tanh() // [n, 3, r, r]
    }

    fn text_divergence(&self, texts: &Tensor) -> Option<Tensor> {
        self.condition.divergence(texts)
    }
}
