//! A file that grows by whole pieces. A piece for which the disk has no room is taken back and waits for the next time.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;

use stage::StageError;

use crate::GanError;

/// Bytes that may wait for room on the disk; further pieces are lost.
const MOST_WAITING: usize = 16 << 20;

/// The file.
pub struct Appended {
    path: PathBuf,
    length: u64,
    waiting: Vec<u8>,
}

impl Appended {
    /// A file that has `length` bytes; with 0 it need not be there.
    #[must_use]
    pub const fn new(path: PathBuf, length: u64) -> Self {
        Self {
            path,
            length,
            waiting: Vec::new(),
        }
    }

    /// Appends what waits and then `piece`, all of it or nothing.
    ///
    /// # Errors
    /// The disk is full or fails.
    pub fn append(&mut self, piece: &[u8]) -> Result<(), GanError> {
        if self.waiting.len() + piece.len() <= MOST_WAITING {
            self.waiting.extend_from_slice(piece);
        }
        let fail = |e| StageError::io(&self.path, "cannot append to", e);
        let mut options = OpenOptions::new();
        let mut file = options.create(true).append(true).open(&self.path).map_err(fail)?;
        if let Err(e) = file.write_all(&self.waiting) {
            // Half a piece would make all that follows unreadable.
            file.set_len(self.length).map_err(fail)?;
            return Err(fail(e).into());
        }
        self.length += self.waiting.len() as u64;
        self.waiting.clear();
        Ok(())
    }
}
