//! How far apart the pictures of one caption are.

use tch::{Kind, Tensor};

use super::{distances, doubles};

/// The mean Euclidean distance between two of the rows `[n, d]`, over all pairs; 0 below two rows.
#[must_use]
pub fn mean_pairwise(features: &Tensor) -> f64 {
    let x = doubles(features);
    let n = x.size()[0] as f64;
    if n < 2.0 {
        return 0.0;
    }
    // Each pair stands in the square twice, a row with itself at distance 0.
    distances(&x, &x).sum(Kind::Double).double_value(&[]) / (n * (n - 1.0))
}
