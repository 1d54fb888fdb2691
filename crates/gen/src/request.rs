//! What is to be drawn: captions from the command line or a file.

use std::collections::HashMap;
use std::path::Path;

use crate::captions::{self, MAX_CAPTIONS};
use crate::stem::Stems;
use crate::{GenerateError, Variety};

/// A caption to draw.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Names it in the manifest: as the file has it, or the stem of a caption of the command line.
    pub id: String,
    /// What the pictures show.
    pub caption: String,
    /// Begins the names of its files; other ids of a call have others.
    pub stem: String,
    /// The seed of its first picture.
    pub seed: u64,
    /// How far its pictures may differ.
    pub variety: Variety,
    /// Where it stands, as errors name it.
    pub place: String,
}

/// What a caption gets that does not say it itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct Defaults {
    /// The seed of its first picture.
    pub seed: u64,
    /// How far its pictures may differ.
    pub variety: Variety,
}

/// The captions of a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Requests {
    /// In the order in which they are drawn.
    pub requests: Vec<Request>,
    /// Place of the first line that names the seed of its picture. Then each caption has one picture.
    pub seeded: Option<String>,
}

/// Captions of the command line, then those of `file`, as [`captions::read`] has them.
///
/// # Errors
/// The file cannot be read; two lines of it are the same in id, caption and seed; a caption is too long; there is none at all, or more than
/// a million.
pub fn collect(
    captions: &[String],
    file: Option<&Path>,
    defaults: Defaults,
) -> Result<Requests, GenerateError> {
    let mut stems = Stems::default();
    let mut requests = Vec::with_capacity(captions.len());
    // By id and caption: several captions of one product may have its id.
    let mut stem_of: HashMap<(String, String), String> = HashMap::new();
    // Where each id and seed stands.
    let mut met: HashMap<(String, String, u64), String> = HashMap::new();
    for caption in captions {
        captions::check_length("command line", "a caption of at most 65,536 bytes", caption)?;
        let stem = stems.distinct(caption);
        stem_of.insert((stem.clone(), caption.clone()), stem.clone());
        met.insert(
            (stem.clone(), caption.clone(), defaults.seed),
            "on the command line".to_owned(),
        );
        requests.push(Request {
            id: stem.clone(),
            caption: caption.clone(),
            stem,
            seed: defaults.seed,
            variety: defaults.variety,
            place: "command line".to_owned(),
        });
    }
    let mut seeded = None;
    let mut origin = "command line".to_owned();
    if let Some(path) = file {
        let (name, lines) = captions::read(path)?;
        origin = name;
        for line in lines {
            let (id, seed) = (line.id, line.seed.unwrap_or(defaults.seed));
            let here = format!("in line {}", line.line);
            if let Some(first) = met.insert((id.clone(), line.caption.clone(), seed), here) {
                return Err(GenerateError::CaptionLine {
                    origin,
                    line: line.line,
                    expected: "another id, caption or seed",
                    found: format!("id \"{}\" with seed {seed}, as {first}", short(&id)),
                    hint: "ids name the pictures; -n asks for several pictures of a caption",
                });
            }
            let place = format!("{origin}:{}", line.line);
            if line.seed.is_some() && seeded.is_none() {
                seeded = Some(place.clone());
            }
            let stem = stem_of
                .entry((id.clone(), line.caption.clone()))
                .or_insert_with(|| stems.distinct(&id))
                .clone();
            requests.push(Request {
                id,
                caption: line.caption,
                stem,
                seed,
                variety: line.variety.unwrap_or(defaults.variety),
                place,
            });
        }
    }
    if requests.is_empty() || requests.len() > MAX_CAPTIONS {
        return Err(GenerateError::captions(&origin, requests.len()));
    }
    Ok(Requests { requests, seeded })
}

/// The beginning of a text, to be named in a message.
pub(crate) fn short(text: &str) -> String {
    const MAX_CHARS: usize = 60;
    match text.char_indices().nth(MAX_CHARS) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// What the lines of a file of JSON ask for.
    fn of_lines(lines: &[&str]) -> Result<Requests, GenerateError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("c.jsonl");
        std::fs::write(&path, lines.join("\n")).unwrap();
        let defaults = Defaults {
            seed: 1,
            ..Defaults::default()
        };
        collect(&[], Some(&path), defaults)
    }

    fn files(found: &Requests) -> Vec<(&str, &str, u64)> {
        let requests = found.requests.iter();
        requests
            .map(|r| (r.id.as_str(), r.stem.as_str(), r.seed))
            .collect()
    }

    #[test]
    fn ids_come_from_captions_and_never_clash() {
        let captions = ["Red dress!", "red dress", "", "été"].map(str::to_owned);
        let found = collect(&captions, None, Defaults::default()).unwrap();
        let ids: Vec<&str> = found.requests.iter().map(|r| r.id.as_str()).collect();
        assert_eq!(ids, ["red-dress", "2-red-dress", "caption", "été"]);
        assert!(found.requests.iter().all(|r| r.id == r.stem));
    }

    #[test]
    fn an_id_stays_as_it_is_and_the_name_of_its_files_is_its_own() {
        let found = of_lines(&[
            r#"{"id": "A b", "caption": "red"}"#,
            r#"{"id": "a-b", "caption": "blue"}"#,
        ])
        .unwrap();
        assert_eq!(files(&found), [("A b", "a-b", 1), ("a-b", "2-a-b", 1)]);
        assert_eq!(found.seeded, None);
    }

    #[test]
    fn several_captions_of_one_id_have_files_of_their_own() {
        let found = of_lines(&[
            r#"{"id": "7", "caption": "red"}"#,
            r#"{"id": "7", "caption": "red bag"}"#,
        ])
        .unwrap();
        assert_eq!(files(&found), [("7", "7", 1), ("7", "2-7", 1)]);
    }

    #[test]
    fn the_same_twice_is_told_with_both_lines() {
        let lines = [
            r#"{"id": "7", "caption": "red"}"#,
            "",
            r#"{"id": 7, "caption": "red"}"#,
        ];
        let error = of_lines(&lines).unwrap_err().to_string();
        assert!(
            error.contains("c.jsonl:3: expected another id, caption or seed, found id \"7\" with seed 1, as in line 1\nhint: "),
            "{error}"
        );
    }

    #[test]
    fn an_id_may_come_again_with_another_seed_as_in_a_manifest() {
        let line = |seed| {
            format!(r#"{{"file": "x.png", "id": "a", "caption": "red", "seed": {seed}, "model": ""}}"#)
        };
        let found = of_lines(&[&line(5), &line(6)]).unwrap();
        assert_eq!(files(&found), [("a", "a", 5), ("a", "a", 6)]);
        assert!(found.seeded.as_ref().unwrap().ends_with("c.jsonl:1"));
        assert!(of_lines(&[&line(5), &line(5)]).is_err());
        // Without a seed of its own it has that of the call.
        let plain = r#"{"id": "a", "caption": "red"}"#;
        assert!(of_lines(&[&line(1), plain]).is_err());
        assert!(of_lines(&[&line(2), plain]).is_ok());
    }

    #[test]
    fn nothing_and_a_megabyte_are_refused() {
        let error = |captions: &[String]| {
            let found = collect(captions, None, Defaults::default());
            found.unwrap_err().to_string()
        };
        let none = error(&[]);
        assert!(none.contains("found 0\nhint: "), "{none}");
        let long = error(&["x".repeat(1 << 20)]);
        assert!(long.contains("at most 65,536 bytes, found 1048576"), "{long}");
    }

    #[test]
    fn a_long_text_is_named_by_its_beginning() {
        assert_eq!(short("été"), "été");
        assert_eq!(short(&"é".repeat(61)), format!("{}...", "é".repeat(60)));
    }
}
