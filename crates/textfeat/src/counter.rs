//! Counting the terms of documents on one thread.

use crate::scanner::{Found, LETTERS, Scanner};
use crate::{Analyzer, Counts, Snowball, Stemmer, StopWords, TextTokenizer, Tokenizer, WordFilter};

/// Counts documents one after another; [`Counter::finish`] gives the sums.
#[derive(Debug)]
pub struct Counter<'a, T = TextTokenizer, F = StopWords, S = Snowball> {
    scanner: Scanner<'a, T, F, S>,
    documents: u64,
    /// Occurrences of each form.
    forms: Vec<u64>,
    /// Documents that hold each term.
    terms: Vec<Seen>,
    record: Option<Record>,
}

/// The terms of counted documents, kept so that they need not be read again: four bytes a term.
#[derive(Debug, Default)]
pub struct Record {
    names: Vec<Box<str>>,
    found: Vec<u32>,
    /// Where each document ends in `found`.
    ends: Vec<usize>,
}

impl Record {
    /// Terms by number.
    pub(crate) fn names(&self) -> &[Box<str>] {
        &self.names
    }

    /// The terms of each document, by number, in the order of the text.
    pub(crate) fn documents(&self) -> impl Iterator<Item = &[u32]> {
        let starts = [0].into_iter().chain(self.ends.iter().copied());
        starts
            .zip(&self.ends)
            .map(|(start, &end)| &self.found[start..end])
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    documents: u64,
    /// The document that raised the count last, counted from 1.
    latest: u64,
    /// Occurrences of a run of letters; those of words are counted by form.
    letters: u64,
}

impl<'a, T: Tokenizer, F: WordFilter, S: Stemmer> Counter<'a, T, F, S> {
    /// A counter of the terms that `analyzer` finds.
    pub fn new(analyzer: &'a Analyzer<T, F, S>) -> Self {
        Self {
            scanner: Scanner::new(analyzer),
            documents: 0,
            forms: Vec::new(),
            terms: Vec::new(),
            record: None,
        }
    }

    /// A counter that keeps the terms of each document, for [`crate::TextModel::transform_record`].
    pub fn recording(analyzer: &'a Analyzer<T, F, S>) -> Self {
        Self {
            record: Some(Record::default()),
            ..Self::new(analyzer)
        }
    }

    /// Counts one document.
    pub fn add(&mut self, text: &str) {
        self.add_parts([text]);
    }

    /// Counts one document that has several parts; no n-gram reaches from one into the next.
    pub fn add_parts<'t>(&mut self, parts: impl IntoIterator<Item = &'t str>) {
        self.documents += 1;
        let (forms, terms, record) = (&mut self.forms, &mut self.terms, &mut self.record);
        for part in parts {
            self.scanner.scan(part, |Found { form, term }| {
                let seen = place(terms, term);
                if form == LETTERS {
                    seen.letters += 1;
                } else {
                    *place(forms, form) += 1;
                }
                if seen.latest != self.documents {
                    seen.latest = self.documents;
                    seen.documents += 1;
                }
                if let Some(record) = record {
                    record.found.push(term);
                }
            });
        }
        if let Some(record) = record {
            record.ends.push(record.found.len());
        }
    }

    /// What was counted.
    #[must_use]
    pub fn finish(self) -> Counts {
        self.finish_recorded().0
    }

    /// What was counted, and the record if one was asked for.
    #[must_use]
    pub fn finish_recorded(mut self) -> (Counts, Record) {
        let mut counts = Counts::new(self.documents, self.scanner.terms().len());
        let terms = self.scanner.terms().iter().zip(&self.terms);
        terms.for_each(|(term, seen)| counts.add_term(term, seen.documents, seen.letters));
        for (form, &occurrences) in self.scanner.forms().iter().zip(&self.forms) {
            counts.add_form(self.scanner.term(form.term), &form.text, occurrences);
        }
        let mut record = self.record.take().unwrap_or_default();
        record.names = self.scanner.into_terms();
        (counts, record)
    }
}

/// The value of a number that may be new.
fn place<V: Copy + Default>(values: &mut Vec<V>, number: u32) -> &mut V {
    let number = number as usize;
    if number >= values.len() {
        values.resize(number + 1, V::default());
    }
    &mut values[number]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;

    #[test]
    fn a_document_counts_once_however_often_it_says_a_word() {
        let analyzer = Analyzer::new(&Settings::default());
        let mut counter = Counter::new(&analyzer);
        ["navy navy shirt", "navies navy", ""]
            .iter()
            .for_each(|text| counter.add(text));
        let counts = counter.finish();
        assert_eq!(counts.documents(), 3);
        let sums = |term| counts.get(term).map(|c| (c.tf(), c.df(), c.commonest_word()));
        assert_eq!(sums("navi"), Some((4, 2, "navy")));
        assert_eq!(sums("shirt"), Some((1, 1, "shirt")));
    }

    #[test]
    fn parts_are_one_document_and_share_no_ngram() {
        let settings = Settings {
            ngrams: 2,
            ..Settings::default()
        };
        let analyzer = Analyzer::new(&settings);
        let mut counter = Counter::new(&analyzer);
        counter.add_parts(["navy shirt", "shirt"]);
        let counts = counter.finish();
        let df = |term| counts.get(term).map(crate::Count::df);
        assert_eq!(
            (counts.documents(), df("shirt"), df("navi shirt")),
            (1, Some(1), Some(1))
        );
        assert_eq!(df("shirt shirt"), None);
    }
}
