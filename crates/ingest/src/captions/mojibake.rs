//! Text in UTF-8 that somebody read as windows-1252 and saved: `CafÃ©` for `Café`. Repaired where it is certain.

use std::borrow::Cow;

use encoding_rs::WINDOWS_1252;

/// Texts that were misread more often than this stay.
const MAX_PASSES: usize = 3;

/// Repairs `raw`, and drops what is left of characters that are beyond repair.
pub(super) fn repair(raw: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(raw);
    for _ in 0..MAX_PASSES {
        match read_anew(&text) {
            Some(repaired) => text = Cow::Owned(repaired),
            None => break,
        }
    }
    match text {
        Cow::Borrowed(text) => without_remains(text),
        Cow::Owned(text) => Cow::Owned(without_remains(&text).into_owned()),
    }
}

/// The text with every run of characters beyond ASCII that makes valid UTF-8 of its windows-1252 bytes replaced by
/// that; `None` where there is no such run. A word of a real language hardly ever does: it takes an accented capital
/// and a symbol side by side.
fn read_anew(text: &str) -> Option<String> {
    let mut repaired = String::with_capacity(text.len());
    let mut found = false;
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| !c.is_ascii()) {
        let (before, from) = rest.split_at(at);
        let end = from.find(|c: char| c.is_ascii()).unwrap_or(from.len());
        let (run, after) = from.split_at(end);
        repaired.push_str(before);
        let (bytes, _, unmappable) = WINDOWS_1252.encode(run);
        match std::str::from_utf8(&bytes) {
            Ok(anew) if !unmappable => {
                found = true;
                repaired.push_str(anew);
            }
            _ => repaired.push_str(run),
        }
        rest = after;
    }
    repaired.push_str(rest);
    found.then_some(repaired)
}

/// Text without what cannot be repaired: `Â` before a space, runs like `Ã?Â?Ã?Â?`. They stand where a no-break space
/// or a dash was.
fn without_remains(raw: &str) -> Cow<'_, str> {
    let lead = |c: char| matches!(c, 'Â' | 'Ã');
    if !raw.contains(lead) {
        return Cow::Borrowed(raw);
    }
    let part = |c: char| lead(c) || matches!(c, '?' | '\u{80}'..='\u{bf}');
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find(part) {
        let (before, from) = rest.split_at(at);
        let end = from.find(|c| !part(c)).unwrap_or(from.len());
        let (run, after) = from.split_at(end);
        text.push_str(before);
        // A single one before a letter is a letter: MÂCHE.
        let letter = run.chars().count() == 1 && after.starts_with(|c: char| !c.is_whitespace());
        text.push_str(if run.contains(lead) && !letter { " " } else { run });
        rest = after;
    }
    text.push_str(rest);
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::repair;

    #[test]
    fn misread_text_is_read_anew_however_often_it_was_misread() {
        for (raw, repaired) in [
            ("CafÃ© crÃ¨me", "Café crème"),
            (
                "womenâ€™s â€œliteâ€\u{9d} top â€“ 5â‚¬",
                "women’s “lite” top – 5€",
            ),
            ("Ã‚Â½ sleeve", "½ sleeve"),
            ("Ð¡Ð¸Ð½Ð¸Ð¹", "Синий"),
        ] {
            assert_eq!(repair(raw), repaired);
        }
    }

    #[test]
    fn what_is_right_stays() {
        for text in [
            "Café crème, naïve Noël",
            "MÂCHE, PÃO, ÂGE",
            "Größe: 5½″",
            "Синий",
            "青いシャツ",
            "25° Â",
            "",
        ] {
            assert_eq!(
                repair(text).trim_end_matches([' ', 'Â']),
                text.trim_end_matches([' ', 'Â'])
            );
        }
    }
}
