//! Beginnings of file names, made of texts that may be anything.

use std::collections::HashMap;

/// Beginnings of file names, of which none is given twice.
#[derive(Debug, Default)]
pub struct Stems(HashMap<String, u64>);

impl Stems {
    /// A new one for `text`: its [`slug`], with a number before it where that is taken.
    pub fn distinct(&mut self, text: &str) -> String {
        let plain = slug(text);
        let mut stem = plain.clone();
        while self.0.contains_key(&stem) {
            let number = self.0.entry(plain.clone()).or_insert(2);
            stem = slug(&format!("{number}-{plain}"));
            *number += 1;
        }
        // The number with which it goes on where the same is asked for again.
        self.0.insert(stem.clone(), 2);
        stem
    }
}

/// A text as part of a file name: letters and digits in lower case, all else as single hyphens.
#[must_use]
pub fn slug(text: &str) -> String {
    const MAX_CHARS: usize = 60;
    let mut slug = String::new();
    for c in text.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let short: String = slug.chars().take(MAX_CHARS).collect();
    let short = short.trim_end_matches('-');
    if short.is_empty() {
        "caption".to_owned()
    } else {
        short.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_captions_make_short_names() {
        assert_eq!(slug(&"ab ".repeat(100)).chars().count(), 59);
    }

    #[test]
    fn no_stem_is_given_twice() {
        let mut stems = Stems::default();
        let given = ["a b", "a/b", "2 a b", "A b", "!", "?"].map(|text| stems.distinct(text));
        assert_eq!(
            given,
            ["a-b", "2-a-b", "2-2-a-b", "3-a-b", "caption", "2-caption"]
        );
        let mut all: Vec<String> = (0..20_000).map(|_| stems.distinct("...")).collect();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 20_000);
    }
}
