//! A folder of the file system.

use std::collections::HashSet;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use stage::StageError;

use super::{Children, Depth, Listed, Listing, ReadError, Source, is_hidden, join};
use crate::error::IngestError;

/// Files below a folder.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    /// The folder `root`.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
        }
    }
}

impl Source for Folder {
    fn root(&self) -> &Path {
        &self.root
    }

    fn children(&self, folder: &str) -> Result<Children, IngestError> {
        let mut children = Children::default();
        let Some(entries) = entries(&self.root.join(folder))? else {
            return Ok(children);
        };
        for Entry { name, path, kind } in entries {
            let Ok(name) = name else { continue };
            match kind {
                Kind::Folder => children.folders.push(name),
                // A link shows what it leads to only when followed.
                Kind::Link if path.is_dir() => children.folders.push(name),
                Kind::File | Kind::Link => children.files.push(name),
            }
        }
        Ok(children)
    }

    fn list(&self, folder: &str, depth: Depth) -> Result<Option<Listing>, IngestError> {
        let (mut files, mut misnamed) = (Vec::new(), Vec::new());
        // Links to folders wait until all true folders are listed, and no folder is listed twice: links may
        // lead around in a ring.
        let (mut folders, mut links) = (vec![folder.to_owned()], Vec::new());
        let mut listed = HashSet::new();
        while let Some(at) = folders.pop().or_else(|| links.pop()) {
            let path = self.root.join(&at);
            if depth == Depth::Deep && path.canonicalize().is_ok_and(|real| !listed.insert(real)) {
                continue;
            }
            let Some(entries) = entries(&path)? else {
                if at == folder {
                    return Ok(None);
                }
                continue;
            };
            for Entry { name, path, kind } in entries {
                let name = match name {
                    Ok(name) => join(&at, &name),
                    Err(shown) => {
                        misnamed.push(join(&at, &shown));
                        continue;
                    }
                };
                if kind == Kind::Folder {
                    folders.push(name);
                    continue;
                }
                // A link that leads nowhere is a file that cannot be read, not an absent one.
                let meta = fs::metadata(&path).or_else(|_| fs::symlink_metadata(&path));
                let meta = meta.map_err(|e| StageError::io(&path, "cannot read", e))?;
                if meta.is_dir() {
                    links.push(name);
                } else {
                    files.push(Listed {
                        path: name,
                        bytes: meta.len(),
                        stamp: modified(&meta),
                    });
                }
            }
            if depth == Depth::Flat {
                break;
            }
            links.sort_by(|a, b| b.cmp(a));
        }
        Ok(Some(Listing::new(folder, files, misnamed)))
    }

    fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, ReadError> {
        let path = self.root.join(path);
        // Before it is opened: a pipe that nobody writes to would be waited for without end.
        if !fs::metadata(&path).map_err(of_system)?.is_file() {
            return Err(ReadError::System(io::Error::other(
                "neither a file nor a link to one",
            )));
        }
        let file = File::open(&path).map_err(of_system)?;
        let bytes = file.metadata().map_err(of_system)?.len();
        if bytes > limit {
            return Err(ReadError::TooLarge { bytes, limit });
        }
        // The limit holds for what is read too: a file may grow meanwhile.
        let mut content = Vec::with_capacity(usize::try_from(bytes).unwrap_or_default());
        file.take(limit).read_to_end(&mut content).map_err(of_system)?;
        Ok(content)
    }

    fn within(&self, folder: &str) -> Box<dyn Source> {
        Box::new(Self::new(&self.root.join(folder)))
    }
}

pub(super) fn of_system(e: io::Error) -> ReadError {
    match e.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => ReadError::Absent,
        _ => ReadError::System(e),
    }
}

/// Time of change in nanoseconds since 1970.
pub(super) fn modified(meta: &Metadata) -> u128 {
    let since = meta
        .modified()
        .ok()
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    since.map_or(0, |time| time.as_nanos())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    File,
    Folder,
    Link,
}

struct Entry {
    /// The name, or what can be shown of one that is no UTF-8.
    name: Result<String, String>,
    path: PathBuf,
    kind: Kind,
}

/// What lies in a folder, sorted by name, without the hidden; `None` where there is no such folder.
fn entries(folder: &Path) -> Result<Option<Vec<Entry>>, IngestError> {
    let fail = |e| StageError::io(folder, "cannot list", e);
    let read = match fs::read_dir(folder) {
        Ok(read) => read,
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(e) => return Err(fail(e).into()),
    };
    let mut found = Vec::new();
    for entry in read {
        let entry = entry.map_err(fail)?;
        let kind = entry.file_type().map_err(fail)?;
        let kind = match kind {
            kind if kind.is_dir() => Kind::Folder,
            kind if kind.is_symlink() => Kind::Link,
            _ => Kind::File,
        };
        let name = entry
            .file_name()
            .into_string()
            .map_err(|name| name.as_encoded_bytes().escape_ascii().to_string());
        if !name.as_ref().is_ok_and(|name| is_hidden(name)) {
            found.push(Entry {
                name,
                path: entry.path(),
                kind,
            });
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(Some(found))
}
