//! Resampling without anything learnt.

use tch::Tensor;

/// `[n, c, h, w]` to `[n, c, 2h, 2w]`, every value four times.
pub fn upsample(x: &Tensor) -> Tensor {
    match x.size()[..] {
        [_, _, h, w] => x.upsample_nearest2d([2 * h, 2 * w], None, None),
        _ => x.shallow_clone(),
    }
}

/// Each map under the binomial kernel `[1, 2, 1]` in both directions, the border repeated: it takes out the
/// checkerboard that a transposed convolution leaves (Karras et al. 2019, section 2; Odena et al. 2016).
pub fn blur(x: &Tensor) -> Tensor {
    let (c, h, w) = match x.size()[..] {
        [_, c, h, w] => (c, h, w),
        _ => return x.shallow_clone(),
    };
    let _ = (c, h, w);
    let line = Tensor::from_slice(&[0.25_f32, 0.5, 0.25])
        .to_kind(x.kind())
        .to_device(x.device());
    let kernel = line.outer(&line).expand([c, 1, 3, 3], false).contiguous();
    x.replication_pad2d([1, 1, 1, 1])
        .conv2d::<&Tensor>(&kernel, None, 1, 0, 1, c)
}
