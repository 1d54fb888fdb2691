//! `manifest.jsonl`: a line for each picture in a folder.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use stage::{Lines, StageError, atomic, folder};

use crate::{GenerateError, Variety};

/// Name of the file.
pub const FILE: &str = "manifest.jsonl";

/// A picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Its file in the folder.
    pub file: String,
    /// The id of its caption.
    pub id: String,
    /// What it shows.
    pub caption: String,
    /// The seed that draws it again.
    pub seed: u64,
    /// blake3 of the model file, in hex; empty where a line does not say it.
    #[serde(default)]
    pub model: String,
    /// How far it was let to differ from others; not written where that is the plain 1.
    #[serde(default, skip_serializing_if = "Variety::is_plain")]
    pub variety: Variety,
}

/// The manifest of a folder. One that was [opened](Manifest::open) keeps every other process out of the folder until it is dropped.
pub struct Manifest {
    path: PathBuf,
    lines: Vec<Line>,
    /// By file; the last line counts where there are several.
    entries: HashMap<String, Entry>,
    _lock: Option<File>,
}

/// A line as it stands in the file.
struct Line {
    text: String,
    /// The picture it is about; `None` where it is somebody else's.
    file: Option<String>,
}

impl Manifest {
    /// Takes the folder `dir`, which is made where it is absent; what a kill left half written there is removed.
    ///
    /// # Errors
    /// Another process draws into the folder, or the file system fails.
    pub fn open(dir: &Path) -> Result<Self, GenerateError> {
        fs::create_dir_all(dir).map_err(|e| StageError::io(dir, "cannot make the folder", e))?;
        let lock = folder::lock(dir)?;
        atomic::remove_leftovers(dir)?;
        Ok(Self {
            _lock: Some(lock),
            ..Self::read(dir)?
        })
    }

    /// Reads the manifest of `dir`, to be looked at; one that is absent has no lines.
    ///
    /// # Errors
    /// The file cannot be read, or is no text.
    pub fn read(dir: &Path) -> Result<Self, GenerateError> {
        let mut manifest = Self {
            path: dir.join(FILE),
            lines: Vec::new(),
            entries: HashMap::new(),
            _lock: None,
        };
        if !manifest.path.exists() {
            return Ok(manifest);
        }
        for text in Lines::open(&manifest.path)? {
            let text = text?;
            let mut file = None;
            if let Ok(entry) = serde_json::from_str::<Entry>(&text) {
                file = Some(entry.file.clone());
                manifest.entries.insert(entry.file.clone(), entry);
            }
            manifest.lines.push(Line { text, file });
        }
        Ok(manifest)
    }

    /// Whether it tells of no picture.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What it tells of a file.
    #[must_use]
    pub fn entry(&self, file: &str) -> Option<&Entry> {
        self.entries.get(file)
    }

    /// Writes it with a line for each of `entries`, atomically; lines of files that are drawn anew are replaced, others kept.
    ///
    /// # Errors
    /// It cannot be written, and is what it was.
    pub fn add(&mut self, entries: &[Entry]) -> Result<(), GenerateError> {
        if entries.is_empty() {
            return Ok(());
        }
        let replaced: HashSet<&str> = entries.iter().map(|entry| entry.file.as_str()).collect();
        let kept = |line: &Line| line.file.as_deref().is_none_or(|file| !replaced.contains(file));
        let mut added = Vec::with_capacity(entries.len());
        for entry in entries {
            let text = serde_json::to_string(entry);
            added.push(Line {
                text: text.map_err(|e| StageError::io(&self.path, "cannot write", e.into()))?,
                file: Some(entry.file.clone()),
            });
        }
        let lines = self.lines.iter().filter(|&line| kept(line)).chain(&added);
        let whole: String = lines.flat_map(|line| [line.text.as_str(), "\n"]).collect();
        atomic::write(&self.path, whole.as_bytes())?;
        self.lines.retain(kept);
        self.lines.extend(added);
        let told = entries.iter().map(|entry| (entry.file.clone(), entry.clone()));
        self.entries.extend(told);
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn entry(file: &str, caption: &str) -> Entry {
        Entry {
            file: file.to_owned(),
            id: "a".to_owned(),
            caption: caption.to_owned(),
            seed: 1,
            model: "abc".to_owned(),
            variety: Variety::default(),
        }
    }

    #[test]
    fn drawing_again_replaces_a_line_and_keeps_the_others() {
        let dir = tempfile::tempdir().unwrap();
        let text = || fs::read_to_string(dir.path().join(FILE)).unwrap();
        let add = |entries: &[Entry]| Manifest::open(dir.path()).unwrap().add(entries).unwrap();
        add(&[entry("1.png", "red"), entry("2.png", "red")]);
        add(&[entry("2.png", "blue")]);
        let lines: Vec<Entry> = text().lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        assert_eq!(lines, [entry("1.png", "red"), entry("2.png", "blue")]);
        let foreign = format!("{{\"photo\": \"a.jpg\"}}\n{}", text());
        fs::write(dir.path().join(FILE), &foreign).unwrap();
        add(&[entry("2.png", "blue")]);
        assert_eq!(text(), foreign);
        let found = Manifest::read(dir.path()).unwrap();
        assert_eq!(found.entry("2.png"), Some(&entry("2.png", "blue")));
        assert_eq!(found.entry("a.jpg"), None);
    }

    #[test]
    fn a_line_says_the_model_and_what_is_not_plain() {
        let plain = serde_json::to_string(&entry("1.png", "red")).unwrap();
        assert_eq!(
            plain,
            r#"{"file":"1.png","id":"a","caption":"red","seed":1,"model":"abc"}"#
        );
        let calm = Entry {
            variety: "0.5".parse().unwrap(),
            ..entry("1.png", "red")
        };
        let text = serde_json::to_string(&calm).unwrap();
        assert!(text.ends_with(r#","model":"abc","variety":0.5}"#), "{text}");
        assert_eq!(serde_json::from_str::<Entry>(&text).unwrap(), calm);
        // Lines of earlier times are lines all the same.
        let early = r#"{"file":"1.png","id":"a","caption":"red","seed":1}"#;
        assert_eq!(serde_json::from_str::<Entry>(early).unwrap().model, "");
    }

    #[test]
    fn a_folder_has_one_process_at_a_time_and_no_leftovers() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().join("made/by/it");
        let held = Manifest::open(&dir).unwrap();
        let error = Manifest::open(&dir).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("found another at work in it\nhint: "), "{error}");
        drop(held);
        fs::write(dir.join(".tmp-abc"), b"half").unwrap();
        assert!(Manifest::open(&dir).unwrap().is_empty());
        assert!(!dir.join(".tmp-abc").exists());
    }

    #[test]
    fn what_cannot_be_written_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let mut manifest = Manifest::open(dir.path()).unwrap();
        manifest.add(&[entry("1.png", "red")]).unwrap();
        fs::remove_file(dir.path().join(FILE)).unwrap();
        fs::create_dir(dir.path().join(FILE)).unwrap();
        assert!(manifest.add(&[entry("1.png", "blue")]).is_err());
        assert_eq!(manifest.entry("1.png"), Some(&entry("1.png", "red")));
    }
}
