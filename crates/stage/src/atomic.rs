//! Files that appear whole or not at all.
//!
//! Bytes go to a temporary file in the folder of the final name, are flushed to the disk, and the file is
//! renamed. A reader never sees half a file; a kill leaves at most a `.tmp-*` file, which
//! [`remove_leftovers`] clears.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::StageError;
use crate::record::OutputFile;

const PREFIX: &str = ".tmp-";

/// A file being written beside its final name. Dropped without [`AtomicFile::commit`], it vanishes.
pub struct AtomicFile {
    path: PathBuf,
    file: BufWriter<NamedTempFile>,
    hasher: blake3::Hasher,
    bytes: u64,
}

impl AtomicFile {
    /// Begins a file whose final name is `path`; folders above it are made.
    ///
    /// # Errors
    /// The folder cannot be made or written to.
    pub fn create(path: &Path) -> Result<Self, StageError> {
        let folder = parent(path);
        fs::create_dir_all(folder).map_err(|e| StageError::io(folder, "cannot make the folder", e))?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(PREFIX);
        // A temporary file is private to its owner; a result is as readable as any file of the user (umask).
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let file = builder
            .tempfile_in(folder)
            .map_err(|e| StageError::io(path, "cannot begin the file", e))?;
        Ok(Self {
            path: path.to_owned(),
            file: BufWriter::with_capacity(1 << 18, file),
            hasher: blake3::Hasher::new(),
            bytes: 0,
        })
    }

    /// Flushes, syncs and renames; gives the size and hash of what was written.
    ///
    /// # Errors
    /// The disk is full or the rename fails; the previous file of that name is then untouched.
    pub fn commit(mut self) -> Result<OutputFile, StageError> {
        let fail = |e| StageError::io(&self.path, "cannot write", e);
        self.file.flush().map_err(fail)?;
        self.file.get_ref().as_file().sync_all().map_err(fail)?;
        let path = self.path.clone();
        let output = self.rename()?;
        // The rename itself must survive a power cut too.
        let folder = parent(&path);
        File::open(folder)
            .and_then(|d| d.sync_all())
            .map_err(|e| StageError::io(folder, "cannot sync", e))?;
        Ok(output)
    }

    /// Flushes and renames.
    fn rename(self) -> Result<OutputFile, StageError> {
        let Self {
            path,
            file,
            hasher,
            bytes,
        } = self;
        let fail = |e| StageError::io(&path, "cannot write", e);
        let file = file.into_inner().map_err(|e| fail(e.into_error()))?;
        file.persist(&path)
            .map_err(|e| StageError::io(&path, "cannot rename to", e.error))?;
        Ok(OutputFile {
            bytes,
            blake3: hasher.finalize().to_hex().to_string(),
        })
    }

    /// [`Write::write_all`] with the path in the error.
    ///
    /// # Errors
    /// The disk is full or fails.
    pub fn put(&mut self, bytes: &[u8]) -> Result<(), StageError> {
        let written = self.write_all(bytes);
        written.map_err(|e| StageError::io(&self.path, "cannot write", e))
    }
}

impl Write for AtomicFile {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let n = self.file.write(buf)?;
        self.hasher.update(&buf[..n]);
        self.bytes += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Writes a whole file at once.
///
/// # Errors
/// As [`AtomicFile::commit`].
pub fn write(path: &Path, bytes: &[u8]) -> Result<OutputFile, StageError> {
    let mut file = AtomicFile::create(path)?;
    file.put(bytes)?;
    file.commit()
}

/// Writes a whole file at once without waiting for the disk: for thousands of small files that count only
/// once one record commits them together. [`sync_disk`] must come before that record.
///
/// # Errors
/// As [`AtomicFile::commit`].
pub fn write_unsynced(path: &Path, bytes: &[u8]) -> Result<OutputFile, StageError> {
    let mut file = AtomicFile::create(path)?;
    file.put(bytes)?;
    file.rename()
}

/// Waits until all that was written to the file system of `folder` would survive a power cut.
///
/// # Errors
/// The folder cannot be opened, or the disk fails.
pub fn sync_disk(folder: &Path) -> Result<(), StageError> {
    #[cfg(target_os = "linux")]
    let synced = File::open(folder).and_then(|d| Ok(rustix::fs::syncfs(&d)?));
    #[cfg(not(target_os = "linux"))]
    let synced = {
        rustix::fs::sync();
        Ok(())
    };
    synced.map_err(|e| StageError::io(folder, "cannot sync", e))
}

/// Removes temporary files that a killed process left in `folder` (not below it).
///
/// # Errors
/// The folder cannot be listed or a file cannot be removed.
pub fn remove_leftovers(folder: &Path) -> Result<(), StageError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(StageError::io(folder, "cannot list", e)),
    };
    for entry in entries {
        let entry = entry.map_err(|e| StageError::io(folder, "cannot list", e))?;
        if entry.file_name().to_string_lossy().starts_with(PREFIX) {
            let path = entry.path();
            fs::remove_file(&path).map_err(|e| StageError::io(&path, "cannot remove", e))?;
        }
    }
    Ok(())
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(p) if !p.as_os_str().is_empty() => p,
        _ => Path::new("."),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_file_leaves_nothing_and_keeps_the_old_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b.bin");
        let out = write(&path, b"old").unwrap();
        assert_eq!(
            (out.bytes, out.blake3),
            (3, blake3::hash(b"old").to_hex().to_string())
        );
        let mut half = AtomicFile::create(&path).unwrap();
        half.put(b"half").unwrap();
        drop(half);
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_is_as_readable_as_any_other_of_the_user() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let [a, b] = ["a", "b"].map(|name| dir.path().join(name));
        let _ = write(&a, b"text").unwrap();
        fs::write(&b, b"text").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&a), mode(&b));
    }

    #[test]
    fn an_unsynced_file_is_whole_and_hashed_like_any_other() {
        let dir = tempfile::tempdir().unwrap();
        let [a, b] = ["a", "b"].map(|name| dir.path().join(name));
        assert_eq!(write_unsynced(&a, b"text").unwrap(), write(&b, b"text").unwrap());
        sync_disk(dir.path()).unwrap();
        assert_eq!(fs::read(&a).unwrap(), b"text");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
    }

    #[test]
    fn leftovers_of_a_killed_process_are_cleared() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(".tmp-abc"), b"x").unwrap();
        fs::write(dir.path().join("kept"), b"x").unwrap();
        remove_leftovers(dir.path()).unwrap();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        remove_leftovers(&dir.path().join("absent")).unwrap();
    }
}
