//! `stage.json`: the proof that a stage is finished, and what it did.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::StageError;

/// Name of the record in a stage's folder.
pub const FILE: &str = "stage.json";
/// A record larger than this is not read. One of a million files takes some 140 MiB.
const MAX_BYTES: u64 = 1 << 30;

/// Size and content of a file that a stage wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputFile {
    /// Size in bytes.
    pub bytes: u64,
    /// blake3 of the content, in hex.
    pub blake3: String,
}

/// What a finished stage says of itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StageRecord {
    /// Name of the stage.
    pub stage: String,
    /// Version of what it wrote.
    pub format_version: u32,
    /// blake3 of stage, version, settings and inputs.
    pub fingerprint: String,
    /// Resolved settings.
    pub settings: Value,
    /// Name of each input and the hash of its content.
    pub inputs: BTreeMap<String, String>,
    /// What was counted, such as `seen`, `ingested`, `rejected`.
    pub counts: BTreeMap<String, u64>,
    /// Rejects by reason.
    pub rejects: BTreeMap<String, u64>,
    /// Seconds by part of the work.
    pub timings: BTreeMap<String, f64>,
    /// Each file written, by its path in the folder.
    pub outputs: BTreeMap<String, OutputFile>,
}

impl StageRecord {
    /// Reads the record of the finished stage `stage` in `dir`.
    ///
    /// # Errors
    /// There is none, it is cut or not JSON, it is another stage's, or of a version above `max_version`.
    pub fn read(dir: &Path, stage: &str, max_version: u32) -> Result<Self, StageError> {
        match Self::read_any(dir)? {
            None => Err(StageError::Missing {
                path: dir.to_owned(),
                stage: stage.to_owned(),
            }),
            Some(record) if record.stage != stage => Err(StageError::OtherStage {
                path: dir.to_owned(),
                expected: stage.to_owned(),
                found: record.stage,
            }),
            Some(record) if record.format_version > max_version => Err(StageError::Newer {
                path: dir.join(FILE),
                expected: max_version,
                found: record.format_version,
            }),
            Some(record) => Ok(record),
        }
    }

    /// Reads whatever record is in `dir`; `None` where there is none.
    ///
    /// # Errors
    /// The file is too large, cut or not a record.
    pub fn read_any(dir: &Path) -> Result<Option<Self>, StageError> {
        let path = dir.join(FILE);
        match fs::metadata(&path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(StageError::io(&path, "cannot read", e)),
            Ok(meta) if meta.len() > MAX_BYTES => {
                return Err(StageError::Malformed {
                    path,
                    expected: format!("a record of at most {MAX_BYTES} bytes"),
                    found: format!("{} bytes", meta.len()),
                });
            }
            Ok(_) => {}
        }
        let text = fs::read(&path).map_err(|e| StageError::io(&path, "cannot read", e))?;
        let record = serde_json::from_slice(&text).map_err(|e| StageError::Malformed {
            path,
            expected: "the JSON record of a stage".to_owned(),
            found: e.to_string(),
        })?;
        Ok(Some(record))
    }

    /// Checks that every output is there with its recorded size; contents are not read.
    ///
    /// # Errors
    /// The first output that is gone or has another size.
    pub fn check_outputs(&self, dir: &Path) -> Result<(), StageError> {
        for (name, output) in &self.outputs {
            let path = dir.join(name);
            let found = match fs::metadata(&path) {
                Ok(meta) if meta.len() == output.bytes => continue,
                Ok(meta) => format!("{} bytes", meta.len()),
                Err(e) => e.to_string(),
            };
            return Err(StageError::Output {
                path,
                expected: output.bytes,
                found,
            });
        }
        Ok(())
    }

    /// One hash over all outputs: the content of this stage as an input of the next.
    #[must_use]
    pub fn content_hash(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for (name, output) in &self.outputs {
            hasher.update(name.as_bytes());
            hasher.update(b"\0");
            hasher.update(output.blake3.as_bytes());
        }
        hasher.finalize().to_hex().to_string()
    }
}
