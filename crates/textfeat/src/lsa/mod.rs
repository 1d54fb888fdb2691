//! Latent semantic analysis: words, runs of words and runs of letters, brought down to a few directions.
//!
//! A document is its TF-IDF row over the vocabulary; the directions are the right singular vectors of the
//! matrix of all rows, uncentred (Deerwester et al. 1990, as scikit-learn's `TruncatedSVD`). A word never met
//! lands near the words it shares letters with.

mod fit;
mod rows;
mod svd;

pub use fit::{LsaFit, MAX_ROWS};
pub use rows::Rows;

/// A text's row times this is its vector.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Projection {
    /// `dims` values for each column of the vocabulary.
    pub(crate) values: Vec<f32>,
}

impl Projection {
    /// Writes the vector of a row, of length 1 (L2); false and zeros if the row has none.
    pub(crate) fn apply(&self, row: &[(u32, f64)], vector: &mut [f32]) -> bool {
        vector.fill(0.0);
        let dims = vector.len();
        for &(column, weight) in row {
            let weight = weight as f32;
            let values = &self.values[column as usize * dims..][..dims];
            vector
                .iter_mut()
                .zip(values)
                .for_each(|(sum, value)| *sum += weight * value);
        }
        let length = vector
            .iter()
            .map(|&v| f64::from(v) * f64::from(v))
            .sum::<f64>()
            .sqrt();
        if length < 1e-9 {
            vector.fill(0.0);
            return false;
        }
        vector
            .iter_mut()
            .for_each(|v| *v = (f64::from(*v) / length) as f32);
        true
    }
}
