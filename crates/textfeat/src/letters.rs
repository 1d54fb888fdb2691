//! Runs of letters within a word, so that a word never met still shares something with its kin.

use serde::Serialize;

/// What the name of a run of letters begins with; no word does.
pub(crate) const MARK: char = '#';

/// Lengths of the runs of letters that are terms, the word's two boundaries counted as a letter each: what
/// scikit-learn calls `analyzer="char_wb"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Letters {
    /// The shortest.
    pub least: usize,
    /// The longest.
    pub most: usize,
}

impl Letters {
    /// The lengths as `3-5`, or `none`.
    pub(crate) fn name_of(letters: Option<Self>) -> String {
        letters.map_or_else(|| "none".to_owned(), |l| format!("{}-{}", l.least, l.most))
    }

    /// Calls `each` with every run of `word`, shorter ones first. A word shorter than a run is one itself, once.
    pub(crate) fn each(self, word: &str, mut each: impl FnMut(&str)) {
        let padded: Vec<char> = [' '].into_iter().chain(word.chars()).chain([' ']).collect();
        let mut name = String::new();
        for length in self.least..=self.most {
            let whole = [padded.as_slice()];
            let runs: &mut dyn Iterator<Item = &[char]> = if padded.len() <= length {
                &mut whole.into_iter()
            } else {
                &mut padded.windows(length)
            };
            for run in runs {
                name.clear();
                name.push(MARK);
                name.extend(run);
                each(&name);
            }
            if padded.len() <= length {
                break;
            }
        }
    }
}

/// Whether a term is a run of letters.
pub(crate) fn is_letters(term: &str) -> bool {
    term.starts_with(MARK)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(word: &str) -> Vec<String> {
        let mut runs = Vec::new();
        Letters { least: 3, most: 5 }.each(word, |run| runs.push(run.to_owned()));
        runs
    }

    /// What `CountVectorizer(analyzer="char_wb", ngram_range=(3, 5))` gives.
    #[test]
    fn runs_are_those_of_scikit_learn() {
        assert_eq!(
            runs("navy"),
            [
                "# na", "#nav", "#avy", "#vy ", "# nav", "#navy", "#avy ", "# navy", "#navy "
            ]
        );
        assert_eq!(runs("v"), ["# v "]);
        assert_eq!(runs("xl"), ["# xl", "#xl ", "# xl "]);
        assert_eq!(runs("赤い"), ["# 赤い", "#赤い ", "# 赤い "]);
    }
}
