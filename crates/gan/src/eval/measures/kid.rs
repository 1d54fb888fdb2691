//! Kernel distance between two sets of features (Bińkowski et al. 2018, section 3).

use serde::Serialize;
use tch::{Kind, Tensor};

use super::doubles;
use crate::random::{Random, Stream};

/// Subsets that the distance is averaged over.
const SUBSETS: usize = 100;
/// Rows in a subset, at most.
const MOST: usize = 1000;

/// The squared distance, without bias: 0 in expectation for two samples of one distribution, and so at times below.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Kid {
    /// The mean over the subsets.
    pub mean: f64,
    /// Standard deviation over the subsets: torch-fidelity's `kernel_inception_distance_std`. Subsets share rows:
    /// divided by the root of their number it is no error of the mean.
    pub std: f64,
    /// Rows of each set in a subset.
    pub subset: usize,
}

/// KID between features `[n, d]` and `[m, d]`: the mean of 100 random subsets of at most 1000, and of at most half of the
/// smaller set, so that subsets differ.
#[must_use]
pub fn kid(a: &Tensor, b: &Tensor, seed: u64) -> Kid {
    let (a, b) = (doubles(a), doubles(b));
    let rows = |x: &Tensor| x.size()[0] as usize;
    let subset = (rows(&a).min(rows(&b)) / 2).clamp(2, MOST);
    let mut random = Random::new(seed, Stream::Measures, 1);
    let mut take = |x: &Tensor| {
        let chosen: Vec<i64> = random.choose(rows(x), subset).iter().map(|&i| i as i64).collect();
        x.index_select(0, &Tensor::from_slice(&chosen))
    };
    let values: Vec<f64> = (0..SUBSETS).map(|_| mmd2(&take(&a), &take(&b))).collect();
    let (mean, std) = mean_and_std(&values);
    Kid { mean, std, subset }
}

/// Both over all values, as numpy's `mean` and `std`.
fn mean_and_std(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
    (mean, variance.sqrt())
}

/// The unbiased estimate of the squared maximum mean discrepancy (Gretton et al. 2012, equation 3) under the kernel
/// `(x·y / d + 1)³`, of features `[n, d]` and `[m, d]` with at least two rows each.
#[must_use]
pub fn mmd2(a: &Tensor, b: &Tensor) -> f64 {
    let (a, b) = (doubles(a), doubles(b));
    let d = a.size()[1] as f64;
    let kernel = |x: &Tensor, y: &Tensor| (x.matmul(&y.tr()) / d + 1.0).pow_tensor_scalar(3);
    let within = |x: &Tensor| {
        let (n, k) = (x.size()[0] as f64, kernel(x, x));
        (k.sum(Kind::Double) - k.trace()).double_value(&[]) / (n * (n - 1.0))
    };
    let across = kernel(&a, &b).mean(Kind::Double).double_value(&[]);
    within(&a) + within(&b) - 2.0 * across
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Device;

    #[test]
    fn two_samples_of_one_distribution_are_near_and_a_shifted_one_is_far() {
        let normals = |step, n| Random::new(3, Stream::Measures, step).normal_tensor(&[n, 8], Device::Cpu);
        let (a, b) = (normals(10, 400), normals(11, 300));
        let same = kid(&a, &b, 1);
        assert_eq!(same.subset, 150);
        assert!(same.mean.abs() < 3.0 * same.std.max(0.007), "{same:?}");
        assert!(kid(&a, &(b + 0.5), 1).mean > 0.1);
    }

    #[test]
    fn the_spread_does_not_fall_with_the_number_of_subsets() {
        assert_eq!(mean_and_std(&[0.0, 0.0, 4.0, 4.0]), (2.0, 2.0));
        assert_eq!(mean_and_std(&[0.0, 4.0].repeat(50)), (2.0, 2.0));
    }
}
