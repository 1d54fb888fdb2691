//! One line of clean text: entities decoded, whitespace collapsed, NFC, of limited length, or absent.

use unicode_normalization::UnicodeNormalization;

use super::{html, mojibake};

/// A text of more bytes is cut: the longest of real descriptions has 12 kB.
pub const MAX_BYTES: usize = 64 << 10;

/// A cleaned text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cleaned {
    /// The text; empty where only a placeholder was given.
    pub(crate) text: String,
    /// It was longer than [`MAX_BYTES`].
    pub(crate) cut: bool,
}

/// Cleans a title or the value of an attribute.
pub(crate) fn text(raw: &str) -> Cleaned {
    let (raw, cut) = limit(raw);
    let text = if raw.contains(['&', '<']) {
        line(&html::lines(raw).join(" "))
    } else {
        line(raw)
    };
    Cleaned {
        text: if is_placeholder(&text) {
            String::new()
        } else {
            text
        },
        cut,
    }
}

/// The start of `raw`, at most [`MAX_BYTES`] and whole characters of it, and whether something was cut.
pub(crate) fn limit(raw: &str) -> (&str, bool) {
    (&raw[..raw.floor_char_boundary(MAX_BYTES)], raw.len() > MAX_BYTES)
}

/// NFC, one space between words, nothing invisible.
pub(crate) fn line(raw: &str) -> String {
    let raw = mojibake::repair(raw);
    let visible = |c: &char| !matches!(c, '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{fffd}' | '\u{ad}');
    let spaced = raw
        .nfc()
        .filter(visible)
        .map(|c| if c.is_control() { ' ' } else { c });
    let mut text = String::with_capacity(raw.len());
    for c in spaced {
        if !c.is_whitespace() {
            text.push(c);
        } else if !text.is_empty() && !text.ends_with(' ') {
            text.push(' ');
        }
    }
    text.truncate(text.trim_end().len());
    text
}

/// Whether a text only says that there is none.
pub(crate) fn is_placeholder(text: &str) -> bool {
    let lower = text.to_lowercase();
    matches!(
        lower.as_str(),
        "" | "na" | "n/a" | "nan" | "null" | "none" | "style note"
    ) || !text.contains(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whitespace_entities_and_invisible_characters_go() {
        for (raw, clean) in [
            ("  Double  spaces\tand\r\nlines ", "Double spaces and lines"),
            ("Bags &amp; Belts", "Bags & Belts"),
            ("Bags &amp;amp; Belts", "Bags & Belts"),
            ("<b>Bold</b> Shirt", "Bold Shirt"),
            ("A\u{a0}B\u{200b}C\u{feff}", "A BC"),
            ("Cafe\u{301}", "Café"),
            ("DÂ\u{a0}E", "D E"),
            ("Upper Ã?Â?Ã?Â??Ã?Â? Synthetic", "Upper Synthetic"),
            ("Why? MÂCHE, PÃO", "Why? MÂCHE, PÃO"),
            ("3.5\" Pink Short", "3.5\" Pink Short"),
            ("Size < 5", "Size < 5"),
            ("AT&T Tee", "AT&T Tee"),
        ] {
            assert_eq!(text(raw).text, clean);
        }
    }

    #[test]
    fn placeholders_are_absent() {
        for raw in ["", "NA", "na ", "-", "--", " . ", "nan", "N/A", "NULL"] {
            assert_eq!(text(raw).text, "", "{raw}");
        }
        assert_eq!(text("Nano").text, "Nano");
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let cleaned = text(&"é".repeat(MAX_BYTES));
        assert!(cleaned.cut);
        assert_eq!(cleaned.text.len(), MAX_BYTES);
        let odd = text(&["x", &"é".repeat(MAX_BYTES)].concat());
        assert_eq!(odd.text.len(), MAX_BYTES - 1);
        assert!(!text("short").cut);
    }
}
