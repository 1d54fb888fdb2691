//! Many texts in, vectors out, on one thread.

use crate::letters::is_letters;
use crate::scanner::{Found, Scanner};
use crate::weights::tf;
use crate::{Record, Snowball, StopWords, TextModel, TextTokenizer};

/// Words and runs that are remembered from text to text. Beyond it memory would grow with the texts, which
/// may be endless, for words that hardly come again.
const MAX_REMEMBERED: usize = 1 << 18;
/// Stands for a word that is no column.
const ABSENT: u32 = u32::MAX;
/// Stands for a run of letters that is no column.
const ABSENT_LETTERS: u32 = u32::MAX - 1;

/// Transforms texts with a model, remembering the words it met: some ten times as fast as
/// [`TextModel::transform`] text by text, with the same results. Each thread takes one of its own.
#[derive(Debug)]
pub struct Transformer<'m> {
    model: &'m TextModel,
    scanner: Scanner<'m, TextTokenizer, StopWords, Snowball>,
    /// Column of each term of the scanner, or [`ABSENT`].
    columns: Vec<u32>,
    /// Terms of the latest text.
    found: Vec<u32>,
    /// Whether each column is a run of letters.
    letters: Vec<bool>,
    /// What an occurrence weighs, by column.
    idf: Vec<f64>,
    /// Occurrences by column; zeros between texts.
    counts: Vec<u32>,
    /// What the latest text is made of: columns and weights, in the order in which they came.
    row: Vec<(u32, f64)>,
    /// Whether the row says enough; see [`TextModel::transform`].
    is_known: bool,
}

impl<'m> Transformer<'m> {
    pub(crate) fn new(model: &'m TextModel) -> Self {
        let letters: Vec<bool> = match model.analyzer().letters {
            Some(_) => (model.vocabulary().terms().iter())
                .map(|t| is_letters(&t.term))
                .collect(),
            None => Vec::new(),
        };
        let mut idf = model.idf().to_vec();
        for (idf, _) in idf
            .iter_mut()
            .zip(&letters)
            .filter(|&(_, &is_letters)| is_letters)
        {
            *idf *= model.settings().letters_weight;
        }
        Self {
            model,
            scanner: Scanner::new(model.analyzer()),
            columns: Vec::new(),
            found: Vec::new(),
            letters,
            idf,
            counts: vec![0; model.idf().len()],
            row: Vec::new(),
            is_known: false,
        }
    }

    /// Writes the vector of a text into `vector`; false if it is not known and all is zero, as told at
    /// [`TextModel::transform`].
    ///
    /// # Panics
    /// `vector` has not `dims` places.
    pub fn transform_into(&mut self, text: &str, vector: &mut [f32]) -> bool {
        assert_eq!(
            vector.len(),
            self.model.dims(),
            "a vector has as many places as the model has dims"
        );
        self.row(&[text]);
        self.write(vector)
    }

    /// Columns of a document and their weights, in the order in which its parts first name them.
    pub(crate) fn row(&mut self, parts: &[&str]) -> &[(u32, f64)] {
        if self.scanner.remembered() > MAX_REMEMBERED {
            self.scanner = Scanner::new(self.model.analyzer());
            self.columns.clear();
        }
        self.found.clear();
        let found = &mut self.found;
        for part in parts {
            self.scanner.scan(part, |Found { term, .. }| found.push(term));
        }
        meet(self.model, &mut self.columns, self.scanner.terms());
        let found = std::mem::take(&mut self.found);
        self.weigh(&found);
        self.found = found;
        &self.row
    }

    /// Makes the row of the terms found.
    fn weigh(&mut self, found: &[u32]) {
        self.row.clear();
        self.is_known = false;
        // A word's runs of letters follow it.
        let (mut letters, mut strange) = (0_usize, 0_usize);
        for &term in found {
            let column = self.columns[term as usize];
            match column {
                ABSENT_LETTERS => strange += 1,
                ABSENT => {}
                _ if self.is_letters(column) => letters += 1,
                _ => self.is_known = true,
            }
            if column >= ABSENT_LETTERS {
                // The word before is judged where the next one begins.
                if column == ABSENT {
                    self.is_known |= are_kin(letters, strange);
                    (letters, strange) = (0, 0);
                }
                continue;
            }
            let count = &mut self.counts[column as usize];
            if *count == 0 {
                self.row.push((column, 0.0));
            }
            *count += 1;
        }
        self.is_known |= are_kin(letters, strange);
        let sublinear = self.model.settings().sublinear;
        for (column, weight) in &mut self.row {
            let column = *column as usize;
            *weight = tf(std::mem::take(&mut self.counts[column]), sublinear) * self.idf[column];
        }
        let length = (self.model.settings().norm).length(self.row.iter().map(|&(_, weight)| weight));
        if length > 0.0 {
            self.row.iter_mut().for_each(|(_, weight)| *weight /= length);
        }
    }

    fn is_letters(&self, column: u32) -> bool {
        self.letters.get(column as usize).copied().unwrap_or_default()
    }

    /// Calls `each` with the vector of every document of a record and whether any word of it is known.
    pub(crate) fn transform_record(&mut self, record: &Record, mut each: impl FnMut(&[f32], bool)) {
        meet(self.model, &mut self.columns, record.names());
        let mut vector = vec![0.0; self.model.dims()];
        for found in record.documents() {
            self.weigh(found);
            let is_known = self.write(&mut vector);
            each(&vector, is_known);
        }
    }

    /// Calls `each` with the row of every document of a record.
    pub(crate) fn each_row(&mut self, record: &Record, mut each: impl FnMut(&[(u32, f64)])) {
        meet(self.model, &mut self.columns, record.names());
        for found in record.documents() {
            self.weigh(found);
            each(&self.row);
        }
    }

    /// Writes the row as a vector; false and zeros if it says too little.
    fn write(&self, vector: &mut [f32]) -> bool {
        match self.model.projection() {
            Some(projection) if self.is_known => projection.apply(&self.row, vector),
            Some(_) => {
                vector.fill(0.0);
                false
            }
            None => {
                vector.fill(0.0);
                // Of a text that is not known, stray runs of letters may be.
                for &(column, weight) in self.row.iter().filter(|_| self.is_known) {
                    vector[column as usize] = weight as f32;
                }
                self.is_known
            }
        }
    }
}

/// Share of a word's runs of letters that must be known; measured by `examples/unseen.rs`, see docs/benchmarks.md.
const KIN_SHARE: f64 = 0.3;

/// Whether a word with so many runs of letters known and strange has enough in common with known words.
fn are_kin(letters: usize, strange: usize) -> bool {
    letters > 0 && letters as f64 >= KIN_SHARE * (letters + strange) as f64
}

/// Looks up the columns of the terms that got a number since the last time.
fn meet(model: &TextModel, columns: &mut Vec<u32>, terms: &[Box<str>]) {
    let vocabulary = model.vocabulary();
    let column = |term: &str| match vocabulary.column(term) {
        Some(column) => column as u32,
        None if is_letters(term) => ABSENT_LETTERS,
        None => ABSENT,
    };
    columns.extend(terms[columns.len()..].iter().map(|term| column(term)));
}
