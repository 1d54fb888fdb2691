//! Words of captions that a model does not know.

use std::collections::HashMap;

use textfeat::{Stemmer, TextModel, Tokenizer, UnknownWord, WordFilter};

use crate::request::short;
use crate::{GenerateError, Request};

/// Unknown words that are told one by one.
const MOST_TOLD: usize = 20;
/// Captions that an error names, and words that it takes for meant.
const MOST_NAMED: usize = 5;

/// What a model does not know of captions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// Words, each as it is first written and with the number of captions that have it; the commonest first.
    pub words: Vec<(String, usize)>,
    /// Places among the captions of those without any known word, in order.
    pub captions: Vec<usize>,
}

impl Unknown {
    /// Looks up every word of `requests`.
    #[must_use]
    pub fn find(texts: &TextModel, requests: &[Request]) -> Self {
        let (analyzer, vocabulary) = (texts.analyzer(), texts.vocabulary());
        let mut transformer = texts.transformer();
        let mut vector = vec![0.0; texts.dims()];
        let mut captions = Vec::new();
        // By stem: the word as it is first written, the number of captions that have it, and the last of them.
        let mut met: HashMap<String, (String, usize, usize)> = HashMap::new();
        for (at, Request { caption, .. }) in requests.iter().enumerate() {
            if !transformer.transform_into(caption, &mut vector) {
                captions.push(at);
            }
            for word in analyzer.tokenizer.tokens(caption) {
                if !analyzer.filter.keeps(&word) {
                    continue;
                }
                let stem = analyzer.stemmer.stem(&word).into_owned();
                if vocabulary.column(&stem).is_some() {
                    continue;
                }
                let (_, count, last) = met.entry(stem).or_insert((word, 0, usize::MAX));
                if *last != at {
                    *count += 1;
                    *last = at;
                }
            }
        }
        let words = met.into_values().map(|(word, count, _)| (word, count));
        let mut words: Vec<(String, usize)> = words.collect();
        words.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        Self { words, captions }
    }

    /// A line for each unknown word, with what may have been meant; of very many words, for the commonest.
    #[must_use]
    pub fn told(&self, texts: &TextModel) -> Vec<String> {
        let shown = &self.words[..self.words.len().min(MOST_TOLD)];
        // All at once: with an LSA model each call looks at the whole vocabulary.
        let joined: Vec<&str> = shown.iter().map(|(word, _)| word.as_str()).collect();
        let explained = texts.explain(&joined.join(" ")).unknown;
        let line = |(word, captions): &(String, usize)| {
            let found = explained.iter().find(|unknown| unknown.word == *word);
            format!(
                "the model does not know \"{word}\" (in {}){}",
                counted(*captions, "caption"),
                found.map_or_else(String::new, meant)
            )
        };
        let mut lines: Vec<String> = shown.iter().map(line).collect();
        match self.words.len() - shown.len() {
            0 => {}
            more => lines.push(format!("the model does not know {} more", counted(more, "word"))),
        }
        lines
    }

    /// The error that names the captions without any known word.
    #[must_use]
    pub fn refusal(&self, texts: &TextModel, requests: &[Request]) -> GenerateError {
        let first = self.captions.iter().filter_map(|&at| requests.get(at));
        let first: Vec<&Request> = first.take(MOST_NAMED).collect();
        let joined: Vec<&str> = first.iter().map(|request| request.caption.as_str()).collect();
        let mut nearest: Vec<String> = Vec::new();
        for word in texts.explain(&joined.join(" ")).unknown {
            for near in word.nearest {
                if nearest.len() < MOST_NAMED && !nearest.contains(&near) {
                    nearest.push(near);
                }
            }
        }
        let name =
            |Request {
                 id, caption, place, ..
             }: &&Request| { format!("{place} (id {}) \"{}\"", short(id), short(caption)) };
        GenerateError::NoKnownWord {
            named: first.iter().map(name).collect(),
            count: self.captions.len(),
            of: requests.len(),
            nearest,
        }
    }

    /// Takes the captions without any known word out of `requests`.
    pub fn leave_out(&self, requests: &mut Vec<Request>) {
        let mut next = 0;
        requests.retain(|_| {
            next += 1;
            self.captions.binary_search(&(next - 1)).is_err()
        });
    }
}

/// What may have been meant by a word, in the words of `textfeat explain`.
fn meant(unknown: &UnknownWord) -> String {
    let meant = match unknown.nearest.as_slice() {
        [] => String::new(),
        words => format!(", did you mean {}?", words.join(" or ")),
    };
    match unknown.kin.as_slice() {
        [] => meant,
        words => format!("{meant}; placed near {}", words.join(", ")),
    }
}

/// `1 word`, `2 words`.
pub(crate) fn counted(count: usize, thing: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {thing}{plural}")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::Variety;
    use textfeat::Settings;

    fn model() -> TextModel {
        let texts = ["navy blue shirts", "red dresses", "navy shirt", "blue shirt"];
        TextModel::fit(Settings::default(), texts).unwrap()
    }

    fn requests(captions: &[&str]) -> Vec<Request> {
        let request = |(at, caption): (usize, &&str)| Request {
            id: format!("id{at}"),
            caption: (*caption).to_owned(),
            stem: format!("id{at}"),
            seed: 1,
            variety: Variety::default(),
            place: format!("c.jsonl:{}", at + 1),
        };
        captions.iter().enumerate().map(request).collect()
    }

    #[test]
    fn a_word_is_told_once_with_its_captions_and_what_may_have_been_meant() {
        let model = model();
        let requests = requests(&["nvy nvy shirt", "a zebra shirt", "red nvy", "navy shirts"]);
        let unknown = Unknown::find(&model, &requests);
        assert_eq!(unknown.captions, <[usize; 0]>::default());
        assert_eq!(
            unknown.told(&model),
            [
                "the model does not know \"nvy\" (in 2 captions), did you mean navy?",
                "the model does not know \"zebra\" (in 1 caption)",
            ]
        );
    }

    #[test]
    fn of_very_many_words_the_rest_is_counted() {
        let model = model();
        let texts: Vec<String> = (0..30).map(|i| format!("red wort{i}")).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let told = Unknown::find(&model, &requests(&texts)).told(&model);
        assert_eq!(told.len(), MOST_TOLD + 1);
        assert_eq!(told[MOST_TOLD], "the model does not know 10 words more");
    }

    #[test]
    fn captions_of_unknown_words_are_named_all_or_left_out() {
        let model = model();
        let mut requests = requests(&["nvy", "red dress", "zebra", "x", "y", "z", "w", "blue"]);
        let unknown = Unknown::find(&model, &requests);
        let error = unknown.refusal(&model, &requests).to_string();
        assert!(
            error
                .contains("found none in 6 of 8: c.jsonl:1 (id id0) \"nvy\"; c.jsonl:3 (id id2) \"zebra\"; ")
                && error.contains("; and 1 more (near: navy)\nhint: did you mean \"navy\"?; "),
            "{error}"
        );
        unknown.leave_out(&mut requests);
        let left: Vec<&str> = requests.iter().map(|r| r.caption.as_str()).collect();
        assert_eq!(left, ["red dress", "blue"]);
    }

    #[test]
    fn words_of_like_meaning_are_named_as_textfeat_names_them() {
        let word = |nearest: &[&str], kin: &[&str]| UnknownWord {
            word: "shirty".to_owned(),
            nearest: nearest.iter().map(|&w| w.to_owned()).collect(),
            kin: kin.iter().map(|&w| w.to_owned()).collect(),
        };
        assert_eq!(meant(&word(&[], &[])), "");
        assert_eq!(
            meant(&word(&["shirt", "skirt"], &["shirts", "top"])),
            ", did you mean shirt or skirt?; placed near shirts, top"
        );
    }
}
