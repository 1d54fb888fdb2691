//! The documents of a fit as sparse rows.

use std::ops::Range;

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

    /// Puts some rows of others behind these.
    ///
    /// # Panics
    /// The others are fewer.
    pub fn append_some(&mut self, other: &Self, rows: Range<usize>) {
        let end = |row: usize| if row == 0 { 0 } else { other.ends[row - 1] };
        let (first, start) = (end(rows.start), self.columns.len());
        let ends = other.ends[rows.clone()].iter();
        self.ends.extend(ends.map(|&end| start + end - first));
        let places = first..end(rows.end);
        self.columns.extend_from_slice(&other.columns[places.clone()]);
        self.weights.extend_from_slice(&other.weights[places]);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_taken_over_in_pieces_are_the_rows() {
        let mut rows = Rows::default();
        for row in [&[(0, 1.0), (3, 2.0)][..], &[], &[(1, 0.5)], &[(2, 1.0)]] {
            rows.push(row);
        }
        let (mut pieces, mut whole) = (Rows::default(), Rows::default());
        for piece in [0..1, 1..1, 1..3, 3..4] {
            pieces.append_some(&rows, piece);
        }
        whole.append(&rows);
        assert_eq!((&pieces, &whole), (&rows, &rows));
        let mut last = Rows::default();
        last.append_some(&rows, 2..4);
        let found: Vec<(&[u32], &[f32])> = last.iter().collect();
        assert_eq!(found, [(&[1][..], &[0.5][..]), (&[2], &[1.0])]);
    }
}
