//! The Laplacian pyramid of an image (Burt and Adelson 1983), as ProGAN's SWD takes it.

use tch::{Kind, Tensor};

/// The 5x5 binomial filter applied to each channel of `[n, 3, h, w]`; borders mirror without repeating the edge.
fn smooth(x: &Tensor) -> Tensor {
    let row = Tensor::from_slice(&[1.0_f32, 4.0, 6.0, 4.0, 1.0]) / 16.0;
    let kernel = row.outer(&row).to_device(x.device()).expand([3, 1, 5, 5], false);
    x.reflection_pad2d([2, 2, 2, 2])
        .conv2d::<&Tensor>(&kernel, None, 1, 0, 1, 3)
}

/// `[n, 3, h, w]` to `[n, 3, h/2, w/2]`.
fn down(x: &Tensor) -> Tensor {
    smooth(x).slice(2, 0, None, 2).slice(3, 0, None, 2)
}

/// `[n, 3, h, w]` to `[n, 3, 2h, 2w]`.
fn up(x: &Tensor) -> Tensor {
    let (n, c, h, w) = (x.size()[0], x.size()[1], x.size()[2], x.size()[3]);
    let wide = Tensor::zeros([n, c, 2 * h, 2 * w], (Kind::Float, x.device()));
    wide.slice(2, 0, None, 2).slice(3, 0, None, 2).copy_(x);
    smooth(&wide) * 4.0
}

/// Levels from the side of square `images` `[n, 3, s, s]` down to `least`, halving: each is what the next smaller one
/// lacks, and the last is the small image itself.
#[must_use]
pub fn laplacian(images: &Tensor, least: i64) -> Vec<Tensor> {
    let mut levels = vec![images.shallow_clone()];
    while let Some(finest) = levels.last_mut() {
        let side = finest.size()[3];
        if side % 2 != 0 || side / 2 < least {
            break;
        }
        let smaller = down(finest);
        // Not in place: the first level shares its memory with the images that were given.
        *finest = &*finest - up(&smaller);
        levels.push(smaller);
    }
    levels
}
