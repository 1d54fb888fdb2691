//! Precision and recall of a set of pictures (Kynkäänniemi et al. 2019, section 2).

use serde::Serialize;
use tch::{Kind, Tensor};

use super::{distances, doubles};

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
    let across = distances(&real, &drawn); // [n, m]
    let share = |inside: Tensor| {
        inside
            .any_dim(0, false)
            .to_kind(Kind::Double)
            .mean(Kind::Double)
            .double_value(&[])
    };
    PrecisionRecall {
        precision: share(across.le_tensor(&radii(&real, k).unsqueeze(1))),
        recall: share(across.tr().le_tensor(&radii(&drawn, k).unsqueeze(1))),
    }
}

/// The distance `[n]` of each row to its `k`-th nearest other row.
fn radii(x: &Tensor, k: usize) -> Tensor {
    // The row itself, at distance 0, comes first.
    distances(x, x).kthvalue(k as i64 + 1, 1, false).0
}
