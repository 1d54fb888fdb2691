//! The one place that maps a file into memory.

use std::fs::File;
use std::path::Path;

use memmap2::Mmap;
use stage::StageError;

use crate::DatasetError;

/// Maps a file of at least one byte for reading.
pub(crate) fn map(path: &Path) -> Result<Mmap, DatasetError> {
    let fail = |e| StageError::io(path, "cannot open", e);
    let file = File::open(path).map_err(fail)?;
    if file.metadata().map_err(fail)?.len() == 0 {
        return Err(DatasetError::Empty {
            path: path.to_owned(),
        });
    }
    // SAFETY: the mapping is read-only, and the bytes under it do not change while it lives: a shard is
    // written beside its final name and renamed, never written in place, so packing again makes a new file
    // and leaves this one to its mappings. All lengths used on it are checked against the mapping's own.
    #[allow(unsafe_code)]
    let map = unsafe { Mmap::map(&file) };
    Ok(map.map_err(|e| StageError::io(path, "cannot map into memory", e))?)
}
