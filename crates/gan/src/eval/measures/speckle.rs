//! Speckle: single pixels of a colour that their neighbours do not have.

use tch::{Device, Kind, Tensor};

use super::lots;

/// By how many levels of 0..=255 a channel must stand out.
const LEVELS: f64 = 16.0;

/// The share of pixels, 0..=1, that are speckle in images `[n, 3, s, s]` of any kind in 0..=255, s at least 3: what a 3x3 median
/// filter takes away of a pixel has, in one channel, more than 16 levels beside what it has in all three. Grey texture does not
/// count, nor do pixels at the border.
#[must_use]
pub fn speckle(images: &Tensor) -> f64 {
    let mut sum = 0.0;
    for lot in lots(images) {
        let lot = lot.to_device(Device::Cpu).to_kind(Kind::Float);
        let (h, w) = (lot.size()[2] - 2, lot.size()[3] - 2);
        let shifts = (0..9).map(|i| lot.narrow(2, i / 3, h).narrow(3, i % 3, w));
        let neighbours = Tensor::stack(&shifts.collect::<Vec<_>>(), 0);
        let (median, _) = neighbours.median_dim(0, false);
        let off = lot.narrow(2, 1, h).narrow(3, 1, w) - median; // [n, 3, h, w]
        let colour = &off - off.mean_dim([1].as_slice(), true, Kind::Float);
        let stands_out = colour.abs().amax([1].as_slice(), false).gt(LEVELS);
        sum += stands_out
            .to_kind(Kind::Double)
            .sum(Kind::Double)
            .double_value(&[])
            / (h * w) as f64;
    }
    sum / images.size()[0].max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coloured_pixels_count_grey_ones_and_edges_do_not() {
        let image = Tensor::full([2, 3, 12, 12], 200.0, (Kind::Float, Device::Cpu));
        let _ = image.narrow(3, 6, 6).fill_(50.0);
        assert!(speckle(&image) == 0.0);
        let dot = image.get(1).narrow(1, 4, 1).narrow(2, 2, 1);
        let _ = dot.narrow(0, 0, 3).fill_(40.0);
        assert!(speckle(&image) == 0.0);
        let _ = dot.narrow(0, 0, 1).fill_(200.0);
        assert!((speckle(&image) - 0.5 / 100.0).abs() < 1e-12);
    }
}
