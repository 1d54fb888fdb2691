//! D: an image and a text to a logit, "real and fitting" or not.
//!
//! Convolutions halve the side down to 4x4; there the projected text is tiled and joined, a 1x1 convolution mixes
//! both, and a 4x4 one ends in the logit (Reed et al. 2016, figure 2).

use tch::{Device, Kind, Tensor};

use super::INIT;
use crate::networks::layers::{Act, BatchNorm, Conv, TextProjection, Window, channels_last, leaky_relu};
use crate::networks::{Discriminator, Params, Pass, Shape};

/// The article's discriminator.
pub struct DcganDiscriminator {
    params: Params,
    from_rgb: Conv,
    blocks: Vec<(Conv, BatchNorm)>,
    text: TextProjection,
    text_norm: BatchNorm,
    join: Conv,
    join_norm: BatchNorm,
    to_logit: Conv,
}

impl DcganDiscriminator {
    /// A discriminator with fresh weights.
    #[must_use]
    pub fn new(shape: Shape, seed: u64, device: Device) -> Self {
        let mut params = Params::new(device, seed, 2);
        let p = &mut params;
        let from_rgb = Conv::new(p, "from_rgb", 3, shape.width, Window::Halving, INIT);
        let mut blocks = Vec::new();
        let mut c = shape.width;
        for stage in 1..shape.stages() {
            let conv = Conv::new(
                p,
                &format!("blocks.{}.conv", stage - 1),
                c,
                2 * c,
                Window::Halving,
                INIT,
            );
            c *= 2;
            blocks.push((conv, BatchNorm::new(p, &format!("blocks.{}.norm", stage - 1), c)));
        }
        let text = TextProjection::new(p, "text", shape.dims, shape.text_dim);
        let text_norm = BatchNorm::new(p, "text_norm", shape.text_dim);
        let join = Conv::new(p, "join", c + shape.text_dim, c, Window::Point, INIT);
        let join_norm = BatchNorm::new(p, "join_norm", c);
        let to_logit = Conv::new(p, "to_logit", c, 1, Window::Whole, INIT);
        Self {
            params,
            from_rgb,
            blocks,
            text,
            text_norm,
            join,
            join_norm,
            to_logit,
        }
    }
}

impl Discriminator for DcganDiscriminator {
    fn params(&self) -> &Params {
        &self.params
    }

    /// `[n, c, 4, 4]`.
    fn features(&self, images: &Tensor, pass: Pass) -> Tensor {
        let x = channels_last(&images.to_kind(pass.precision.kind()));
        let mut x = leaky_relu(&self.from_rgb.forward(&x)); // [n, width, r/2, r/2]
        for (conv, norm) in &self.blocks {
            x = norm.forward(&conv.forward(&x), Act::LeakyRelu, pass.training); // ..., [n, c, 4, 4]
        }
        x
    }

    fn judge(&self, features: &Tensor, texts: &Tensor, pass: Pass) -> Tensor {
        let Pass { training, .. } = pass;
        let text = self.text.forward(texts); // [n, text_dim]
        let text = self.text_norm.forward_flat(&text, Act::LeakyRelu, training);
        let tiled = text
            .to_kind(features.kind())
            .unsqueeze(-1)
            .unsqueeze(-1)
            .expand([-1, -1, 4, 4], false); // [n, text_dim, 4, 4]
        let joined = self.join.forward(&Tensor::cat(&[features, &tiled], 1)); // [n, c, 4, 4]
        let x = self.join_norm.forward(&joined, Act::LeakyRelu, training);
        self.to_logit.forward(&x).flatten(0, -1).to_kind(Kind::Float) // [n]
    }
}
