//! A file of captions: a JSON object a line, or a caption a line.

use std::path::Path;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use stage::Lines;

use crate::{GenerateError, Variety};

/// A longer caption, or id, is a mistake.
const MAX_BYTES: usize = 64 << 10;
/// More captions than anybody looks at.
pub(crate) const MAX_CAPTIONS: usize = 1_000_000;

const JSON: &str = "{\"id\": ..., \"caption\": ...}";
const JSON_HINT: &str = "one JSON object a line: an id and a caption, and where wanted a seed and a variety, as a manifest has them; \
    captions alone, one a line, are read from a file whose name does not end in .jsonl";

/// A caption of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct CaptionLine {
    /// Number of its line, from 1.
    pub line: u64,
    /// As it stands in the file; the number of the line where a line is but a caption.
    pub id: String,
    /// What is to be drawn.
    pub caption: String,
    /// The seed of its picture, where the line names one.
    pub seed: Option<u64>,
    /// How far from its caption it may be, where the line says it.
    pub variety: Option<Variety>,
}

/// A line of JSON: its keys are those of a manifest, so that a manifest can be drawn again.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
struct Given<'a> {
    /// A text or a number, as it stands there.
    #[serde(borrow)]
    id: &'a RawValue,
    caption: String,
    seed: Option<u64>,
    variety: Option<Variety>,
    // Which picture it was, and whose.
    #[serde(rename = "file")]
    _file: Option<IgnoredAny>,
    #[serde(rename = "model")]
    _model: Option<IgnoredAny>,
}

/// The captions of `path`, empty lines left out, and how errors are to name the file. JSON is read from a file whose name
/// ends in `.jsonl`, and from stdin, which is `-`; of any other file each line is a caption.
///
/// # Errors
/// The file cannot be read, a line is no such object, a caption is too long, or there are more than a million.
pub fn read(path: &Path) -> Result<(String, Vec<CaptionLine>), GenerateError> {
    let lines = Lines::open(path)?;
    let origin = lines.origin().to_owned();
    let json = path.as_os_str() == "-" || path.extension().is_some_and(|e| e.eq_ignore_ascii_case("jsonl"));
    let mut captions = Vec::new();
    for (line, text) in (1..).zip(lines) {
        let text = text.map_err(GenerateError::of_line)?;
        if text.trim().is_empty() {
            continue;
        }
        let bad = |found, expected, hint| GenerateError::CaptionLine {
            origin: origin.clone(),
            line,
            expected,
            found,
            hint,
        };
        let caption = if json {
            of_json(&text, line).map_err(|found| bad(found, JSON, JSON_HINT))?
        } else if text.trim_start().starts_with('{') {
            let found = "what looks like JSON".to_owned();
            return Err(bad(
                found,
                "a caption",
                "JSON is read from a file whose name ends in .jsonl, and from stdin",
            ));
        } else {
            CaptionLine {
                line,
                id: line.to_string(),
                caption: text.trim().to_owned(),
                seed: None,
                variety: None,
            }
        };
        let place = format!("{origin}:{line}");
        check_length(&place, "an id of at most 65,536 bytes", &caption.id)?;
        check_length(&place, "a caption of at most 65,536 bytes", &caption.caption)?;
        captions.push(caption);
        if captions.len() > MAX_CAPTIONS {
            return Err(GenerateError::captions(&origin, captions.len()));
        }
    }
    Ok((origin, captions))
}

/// Refuses a caption, or another `text`, that is too long.
///
/// # Errors
/// It is.
pub(crate) fn check_length(origin: &str, expected: &'static str, text: &str) -> Result<(), GenerateError> {
    if text.len() <= MAX_BYTES {
        return Ok(());
    }
    Err(GenerateError::Captions {
        origin: origin.to_owned(),
        expected,
        found: format!("{} bytes", text.len()),
        hint: "a model sees words, of which no garment needs so many; shorten it",
    })
}

/// A line of JSON, or what is found in its place.
fn of_json(text: &str, line: u64) -> Result<CaptionLine, String> {
    let given: Given<'_> = serde_json::from_str(text).map_err(|e| said(&e))?;
    let id = given.id.get();
    let id = match id.as_bytes().first() {
        Some(b'"') => serde_json::from_str(id).map_err(|e| said(&e))?,
        // Read as a number it need not be the same.
        Some(b'-' | b'0'..=b'9') => id.to_owned(),
        _ => return Err("an id that is neither text nor number".to_owned()),
    };
    Ok(CaptionLine {
        line,
        id,
        caption: given.caption,
        seed: given.seed,
        variety: given.variety,
    })
}

/// What serde says, without its number of the line, which counts from this line.
fn said(error: &serde_json::Error) -> String {
    let (text, column) = (error.to_string(), error.column());
    let place = format!(" at line {} column {column}", error.line());
    let text = match text.strip_suffix(&place) {
        Some(text) => format!("{text} in column {column}"),
        None => text,
    };
    if error.is_data() {
        text
    } else {
        format!("no JSON ({text})")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read_as(name: &str, text: &str) -> Result<Vec<CaptionLine>, GenerateError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        read(&path).map(|(_, captions)| captions)
    }

    #[test]
    fn a_line_gives_what_a_manifest_has_and_an_id_stays_as_it_is() {
        let text = "\u{feff}{\"id\": \"A/b\", \"caption\": \"red\"}\r\n\n\
            {\"file\": \"x-3.png\", \"id\": 90071992547409931234, \"caption\": \"blue\", \"seed\": 3, \"model\": \"ab\", \"variety\": 0.5}\n\
            {\"id\": 1.50, \"caption\": \"red\"}\n";
        let captions = read_as("c.JSONL", text).unwrap();
        let ids: Vec<_> = captions.iter().map(|c| (c.line, c.id.as_str())).collect();
        assert_eq!(ids, [(1, "A/b"), (3, "90071992547409931234"), (4, "1.50")]);
        assert_eq!((captions[0].seed, captions[0].variety), (None, None));
        let half = "0.5".parse().unwrap();
        assert_eq!((captions[1].seed, captions[1].variety), (Some(3), Some(half)));
    }

    #[test]
    fn mistakes_are_told_with_their_line_and_no_other() {
        let first = "{\"id\": \"7\", \"caption\": \"a\"}\n";
        for (line, says) in [
            ("red dress", "no JSON (expected value in column 1)"),
            ("{\"id\": 7}", "missing field `caption`"),
            ("{\"caption\": \"a\"}", "missing field `id`"),
            (
                "{\"id\": 7, \"caption\": \"a\", \"colour\": \"red\"}",
                "unknown field `colour`, expected one of `id`, `caption`, `seed`, `variety`, `file`, `model`",
            ),
            ("{\"id\": 7, \"caption\": \"a\", \"seed\": -1}", "expected u64"),
            (
                "{\"id\": 7, \"caption\": \"a\", \"variety\": 9}",
                "expected a variety from 0 to 1.5, found 9",
            ),
            (
                "{\"id\": [7], \"caption\": \"a\"}",
                "an id that is neither text nor number",
            ),
            ("\"red\"", "expected an object"),
        ] {
            let error = read_as("c.jsonl", &format!("{first}{line}\n")).unwrap_err();
            let error = error.to_string();
            assert!(
                error.contains("c.jsonl:2: expected {\"id\": ..., \"caption\": ...}, found ")
                    && error.contains(says)
                    && error.contains("\nhint: ")
                    && !error.contains("at line"),
                "{line}: {error}"
            );
        }
        let error = read_as("c.txt", &format!("red\n{first}"))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("c.txt:2: expected a caption, found what looks like JSON\nhint: "),
            "{error}"
        );
    }

    #[test]
    fn of_another_file_each_line_is_a_caption() {
        let captions = read_as("c.txt", " red dress \n\nblue shirt").unwrap();
        let told: Vec<_> = captions
            .iter()
            .map(|c| (c.line, c.id.as_str(), c.caption.as_str()))
            .collect();
        assert_eq!(told, [(1, "1", "red dress"), (3, "3", "blue shirt")]);
    }

    #[test]
    fn bytes_that_are_no_text_and_captions_that_are_too_long_are_told_with_their_line() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("c.txt");
        std::fs::write(&path, b"red\n\xff\n").unwrap();
        let error = read(&path).unwrap_err().to_string();
        assert!(error.contains("c.txt:2: expected UTF-8"), "{error}");
        let long = format!("red\n{}\n", "x".repeat(MAX_BYTES + 1));
        let error = read_as("c.txt", &long).unwrap_err().to_string();
        assert!(
            error.contains("c.txt:2: expected a caption of at most 65,536 bytes, found 65537 bytes\nhint: "),
            "{error}"
        );
    }
}
