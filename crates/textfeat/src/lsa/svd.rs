//! The truncated singular value decomposition of a sparse matrix, randomised.
//!
//! Subspace iteration from a random start (Halko, Martinsson and Tropp 2011, algorithm 4.4, on the rows' side),
//! then Rayleigh-Ritz. The columns of the subspace are cut into panels of [`WIDTH`]; a panel goes through
//! `AᵀA` in one pass over the rows, without `A`'s product being kept, and is summed by one thread in
//! the order of the rows. So memory is that of the subspace, and no sum depends on the number of threads.
//!
//! No crate is used for the small dense part: those that have it cost minutes of build or bring macros that
//! nobody maintains.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::Rows;

/// Columns of a panel: one cache line.
const WIDTH: usize = 16;
/// Directions sought beyond those asked for; they take up what converges slowly.
const OVERSAMPLES: usize = 24;
/// Passes of `AᵀA` before the last.
const PASSES: usize = 5;
/// Singular values below this share of the largest are noise of 32-bit sums.
const NOISE: f64 = 1e-4;

/// A panel: for each column of `A`, its values in [`WIDTH`] directions.
type Panel = Vec<[f32; WIDTH]>;

/// The largest singular values with their right singular vectors.
#[derive(Debug)]
pub(crate) struct Svd {
    /// Singular values, the largest first.
    #[cfg_attr(not(test), allow(dead_code, reason = "what the vectors are checked by"))]
    pub(crate) values: Vec<f64>,
    /// Of length 1, as many as values; in each the component of largest magnitude is positive.
    pub(crate) vectors: Vec<Vec<f32>>,
}

/// Up to `rank` singular values and vectors of the rows; fewer where the matrix has fewer.
pub(crate) fn truncated_svd(rows: &Rows, columns: usize, rank: usize, seed: u64, threads: usize) -> Svd {
    let sought = (rank + OVERSAMPLES).min(columns).min(rows.len());
    if sought == 0 {
        return Svd {
            values: Vec::new(),
            vectors: Vec::new(),
        };
    }
    let mut basis = random_panels(columns, sought, seed);
    for _ in 0..PASSES {
        basis = orthonormalized(&product(rows, &basis, threads), sought, threads);
    }
    // Once more, since one pass in 32 bits leaves an error of the order of the matrix' condition.
    basis = orthonormalized(&basis, sought, threads);
    let image = product(rows, &basis, threads);
    let mut ritz = inner_products(&basis, &image, sought, threads);
    let mut rotation = eigenvectors(&mut ritz, sought);
    let mut order: Vec<usize> = (0..sought).collect();
    order.sort_by(|&a, &b| ritz[b * sought + b].total_cmp(&ritz[a * sought + a]));
    let largest = ritz[order[0] * sought + order[0]].max(0.0);
    order.retain(|&i| largest > 0.0 && ritz[i * sought + i] > largest * NOISE * NOISE);
    order.truncate(rank);
    let values = order.iter().map(|&i| ritz[i * sought + i].sqrt()).collect();
    // Row i of `rotation` is an eigenvector; as a matrix from directions to results it is transposed.
    let mut chosen = vec![0.0; sought * sought];
    for (place, &i) in order.iter().enumerate() {
        (0..sought).for_each(|k| chosen[k * sought + place] = rotation[i * sought + k]);
    }
    rotation.clear();
    let panels = multiplied(&basis, &chosen, sought, threads);
    let vectors = (0..order.len())
        .map(|place| with_sign(direction(&panels, place)))
        .collect();
    Svd { values, vectors }
}

fn direction(panels: &[Panel], place: usize) -> Vec<f32> {
    let panel = &panels[place / WIDTH];
    panel.iter().map(|values| values[place % WIDTH]).collect()
}

/// Of length 1, and the component of largest magnitude positive, as scikit-learn's `svd_flip`.
fn with_sign(mut vector: Vec<f32>) -> Vec<f32> {
    let squares: f64 = vector.iter().map(|&v| f64::from(v) * f64::from(v)).sum();
    let largest = vector
        .iter()
        .fold(0.0_f32, |best, &v| if v.abs() > best.abs() { v } else { best });
    let scale = squares.sqrt().copysign(f64::from(largest));
    vector
        .iter_mut()
        .for_each(|v| *v = (f64::from(*v) / scale) as f32);
    vector
}

/// Uniform numbers from -1 to 1 (SplitMix64 of seed, column and direction): a sub-Gaussian start serves as a
/// Gaussian one does.
fn random_panels(columns: usize, sought: usize, seed: u64) -> Vec<Panel> {
    let value = |column: usize, place: usize| {
        if place >= sought {
            return 0.0;
        }
        let mut x = seed ^ ((column * sought + place) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        x ^= x >> 31;
        (x >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
    };
    (0..sought.div_ceil(WIDTH))
        .map(|panel| {
            (0..columns)
                .map(|column| std::array::from_fn(|k| value(column, panel * WIDTH + k)))
                .collect()
        })
        .collect()
}

/// `AᵀA` times the panels.
fn product(rows: &Rows, panels: &[Panel], threads: usize) -> Vec<Panel> {
    each(threads, panels.len(), |at| {
        let panel = &panels[at];
        let mut image = vec![[0.0; WIDTH]; panel.len()];
        for (columns, weights) in rows.iter() {
            let mut sums = [0.0_f32; WIDTH];
            for (&column, &weight) in columns.iter().zip(weights) {
                let values = &panel[column as usize];
                (0..WIDTH).for_each(|k| sums[k] += weight * values[k]);
            }
            for (&column, &weight) in columns.iter().zip(weights) {
                let values = &mut image[column as usize];
                (0..WIDTH).for_each(|k| values[k] += weight * sums[k]);
            }
        }
        image
    })
}

/// Panels with the same span and orthonormal directions, by the Cholesky factor of their inner products, which
/// is shifted so that it exists where directions are lost (Fukaya et al. 2020).
fn orthonormalized(panels: &[Panel], sought: usize, threads: usize) -> Vec<Panel> {
    let mut gram = inner_products(panels, panels, sought, threads);
    let trace: f64 = (0..sought).map(|i| gram[i * sought + i]).sum();
    (0..sought).for_each(|i| gram[i * sought + i] += trace.max(f64::MIN_POSITIVE) * 1e-13);
    cholesky(&mut gram, sought);
    multiplied(panels, &inverse_transposed(&gram, sought), sought, threads)
}

/// `aᵀb`, in 64 bits, row-major.
fn inner_products(a: &[Panel], b: &[Panel], sought: usize, threads: usize) -> Vec<f64> {
    let blocks = each(threads, a.len(), |i| {
        let mut block = vec![0.0_f64; WIDTH * b.len() * WIDTH];
        for (j, right) in b.iter().enumerate() {
            let mut sums = [[0.0_f64; WIDTH]; WIDTH];
            for (x, y) in a[i].iter().zip(right) {
                let y: [f64; WIDTH] = y.map(f64::from);
                for (sums, &x) in sums.iter_mut().zip(x) {
                    let x = f64::from(x);
                    (0..WIDTH).for_each(|k| sums[k] += x * y[k]);
                }
            }
            for (k, sums) in sums.iter().enumerate() {
                block[(k * b.len() + j) * WIDTH..][..WIDTH].copy_from_slice(sums);
            }
        }
        block
    });
    let stride = b.len() * WIDTH;
    let all = blocks.iter().flat_map(|block| block.chunks_exact(stride));
    all.take(sought)
        .flat_map(|row| row[..sought].iter().copied())
        .collect()
}

/// Panels times a `sought` by `sought` matrix, row-major.
fn multiplied(panels: &[Panel], matrix: &[f64], sought: usize, threads: usize) -> Vec<Panel> {
    each(threads, panels.len(), |out| {
        let entry = |i: usize, k: usize| {
            let j = out * WIDTH + k;
            if i < sought && j < sought {
                matrix[i * sought + j] as f32
            } else {
                0.0
            }
        };
        let mut result = vec![[0.0; WIDTH]; panels[0].len()];
        for (at, panel) in panels.iter().enumerate() {
            let block: [[f32; WIDTH]; WIDTH] =
                std::array::from_fn(|i| std::array::from_fn(|k| entry(at * WIDTH + i, k)));
            for (sums, values) in result.iter_mut().zip(panel) {
                for (value, row) in values.iter().zip(&block) {
                    (0..WIDTH).for_each(|k| sums[k] += value * row[k]);
                }
            }
        }
        result
    })
}

/// The lower Cholesky factor of a positive definite matrix, in its place.
fn cholesky(matrix: &mut [f64], n: usize) {
    for i in 0..n {
        for j in 0..=i {
            let (row_i, row_j) = (&matrix[i * n..i * n + j], &matrix[j * n..j * n + j]);
            let rest = matrix[i * n + j] - row_i.iter().zip(row_j).map(|(a, b)| a * b).sum::<f64>();
            matrix[i * n + j] = if i == j {
                rest.max(f64::MIN_POSITIVE).sqrt()
            } else {
                rest / matrix[j * n + j]
            };
        }
        matrix[i * n + i + 1..(i + 1) * n].fill(0.0);
    }
}

/// The inverse of a lower triangular matrix, transposed.
fn inverse_transposed(lower: &[f64], n: usize) -> Vec<f64> {
    let mut inverse = vec![0.0; n * n];
    for i in 0..n {
        inverse[i * n + i] = 1.0 / lower[i * n + i];
        // Row j of the result is column j of the inverse.
        for j in 0..i {
            let sum: f64 = (j..i).map(|k| lower[i * n + k] * inverse[j * n + k]).sum();
            inverse[j * n + i] = -sum / lower[i * n + i];
        }
    }
    inverse
}

/// Makes a symmetric matrix diagonal, in its place, and gives its eigenvectors as rows: Jacobi's cyclic
/// rotations (Golub and Van Loan, section 8.5), which end at once where the matrix is nearly diagonal.
fn eigenvectors(matrix: &mut [f64], n: usize) -> Vec<f64> {
    let mut vectors = vec![0.0; n * n];
    (0..n).for_each(|i| vectors[i * n + i] = 1.0);
    let size = matrix.iter().map(|v| v * v).sum::<f64>().sqrt();
    for _ in 0..30 {
        let mut rotated = false;
        for p in 0..n {
            for q in p + 1..n {
                let off = matrix[p * n + q];
                if off.abs() <= 1e-14 * size / n as f64 {
                    continue;
                }
                rotated = true;
                let tau = (matrix[q * n + q] - matrix[p * n + p]) / (2.0 * off);
                let t = tau.signum() / (tau.abs() + tau.hypot(1.0));
                let c = 1.0 / t.hypot(1.0);
                let s = t * c;
                for k in 0..n {
                    let (a, b) = (matrix[k * n + p], matrix[k * n + q]);
                    matrix[k * n + p] = c * a - s * b;
                    matrix[k * n + q] = s * a + c * b;
                }
                rotate_rows(matrix, n, p, q, c, s);
                rotate_rows(&mut vectors, n, p, q, c, s);
            }
        }
        if !rotated {
            break;
        }
    }
    vectors
}

fn rotate_rows(matrix: &mut [f64], n: usize, p: usize, q: usize, c: f64, s: f64) {
    let (head, tail) = matrix.split_at_mut(q * n);
    for (a, b) in head[p * n..(p + 1) * n].iter_mut().zip(&mut tail[..n]) {
        (*a, *b) = (c * *a - s * *b, s * *a + c * *b);
    }
}

/// `work(0)` to `work(count - 1)` on plain threads, in order.
fn each<R: Send>(threads: usize, count: usize, work: impl Fn(usize) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let run = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= count {
                return done;
            }
            done.push((at, work(at)));
        }
    };
    let mut done = thread::scope(|scope| {
        let others: Vec<_> = (1..threads.min(count)).map(|_| scope.spawn(run)).collect();
        let mut done = run();
        for other in others {
            match other.join() {
                Ok(more) => done.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    });
    done.sort_unstable_by_key(|&(at, _)| at);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn rows_of(matrix: &[Vec<f64>]) -> Rows {
        let mut rows = Rows::default();
        for row in matrix {
            let sparse: Vec<(u32, f64)> = (0..)
                .zip(row.iter().copied())
                .filter(|&(_, v)| v != 0.0)
                .collect();
            rows.push(&sparse);
        }
        rows
    }

    /// The exact decomposition by numpy; see `tests/fixtures/make_svd.py`.
    #[test]
    fn values_and_vectors_are_those_of_the_exact_decomposition() {
        let fixture: Value = serde_json::from_str(include_str!("../../tests/fixtures/svd.json")).unwrap();
        let matrix: Vec<Vec<f64>> = serde_json::from_value(fixture["matrix"].clone()).unwrap();
        let expected: Vec<f64> = serde_json::from_value(fixture["values"].clone()).unwrap();
        let vectors: Vec<Vec<f64>> = serde_json::from_value(fixture["vectors"].clone()).unwrap();
        let (rank, columns) = (expected.len(), matrix[0].len());
        let found = truncated_svd(&rows_of(&matrix), columns, rank, 7, 2);
        assert_eq!(found.values.len(), rank);
        for (ours, theirs) in found.values.iter().zip(&expected) {
            assert!((ours / theirs - 1.0).abs() < 1e-5, "{ours} for {theirs}");
        }
        for (ours, theirs) in found.vectors.iter().zip(&vectors) {
            let error = ours
                .iter()
                .zip(theirs)
                .map(|(a, b)| (f64::from(*a) - b).abs())
                .fold(0.0, f64::max);
            assert!(error < 1e-3, "off by {error}, sign included");
        }
    }

    #[test]
    fn the_number_of_threads_changes_no_bit() {
        let matrix: Vec<Vec<f64>> = (0..80)
            .map(|i| {
                (0..50)
                    .map(|j| f64::from((i * 7 + j * j * 3) % 11 == 0))
                    .collect()
            })
            .collect();
        let rows = rows_of(&matrix);
        let (one, many) = (
            truncated_svd(&rows, 50, 20, 1, 1),
            truncated_svd(&rows, 50, 20, 1, 5),
        );
        assert_eq!(one.vectors, many.vectors);
        assert_eq!(one.values, many.values);
    }

    #[test]
    fn a_matrix_of_low_rank_gives_no_more_directions_than_it_has() {
        let matrix: Vec<Vec<f64>> = (1..=40)
            .map(|i| vec![f64::from(i), 0.0, f64::from(i % 3), 0.0])
            .collect();
        assert_eq!(truncated_svd(&rows_of(&matrix), 4, 4, 0, 2).values.len(), 2);
        assert_eq!(
            truncated_svd(&rows_of(&vec![vec![0.0; 4]; 9]), 4, 3, 0, 2)
                .values
                .len(),
            0
        );
        assert_eq!(truncated_svd(&Rows::default(), 4, 3, 0, 2).values.len(), 0);
    }
}
