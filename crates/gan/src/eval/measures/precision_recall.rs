//! Precision and recall of a set of pictures (Kynkäänniemi et al. 2019, section 2).

use serde::Serialize;
use tch::{Kind, Tensor};

use super::{LOT, distances, doubles};

/// Neighbours whose distance is a row's radius.
pub const K: usize = 3;

/// Both in 0..=1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PrecisionRecall {
    /// Share of the drawn that lie where real ones lie: how believable they are.
    pub precision: f64,
    /// Share of the real that lie where drawn ones lie: how much of the catalogue is covered.
    pub recall: f64,
}

/// Of features `[n, d]` of real and `[m, d]` of drawn pictures, each of more than `k` rows. A set's region is the union of
/// the balls around its rows, each reaching to its row's `k`-th nearest neighbour in the set.
#[must_use]
pub fn precision_recall(real: &Tensor, drawn: &Tensor, k: usize) -> PrecisionRecall {
    let (real, drawn) = (doubles(real), doubles(drawn));
    PrecisionRecall {
        precision: share_within(&drawn, &real, k),
        recall: share_within(&real, &drawn, k),
    }
}

/// The share of the rows `[m, d]` of `x` that lie in the region of `set` `[n, d]`.
fn share_within(x: &Tensor, set: &Tensor, k: usize) -> f64 {
    let radii = radii(set, k);
    let within = |lot: &Tensor| {
        let reached = distances(lot, set).le_tensor(&radii); // [lot, n]
        reached.any_dim(1, false).sum(Kind::Double).double_value(&[])
    };
    x.split(LOT, 0).iter().map(within).sum::<f64>() / x.size()[0] as f64
}

/// The distance `[n]` of each row to its `k`-th nearest other row.
fn radii(x: &Tensor, k: usize) -> Tensor {
    // The row itself, at distance 0, comes first.
    let radii = |lot: &Tensor| distances(lot, x).kthvalue(k as i64 + 1, 1, false).0;
    Tensor::cat(&x.split(LOT, 0).iter().map(radii).collect::<Vec<_>>(), 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Random, Stream};
    use tch::Device;

    #[test]
    fn lots_find_what_all_distances_at_once_do() {
        let normals = |step, n| Random::new(3, Stream::Measures, step).normal_tensor(&[n, 3], Device::Cpu);
        let (real, drawn) = (normals(10, 150), normals(11, 200) * 1.5);
        let all = |a: &Tensor, b: &Tensor| distances(&doubles(a), &doubles(b));
        let share = |x: &Tensor, set: &Tensor| {
            let radii = all(set, set).kthvalue(K as i64 + 1, 1, false).0;
            let reached = all(x, set).le_tensor(&radii).any_dim(1, false);
            reached.to_kind(Kind::Double).mean(Kind::Double).double_value(&[])
        };
        let found = precision_recall(&real, &drawn, K);
        let expected = PrecisionRecall {
            precision: share(&drawn, &real),
            recall: share(&real, &drawn),
        };
        assert_eq!(found, expected);
        assert!(found.precision < 1.0 && found.recall > 0.0, "{found:?}");
    }
}
