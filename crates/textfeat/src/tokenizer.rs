//! A text becomes words: Unicode-aware, lowercase, compounds kept whole.

use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

/// Cuts a text into tokens.
pub trait Tokenizer {
    /// Calls `each` with every token of `text`, lowercase, in order.
    fn each_token(&self, text: &str, each: &mut dyn FnMut(&str));

    /// The tokens of `text` as a list.
    fn tokens(&self, text: &str) -> Vec<String> {
        let mut tokens = Vec::new();
        self.each_token(text, &mut |token| tokens.push(token.to_owned()));
        tokens
    }
}

/// A token of more bytes is no word but pasted data; it is left out, so that no later step meets it.
pub const MAX_TOKEN_BYTES: usize = 128;

/// Words by the rules of Unicode (UAX #29) after NFKC and lowercasing, with four rules of its own:
///
/// * one hyphen between two words joins them: `t-shirt`, `v-neck`, `off-white` are one token each;
/// * a slash joins two numbers: `3/4` (and `¾`) is one token; it names a sleeve's length;
/// * a full stop, colon or underscore joins no letters, since catalogues forget the space after it;
/// * a token of digits and number punctuation alone (`100`, `32.5`, `2011-12`) is left out unless
///   [`WordTokenizer::numbers`] is set; fractions stay, and so does whatever holds a letter (`3d`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WordTokenizer {
    /// Keep plain numbers too.
    pub numbers: bool,
}

impl Tokenizer for WordTokenizer {
    fn each_token(&self, text: &str, each: &mut dyn FnMut(&str)) {
        let text = normalized(text);
        let mut emit = |token: &str| {
            if token.len() <= MAX_TOKEN_BYTES && (self.numbers || !is_plain_number(token)) {
                each(token);
            }
        };
        let mut open: Option<(usize, usize)> = None;
        for (at, word) in text.unicode_word_indices() {
            let mut at = at;
            for part in split_at_forgotten_spaces(word) {
                let end = at + part.len();
                if !part.is_empty() {
                    open = match open {
                        Some((start, stop)) if joins(&text[start..stop], &text[stop..at], part) => {
                            Some((start, end))
                        }
                        _ => {
                            open.into_iter()
                                .for_each(|(start, stop)| emit(&text[start..stop]));
                            Some((at, end))
                        }
                    };
                }
                at = end + 1;
            }
        }
        open.into_iter()
            .for_each(|(start, stop)| emit(&text[start..stop]));
    }
}

fn normalized(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    // Lowercasing can take characters apart (İ), so they are composed again after it.
    text.chars()
        .filter_map(plain_punctuation)
        .nfkc()
        .flat_map(char::to_lowercase)
        .nfc()
        .map(slash)
        .collect()
}

/// Typographic apostrophes and hyphens as their plain forms; the soft hyphen is only a hint to the printer.
fn plain_punctuation(c: char) -> Option<char> {
    match c {
        '\u{2018}' | '\u{2019}' | '\u{02BC}' => Some('\''),
        '\u{2010}' | '\u{2011}' => Some('-'),
        '\u{00AD}' => None,
        _ => Some(c),
    }
}

/// NFKC writes `¾` with a fraction slash of its own.
fn slash(c: char) -> char {
    if c == '\u{2044}' { '/' } else { c }
}

/// The parts of a Unicode word between full stops, colons and underscores; numbers keep theirs.
fn split_at_forgotten_spaces(word: &str) -> impl Iterator<Item = &str> {
    let is_number = !word.contains(char::is_alphabetic);
    word.split(move |c| !is_number && matches!(c, '.' | ':' | '_'))
}

fn joins(before: &str, gap: &str, next: &str) -> bool {
    match gap {
        "-" => true,
        "/" => [before, next]
            .iter()
            .all(|side| side.bytes().all(|b| b.is_ascii_digit() || b == b'/')),
        _ => false,
    }
}

fn is_short_number(word: &str) -> bool {
    word.len() <= 2 && word.bytes().all(|b| b.is_ascii_digit())
}

fn is_plain_number(token: &str) -> bool {
    let is_fraction = token
        .split_once('/')
        .is_some_and(|(a, b)| is_short_number(a) && is_short_number(b));
    !is_fraction && !token.contains(char::is_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<String> {
        WordTokenizer::default().tokens(text)
    }

    #[test]
    fn compounds_stay_whole() {
        assert_eq!(
            tokens("Men's V-Neck T-shirt, off-white"),
            ["men's", "v-neck", "t-shirt", "off-white"]
        );
        assert_eq!(tokens("Women\u{2019}s T\u{2011}Shirt"), ["women's", "t-shirt"]);
        assert_eq!(tokens("full-length-dress"), ["full-length-dress"]);
    }

    #[test]
    fn punctuation_around_words_goes() {
        assert_eq!(
            tokens("-red- --blue--green (navy) 'grey'"),
            ["red", "blue", "green", "navy", "grey"]
        );
        assert_eq!(tokens(" \t\r\n…—!?"), Vec::<String>::new());
    }

    #[test]
    fn a_forgotten_space_still_ends_a_word() {
        assert_eq!(
            tokens("cotton.Machine wash:warm a_b"),
            ["cotton", "machine", "wash", "warm", "a", "b"]
        );
    }

    #[test]
    fn plain_numbers_go_and_fractions_stay() {
        assert_eq!(
            tokens("3/4 sleeves, 100% cotton, 32.5 2011-12 1,000 3D"),
            ["3/4", "sleeves", "cotton", "3d"]
        );
        assert_eq!(tokens("¾ sleeves"), ["3/4", "sleeves"]);
        assert_eq!(tokens("12/11/2012"), Vec::<String>::new());
        assert_eq!(
            WordTokenizer { numbers: true }.tokens("100% 32.5"),
            ["100", "32.5"]
        );
    }

    #[test]
    fn equal_words_are_equal_however_they_are_written() {
        assert_eq!(tokens("CAFÉ cafe\u{301} ｃａｆé ca\u{AD}fé"), ["café"; 4]);
        assert_eq!(tokens("𝐀 ΣΑΣ straße"), ["a", "σασ", "straße"]);
        assert_eq!(tokens("赤い ドレス"), ["赤", "い", "ドレス"]);
    }

    #[test]
    fn pasted_data_is_no_word() {
        let blob = "a".repeat(MAX_TOKEN_BYTES + 1);
        assert_eq!(tokens(&format!("red {blob} dress")), ["red", "dress"]);
    }
}
