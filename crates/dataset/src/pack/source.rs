//! A file of an earlier stage, checked against its record while it is read.

use std::fs::{self, File};
use std::io::Read;
use std::path::PathBuf;

use stage::{OutputFile, StageError};

use crate::DatasetError;

/// A recorded output of the stage `stage`.
pub(super) struct Source<'a> {
    pub(super) path: PathBuf,
    pub(super) stage: &'static str,
    pub(super) recorded: &'a OutputFile,
}

impl Source<'_> {
    /// An error that names this file and the stage to run again.
    pub(super) fn fault(&self, expected: impl Into<String>, found: impl Into<String>) -> DatasetError {
        DatasetError::Input {
            path: self.path.clone(),
            stage: self.stage,
            expected: expected.into(),
            found: found.into(),
        }
    }

    /// The checksum recorded.
    pub(super) fn checksum(&self) -> Result<[u8; 32], DatasetError> {
        let hash = blake3::Hash::from_hex(&self.recorded.blake3);
        Ok(*hash
            .map_err(|e| self.fault("a blake3 in stage.json", e.to_string()))?
            .as_bytes())
    }

    /// The whole content.
    pub(super) fn read(&self) -> Result<Vec<u8>, DatasetError> {
        self.check_size()?;
        let bytes = fs::read(&self.path).map_err(|e| StageError::io(&self.path, "cannot read", e))?;
        self.check_hash(blake3::hash(&bytes))?;
        Ok(bytes)
    }

    /// The content in chunks of `chunk` bytes, the last one shorter where it does not come out even. The
    /// checksum is known to be right only when this returns.
    pub(super) fn each(
        &self,
        chunk: usize,
        mut take: impl FnMut(&[u8]) -> Result<(), DatasetError>,
    ) -> Result<(), DatasetError> {
        self.check_size()?;
        let fail = |e| StageError::io(&self.path, "cannot read", e);
        let mut file = File::open(&self.path).map_err(fail)?;
        let mut hasher = blake3::Hasher::new();
        let mut left = self.recorded.bytes;
        let mut buffer = vec![0; usize::try_from(left).unwrap_or(usize::MAX).min(chunk)];
        while left > 0 {
            let size = usize::try_from(left).unwrap_or(usize::MAX).min(chunk);
            file.read_exact(&mut buffer[..size]).map_err(fail)?;
            hasher.update(&buffer[..size]);
            take(&buffer[..size])?;
            left -= size as u64;
        }
        self.check_hash(hasher.finalize())
    }

    fn check_size(&self) -> Result<(), DatasetError> {
        let found = match fs::metadata(&self.path) {
            Ok(meta) if meta.len() == self.recorded.bytes => return Ok(()),
            Ok(meta) => format!("{} bytes", meta.len()),
            Err(e) => e.to_string(),
        };
        Err(self.fault(format!("{} bytes", self.recorded.bytes), found))
    }

    fn check_hash(&self, found: blake3::Hash) -> Result<(), DatasetError> {
        let found = found.to_hex();
        if found.as_str() == self.recorded.blake3 {
            return Ok(());
        }
        Err(self.fault(format!("blake3 {}", self.recorded.blake3), format!("{found}")))
    }
}
