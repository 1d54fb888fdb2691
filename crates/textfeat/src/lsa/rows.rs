//! The documents of a fit as sparse rows.

/// Rows of columns and weights, end to end; eight bytes a weight.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rows {
    ends: Vec<usize>,
    columns: Vec<u32>,
    weights: Vec<f32>,
}

impl Rows {
    pub(crate) fn push(&mut self, row: &[(u32, f64)]) {
        for &(column, weight) in row {
            self.columns.push(column);
            self.weights.push(weight as f32);
        }
        self.ends.push(self.columns.len());
    }

    /// Puts other rows behind these.
    pub fn append(&mut self, other: &Self) {
        let start = self.columns.len();
        self.ends.extend(other.ends.iter().map(|end| start + end));
        self.columns.extend_from_slice(&other.columns);
        self.weights.extend_from_slice(&other.weights);
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&[u32], &[f32])> {
        let starts = [0].into_iter().chain(self.ends.iter().copied());
        (starts.zip(&self.ends)).map(|(start, &end)| (&self.columns[start..end], &self.weights[start..end]))
    }
}
