//! The terms that become columns.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::{Counts, FitError, Settings};

/// A term that is a column of the vectors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VocabularyTerm {
    /// The stem, or stems joined by spaces.
    pub term: String,
    /// Its commonest form in the fitted texts; empty for a run of letters.
    pub word: String,
    /// Occurrences in all documents.
    pub tf: u64,
    /// Documents that hold it.
    pub df: u64,
}

/// Terms in the order of their columns. Selected ones are in the order of their bytes, given ones in any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vocabulary {
    terms: Vec<VocabularyTerm>,
    columns: HashMap<String, usize, RandomState>,
}

impl Vocabulary {
    /// Selects as scikit-learn does: of the terms between `min_df` and `max_df` the [`Settings::max_terms`] with the highest
    /// frequency in all documents. Of equally frequent ones the first in the alphabet wins, where
    /// scikit-learn leaves it open.
    ///
    /// # Errors
    /// No document was counted, or no term is left.
    pub fn select(counts: &Counts, settings: &Settings) -> Result<Self, FitError> {
        let documents = counts.documents();
        if documents == 0 {
            return Err(FitError::NoDocuments);
        }
        let (least, most) = (settings.min_df.of(documents), settings.max_df.of(documents));
        let mut kept: Vec<_> = counts
            .terms()
            .filter(|(_, count)| (least..=most).contains(&(count.df() as f64)))
            .collect();
        kept.sort_unstable_by(|(a, x), (b, y)| y.tf().cmp(&x.tf()).then_with(|| a.cmp(b)));
        kept.truncate(settings.max_terms());
        if kept.is_empty() {
            return Err(FitError::NoTerms { documents });
        }
        kept.sort_unstable_by_key(|&(term, _)| term);
        let terms = kept.into_iter().map(|(term, count)| VocabularyTerm {
            term: term.to_owned(),
            word: count.commonest_word().to_owned(),
            tf: count.tf(),
            df: count.df(),
        });
        let terms = terms.collect::<Vec<_>>();
        let columns = terms.iter().map(|t| t.term.clone()).zip(0..).collect();
        Ok(Self { terms, columns })
    }

    /// The vocabulary whose columns are `terms`.
    ///
    /// # Errors
    /// The term that is there twice.
    pub(crate) fn from_columns(terms: Vec<VocabularyTerm>) -> Result<Self, String> {
        let mut columns = HashMap::with_capacity_and_hasher(terms.len(), RandomState::default());
        for (column, VocabularyTerm { term, .. }) in terms.iter().enumerate() {
            if columns.insert(term.clone(), column).is_some() {
                return Err(term.clone());
            }
        }
        Ok(Self { terms, columns })
    }

    /// The column of a term.
    #[must_use]
    pub fn column(&self, term: &str) -> Option<usize> {
        self.columns.get(term).copied()
    }

    /// The terms, by column.
    #[must_use]
    pub fn terms(&self) -> &[VocabularyTerm] {
        &self.terms
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::{Analyzer, Counter, Cutoff};

    fn selected(settings: &Settings) -> Result<Vec<String>, FitError> {
        let analyzer = Analyzer::new(settings);
        let mut counter = Counter::new(&analyzer);
        for text in ["red shirt red", "blue shirt", "green shirt", "amber amber"] {
            counter.add(text);
        }
        let vocabulary = Vocabulary::select(&counter.finish(), settings)?;
        Ok(vocabulary.terms().iter().map(|t| t.term.clone()).collect())
    }

    #[test]
    fn the_most_frequent_terms_win_and_ties_go_by_the_alphabet() {
        let dims = |dims| {
            selected(&Settings {
                dims,
                ..Settings::default()
            })
            .unwrap()
        };
        assert_eq!(dims(1), ["shirt"]);
        assert_eq!(dims(2), ["amber", "shirt"]);
        assert_eq!(dims(3), ["amber", "red", "shirt"]);
        assert_eq!(dims(4), ["amber", "blue", "red", "shirt"]);
        assert_eq!(dims(9), ["amber", "blue", "green", "red", "shirt"]);
    }

    #[test]
    fn document_frequency_cuts_before_the_selection() {
        let base = Settings {
            dims: 1,
            ..Settings::default()
        };
        assert_eq!(
            selected(&Settings {
                max_df: Cutoff::Share(0.5),
                ..base
            })
            .unwrap(),
            ["amber"]
        );
        assert_eq!(
            selected(&Settings {
                min_df: Cutoff::Documents(2),
                ..base
            })
            .unwrap(),
            ["shirt"]
        );
        let none = Settings {
            min_df: Cutoff::Documents(2),
            max_df: Cutoff::Documents(2),
            ..base
        };
        assert_eq!(selected(&none), Err(FitError::NoTerms { documents: 4 }));
        assert_eq!(
            Vocabulary::select(&Counts::default(), &base),
            Err(FitError::NoDocuments)
        );
    }
}
