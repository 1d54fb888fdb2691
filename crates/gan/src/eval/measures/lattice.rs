//! Lattices that networks lay over pictures: patterns of two and of four pixels, the strides of their layers, which keep their phase
//! over the whole picture. Edges, prints and cloth have such frequencies too, but their phases differ from place to place.

use serde::Serialize;
use tch::{Device, Kind, Tensor};

use super::lots;

/// Periods looked for, in pixels.
const PERIODS: [i64; 2] = [2, 4];
/// Side of a window, in periods.
const REACH: i64 = 4;

/// How strong a lattice is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Lattice {
    /// Pixels after which it comes again.
    pub period: i64,
    /// Amplitude along x, in grey levels of 0..=255, over all images.
    pub x: f64,
    /// The same along y.
    pub y: f64,
}

/// The lattices of images `[n, 3, s, s]` of any kind in 0..=255. Each image's grey values are multiplied by a wave of the period, and averaged in
/// windows of four periods under a Hann window. Neighbouring windows of a lattice agree in phase: the mean of their products is
/// the square of its amplitude, while what has no fixed phase averages out. It is 0 where neighbours contradict each other. Periods
/// of which an image holds fewer than eight are left out.
#[must_use]
pub fn lattices(images: &Tensor) -> Vec<Lattice> {
    let side = images.size()[3];
    PERIODS
        .into_iter()
        .filter(|period| side >= 2 * REACH * period)
        .map(|period| {
            let (mut squares, mut count) = ([0.0; 2], 0);
            for lot in lots(images) {
                let grey = lot.to_device(Device::Cpu).to_kind(Kind::Double).mean_dim(
                    [1].as_slice(),
                    false,
                    Kind::Double,
                ); // [n, s, s]
                squares[0] += agreement(&grey, period).sum(Kind::Double).double_value(&[]);
                squares[1] += agreement(&grey.transpose(1, 2), period)
                    .sum(Kind::Double)
                    .double_value(&[]);
                count += grey.size()[0];
            }
            // A wave has its amplitude once in each of two frequencies; the shortest wave is its own mirror image.
            let waves = if period == 2 { 1.0 } else { 2.0 };
            let amplitude = |square: f64| waves * (square / count.max(1) as f64).max(0.0).sqrt();
            Lattice {
                period,
                x: amplitude(squares[0]),
                y: amplitude(squares[1]),
            }
        })
        .collect()
}

/// For each image of `grey` `[n, s, s]` the mean product of neighbouring windows, of waves along the last dimension: `[n]`.
fn agreement(grey: &Tensor, period: i64) -> Tensor {
    let (side, width) = (grey.size()[2], REACH * period);
    let windows = side / width;
    let grey = grey.narrow(1, 0, windows * width).narrow(2, 0, windows * width);
    let hann: Vec<f64> = (0..width)
        .map(|i| (std::f64::consts::PI * i as f64 / width as f64).sin().powi(2))
        .collect();
    let hann = Tensor::from_slice(&hann);
    let hann = &hann / hann.sum(Kind::Double);
    // Windows are a whole number of periods wide: the wave is the same in each.
    let wave = |of: fn(f64) -> f64| {
        let values: Vec<f64> = (0..width)
            .map(|i| of(std::f64::consts::TAU * i as f64 / period as f64))
            .collect();
        &hann * Tensor::from_slice(&values)
    };
    let blocks = grey.reshape([-1, windows, width, windows, width]);
    let part = |of: fn(f64) -> f64| {
        let along = blocks.matmul(&wave(of)); // [n, a, k, b]
        along.transpose(2, 3).matmul(&hann) // [n, a, b]
    };
    let (re, im) = (part(f64::cos), part(f64::sin));
    let mean = |dim: i64| {
        let product = |w: &Tensor| w.narrow(dim, 1, windows - 1) * w.narrow(dim, 0, windows - 1);
        (product(&re) + product(&im)).mean_dim([1, 2].as_slice(), false, Kind::Double)
    };
    (mean(1) + mean(2)) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Random, Stream};

    /// `[16, 3, 64, 64]`: noise around 128, and a wave of an amplitude and a period along a dimension.
    fn noisy(amplitude: f64, period: f64, dim: i64) -> Tensor {
        let noise =
            Random::new(1, Stream::Measures, 9).normal_tensor(&[16, 3, 64, 64], Device::Cpu) * 20.0 + 128.0;
        let wave: Vec<f64> = (0..64)
            .map(|i| amplitude * (std::f64::consts::TAU * i as f64 / period).cos())
            .collect();
        let mut shape = [1, 1, 1, 1];
        shape[dim as usize] = 64;
        noise + Tensor::from_slice(&wave).view(shape)
    }

    #[test]
    fn a_lattice_is_found_in_noise_by_its_period_direction_and_amplitude() {
        for (period, at) in [(2, 0), (4, 1)] {
            let found = lattices(&noisy(3.0, f64::from(period), 3));
            assert_eq!(found.iter().map(|l| l.period).collect::<Vec<_>>(), [2, 4]);
            assert!((found[at].x - 3.0).abs() < 0.3, "{found:?}");
            assert!(found[at].y < 0.6 && found[1 - at].x < 0.6, "{found:?}");
            let turned = lattices(&noisy(3.0, f64::from(period), 2));
            assert!(
                (turned[at].y - 3.0).abs() < 0.3 && turned[at].x < 0.6,
                "{turned:?}"
            );
        }
    }

    #[test]
    fn an_edge_is_no_lattice_and_small_images_have_fewer_periods() {
        let edge = Tensor::cat(
            &[
                Tensor::zeros([1, 3, 64, 27], (Kind::Uint8, Device::Cpu)),
                Tensor::full([1, 3, 64, 37], 255, (Kind::Uint8, Device::Cpu)),
            ],
            3,
        );
        let found = lattices(&edge);
        assert!(found.iter().all(|l| l.y < 1e-9), "{found:?}");
        assert_eq!(lattices(&edge.narrow(2, 0, 16).narrow(3, 0, 16)).len(), 1);
        assert!(lattices(&edge.narrow(2, 0, 8).narrow(3, 0, 8)).is_empty());
    }
}
