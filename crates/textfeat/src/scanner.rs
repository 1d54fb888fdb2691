//! Texts become numbers: each term, and each form in which it is written, gets one when it is first met.
//!
//! Words repeat. Whatever is costly about one (is it a stop word, what is its stem) is asked once, and the
//! rest of the work is done on small numbers.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::settings::MAX_NGRAMS;
use crate::{Analyzer, Stemmer, Tokenizer, WordFilter};

type Map<K> = HashMap<K, u32, RandomState>;

/// Stands for a word that is left out.
const LEFT_OUT: u32 = u32::MAX;
/// Stands for the form of a run of letters.
pub(crate) const LETTERS: u32 = u32::MAX - 1;
const NOT_COUNTED: Found = Found {
    form: LEFT_OUT,
    term: LEFT_OUT,
};
/// Fills up a run of fewer words than the longest.
const NOTHING: u32 = u32::MAX;

/// Words that are found without a search: a power of two. The few hundred commonest make up most of any text,
/// and as many fit into a processor's nearest cache.
const AT_HAND: usize = 1024;

/// A reader of texts that remembers every word it met.
#[derive(Debug)]
pub(crate) struct Scanner<'a, T, F, S> {
    analyzer: &'a Analyzer<T, F, S>,
    /// The form that a token is, or [`LEFT_OUT`]; most tokens are short.
    short: Map<u128>,
    long: Map<Box<str>>,
    /// The short tokens met last, each in the place that its bytes say; an empty one in unused places.
    at_hand: Vec<(u128, Found)>,
    /// The form that a run of word forms is.
    runs: Map<[u32; MAX_NGRAMS]>,
    forms: Vec<Form>,
    /// Runs of letters of each form that is a word, by number of their term.
    letters: Vec<Box<[u32]>>,
    terms: Vec<Box<str>>,
    by_name: Map<Box<str>>,
}

/// A word or a run of words as written.
#[derive(Debug)]
pub(crate) struct Form {
    /// The words, joined by spaces.
    pub(crate) text: Box<str>,
    /// What it is a form of.
    pub(crate) term: u32,
}

/// What a scan comes across.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    /// Number of the form; [`LETTERS`] for a run of letters, which has none.
    pub(crate) form: u32,
    /// Number of its term.
    pub(crate) term: u32,
}

impl<'a, T: Tokenizer, F: WordFilter, S: Stemmer> Scanner<'a, T, F, S> {
    pub(crate) fn new(analyzer: &'a Analyzer<T, F, S>) -> Self {
        Self {
            analyzer,
            short: Map::default(),
            long: Map::default(),
            at_hand: vec![(0, NOT_COUNTED); AT_HAND],
            runs: Map::default(),
            forms: Vec::new(),
            letters: Vec::new(),
            terms: Vec::new(),
            by_name: Map::default(),
        }
    }

    /// Calls `each` with every word worth counting, its runs of letters, and every run of words that it
    /// completes, the shortest first.
    pub(crate) fn scan(&mut self, text: &str, mut each: impl FnMut(Found)) {
        let analyzer = self.analyzer;
        // The latest words, the last one first.
        let mut latest = [NOTHING; MAX_NGRAMS];
        analyzer.tokenizer.each_token(text, &mut |token| {
            let found = self.find(token);
            let form = found.form;
            if form == LEFT_OUT {
                return;
            }
            each(found);
            if analyzer.letters.is_some() {
                for &term in &self.letters[form as usize] {
                    each(Found { form: LETTERS, term });
                }
            }
            if analyzer.ngrams > 1 {
                latest.copy_within(..MAX_NGRAMS - 1, 1);
                latest[0] = form;
                let mut run = [NOTHING; MAX_NGRAMS];
                run[0] = form;
                for words in 2..=analyzer.ngrams {
                    if latest[words - 1] == NOTHING {
                        break;
                    }
                    run[words - 1] = latest[words - 1];
                    let form = match self.runs.get(&run) {
                        Some(&form) => form,
                        None => self.meet_run(run, words),
                    };
                    let term = self.forms[form as usize].term;
                    each(Found { form, term });
                }
            }
        });
    }

    /// What a token is; its form is [`LEFT_OUT`] for a stop word.
    #[inline]
    fn find(&mut self, token: &str) -> Found {
        let Some(packed) = pack(token) else {
            let form = match self.long.get(token) {
                Some(&form) => form,
                None => self.meet_word(token, None),
            };
            return self.found(form);
        };
        let place = place_at_hand(packed);
        let (known, found) = self.at_hand[place];
        if known == packed {
            return found;
        }
        let form = match self.short.get(&packed) {
            Some(&form) => form,
            None => self.meet_word(token, Some(packed)),
        };
        let found = self.found(form);
        self.at_hand[place] = (packed, found);
        found
    }

    fn found(&self, form: u32) -> Found {
        match self.forms.get(form as usize) {
            Some(&Form { term, .. }) => Found { form, term },
            None => NOT_COUNTED,
        }
    }

    fn meet_word(&mut self, token: &str, packed: Option<u128>) -> u32 {
        let form = if self.analyzer.filter.keeps(token) {
            let stem = self.analyzer.stemmer.stem(token);
            let term = self.number(&stem);
            let form = self.add_form(token.into(), term);
            if let Some(letters) = self.analyzer.letters {
                let mut runs = Vec::new();
                letters.each(token, |run| runs.push(self.number(run)));
                self.letters.resize(form as usize, Box::default());
                self.letters.push(runs.into());
            }
            form
        } else {
            LEFT_OUT
        };
        match packed {
            Some(packed) => self.short.insert(packed, form),
            None => self.long.insert(token.into(), form),
        };
        form
    }

    fn meet_run(&mut self, run: [u32; MAX_NGRAMS], words: usize) -> u32 {
        let in_order = || run[..words].iter().rev().map(|&form| &self.forms[form as usize]);
        let text = in_order().map(|form| &*form.text).collect::<Vec<_>>().join(" ");
        let stems = in_order().map(|form| &*self.terms[form.term as usize]);
        let term = stems.collect::<Vec<_>>().join(" ");
        let term = self.number(&term);
        let form = self.add_form(text.into(), term);
        self.runs.insert(run, form);
        form
    }

    /// The number of a term, a new one if it is new.
    fn number(&mut self, term: &str) -> u32 {
        if let Some(&number) = self.by_name.get(term) {
            return number;
        }
        let number = self.terms.len() as u32;
        self.terms.push(term.into());
        self.by_name.insert(term.into(), number);
        number
    }

    fn add_form(&mut self, text: Box<str>, term: u32) -> u32 {
        self.forms.push(Form { text, term });
        (self.forms.len() - 1) as u32
    }
}

impl<T, F, S> Scanner<'_, T, F, S> {
    /// The term of that number.
    pub(crate) fn term(&self, number: u32) -> &str {
        &self.terms[number as usize]
    }

    /// All terms, by number.
    pub(crate) fn terms(&self) -> &[Box<str>] {
        &self.terms
    }

    /// All terms, by number, and nothing else.
    pub(crate) fn into_terms(self) -> Vec<Box<str>> {
        self.terms
    }

    /// All forms, by number.
    pub(crate) fn forms(&self) -> &[Form] {
        &self.forms
    }

    /// Words and runs remembered: what the memory taken grows with.
    pub(crate) fn remembered(&self) -> usize {
        self.short.len() + self.long.len() + self.runs.len()
    }
}

/// A token of up to 16 bytes as a number, for looking up without a detour to the heap. A token of
/// one's own tokenizer may be empty or end in zero bytes, which would be lost.
#[inline]
fn pack(token: &str) -> Option<u128> {
    let mut bytes = [0; 16];
    let place = bytes.get_mut(..token.len())?;
    place.copy_from_slice(token.as_bytes());
    (!token.is_empty() && !token.ends_with('\0')).then_some(u128::from_le_bytes(bytes))
}

/// The middle bits of a product mix all bytes (Fibonacci hashing).
#[inline]
fn place_at_hand(packed: u128) -> usize {
    let folded = (packed as u64) ^ ((packed >> 64) as u64).rotate_left(23);
    (folded.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as usize % AT_HAND
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Language, Settings};

    #[test]
    fn every_run_of_words_is_read_once() {
        let settings = Settings {
            ngrams: 3,
            ..Settings::default()
        };
        let analyzer = Analyzer::new(&settings);
        let mut scanner = Scanner::new(&analyzer);
        let mut found = Vec::new();
        scanner.scan("dark navy with shirts x", |next| found.push(next));
        let seen: Vec<_> = found
            .iter()
            .map(|next| {
                let form = &scanner.forms()[next.form as usize];
                format!("{}|{}", scanner.term(next.term), form.text)
            })
            .collect();
        assert_eq!(
            seen,
            [
                "dark|dark",
                "navi|navy",
                "dark navi|dark navy",
                "shirt|shirts",
                "navi shirt|navy shirts",
                "dark navi shirt|dark navy shirts",
                "x|x",
                "shirt x|shirts x",
                "navi shirt x|navy shirts x",
            ]
        );
    }

    #[test]
    fn what_is_remembered_is_what_a_new_reader_finds() {
        let settings = Settings {
            ngrams: 2,
            language: Language::English,
            ..Settings::default()
        };
        let analyzer = Analyzer::new(&settings);
        let mut scanner = Scanner::new(&analyzer);
        for text in ["navy shirts", "the navy shirt", "shirts, navy shirts", ""] {
            let mut terms = Vec::new();
            scanner.scan(text, |next| terms.push(next.term));
            let terms: Vec<_> = terms.iter().map(|&term| scanner.term(term)).collect();
            assert_eq!(terms, analyzer.terms(text), "{text}");
        }
        assert_eq!(scanner.terms().len(), 4, "navi, shirt, navi shirt, shirt navi");
        assert_eq!(scanner.forms().len(), 6);
    }
}
