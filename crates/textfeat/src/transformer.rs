//! Many texts in, vectors out, on one thread.

use crate::scanner::{Found, Scanner};
use crate::weights::tf;
use crate::{Record, Snowball, StopWords, TextModel, WordTokenizer};

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
        let is_known = !self.row(text).is_empty();
        self.write(vector);
        is_known
    }

    /// Columns of a text and their weights, in the order in which the text first names them.
    pub(crate) fn row(&mut self, text: &str) -> &[(u32, f64)] {
        if self.scanner.remembered() > MAX_REMEMBERED {
            self.scanner = Scanner::new(self.model.analyzer());
            self.columns.clear();
        }
        self.found.clear();
        let found = &mut self.found;
        self.scanner.scan(text, |Found { term, .. }| found.push(term));
        meet(self.model, &mut self.columns, self.scanner.terms());
        let found = std::mem::take(&mut self.found);
        self.weigh(&found);
        self.found = found;
        &self.row
    }

    /// Makes the row of the terms found.
    fn weigh(&mut self, found: &[u32]) {
        self.row.clear();
        for &term in found {
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
    }

    /// Calls `each` with the vector of every document of a record and whether any word of it is known.
    pub(crate) fn transform_record(&mut self, record: &Record, mut each: impl FnMut(&[f32], bool)) {
        meet(self.model, &mut self.columns, record.names());
        let mut vector = vec![0.0; self.model.dims()];
        for found in record.documents() {
            self.weigh(found);
            self.write(&mut vector);
            each(&vector, !self.row.is_empty());
        }
    }

    /// Writes the row as a vector.
    fn write(&self, vector: &mut [f32]) {
        vector.fill(0.0);
        for &(column, weight) in &self.row {
            vector[column as usize] = weight as f32;
        }
    }
}

/// Looks up the columns of the terms that got a number since the last time.
fn meet(model: &TextModel, columns: &mut Vec<u32>, terms: &[Box<str>]) {
    let vocabulary = model.vocabulary();
    let column = |term: &Box<str>| vocabulary.column(term).map_or(ABSENT, |column| column as u32);
    columns.extend(terms[columns.len()..].iter().map(column));
}
