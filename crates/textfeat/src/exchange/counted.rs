//! What was counted in the fit of a model that was exported.

use serde::{Deserialize, Serialize};

use super::{check, vocabulary};
use crate::{Analyzer, Settings, TextModel, VocabularyError, VocabularyTerm};

/// What was counted in the fit, by column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Counted {
    pub(super) documents: u64,
    pub(super) tf: Vec<u64>,
    pub(super) df: Vec<u64>,
    /// The commonest form of each term.
    pub(super) words: Vec<String>,
}

impl Counted {
    pub(super) fn model(
        self,
        settings: Settings,
        analyzer: Analyzer,
        terms: Vec<String>,
        given: &[f64],
    ) -> Result<TextModel, VocabularyError> {
        let n = terms.len();
        for (what, length) in [
            ("tf", self.tf.len()),
            ("df", self.df.len()),
            ("words", self.words.len()),
        ] {
            check(what, length == n, format!("{n} values"), length)?;
        }
        check(
            "vocabulary_",
            terms.is_sorted(),
            "counted terms in order",
            "another order",
        )?;
        let mut counted = Vec::with_capacity(n);
        for (((term, word), tf), df) in terms.into_iter().zip(self.words).zip(self.tf).zip(self.df) {
            let right = (1..=self.documents).contains(&df) && df <= tf;
            let expected = || format!("1 to {} documents for `{term}`, each with it", self.documents);
            check("df", right, expected(), format!("{df} documents, {tf} times"))?;
            counted.push(VocabularyTerm { term, word, tf, df });
        }
        let model = TextModel::assemble(settings, analyzer, self.documents, vocabulary(counted)?);
        for (&given, &idf) in given.iter().zip(model.idf()) {
            check(
                "idf_",
                (given - idf).abs() <= 1e-9 * idf,
                format!("{idf} by the counts"),
                given,
            )?;
        }
        Ok(model)
    }
}
