//! `manifest.jsonl`: a line for each picture in a folder.

use std::path::Path;

use serde::{Deserialize, Serialize};
use stage::{StageError, atomic};

use crate::GenerateError;

/// Name of the file.
pub const FILE: &str = "manifest.jsonl";

/// A picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its file in the folder.
    pub file: String,
    /// The id of its caption.
    pub id: String,
    /// What it shows.
    pub caption: String,
    /// The seed that draws it again.
    pub seed: u64,
}

/// Adds `entries` to the manifest of `dir`; lines of files that are drawn anew are replaced, others kept.
///
/// # Errors
/// The file cannot be read or written.
pub fn add(dir: &Path, entries: &[Entry]) -> Result<(), GenerateError> {
    let path = dir.join(FILE);
    let old = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(e) => return Err(StageError::io(&path, "cannot read", e).into()),
    };
    let replaced: std::collections::BTreeSet<&str> = entries.iter().map(|e| e.file.as_str()).collect();
    let kept = |line: &&str| match serde_json::from_str::<Entry>(line) {
        Ok(entry) => !replaced.contains(entry.file.as_str()),
        // Somebody else's.
        Err(_) => true,
    };
    let mut text: String = old.lines().filter(kept).flat_map(|line| [line, "\n"]).collect();
    for entry in entries {
        let line =
            serde_json::to_string(entry).map_err(|e| StageError::io(&path, "cannot write", e.into()))?;
        text.push_str(&line);
        text.push('\n');
    }
    atomic::write(&path, text.as_bytes())?;
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn drawing_again_replaces_a_line_and_keeps_the_others() {
        let dir = tempfile::tempdir().unwrap();
        let entry = |file: &str, caption: &str| Entry {
            file: file.to_owned(),
            id: "a".to_owned(),
            caption: caption.to_owned(),
            seed: 1,
        };
        add(dir.path(), &[entry("1.png", "red"), entry("2.png", "red")]).unwrap();
        add(dir.path(), &[entry("2.png", "blue")]).unwrap();
        let text = std::fs::read_to_string(dir.path().join(FILE)).unwrap();
        assert_eq!(text.lines().count(), 2);
        let lines: Vec<Entry> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        assert_eq!(lines, [entry("1.png", "red"), entry("2.png", "blue")]);
        let foreign = format!("{{\"photo\": \"a.jpg\"}}\n{text}");
        std::fs::write(dir.path().join(FILE), &foreign).unwrap();
        add(dir.path(), &[entry("2.png", "blue")]).unwrap();
        assert_eq!(std::fs::read_to_string(dir.path().join(FILE)).unwrap(), foreign);
    }
}
