//! The files of one folder by their stem, and a hash that follows any change to them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::UNIX_EPOCH;

use super::unreadable;
use crate::error::IngestError;

/// File names by stem. Of several files of one stem, the first by name counts.
#[derive(Debug, Default)]
pub(super) struct Listing {
    names: BTreeMap<String, String>,
    hash: blake3::Hasher,
}

impl Listing {
    /// Lists the files of `folder`; `None` where there is no such folder. Hidden files are none of the dump's.
    ///
    /// # Errors
    /// The folder cannot be listed.
    pub(super) fn of(folder: &Path) -> Result<Option<Self>, IngestError> {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(unreadable(folder, "cannot list", e)),
        };
        let mut files = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|e| unreadable(folder, "cannot list", e))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with('.') {
                continue;
            }
            // Links are followed; one that leads nowhere is a file that cannot be read, not an absent one.
            let meta = fs::metadata(entry.path()).or_else(|_| entry.metadata());
            let meta = meta.map_err(|e| unreadable(&entry.path(), "cannot read", e))?;
            if meta.is_dir() {
                continue;
            }
            let modified = meta
                .modified()
                .ok()
                .and_then(|time| time.duration_since(UNIX_EPOCH).ok());
            files.push((name, meta.len(), modified.map_or(0, |time| time.as_nanos())));
        }
        files.sort();
        let mut listing = Self::default();
        for (name, bytes, modified) in files {
            listing
                .hash
                .update(format!("{name}\0{bytes}\0{modified}\n").as_bytes());
            let stem = Path::new(&name)
                .file_stem()
                .map(|stem| stem.to_string_lossy().into_owned());
            listing.names.entry(stem.unwrap_or_default()).or_insert(name);
        }
        Ok(Some(listing))
    }

    /// The file of that stem.
    pub(super) fn name(&self, stem: &str) -> Option<&str> {
        self.names.get(stem).map(String::as_str)
    }

    /// Stems and names, in bytewise order of stems.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.names
            .iter()
            .map(|(stem, name)| (stem.as_str(), name.as_str()))
    }

    /// blake3 over names, sizes and times of change.
    pub(super) fn hash(&self) -> String {
        self.hash.finalize().to_hex().to_string()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_follows_a_changed_file_and_hidden_files_do_not_count() {
        let dir = tempfile::tempdir().unwrap();
        let hash = || Listing::of(dir.path()).unwrap().unwrap().hash();
        fs::write(dir.path().join("1.jpg"), b"a").unwrap();
        let before = hash();
        fs::write(dir.path().join(".DS_Store"), b"x").unwrap();
        fs::create_dir(dir.path().join("folder")).unwrap();
        assert_eq!(hash(), before);
        fs::write(dir.path().join("1.jpg"), b"ab").unwrap();
        assert_ne!(hash(), before);
        fs::write(dir.path().join("1.png"), b"x").unwrap();
        let listing = Listing::of(dir.path()).unwrap().unwrap();
        assert_eq!(listing.iter().collect::<Vec<_>>(), [("1", "1.jpg")]);
        assert!(Listing::of(&dir.path().join("absent")).unwrap().is_none());
    }
}
