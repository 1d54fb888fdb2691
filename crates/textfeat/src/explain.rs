//! What a model makes of a text, and what it does not know.

use std::collections::HashMap;

use serde::Serialize;
use strsim::damerau_levenshtein;

use crate::letters::is_letters;
use crate::scanner::{Found, LETTERS, Scanner};
use crate::{TextModel, Tokenizer, WordFilter};

/// Suggestions for an unknown word.
const MAX_NEAREST: usize = 3;
/// Words less alike are none.
const MIN_COSINE: f32 = 0.3;
/// Unknown words of a text that get suggestions; a long foreign text would take minutes otherwise.
const MAX_SUGGESTED: usize = 50;

/// A text taken apart.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// Every token, in order.
    pub tokens: Vec<String>,
    /// Tokens left out as stop words, each once.
    pub stop_words: Vec<String>,
    /// What the vector is made of, the heaviest first.
    pub known: Vec<KnownWord>,
    /// Words not in the vocabulary, in order; of forms of one word the first. They leave no trace in the vector,
    /// unless the model knows runs of their letters.
    pub unknown: Vec<UnknownWord>,
    /// Whether the text has a vector at all; see [`TextModel::transform`].
    pub is_known: bool,
}

/// A term of the text that is in the vocabulary.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KnownWord {
    /// The word as it stands first in the text.
    pub word: String,
    /// Its stem.
    pub term: String,
    /// Its place in the vocabulary; with [`crate::Method::Terms`] its place in the vector too.
    pub column: usize,
    /// Occurrences in the text.
    pub count: u32,
    /// Inverse document frequency.
    pub idf: f64,
    /// TF-IDF, of a text of length 1; with [`crate::Method::Terms`] the value in the vector.
    pub weight: f64,
}

/// A word of the text that is not in the vocabulary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnknownWord {
    /// The word.
    pub word: String,
    /// Known words that may have been meant, the nearest by typing slips first; often none.
    pub nearest: Vec<String>,
    /// Known words whose vectors are nearest, the nearest first; none without an LSA model or where the letters
    /// say nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kin: Vec<String>,
}

impl TextModel {
    /// Takes a text apart: its tokens, the terms known with their weights, the words not known.
    #[must_use]
    pub fn explain(&self, text: &str) -> Explanation {
        let analyzer = self.analyzer();
        let tokens = analyzer.tokenizer.tokens(text);
        let stop_words = distinct(tokens.iter().filter(|token| !analyzer.filter.keeps(token)));

        // Of runs of words only those seen in training are expected, so only words can be unknown.
        let mut scanner = Scanner::new(analyzer);
        let mut counts = HashMap::new();
        let mut words = Vec::new();
        scanner.scan(text, |found| {
            *counts.entry(found.term).or_insert_with(|| {
                words.push(found);
                0
            }) += 1;
        });
        let mut transformer = self.transformer();
        let weights: HashMap<u32, f64> = transformer.row(&[text]).iter().copied().collect();
        let is_known = transformer.transform_into(text, &mut vec![0.0; self.dims()]);
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for Found { form, term } in words {
            if form == LETTERS {
                continue;
            }
            let name = scanner.term(term);
            let word = scanner.forms()[form as usize].text.to_string();
            let Some(column) = self.vocabulary().column(name) else {
                if !name.contains(' ') {
                    unknown.push(word);
                }
                continue;
            };
            known.push(KnownWord {
                word,
                term: name.to_owned(),
                column,
                count: counts[&term],
                idf: self.idf()[column],
                weight: weights.get(&(column as u32)).copied().unwrap_or_default(),
            });
        }
        known.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        let words = match self.projection() {
            Some(_) if !unknown.is_empty() => self.word_vectors(),
            _ => Vec::new(),
        };
        let unknown = unknown.into_iter().enumerate().map(|(i, word)| {
            if i >= MAX_SUGGESTED {
                return UnknownWord {
                    word,
                    nearest: Vec::new(),
                    kin: Vec::new(),
                };
            }
            UnknownWord {
                nearest: self.nearest(&word),
                kin: kin(&words, &self.transform(&word)),
                word,
            }
        });
        Explanation {
            tokens,
            stop_words,
            known,
            unknown: unknown.collect(),
            is_known,
        }
    }

    /// Known words within a few typing slips (Damerau-Levenshtein: a letter more, less, other, or two
    /// swapped) of `word`: one slip up to five letters, two up to eight, three beyond. A word is as near as its
    /// stem where that is nearer, for `shrit` is meant for `shirts` too. Of equally near ones the commoner comes first.
    #[must_use]
    pub fn nearest(&self, word: &str) -> Vec<String> {
        let length = word.chars().count();
        let slips = match length {
            0..=2 => 0,
            3..=5 => 1,
            6..=8 => 2,
            _ => 3,
        };
        let mut near: Vec<_> = (self.vocabulary().terms().iter())
            .filter(|known| !is_letters(&known.term))
            .filter_map(|known| {
                let forms = [&known.word, &known.term].into_iter();
                let distance = forms
                    .filter(|form| form.chars().count().abs_diff(length) <= slips)
                    .map(|form| damerau_levenshtein(word, form))
                    .min()?;
                (distance <= slips).then_some((distance, known))
            })
            .collect();
        near.sort_by(|(a, x), (b, y)| a.cmp(b).then(y.tf.cmp(&x.tf)).then_with(|| x.word.cmp(&y.word)));
        near.into_iter()
            .take(MAX_NEAREST)
            .map(|(_, known)| known.word.clone())
            .collect()
    }
}

impl TextModel {
    /// Single words of the vocabulary with their vectors.
    fn word_vectors(&self) -> Vec<(&str, Vec<f32>)> {
        let mut transformer = self.transformer();
        let terms = self.vocabulary().terms().iter();
        let words = terms.filter(|known| !is_letters(&known.term) && !known.term.contains(' '));
        words
            .map(|known| {
                let mut vector = vec![0.0; self.dims()];
                transformer.transform_into(&known.word, &mut vector);
                (known.word.as_str(), vector)
            })
            .collect()
    }
}

/// The words whose vectors are nearest to `vector`; none if that is zero.
fn kin(words: &[(&str, Vec<f32>)], vector: &[f32]) -> Vec<String> {
    let cosine = |other: &[f32]| -> f32 { other.iter().zip(vector).map(|(a, b)| a * b).sum() };
    let mut near: Vec<(f32, &str)> = words.iter().map(|(word, other)| (cosine(other), *word)).collect();
    near.retain(|&(cosine, _)| cosine > MIN_COSINE);
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    near.into_iter()
        .take(MAX_NEAREST)
        .map(|(_, word)| word.to_owned())
        .collect()
}

fn distinct<'a>(words: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    words.filter(|&word| seen.insert(word)).cloned().collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::Settings;

    fn model(ngrams: usize) -> TextModel {
        let texts = [
            "navy blue shirts",
            "red dresses",
            "navy shirt",
            "women heels",
            "blue shirt",
        ];
        TextModel::fit(
            Settings {
                ngrams,
                ..Settings::default()
            },
            texts,
        )
        .unwrap()
    }

    #[test]
    fn weights_are_those_of_the_vector_and_words_those_of_the_text() {
        let model = model(1);
        let text = "A red shirts, and yet more RED shirt: dresses";
        let explained = model.explain(text);
        let vector = model.transform(text);
        for known in &explained.known {
            assert_eq!(vector[known.column], known.weight as f32, "{}", known.word);
        }
        assert_eq!(explained.known.len(), vector.iter().filter(|&&w| w > 0.0).count());
        assert!(explained.known.is_sorted_by(|a, b| a.weight >= b.weight));
        let shirt = explained.known.iter().find(|k| k.term == "shirt").unwrap();
        assert_eq!((shirt.word.as_str(), shirt.count), ("shirts", 2));
        assert_eq!(explained.stop_words, ["a", "and", "yet", "more"]);
        assert_eq!(explained.tokens.len(), 9);
        assert_eq!(explained.unknown, []);
    }

    #[test]
    fn an_unknown_word_comes_with_real_words_near_it() {
        let unknown = model(1).explain("nvy bleu drses spaceship womne nvy xy").unknown;
        let said: Vec<_> = unknown
            .iter()
            .map(|u| (u.word.as_str(), u.nearest.join(",")))
            .collect();
        let expected = [
            ("nvy", "navy"),
            ("bleu", "blue"),
            // By its stem.
            ("drses", "dresses"),
            ("spaceship", ""),
            ("womne", "women"),
            ("xy", ""),
        ];
        assert_eq!(said, expected.map(|(word, near)| (word, near.to_owned())));
        assert_eq!(model(1).nearest("dreses"), ["dresses"]);
        assert_eq!(model(1).nearest("shrt"), ["shirt"]);
    }

    #[test]
    fn an_unseen_run_of_known_words_is_not_unknown() {
        let explained = model(2).explain("red navy blue shirt");
        assert_eq!(explained.unknown, []);
        assert!(
            explained
                .known
                .iter()
                .any(|k| k.word == "navy blue" && k.term == "navi blue")
        );
    }

    #[test]
    fn a_long_foreign_text_is_explained_at_once() {
        let text: String = (0..50_000).map(|i| format!("wort{i} ")).collect();
        assert_eq!(model(1).explain(&text).unknown.len(), 50_000);
    }
}
