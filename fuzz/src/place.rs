//! A folder for the files of one thread, which is what runs a target.

use std::cell::OnceCell;
use std::fs;
use std::path::Path;

use tempfile::TempDir;

thread_local! {
    static FOLDER: OnceCell<TempDir> = const { OnceCell::new() };
}

/// Calls `work` with the thread's folder. Files in it stay from call to call.
pub(crate) fn with<R>(work: impl FnOnce(&Path) -> R) -> R {
    FOLDER.with(|folder| {
        let made = || TempDir::new().unwrap_or_else(|e| panic!("no temporary folder: {e}"));
        work(folder.get_or_init(made).path())
    })
}

/// Writes a file anew, and the folders above it where they are missing.
pub(crate) fn write(path: &Path, bytes: &[u8]) {
    let fail = |e| panic!("{}: {e}", path.display());
    if fs::write(path, bytes).is_err() {
        let folder = path.parent().unwrap_or(path);
        fs::create_dir_all(folder).unwrap_or_else(fail);
        fs::write(path, bytes).unwrap_or_else(fail);
    }
}
