//! Term and document frequencies, counted apart and merged exactly.

use std::collections::{BTreeMap, HashMap};

use crate::{Analyzer, Stemmer, Tokenizer, WordFilter};

/// What a set of documents holds. Sums of counts: the order of documents and merges changes nothing.
#[derive(Debug, Clone, Default)]
pub struct Counter {
    documents: u64,
    terms: HashMap<String, Count>,
}

/// How often one term was found, and in which forms.
#[derive(Debug, Clone, Default)]
pub struct Count {
    tf: u64,
    df: u64,
    words: BTreeMap<String, u64>,
    /// The document that raised `df` last, counted from 1.
    latest: u64,
}

impl Counter {
    /// Counts one document.
    pub fn add<T: Tokenizer, F: WordFilter, S: Stemmer>(&mut self, analyzer: &Analyzer<T, F, S>, text: &str) {
        self.add_parts(analyzer, [text]);
    }

    /// Counts one document that has several parts; no n-gram reaches from one into the next.
    pub fn add_parts<'t, T: Tokenizer, F: WordFilter, S: Stemmer>(
        &mut self,
        analyzer: &Analyzer<T, F, S>,
        parts: impl IntoIterator<Item = &'t str>,
    ) {
        self.documents += 1;
        for part in parts {
            analyzer.each_term(part, |term, word| match self.terms.get_mut(term) {
                Some(count) => count.add(word, self.documents),
                // Most terms are known by now: a copy of the name is made for new ones only.
                None => self
                    .terms
                    .entry(term.to_owned())
                    .or_default()
                    .add(word, self.documents),
            });
        }
    }

    /// Adds what another counter has counted, in other documents.
    pub fn merge(&mut self, other: Self) {
        self.documents += other.documents;
        for (term, theirs) in other.terms {
            let ours = self.terms.entry(term).or_default();
            ours.tf += theirs.tf;
            ours.df += theirs.df;
            for (word, count) in theirs.words {
                *ours.words.entry(word).or_default() += count;
            }
        }
    }

    /// Documents counted.
    #[must_use]
    pub const fn documents(&self) -> u64 {
        self.documents
    }

    /// Every term found, in no order.
    pub fn terms(&self) -> impl Iterator<Item = (&str, &Count)> {
        self.terms.iter().map(|(term, count)| (term.as_str(), count))
    }
}

impl Count {
    fn add(&mut self, word: &str, document: u64) {
        self.tf += 1;
        self.df += u64::from(self.latest != document);
        self.latest = document;
        match self.words.get_mut(word) {
            Some(count) => *count += 1,
            None => _ = self.words.insert(word.to_owned(), 1),
        }
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

    /// The commonest form of the term; of equally common ones the first in the alphabet.
    #[must_use]
    pub fn commonest_word(&self) -> &str {
        let best = self
            .words
            .iter()
            .reduce(|best, next| if next.1 > best.1 { next } else { best });
        best.map_or("", |(word, _)| word)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Settings;

    fn count(texts: &[String]) -> Counter {
        let analyzer = Analyzer::new(&Settings::default());
        let mut counter = Counter::default();
        texts.iter().for_each(|text| counter.add(&analyzer, text));
        counter
    }

    fn sums(counter: &Counter) -> (u64, BTreeMap<&str, (u64, u64, &str)>) {
        let terms = counter
            .terms()
            .map(|(t, c)| (t, (c.tf(), c.df(), c.commonest_word())));
        (counter.documents(), terms.collect())
    }

    #[test]
    fn a_document_counts_once_however_often_it_says_a_word() {
        let counter = count(&["navy navy shirt", "navies navy", ""].map(str::to_owned));
        let (documents, terms) = sums(&counter);
        assert_eq!(documents, 3);
        assert_eq!(terms["navi"], (4, 2, "navy"));
        assert_eq!(terms["shirt"], (1, 1, "shirt"));
    }

    #[test]
    fn parts_are_one_document_and_share_no_ngram() {
        let settings = Settings {
            ngrams: 2,
            ..Settings::default()
        };
        let mut counter = Counter::default();
        counter.add_parts(&Analyzer::new(&settings), ["navy shirt", "shirt"]);
        let (documents, terms) = sums(&counter);
        assert_eq!((documents, terms["shirt"].1, terms["navi shirt"].1), (1, 1, 1));
        assert!(!terms.contains_key("shirt shirt"));
    }

    #[test]
    fn a_merged_counter_goes_on_counting_right() {
        let analyzer = Analyzer::new(&Settings::default());
        let mut counter = count(&["red".to_owned()]);
        counter.merge(count(&["blue".to_owned(), "red".to_owned()]));
        counter.add(&analyzer, "red red");
        assert_eq!(sums(&counter).1["red"], (4, 3, "red"));
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
            prop_assert_eq!(sums(&merged), sums(&together));
            prop_assert_eq!(sums(&other_way), sums(&merged));
        }
    }
}
