//! Sliced Wasserstein distance between patches of two sets of images (Karras et al. 2018, section 5), level by level of a
//! Laplacian pyramid: fine levels tell of edges and texture, the coarsest of shapes and colours.

use rayon::prelude::*;
use serde::Serialize;
use tch::{Kind, Tensor};

use super::pyramid::laplacian;
use crate::random::{Random, Stream};

/// Side of the smallest level.
const LEAST: i64 = 16;
/// Side of a patch.
const PATCH: i64 = 7;
/// Patches of each image at each level.
const PATCHES: i64 = 128;
/// Draws of directions, and directions in each.
const REPEATS: usize = 4;
const DIRECTIONS: i64 = 128;
/// Images of a set, at most: as many as ProGAN takes, whose patches are 1.2 GB a level.
const MOST: i64 = 16_384;
/// Images at a time: patches of one lot take a few MB.
const LOT: i64 = 64;

/// The distances of one level.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Level {
    /// Side of the level in pixels.
    pub side: i64,
    /// Times 1000, of patches brought to mean 0 and variance 1 a channel, as ProGAN reports it: 0 or more.
    pub distance: f64,
    /// Of patches as they are, in grey values of 0..=255: it also sees wrong colours and contrast.
    pub unnormalised: f64,
}

/// SWD at each level between as many real as drawn images `[n, 3, s, s]` of any kind in 0..=255, s at least 8: the first 16,384 of
/// each, or as many as there are of both.
#[must_use]
pub fn swd(real: &Tensor, drawn: &Tensor, seed: u64) -> Vec<Level> {
    of_the_first(MOST, real, drawn, seed)
}

fn of_the_first(most: i64, real: &Tensor, drawn: &Tensor, seed: u64) -> Vec<Level> {
    let n = real.size()[0].min(drawn.size()[0]).min(most);
    let mut random = Random::new(seed, Stream::Measures, 2);
    let mut levels = |images: &Tensor| -> Vec<(i64, Tensor)> {
        let mut patches = Vec::<(i64, Vec<Tensor>)>::new();
        for lot in images.narrow(0, 0, n).split(LOT, 0) {
            let lot = lot.to_device(tch::Device::Cpu).to_kind(Kind::Float);
            for (number, level) in laplacian(&lot, LEAST).iter().enumerate() {
                let side = level.size()[3];
                let corners = random.corners(level.size()[0], side);
                let found = patches_at(level, &corners);
                match patches.get_mut(number) {
                    Some((_, list)) => list.push(found),
                    None => patches.push((side, vec![found])),
                }
            }
        }
        patches
            .into_iter()
            .map(|(side, list)| (side, Tensor::cat(&list, 0)))
            .collect()
    };
    let (real, drawn) = (levels(real), levels(drawn));
    let mut random = Random::new(seed, Stream::Measures, 3);
    real.iter()
        .zip(&drawn)
        .map(|((side, a), (_, b))| {
            let directions: Vec<Tensor> = (0..REPEATS)
                .map(|_| random.normal_tensor(&[3 * PATCH * PATCH, DIRECTIONS], tch::Device::Cpu))
                .collect();
            Level {
                side: *side,
                distance: 1000.0 * sliced_wasserstein(&normalised(a), &normalised(b), &directions),
                unnormalised: sliced_wasserstein(a, b, &directions),
            }
        })
        .collect()
}

impl Random {
    /// Upper left corners (y, x) of 128 patches in each of n images of a side.
    fn corners(&mut self, n: i64, side: i64) -> Vec<[i64; 2]> {
        let places = (side - PATCH + 1) as usize;
        (0..n * PATCHES)
            .map(|_| [self.below(places) as i64, self.below(places) as i64])
            .collect()
    }
}

/// Patches `[p, 147]` (channel, row, column) of images `[n, 3, s, s]` at `corners` (y, x), equally many an image.
pub fn patches_at(images: &Tensor, corners: &[[i64; 2]]) -> Tensor {
    let (n, side) = (images.size()[0], images.size()[3]);
    let mut places = Vec::with_capacity(corners.len() * (3 * PATCH * PATCH) as usize);
    for [y, x] in corners {
        for channel in 0..3 {
            for row in 0..PATCH {
                let at = (channel * side + y + row) * side + x;
                places.extend(at..at + PATCH);
            }
        }
    }
    let places = Tensor::from_slice(&places).view([n, -1]);
    let flat = images.contiguous().view([n, -1]);
    flat.gather(1, &places, false).view([-1, 3 * PATCH * PATCH])
}

/// Patches `[p, 147]` with each channel brought to mean 0 and variance 1 over the whole set.
pub fn normalised(patches: &Tensor) -> Tensor {
    let x = patches.view([-1, 3, PATCH * PATCH]);
    let mean = x.mean_dim([0, 2].as_slice(), true, Kind::Float);
    let std = x.std_dim([0, 2].as_slice(), false, true).clamp_min(1e-8);
    ((x - mean) / std).view([-1, 3 * PATCH * PATCH])
}

/// The mean over `directions` (`[147, k]`, any length) of the distance between the sorted projections of `a` and `b`
/// `[p, 147]`.
#[must_use]
pub fn sliced_wasserstein(a: &Tensor, b: &Tensor, directions: &[Tensor]) -> f64 {
    let one = |direction: &Tensor| {
        let unit = direction
            / direction
                .square()
                .sum_dim_intlist([0].as_slice(), true, Kind::Float)
                .sqrt();
        let (a, b) = (sorted_projections(a, &unit), sorted_projections(b, &unit));
        let off = a.iter().zip(&b).map(|(a, b)| f64::from((a - b).abs()));
        off.sum::<f64>() / a.len() as f64
    };
    directions.iter().map(one).sum::<f64>() / directions.len().max(1) as f64
}

/// The projections of `patches` `[p, 147]` on directions `[147, k]`: k sorted lists of p, one after the other. libtorch's
/// sort, which also keeps where each value was, takes three times as long.
fn sorted_projections(patches: &Tensor, directions: &Tensor) -> Vec<f32> {
    let (p, k) = (patches.size()[0] as usize, directions.size()[1] as usize);
    let projections = directions.tr().matmul(&patches.tr()).contiguous(); // [k, p]
    let mut values = vec![0.0_f32; p * k];
    projections.copy_data(&mut values, p * k);
    values
        .par_chunks_mut(p.max(1))
        .for_each(|list| list.sort_unstable_by(f32::total_cmp));
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shift_of_all_colours_shows_only_where_nothing_is_normalised() {
        let images = Random::new(1, Stream::Measures, 9).normal_tensor(&[8, 3, 32, 32], tch::Device::Cpu)
            * 25.0
            + 100.0;
        let same = swd(&images, &images, 1);
        let lighter = swd(&images, &(&images + 25.0), 1);
        assert_eq!(same.iter().map(|l| l.side).collect::<Vec<_>>(), [32, 16]);
        // The coarsest level holds the mean colour, the finer ones do not.
        assert!(
            lighter[1].unnormalised > 5.0 * same[1].unnormalised,
            "{lighter:?} {same:?}"
        );
        assert!((lighter[1].distance - same[1].distance).abs() < 0.01 * same[1].distance + 0.01);
        assert!((lighter[0].unnormalised - same[0].unnormalised).abs() < 0.01);
    }

    #[test]
    fn images_after_the_most_do_not_count() {
        let normals =
            |step| Random::new(1, Stream::Measures, step).normal_tensor(&[6, 3, 8, 8], tch::Device::Cpu);
        let (real, drawn) = (normals(9), normals(10));
        let four = swd(&real.narrow(0, 0, 4), &drawn.narrow(0, 0, 4), 1);
        assert_eq!(of_the_first(4, &real, &drawn, 1), four);
        assert_ne!(swd(&real, &drawn, 1), four);
        assert_eq!(four.iter().map(|l| l.side).collect::<Vec<_>>(), [8]);
    }
}
