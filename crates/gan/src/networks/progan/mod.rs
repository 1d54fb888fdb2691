//! The networks of progressive growing (Karras et al. 2018): both begin at a few pixels and are given a block for twice
//! the side again and again. A new block is faded in: at first the coarse picture is all that counts, at last the new one.
//!
//! All blocks are made at the start, so that weights and files have the same names throughout; those that are not
//! reached yet take no part and are not moved. How far a network has grown is told to it, see [`Grown`].

mod discriminator;
mod generator;

use tch::Tensor;

pub use discriminator::ProganDiscriminator;
pub use generator::ProganGenerator;

use super::layers::{downsample, upsample};
use super::{Grown, Shape};

/// Before a LeakyReLU (He et al. 2015).
const GAIN: f64 = std::f64::consts::SQRT_2;
/// The side at which a recipe's `networks.width` is had: with 32 there and at most 512, the widths are the paper's.
const WIDTH_AT: usize = 512;

/// Channels of the block that makes or takes maps of this side: `width` at 512 pixels, twice as many at half the side,
/// at most `max_width`. Where growth stops changes nothing in the blocks below.
fn width_at(shape: &Shape, side: usize) -> usize {
    (shape.width * WIDTH_AT / side.max(1)).clamp(1, shape.max_width)
}

/// Sides from 4 pixels up to the full resolution.
fn sides(shape: &Shape) -> impl Iterator<Item = usize> + use<> {
    let full = shape.resolution;
    std::iter::successors(Some(4), |side| Some(side * 2)).take_while(move |&side| side <= full)
}

/// Real images `[n, 3, s, s]` as they are shown at this point of the growth: crossed with themselves at half the side,
/// so that D cannot tell them from fakes by details that G is not yet let draw.
pub fn fade_reals(images: &Tensor, grown: Grown) -> Tensor {
    if grown.alpha >= 1.0 {
        return images.shallow_clone();
    }
    upsample(&downsample(images)).lerp(images, grown.alpha)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use tch::{Device, Kind};

    #[test]
    fn the_widths_of_the_paper() {
        let shape = Shape {
            resolution: 1024,
            dims: 256,
            z_dim: 512,
            conditioning_augmentation: false,
            smooth_skip: false,
            text_dim: 128,
            width: 32,
            max_width: 512,
        };
        let widths: Vec<usize> = sides(&shape).map(|side| width_at(&shape, side)).collect();
        // min(8192 / 2^(log2 side - 1), 512)
        assert_eq!(widths, [512, 512, 512, 512, 256, 128, 64, 32, 16]);
    }

    #[test]
    fn reals_are_coarse_at_first_and_themselves_at_last() {
        let images = Tensor::arange(2 * 3 * 16, (Kind::Float, Device::Cpu)).reshape([2, 3, 4, 4]);
        let at = |alpha| fade_reals(&images, Grown { side: 4, alpha });
        assert!(at(1.0).equal(&images));
        assert!(at(0.0).equal(&upsample(&downsample(&images))));
        assert!(at(0.25).allclose(&(at(0.0) * 0.75 + &images * 0.25), 1e-6, 1e-6, false));
    }
}
