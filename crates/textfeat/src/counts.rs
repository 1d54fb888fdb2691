//! Term and document frequencies, counted apart and merged exactly.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use foldhash::fast::RandomState;

/// What a set of documents holds. Sums of counts: the order of documents and merges changes nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    documents: u64,
    terms: HashMap<Box<str>, Count, RandomState>,
}

/// How often one term was found, and in which forms.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Count {
    tf: u64,
    df: u64,
    /// Forms and their occurrences, in the order of the alphabet.
    words: Vec<(Box<str>, u64)>,
}

impl Counts {
    pub(crate) fn new(documents: u64, terms: usize) -> Self {
        Self {
            documents,
            terms: HashMap::with_capacity_and_hasher(terms, RandomState::default()),
        }
    }

    pub(crate) fn add_term(&mut self, term: &str, documents: u64, occurrences: u64) {
        let count = self.terms.entry(term.into()).or_default();
        count.df += documents;
        count.tf += occurrences;
    }

    pub(crate) fn add_form(&mut self, term: &str, form: &str, occurrences: u64) {
        let count = self.terms.entry(term.into()).or_default();
        count.tf += occurrences;
        count.add_word(form.into(), occurrences);
    }

    /// Puts in a term as it was counted.
    pub(crate) fn insert(&mut self, term: Box<str>, count: Count) {
        self.terms.insert(term, count);
    }

    /// Adds what was counted in other documents.
    pub fn merge(&mut self, other: Self) {
        self.documents = self.documents.saturating_add(other.documents);
        for (term, theirs) in other.terms {
            match self.terms.entry(term) {
                Entry::Vacant(place) => _ = place.insert(theirs),
                Entry::Occupied(mut ours) => ours.get_mut().merge(theirs),
            }
        }
    }

    /// Documents counted.
    #[must_use]
    pub const fn documents(&self) -> u64 {
        self.documents
    }

    /// What was counted of a term.
    #[must_use]
    pub fn get(&self, term: &str) -> Option<&Count> {
        self.terms.get(term)
    }

    /// Every term found, in no order.
    pub fn terms(&self) -> impl Iterator<Item = (&str, &Count)> {
        self.terms.iter().map(|(term, count)| (&**term, count))
    }
}

impl Count {
    fn add_word(&mut self, word: Box<str>, occurrences: u64) {
        match self.words.binary_search_by(|(known, _)| known.cmp(&word)) {
            Ok(at) => self.words[at].1 = self.words[at].1.saturating_add(occurrences),
            Err(at) => self.words.insert(at, (word, occurrences)),
        }
    }

    fn merge(&mut self, other: Self) {
        self.tf = self.tf.saturating_add(other.tf);
        self.df = self.df.saturating_add(other.df);
        for (word, occurrences) in other.words {
            self.add_word(word, occurrences);
        }
    }

    /// `words` must be in the order of the alphabet, each once.
    pub(crate) const fn from_parts(tf: u64, df: u64, words: Vec<(Box<str>, u64)>) -> Self {
        Self { tf, df, words }
    }

    /// The forms and their occurrences, in the order of the alphabet; none for a run of letters.
    pub fn words(&self) -> impl Iterator<Item = (&str, u64)> {
        self.words
            .iter()
            .map(|(word, occurrences)| (&**word, *occurrences))
    }

    /// Occurrences in all documents.
    #[must_use]
    pub const fn tf(&self) -> u64 {
        self.tf
    }

    /// Documents that hold the term.
    #[must_use]
    pub const fn df(&self) -> u64 {
        self.df
    }

    /// The commonest form of the term, empty for a run of letters; of equally common ones the first in the alphabet.
    #[must_use]
    pub fn commonest_word(&self) -> &str {
        let best = (self.words.iter()).reduce(|best, next| if next.1 > best.1 { next } else { best });
        best.map_or("", |(word, _)| word)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Analyzer, Counter, Settings};

    fn count(texts: &[String]) -> Counts {
        let analyzer = Analyzer::new(&Settings::lsa());
        let mut counter = Counter::new(&analyzer);
        texts.iter().for_each(|text| counter.add(text));
        counter.finish()
    }

    proptest! {
        #[test]
        fn counting_apart_and_merging_is_counting_together(
            texts in prop::collection::vec("(red |reds |shirt |shirts |navy ){0,6}", 0..12),
            cut in 0_usize..12,
        ) {
            let (a, b) = texts.split_at(cut.min(texts.len()));
            let (mut merged, mut other_way, together) = (count(a), count(b), count(&texts));
            merged.merge(count(b));
            other_way.merge(count(a));
            prop_assert_eq!(&merged, &together);
            prop_assert_eq!(&other_way, &merged);
        }
    }
}
