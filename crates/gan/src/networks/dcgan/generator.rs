//! G: noise and text to an image.
//!
//! The text is projected and joined to z; transposed convolutions then double the side from 4x4 up, each with
//! BatchNorm and ReLU, the last to three channels and tanh (Radford et al. 2016; text as in Reed et al. 2016).

use tch::{Device, Kind, Tensor};

use super::INIT;
use crate::networks::layers::{Act, BatchNorm, Condition, ConvTranspose, Window};
use crate::networks::{Generator, Params, Pass, Shape};

/// The article's generator.
pub struct DcganGenerator {
    shape: Shape,
    params: Params,
    condition: Condition,
    blocks: Vec<(ConvTranspose, BatchNorm)>,
    to_rgb: ConvTranspose,
}

impl DcganGenerator {
    /// A generator with fresh weights.
    #[must_use]
    pub fn new(shape: Shape, seed: u64, device: Device) -> Self {
        let mut params = Params::new(device, seed, 1);
        let p = &mut params;
        let condition = Condition::new(p, shape);
        let mut blocks = Vec::new();
        let mut c_in = shape.z_dim + shape.text_dim;
        for stage in 0..shape.stages() {
            let (c_out, window) = match stage {
                0 => (shape.top_width(), Window::Whole),
                _ => (c_in / 2, Window::Halving),
            };
            let conv = ConvTranspose::new(p, &format!("blocks.{stage}.conv"), c_in, c_out, window, INIT);
            blocks.push((conv, BatchNorm::new(p, &format!("blocks.{stage}.norm"), c_out)));
            c_in = c_out;
        }
        let to_rgb = ConvTranspose::new(p, "to_rgb", c_in, 3, Window::Halving, INIT);
        Self {
            shape,
            params,
            condition,
            blocks,
            to_rgb,
        }
    }
}

impl Generator for DcganGenerator {
    fn shape(&self) -> Shape {
        self.shape
    }

    fn params(&self) -> &Params {
        &self.params
    }

    fn forward(&self, z: &Tensor, texts: &Tensor, pass: Pass) -> Tensor {
        let condition = self.condition.forward(z, texts).to_kind(pass.precision.kind());
        let mut x = condition.unsqueeze(-1).unsqueeze(-1); // [n, z_dim + text_dim, 1, 1]
        for (conv, norm) in &self.blocks {
            x = norm.forward(&conv.forward(&x), Act::Relu, pass.training); // [n, 1024, 4, 4], [n, 512, 8, 8], ...
        }
        self.to_rgb.forward(&x).to_kind(Kind::Float).tanh() // [n, 3, r, r]
    }

    fn text_divergence(&self, texts: &Tensor) -> Option<Tensor> {
        self.condition.divergence(texts)
    }
}
