//! Tokens as scikit-learn's `token_pattern` cuts them, so that its models can be moved here.

use std::borrow::Cow;

use serde::Serialize;
use unicode_normalization::char::is_combining_mark;

use crate::Tokenizer;

/// The patterns of scikit-learn that are known here, with Python's meaning of `\w` and `\S`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Pattern {
    /// Runs of two or more letters, digits and underscores: the default of scikit-learn.
    #[serde(rename = r"(?u)\b\w\w+\b")]
    TwoOrMore,
    /// The same runs of any length.
    #[serde(rename = r"(?u)\b\w+\b")]
    OneOrMore,
    /// Whatever stands between white space: for texts that are tokens already.
    #[serde(rename = r"(?u)\S+")]
    Unspaced,
}

impl Pattern {
    /// Every pattern.
    pub const ALL: [Self; 3] = [Self::TwoOrMore, Self::OneOrMore, Self::Unspaced];

    /// The regular expression.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TwoOrMore => r"(?u)\b\w\w+\b",
            Self::OneOrMore => r"(?u)\b\w+\b",
            Self::Unspaced => r"(?u)\S+",
        }
    }

    /// The pattern of that regular expression, or of one that means the same: `(?u)` may be left out, and so may
    /// `\b` around a `\w+`.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        match name.strip_prefix("(?u)").unwrap_or(name) {
            r"\b\w\w+\b" | r"\w\w+" => Some(Self::TwoOrMore),
            r"\b\w+\b" | r"\w+" => Some(Self::OneOrMore),
            r"\S+" => Some(Self::Unspaced),
            _ => None,
        }
    }
}

/// Cuts a text by a [`Pattern`]. A text is taken as it comes: nothing is normalized, nothing too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PatternTokenizer {
    /// What a token is.
    pub pattern: Pattern,
    /// Lowercase first, as scikit-learn does unless told otherwise.
    pub lowercase: bool,
}

impl Tokenizer for PatternTokenizer {
    fn each_token(&self, text: &str, each: &mut dyn FnMut(&str)) {
        let text = if self.lowercase {
            Cow::Owned(text.to_lowercase())
        } else {
            Cow::Borrowed(text)
        };
        let ends = |c: char| match self.pattern {
            Pattern::Unspaced => is_space(c),
            Pattern::TwoOrMore | Pattern::OneOrMore => !is_word(c),
        };
        let least = if self.pattern == Pattern::TwoOrMore { 2 } else { 1 };
        text.split(ends)
            .filter(|run| run.chars().nth(least - 1).is_some())
            .for_each(each);
    }
}

/// Python's `\w`: letters, numbers and the underscore. Rust's letters hold marks and circled ones too.
fn is_word(c: char) -> bool {
    let is_circled = matches!(c, '\u{24B6}'..='\u{24E9}' | '\u{1F130}'..='\u{1F149}' | '\u{1F150}'..='\u{1F169}' | '\u{1F170}'..='\u{1F189}');
    c == '_' || c.is_alphanumeric() && !is_circled && !is_combining_mark(c)
}

/// Python's `\s`: Rust's white space and the four separators of ASCII.
fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{1C}'..='\u{1F}')
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn tokens(pattern: Pattern, text: &str) -> Vec<String> {
        let lowercase = true;
        PatternTokenizer { pattern, lowercase }.tokens(text)
    }

    #[test]
    fn the_default_of_scikit_learn_takes_compounds_apart_and_drops_single_letters() {
        let text = "A V-neck T-shirt, 3/4 x_1 É";
        assert_eq!(tokens(Pattern::TwoOrMore, text), ["neck", "shirt", "x_1"]);
        assert_eq!(
            tokens(Pattern::OneOrMore, text),
            ["a", "v", "neck", "t", "shirt", "3", "4", "x_1", "é"]
        );
        assert_eq!(
            tokens(Pattern::Unspaced, text),
            ["a", "v-neck", "t-shirt,", "3/4", "x_1", "é"]
        );
    }

    #[test]
    fn a_pattern_is_known_by_each_of_its_names() {
        for pattern in Pattern::ALL {
            assert_eq!(Pattern::by_name(pattern.name()), Some(pattern));
        }
        assert_eq!(Pattern::by_name(r"\w+"), Some(Pattern::OneOrMore));
        assert_eq!(Pattern::by_name(r"[a-z]+"), None);
    }

    /// By `fixtures/make_sklearn.py`. Characters that the Unicode of that Python did not know are not compared.
    #[test]
    fn words_and_white_space_are_those_of_python_over_all_of_unicode() {
        let fixture: Value =
            serde_json::from_str(include_str!("../tests/fixtures/python_words.json")).unwrap();
        let ranges =
            |name: &str| -> Vec<(u32, u32)> { serde_json::from_value(fixture[name].clone()).unwrap() };
        let (words, spaces, unassigned) = (ranges("word"), ranges("space"), ranges("unassigned"));
        let within = |ranges: &[(u32, u32)], c: char| {
            let at = ranges.partition_point(|&(_, last)| last < c as u32);
            ranges.get(at).is_some_and(|&(first, _)| first <= c as u32)
        };
        let wrong: Vec<char> = (char::MIN..=char::MAX)
            .filter(|&c| !within(&unassigned, c))
            .filter(|&c| is_word(c) != within(&words, c) || is_space(c) != within(&spaces, c))
            .collect();
        assert_eq!(wrong, []);
    }
}
