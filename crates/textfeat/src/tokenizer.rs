//! A text becomes words: Unicode-aware, lowercase, compounds kept whole.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

use crate::{PatternTokenizer, Settings, Tokens};

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

/// The tokenizer that settings ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextTokenizer {
    /// Words of any language.
    Words(WordTokenizer),
    /// What a pattern of scikit-learn matches.
    Pattern(PatternTokenizer),
}

impl TextTokenizer {
    /// The one for [`Settings::tokens`] and [`Settings::numbers`].
    #[must_use]
    pub const fn new(settings: &Settings) -> Self {
        match settings.tokens {
            Tokens::Words => Self::Words(WordTokenizer {
                numbers: settings.numbers,
            }),
            Tokens::Pattern(pattern) => Self::Pattern(pattern),
        }
    }
}

impl Tokenizer for TextTokenizer {
    fn each_token(&self, text: &str, each: &mut dyn FnMut(&str)) {
        match self {
            Self::Words(words) => words.each_token(text, each),
            Self::Pattern(pattern) => pattern.each_token(text, each),
        }
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
    // No rule looks beyond white space, so what stands between two spaces is a matter of its own. Nearly all
    // of it is a plain word with punctuation around it, which needs no tables.
    fn each_token(&self, text: &str, each: &mut dyn FnMut(&str)) {
        let lowercase = text.to_ascii_lowercase();
        let bytes = lowercase.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let start = at;
            let mut kinds = 0;
            while at < bytes.len() {
                let kind = KINDS[bytes[at] as usize];
                if kind == SPACE {
                    break;
                }
                kinds |= kind;
                at += 1;
            }
            let mut emit = |token: &str| {
                // What holds a letter is no number; that was seen on the way.
                if kinds & LETTER == 0 {
                    self.emit(token, each);
                } else if token.len() <= MAX_TOKEN_BYTES {
                    each(token);
                }
            };
            if kinds == LETTER || kinds == LETTER | DIGIT {
                emit(&lowercase[start..at]);
            } else if kinds & OTHER_SCRIPT != 0 {
                self.each_by_unicode(&normalized(&text[start..at]), each);
            } else if kinds != 0 {
                match plain_word(&bytes[start..at]) {
                    Some(word) => emit(&lowercase[start + word.start..start + word.end]),
                    None => self.each_by_unicode(&lowercase[start..at], each),
                }
            }
            at += 1;
        }
    }
}

impl WordTokenizer {
    fn emit(self, token: &str, each: &mut dyn FnMut(&str)) {
        if token.len() <= MAX_TOKEN_BYTES && (self.numbers || !is_plain_number(token)) {
            each(token);
        }
    }

    /// The rules in full, for a normalized text.
    fn each_by_unicode(self, text: &str, each: &mut dyn FnMut(&str)) {
        // By Unicode alone a mark that stands alone after a space is one word with it.
        text.split(char::is_whitespace)
            .for_each(|piece| self.each_of_piece(piece, each));
    }

    /// The rules in full, for a normalized text without white space.
    fn each_of_piece(self, text: &str, each: &mut dyn FnMut(&str)) {
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
                                .for_each(|(start, stop)| self.emit(&text[start..stop], each));
                            Some((at, end))
                        }
                    };
                }
                at = end + 1;
            }
        }
        open.into_iter()
            .for_each(|(start, stop)| self.emit(&text[start..stop], each));
    }
}

const LETTER: u8 = 1;
const DIGIT: u8 = 2;
const HYPHEN: u8 = 4;
const APOSTROPHE: u8 = 8;
/// Punctuation that ends a word whatever stands around it.
const END: u8 = 16;
/// Punctuation that may stand within a word or a number, or join two.
const INFIX: u8 = 32;
const OTHER_SCRIPT: u8 = 64;
const SPACE: u8 = 128;

/// The kind of each byte.
const KINDS: [u8; 256] = {
    let mut kinds = [OTHER_SCRIPT; 256];
    let mut byte = 0;
    while byte < 128 {
        kinds[byte] = match byte as u8 {
            b'a'..=b'z' | b'A'..=b'Z' => LETTER,
            b'0'..=b'9' => DIGIT,
            b'-' => HYPHEN,
            b'\'' => APOSTROPHE,
            b'_' | b'.' | b',' | b';' | b':' | b'/' => INFIX,
            b'\t'..=b'\r' | b' ' => SPACE,
            _ => END,
        };
        byte += 1;
    }
    kinds
};

/// Where the one word lies in ASCII without white space, if letters, digits, hyphens and apostrophes
/// within are all there is to it; `None` leaves it to the rules in full.
fn plain_word(text: &[u8]) -> Option<Range<usize>> {
    let kind = |at: usize| KINDS[text[at] as usize];
    let is_core = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let start = text.iter().position(is_core)?;
    let end = text.iter().rposition(is_core)? + 1;
    let within = |at: usize, kinds: u8| kind(at - 1) & kinds != 0 && kind(at + 1) & kinds != 0;
    let is_plain = (start..end).all(|at| match kind(at) {
        LETTER | DIGIT => true,
        // Start and end are letters or digits, so there is a byte on each side.
        HYPHEN => within(at, LETTER | DIGIT),
        APOSTROPHE => within(at, LETTER),
        _ => false,
    });
    is_plain.then_some(start..end)
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
    use proptest::prelude::*;

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

    /// By the rules in full, for the text as a whole.
    fn by_unicode(text: &str, numbers: bool) -> Vec<String> {
        let mut tokens = Vec::new();
        let tokenizer = WordTokenizer { numbers };
        tokenizer.each_by_unicode(&normalized(text), &mut |token| tokens.push(token.to_owned()));
        tokens
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        #[test]
        fn plain_words_are_what_the_rules_in_full_make_of_them(text in "[a-cA-C0-9 \t\n_.,;:'/\"!-]{0,24}", numbers: bool) {
            prop_assert_eq!(WordTokenizer { numbers }.tokens(&text), by_unicode(&text, numbers));
        }

        #[test]
        fn no_rule_looks_beyond_white_space(text in "([a-z'.:/-]{0,3}[ \n\u{85}\u{a0}\u{2009}]{0,2}\\PC{0,4}[\u{301}\u{200d}\u{2044}\u{2019}\u{ad}¾´_]{0,2}){0,8}", any: String) {
            for text in [text, any] {
                prop_assert_eq!(tokens(&text), by_unicode(&text, false));
            }
        }
    }

    #[test]
    fn pasted_data_is_no_word() {
        let blob = "a".repeat(MAX_TOKEN_BYTES + 1);
        assert_eq!(tokens(&format!("red {blob} dress")), ["red", "dress"]);
    }
}
