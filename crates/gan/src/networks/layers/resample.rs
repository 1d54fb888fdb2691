//! Resampling without anything learnt.

use tch::{Device, Tensor};

/// `[n, c, h, w]` to `[n, c, 2h, 2w]`, every value four times.
pub fn upsample(x: &Tensor) -> Tensor {
    match x.size()[..] {
        [_, _, h, w] => x.upsample_nearest2d([2 * h, 2 * w], None, None),
        _ => x.shallow_clone(),
    }
}

/// `[n, c, 2h, 2w]` to `[n, c, h, w]`, the means over 2x2 places.
pub fn downsample(x: &Tensor) -> Tensor {
    x.avg_pool2d([2, 2], [2, 2], [0, 0], false, true, None)
}

/// [`upsample`] and then [`blur`]: bilinear enlargement, which on the CPU is one call. A CUDA device has no gradient of it
/// that adds in a fixed order.
pub fn upsample_smooth(x: &Tensor) -> Tensor {
    match x.size()[..] {
        [_, _, h, w] if x.device() == Device::Cpu => x.upsample_bilinear2d([2 * h, 2 * w], false, None, None),
        _ => blur(&upsample(x)),
    }
}

/// Each map under the binomial kernel `[1, 2, 1] / 4` in both directions, the border repeated: it takes out the
/// checkerboard that a transposed convolution leaves (Karras et al. 2019, section 2; Odena et al. 2016).
///
/// # Panics
/// As every tch call: libtorch refuses, here what is no `[n, c, h, w]`.
pub fn blur(x: &Tensor) -> Tensor {
    match aten::blur(x) {
        Ok(y) => y,
        Err(e) => panic!("{e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dot_is_blurred_to_the_kernel_and_flat_maps_stay() {
        let options = (tch::Kind::Float, tch::Device::Cpu);
        let dot = Tensor::zeros([1, 1, 5, 5], options);
        let _ = dot.narrow(2, 2, 1).narrow(3, 2, 1).fill_(16.0);
        let found = blur(&dot).narrow(2, 1, 3).narrow(3, 1, 3).flatten(0, -1);
        let found: Vec<f32> = Vec::try_from(found).unwrap_or_default();
        assert_eq!(found, [1.0, 2.0, 1.0, 2.0, 4.0, 2.0, 1.0, 2.0, 1.0]);
        let flat = Tensor::full([1, 2, 4, 4], 3.0, options);
        assert!(blur(&flat).equal(&flat));
        assert_eq!(upsample(&flat).size(), [1, 2, 8, 8]);
        assert!(downsample(&upsample(&dot)).equal(&dot));
        let off = upsample_smooth(&dot) - blur(&upsample(&dot));
        assert!(off.abs().max().double_value(&[]) < 1e-5);
    }
}
