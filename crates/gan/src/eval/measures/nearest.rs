//! The nearest training picture of each picture: is it drawn, or remembered?

use serde::Serialize;
use tch::Tensor;

use super::{LOT, distances, doubles};

/// A row's nearest neighbour in another set.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Nearest {
    /// The neighbour's row.
    pub index: usize,
    /// Euclidean distance.
    pub distance: f64,
}

/// The nearest row of `train` `[m, d]`, m at least 1, for each row of `features` `[n, d]`.
#[must_use]
pub fn nearest(features: &Tensor, train: &Tensor) -> Vec<Nearest> {
    let train = doubles(train);
    let mut found = Vec::with_capacity(features.size()[0] as usize);
    for lot in doubles(features).split(LOT, 0) {
        let (least, index) = distances(&lot, &train).min_dim(1, false);
        for row in 0..lot.size()[0] {
            found.push(Nearest {
                index: index.int64_value(&[row]) as usize,
                distance: least.double_value(&[row]),
            });
        }
    }
    found
}

/// The middle value; 0 of none.
#[must_use]
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let n = values.len();
    match values.get(n / 2) {
        None => 0.0,
        Some(&upper) if n % 2 == 1 => upper,
        Some(&upper) => (values[n / 2 - 1] + upper) / 2.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_its_own_nearest_and_the_median_is_in_the_middle() {
        let train = Tensor::from_slice(&[0.0_f32, 0.0, 3.0, 4.0]).view([2, 2]);
        let found = nearest(
            &Tensor::from_slice(&[3.0_f32, 4.0, 0.0, 1.0]).view([2, 2]),
            &train,
        );
        let at = |index, distance| Nearest { index, distance };
        assert_eq!(found, [at(1, 0.0), at(0, 1.0)]);
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median(Vec::new()), 0.0);
    }
}
