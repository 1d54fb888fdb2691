//! The networks of progressive growing (Karras et al. 2018): both begin at a few pixels and are given a block for twice
//! the side again and again, see [`super::grown`].

mod discriminator;
mod generator;

pub use discriminator::ProganDiscriminator;
pub use generator::ProganGenerator;

use super::Shape;

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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_widths_of_the_paper() {
        let shape = Shape {
            resolution: 1024,
            first_resolution: 4,
            skips: false,
            dims: 256,
            z_dim: 512,
            conditioning_augmentation: false,
            smooth_skip: false,
            text_dim: 128,
            width: 32,
            min_width: 1,
            max_width: 512,
        };
        let widths: Vec<usize> = sides(&shape).map(|side| width_at(&shape, side)).collect();
        // min(8192 / 2^(log2 side - 1), 512)
        assert_eq!(widths, [512, 512, 512, 512, 256, 128, 64, 32, 16]);
    }
}
