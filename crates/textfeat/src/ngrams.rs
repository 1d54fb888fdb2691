//! Neighbouring words become terms of their own, such as `navy blue`; off by default.

use std::collections::VecDeque;

/// The latest words of a text, from which runs of up to `longest` words are read.
#[derive(Debug)]
pub struct Window {
    longest: usize,
    latest: VecDeque<(String, String)>,
}

impl Window {
    /// A window for n-grams of 1 to `longest` words.
    #[must_use]
    pub fn new(longest: usize) -> Self {
        Self {
            longest,
            latest: VecDeque::with_capacity(longest),
        }
    }

    /// Takes the next word with its stem; calls `each` with every n-gram that it completes, the shortest
    /// first, as stems and as words, joined by a space.
    pub fn push(&mut self, stem: &str, word: &str, each: &mut dyn FnMut(&str, &str)) {
        if self.longest == 1 {
            return each(stem, word);
        }
        if self.latest.len() == self.longest {
            self.latest.pop_front();
        }
        self.latest.push_back((stem.to_owned(), word.to_owned()));
        let (mut stems, mut words) = (String::new(), String::new());
        for (stem, word) in self.latest.iter().rev() {
            stems = prepend(stem, &stems);
            words = prepend(word, &words);
            each(&stems, &words);
        }
    }
}

fn prepend(first: &str, rest: &str) -> String {
    if rest.is_empty() {
        first.to_owned()
    } else {
        format!("{first} {rest}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_run_of_words_is_read_once() {
        let mut window = Window::new(3);
        let mut seen = Vec::new();
        for (stem, word) in [
            ("dark", "dark"),
            ("navi", "navy"),
            ("shirt", "shirts"),
            ("x", "x"),
        ] {
            window.push(stem, word, &mut |stems, words| {
                seen.push(format!("{stems}|{words}"))
            });
        }
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
}
