//! How far networks that grow have grown, and what follows for images.
//!
//! All blocks of such a network are made at the start, so that weights and files have the same names throughout; those that
//! are not reached yet take no part and are not moved. A new block is faded in: at first the coarse image is all that
//! counts, at last the new one (Karras et al. 2018, section 2). With skips the coarse one stays, and the new block adds to it
//! (Karras et al. 2020, section 4).

use tch::Tensor;

use super::layers::{downsample, upsample, upsample_smooth};

/// How far a growing network has grown. It follows from the images seen alone: [`crate::schedule::Schedule`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grown {
    /// Side of the images that are made and judged, in pixels.
    pub side: usize,
    /// How far the newest block is faded in, 0..=1.
    pub alpha: f64,
}

impl Grown {
    /// Nothing is left to grow.
    #[must_use]
    pub const fn fully(resolution: usize) -> Self {
        Self {
            side: resolution,
            alpha: 1.0,
        }
    }
}

/// Real images `[n, 3, s, s]` as they are shown at this point of the growth: crossed with themselves at half the side,
/// so that D cannot tell them from fakes by details that G is not yet let draw. With `skips` they are enlarged as G's are then.
pub fn fade_reals(images: &Tensor, grown: Grown, skips: bool) -> Tensor {
    if grown.alpha >= 1.0 {
        return images.shallow_clone();
    }
    let coarse = downsample(images);
    let coarse = if skips {
        upsample_smooth(&coarse)
    } else {
        upsample(&coarse)
    };
    coarse.lerp(images, grown.alpha)
}

/// Images `[n, 3, r, r]` averaged down to the side that D has grown to, `[n, 3, s, s]`.
pub fn to_side(images: &Tensor, side: usize) -> Tensor {
    let factor = images.size().last().map_or(1, |found| found / side as i64);
    if factor > 1 {
        images.avg_pool2d([factor; 2], [factor; 2], [0; 2], false, true, None)
    } else {
        images.shallow_clone()
    }
}

/// What G makes while it grows, `[n, 3, s, s]`. In training images have the side that is grown to. Else they have the full
/// resolution, every pixel repeated as often as that takes: whoever looks at pictures need not know how far the growth is.
pub(super) fn as_drawn(images: &Tensor, resolution: usize, training: bool) -> Tensor {
    let full = resolution as i64;
    if training || images.size().last() == Some(&full) {
        images.shallow_clone()
    } else {
        images.upsample_nearest2d([full, full], None, None)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use tch::{Device, Kind};

    #[test]
    fn reals_are_coarse_at_first_and_themselves_at_last() {
        let images = Tensor::arange(2 * 3 * 16, (Kind::Float, Device::Cpu)).reshape([2, 3, 4, 4]);
        let shown = |alpha, skips| fade_reals(&images, Grown { side: 4, alpha }, skips);
        let at = |alpha| shown(alpha, false);
        assert!(at(1.0).equal(&images));
        assert!(at(0.0).equal(&upsample(&downsample(&images))));
        assert!(
            shown(0.0, true).equal(&upsample_smooth(&downsample(&images))) && shown(1.0, true).equal(&images)
        );
        assert!(at(0.25).allclose(&(at(0.0) * 0.75 + &images * 0.25), 1e-6, 1e-6, false));
    }

    #[test]
    fn what_is_drawn_while_growing_has_the_full_side() {
        let images = Tensor::arange(3 * 4, (Kind::Float, Device::Cpu)).reshape([1, 3, 2, 2]);
        let drawn = as_drawn(&images, 8, false);
        assert_eq!(drawn.size(), [1, 3, 8, 8]);
        assert!(to_side(&drawn, 2).equal(&images));
        assert!(as_drawn(&images, 8, true).equal(&images));
    }
}
