//! From counts and rows to an LSA model.

use super::svd::truncated_svd;
use super::{Projection, Rows};
use crate::{Counts, FitError, Method, Record, Settings, TextModel, Transformer};

/// Documents that the directions are fitted on at most. Vocabulary and weights come from all; the directions of
/// this many are those of all to within what matters, and memory and time stay bounded.
pub const MAX_ROWS: u64 = 1 << 16;

/// A fit of an LSA model half done: the vocabulary is known, the documents have to be read once more.
#[derive(Debug)]
pub struct LsaFit {
    model: TextModel,
}

impl LsaFit {
    /// Selects the vocabulary from what was counted with `Analyzer::new(&settings)`.
    ///
    /// # Errors
    /// As [`TextModel::fit`], or `settings` are not for [`Method::Lsa`].
    pub fn new(settings: Settings, counts: &Counts) -> Result<Self, FitError> {
        if settings.method != Method::Lsa {
            return Err(FitError::Setting {
                setting: "method",
                expected: "lsa".to_owned(),
                found: settings.method.name().to_owned(),
            });
        }
        Ok(Self {
            model: TextModel::unprojected(settings, counts)?,
        })
    }

    /// A reader of documents for [`LsaFit::add`]; each thread takes one of its own.
    #[must_use]
    pub fn reader(&self) -> Transformer<'_> {
        self.model.transformer()
    }

    /// Adds the row of a document that has several parts, if it is among those that the directions are fitted on:
    /// all of up to [`MAX_ROWS`], else about as many, chosen by a hash of their text.
    pub fn add(&self, reader: &mut Transformer<'_>, parts: &[&str], rows: &mut Rows) {
        if self.takes(parts) {
            rows.push(reader.row(parts));
        }
    }

    /// Adds the rows of a record.
    pub fn add_record(&self, record: &Record, rows: &mut Rows) {
        self.reader().each_row(record, |row| rows.push(row));
    }

    fn takes(&self, parts: &[&str]) -> bool {
        let documents = self.model.documents();
        if documents <= MAX_ROWS {
            return true;
        }
        let mut hasher = blake3::Hasher::new();
        parts.iter().for_each(|part| _ = hasher.update(part.as_bytes()));
        let mut first = [0; 8];
        first.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
        u64::from_le_bytes(first) < u64::MAX / documents * MAX_ROWS
    }

    /// Fits the directions. The result depends on the rows and their order, not on the number of threads.
    #[must_use]
    pub fn finish(self, rows: &Rows, threads: usize) -> TextModel {
        let settings = *self.model.settings();
        let columns = self.model.idf().len();
        let found = truncated_svd(rows, columns, settings.dims, settings.seed, threads);
        let mut values = vec![0.0; columns * settings.dims];
        for (place, vector) in found.vectors.iter().enumerate() {
            for (column, &value) in vector.iter().enumerate() {
                values[column * settings.dims + place] = value;
            }
        }
        self.model.with_projection(Projection { values })
    }
}
