//! The files of a folder, and a hash that follows any change to them.

/// How far a listing goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Only what lies directly in the folder.
    Flat,
    /// Everything below the folder.
    Deep,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listed {
    /// Its path from the source's root.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// Something that changes with its content: time of change in nanoseconds, or a checksum.
    pub stamp: u128,
}

/// The files of a folder in bytewise order of paths.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// The folder listed.
    folder: String,
    files: Vec<Listed>,
    misnamed: Vec<String>,
}

impl Listing {
    /// A listing of these files of `folder`, and of those whose names cannot be used.
    pub(super) fn new(folder: &str, mut files: Vec<Listed>, mut misnamed: Vec<String>) -> Self {
        files.sort();
        misnamed.sort();
        Self {
            folder: folder.to_owned(),
            files,
            misnamed,
        }
    }

    /// All files.
    #[must_use]
    pub fn files(&self) -> &[Listed] {
        &self.files
    }

    /// Whether there is such a file.
    #[must_use]
    pub fn has(&self, path: &str) -> bool {
        self.files
            .binary_search_by(|file| file.path.as_str().cmp(path))
            .is_ok()
    }

    /// Files whose names are no UTF-8 or lead out of the dump, in a form that can be shown.
    #[must_use]
    pub fn misnamed(&self) -> &[String] {
        &self.misnamed
    }

    /// blake3, in hex, over names in the folder, sizes and stamps.
    #[must_use]
    pub fn hash(&self) -> String {
        let mut hash = blake3::Hasher::new();
        for Listed { path, bytes, stamp } in &self.files {
            let name = path.strip_prefix(&self.folder).unwrap_or(path);
            let name = name.strip_prefix('/').unwrap_or(name);
            hash.update(format!("{name}\0{bytes}\0{stamp}\n").as_bytes());
        }
        for name in &self.misnamed {
            hash.update(format!("{name}\0misnamed\n").as_bytes());
        }
        hash.finalize().to_hex().to_string()
    }
}
