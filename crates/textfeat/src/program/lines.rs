//! Texts from a file or stdin, one a line, for a program.

use std::path::Path;

use anyhow::Result;

/// The lines of a text file, without their ends.
pub(super) struct Lines(stage::Lines);

impl Lines {
    /// Opens a file; `-` is stdin.
    pub(super) fn open(path: &Path) -> Result<Self> {
        Ok(Self(stage::Lines::open(path)?))
    }

    /// Up to `count` lines more; none at the end.
    pub(super) fn batch(&mut self, count: usize) -> Result<Vec<String>> {
        self.take(count).collect()
    }
}

impl Iterator for Lines {
    type Item = Result<String>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|line| Ok(line?))
    }
}
