//! What is to be drawn: captions from the command line or a file.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;

use serde::{Deserialize, Serialize};
use stage::StageError;

use crate::GenerateError;

/// A longer caption is a mistake.
const MAX_CAPTION_BYTES: usize = 64 << 10;
/// More captions than anybody looks at.
const MAX_CAPTIONS: usize = 1_000_000;

/// A caption to draw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Names the pictures; distinct among the requests of a call.
    pub id: String,
    /// What the pictures show.
    pub caption: String,
}

/// Captions of the command line, then those of `file` (a JSON object `{"id", "caption"}` a line).
///
/// # Errors
/// The file is absent or a line of it is no such object; a caption is too long; there is none at all.
pub fn collect(captions: &[String], file: Option<&Path>) -> Result<Vec<Request>, GenerateError> {
    let mut requests = Vec::new();
    let mut ids = BTreeSet::new();
    for caption in captions {
        check_length("command line", caption)?;
        let id = distinct(&slug(caption), &mut ids);
        requests.push(Request {
            id,
            caption: caption.clone(),
        });
    }
    if let Some(path) = file {
        for request in read(path)? {
            let id = distinct(&request.id, &mut ids);
            requests.push(Request { id, ..request });
        }
    }
    if requests.is_empty() || requests.len() > MAX_CAPTIONS {
        return Err(GenerateError::Captions {
            origin: file.map_or_else(|| "command line".to_owned(), |p| p.display().to_string()),
            expected: "from one to a million captions",
            found: requests.len().to_string(),
        });
    }
    Ok(requests)
}

fn read(path: &Path) -> Result<Vec<Request>, GenerateError> {
    let io = |e| StageError::io(path, "cannot read", e);
    let file = std::fs::File::open(path).map_err(io)?;
    let mut requests = Vec::new();
    for (number, line) in BufReader::new(file).lines().enumerate() {
        let line = line.map_err(io)?;
        let line = line.trim_start_matches('\u{feff}');
        if line.trim().is_empty() {
            continue;
        }
        let bad = |found| GenerateError::CaptionLine {
            path: path.to_owned(),
            line: number + 1,
            found,
        };
        let request: Request = serde_json::from_str(line).map_err(|e| bad(e.to_string()))?;
        check_length(&format!("{}:{}", path.display(), number + 1), &request.caption)?;
        requests.push(request);
    }
    Ok(requests)
}

fn check_length(origin: &str, caption: &str) -> Result<(), GenerateError> {
    if caption.len() <= MAX_CAPTION_BYTES {
        return Ok(());
    }
    Err(GenerateError::Captions {
        origin: origin.to_owned(),
        expected: "a caption of at most 65,536 bytes",
        found: format!("{} bytes", caption.len()),
    })
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

fn distinct(id: &str, taken: &mut BTreeSet<String>) -> String {
    let mut candidate = id.to_owned();
    // File names are compared, since that is what must not clash.
    for number in 2.. {
        if taken.insert(slug(&candidate)) {
            break;
        }
        candidate = format!("{number}-{id}");
    }
    candidate
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_from_captions_and_never_clash() {
        let captions = ["Red dress!", "red dress", "", "été"].map(str::to_owned);
        let ids: Vec<String> = collect(&captions, None)
            .unwrap()
            .into_iter()
            .map(|r| r.id)
            .collect();
        assert_eq!(ids, ["red-dress", "2-red-dress", "caption", "été"]);
    }

    #[test]
    fn a_file_gives_a_caption_a_line_and_its_mistakes_by_number() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("c.jsonl");
        std::fs::write(&path, "{\"id\": \"7\", \"caption\": \"blue shirt\"}\n\n").unwrap();
        let requests = collect(&[], Some(&path)).unwrap();
        assert_eq!(
            requests,
            [Request {
                id: "7".into(),
                caption: "blue shirt".into()
            }]
        );
        std::fs::write(&path, "{\"id\": \"7\", \"caption\": \"a\"}\n{\"id\": 7}\n").unwrap();
        let error = collect(&[], Some(&path)).unwrap_err().to_string();
        assert!(
            error.contains("c.jsonl:2: expected") && error.contains("\nhint: "),
            "{error}"
        );
    }

    #[test]
    fn nothing_and_a_megabyte_are_refused() {
        assert!(collect(&[], None).unwrap_err().to_string().contains("found 0"));
        let error = collect(&["x".repeat(1 << 20)], None).unwrap_err().to_string();
        assert!(error.contains("at most 65,536 bytes, found 1048576"), "{error}");
    }

    #[test]
    fn long_captions_make_short_names() {
        assert_eq!(slug(&"ab ".repeat(100)).chars().count(), 59);
    }
}
