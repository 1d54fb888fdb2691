//! Tar archives, one or a set of shards, read in place: their headers are walked once, and a member is read
//! at its offset by any number of threads at once.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use stage::StageError;

use super::folder::{modified, of_system};
use super::members::{Member, Members};
use super::{Children, Depth, Listed, Listing, ReadError, Source, join};
use crate::error::IngestError;

/// Members of tar archives. Of one archive, paths are those of its members; of a set, each begins with the
/// archive's name, as if it were a folder.
#[derive(Clone)]
pub struct TarShards {
    archive: Arc<Shards>,
    folder: String,
    root: PathBuf,
}

struct Shards {
    paths: Vec<PathBuf>,
    members: Members<Place>,
    flaws: Vec<String>,
}

/// The shard, and where in it the bytes begin.
#[derive(Debug, Clone)]
struct Place {
    shard: usize,
    offset: u64,
}

impl TarShards {
    /// Indexes one archive.
    ///
    /// # Errors
    /// The file cannot be read, or does not begin as a tar archive.
    pub fn open(path: &Path) -> Result<Self, IngestError> {
        let mut found = Vec::new();
        let flaw = index(path, 0, "", &mut found)?;
        Ok(Self::of(
            path,
            vec![path.to_owned()],
            found,
            flaw.into_iter().collect(),
        ))
    }

    /// Indexes the archives of these names in the folder `root`.
    ///
    /// # Errors
    /// A file cannot be read, or does not begin as a tar archive.
    pub fn of_set(root: &Path, names: &[String]) -> Result<Self, IngestError> {
        let (mut found, mut flaws) = (Vec::new(), Vec::new());
        let paths: Vec<PathBuf> = names.iter().map(|name| root.join(name)).collect();
        for (shard, (path, name)) in paths.iter().zip(names).enumerate() {
            flaws.extend(index(path, shard, name, &mut found)?);
        }
        Ok(Self::of(root, paths, found, flaws))
    }

    fn of(
        root: &Path,
        paths: Vec<PathBuf>,
        found: Vec<(Vec<u8>, Member<Place>)>,
        flaws: Vec<String>,
    ) -> Self {
        let members = Members::new(found);
        Self {
            archive: Arc::new(Shards {
                paths,
                members,
                flaws,
            }),
            folder: String::new(),
            root: root.to_owned(),
        }
    }

    /// What is wrong with archives as a whole, a line each: members before the flaw are used.
    #[must_use]
    pub fn flaws(&self) -> &[String] {
        &self.archive.flaws
    }

    /// Paths that an archive holds more than once; the first counts.
    #[must_use]
    pub fn repeated(&self) -> &[String] {
        &self.archive.members.repeated
    }
}

impl Source for TarShards {
    fn root(&self) -> &Path {
        &self.root
    }

    fn children(&self, folder: &str) -> Result<Children, IngestError> {
        let whole = join(&self.folder, folder);
        Ok(self.archive.members.children(whole.trim_end_matches('/')))
    }

    fn list(&self, folder: &str, depth: Depth) -> Result<Option<Listing>, IngestError> {
        Ok(self.archive.members.list(&self.folder, folder, depth))
    }

    fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, ReadError> {
        let member = self.archive.members.find(&join(&self.folder, path));
        let Member { listed, place } = member.ok_or(ReadError::Absent)?;
        let bytes = listed.bytes;
        if bytes > limit {
            return Err(ReadError::TooLarge { bytes, limit });
        }
        let length = usize::try_from(bytes).map_err(|_| ReadError::TooLarge { bytes, limit })?;
        let shard = self.archive.paths.get(place.shard).ok_or(ReadError::Absent)?;
        // Opened anew each time: a set may have more shards than a process may have open files.
        let file = File::open(shard).map_err(of_system)?;
        let mut content = vec![0; length];
        file.read_exact_at(&mut content, place.offset)
            .map_err(of_system)?;
        Ok(content)
    }

    fn within(&self, folder: &str) -> Box<dyn Source> {
        Box::new(Self {
            archive: Arc::clone(&self.archive),
            folder: join(&self.folder, folder),
            root: self.root.join(folder),
        })
    }
}

/// Headers and contents begin at multiples of this many bytes.
const BLOCK: u64 = 512;

/// Walks the headers of one archive; says what is wrong with its rest, if something is.
fn index(
    path: &Path,
    shard: usize,
    prefix: &str,
    found: &mut Vec<(Vec<u8>, Member<Place>)>,
) -> Result<Option<String>, IngestError> {
    let fail = |e| StageError::io(path, "cannot read", e);
    let file = File::open(path).map_err(fail)?;
    let meta = file.metadata().map_err(fail)?;
    let (bytes, stamp) = (meta.len(), modified(&meta));
    let before = found.len();
    let mut end = 0;
    let mut archive = tar::Archive::new(file);
    let flaw = |found: &Vec<_>, what: &str| {
        let whole = found.len() - before;
        Ok(Some(format!(
            "{}: {what}; {whole} members before it are used",
            path.display()
        )))
    };
    for entry in archive.entries_with_seek().map_err(fail)? {
        let entry = match entry {
            Ok(entry) => entry,
            Err(e) if found.len() == before => {
                return Err(IngestError::Archive {
                    path: path.to_owned(),
                    expected: "a tar archive",
                    found: e.to_string(),
                    hint: "a compressed archive must be unpacked to a .tar first",
                });
            }
            Err(e) => return flaw(found, &format!("damaged ({e})")),
        };
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let (offset, size) = (entry.raw_file_position(), entry.size());
        if offset.checked_add(size).is_none_or(|end| end > bytes) {
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            return flaw(found, &format!("cut off within {name}"));
        }
        end = (offset + size).next_multiple_of(BLOCK);
        let mut name = Vec::new();
        if !prefix.is_empty() {
            name.extend_from_slice(prefix.as_bytes());
            name.push(b'/');
        }
        name.extend_from_slice(&entry.path_bytes());
        let listed = Listed {
            path: String::new(),
            bytes: size,
            stamp,
        };
        found.push((
            name,
            Member {
                listed,
                place: Place { shard, offset },
            },
        ));
    }
    // A whole archive ends with blocks of zeros; one that ends right after a member was cut there.
    if bytes < end.saturating_add(BLOCK) {
        return flaw(found, "it ends without its end mark, and was perhaps cut off");
    }
    Ok(None)
}
