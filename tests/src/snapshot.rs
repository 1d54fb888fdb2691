//! Everything a folder holds at one moment.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Files of a folder with their bytes, by path. Files that record times or locks are left out.
#[derive(PartialEq, Eq)]
pub struct Snapshot(BTreeMap<String, Vec<u8>>);

impl Snapshot {
    /// Reads the folder and all below it.
    ///
    /// # Panics
    /// Something cannot be read.
    #[must_use]
    pub fn of(folder: &Path) -> Self {
        let mut files = BTreeMap::new();
        read(folder, "", &mut files);
        // Its outputs' hashes are the files themselves; its timings differ from run to run.
        files.remove("stage.json");
        files.remove(".lock");
        Self(files)
    }

    /// How many files there are.
    #[must_use]
    pub fn files(&self) -> usize {
        self.0.len()
    }

    /// Both hold the same bytes.
    ///
    /// # Panics
    /// A file differs, is missing or is one too many; it is named.
    pub fn assert_same(&self, other: &Self) {
        for (name, bytes) in &self.0 {
            match other.0.get(name) {
                None => panic!("{name}: only in the first folder"),
                Some(b) if b != bytes => panic!("{name}: {} and {} bytes that differ", bytes.len(), b.len()),
                Some(_) => {}
            }
        }
        if let Some(name) = other.0.keys().find(|name| !self.0.contains_key(*name)) {
            panic!("{name}: only in the second folder");
        }
    }
}

fn read(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    for entry in entries.flatten() {
        let (path, name) = (
            entry.path(),
            format!("{prefix}{}", entry.file_name().to_string_lossy()),
        );
        if path.is_dir() {
            read(&path, &format!("{name}/"), files);
        } else {
            let bytes = fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            files.insert(name, bytes);
        }
    }
}
