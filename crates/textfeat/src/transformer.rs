//! Many texts in, vectors out, on one thread.

use crate::scanner::{Found, Scanner};
use crate::weights::tf;
use crate::{Snowball, StopWords, TextModel, WordTokenizer};

/// Words and runs that are remembered from text to text. Beyond it memory would grow with the texts, which
/// may be endless, for words that hardly come again.
const MAX_REMEMBERED: usize = 1 << 18;
/// Stands for a term that is no column.
const ABSENT: u32 = u32::MAX;

/// Transforms texts with a model, remembering the words it met: some ten times as fast as
/// [`TextModel::transform`] text by text, with the same results. Each thread takes one of its own.
#[derive(Debug)]
pub struct Transformer<'m> {
    model: &'m TextModel,
    scanner: Scanner<'m, WordTokenizer, StopWords, Snowball>,
    /// Column of each term of the scanner, or [`ABSENT`].
    columns: Vec<u32>,
    /// Terms of the latest text.
    found: Vec<u32>,
    /// Occurrences by column; zeros between texts.
    counts: Vec<u32>,
    /// What the latest text is made of: columns and weights, in the order in which they came.
    row: Vec<(u32, f64)>,
}

impl<'m> Transformer<'m> {
    pub(crate) fn new(model: &'m TextModel) -> Self {
        Self {
            model,
            scanner: Scanner::new(model.analyzer()),
            columns: Vec::new(),
            found: Vec::new(),
            counts: vec![0; model.idf().len()],
            row: Vec::new(),
        }
    }

    /// Writes the vector of a text into `vector`; false if no word of it is known and all is zero.
    ///
    /// # Panics
    /// `vector` has not `dims` places.
    pub fn transform_into(&mut self, text: &str, vector: &mut [f32]) -> bool {
        assert_eq!(
            vector.len(),
            self.model.dims(),
            "a vector has as many places as the model has dims"
        );
        vector.fill(0.0);
        let row = self.row(text);
        for &(column, weight) in row {
            vector[column as usize] = weight as f32;
        }
        !row.is_empty()
    }

    /// Columns of a text and their weights, in the order in which the text first names them.
    pub(crate) fn row(&mut self, text: &str) -> &[(u32, f64)] {
        if self.scanner.remembered() > MAX_REMEMBERED {
            self.scanner = Scanner::new(self.model.analyzer());
            self.columns.clear();
        }
        self.row.clear();
        self.found.clear();
        let found = &mut self.found;
        self.scanner.scan(text, |Found { term, .. }| found.push(term));
        let vocabulary = self.model.vocabulary();
        for term in &self.scanner.terms()[self.columns.len()..] {
            self.columns
                .push(vocabulary.column(term).map_or(ABSENT, |column| column as u32));
        }
        for &term in &self.found {
            let column = self.columns[term as usize];
            if column == ABSENT {
                continue;
            }
            let count = &mut self.counts[column as usize];
            if *count == 0 {
                self.row.push((column, 0.0));
            }
            *count += 1;
        }
        let (idf, sublinear) = (self.model.idf(), self.model.settings().sublinear);
        let mut squares = 0.0;
        for (column, weight) in &mut self.row {
            let column = *column as usize;
            *weight = tf(std::mem::take(&mut self.counts[column]), sublinear) * idf[column];
            squares += *weight * *weight;
        }
        let length = squares.sqrt();
        if length > 0.0 {
            self.row.iter_mut().for_each(|(_, weight)| *weight /= length);
        }
        &self.row
    }
}
