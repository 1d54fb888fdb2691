//! What a training left in its run folder.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// The checkpoints of a run, the oldest first; none where the run has not begun.
///
/// # Panics
/// The folder cannot be listed.
#[must_use]
pub fn checkpoints(run: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(run.join("checkpoints")) else {
        return Vec::new();
    };
    let path = |entry: std::io::Result<fs::DirEntry>| {
        entry
            .unwrap_or_else(|e| panic!("{}: cannot list: {e}", run.display()))
            .path()
    };
    let mut paths: Vec<PathBuf> = entries.map(path).collect();
    paths.retain(|p| p.extension().is_some_and(|e| e == "safetensors"));
    paths.sort();
    paths
}

/// Every tensor of the newest checkpoint, bit for bit: weights, moments and averages. What is measured in seconds is no
/// tensor.
///
/// # Panics
/// There is no checkpoint that can be read.
#[must_use]
pub fn weights(run: &Path) -> Vec<(String, Vec<u8>)> {
    let checkpoints = checkpoints(run);
    let newest = checkpoints
        .last()
        .unwrap_or_else(|| panic!("{}: no checkpoint", run.display()));
    let bytes = fs::read(newest).unwrap_or_else(|e| panic!("{}: {e}", newest.display()));
    let tensors =
        safetensors::SafeTensors::deserialize(&bytes).unwrap_or_else(|e| panic!("{}: {e}", newest.display()));
    let mut all: Vec<_> = tensors
        .tensors()
        .into_iter()
        .map(|(name, t)| (name, t.data().to_vec()))
        .collect();
    all.sort();
    all
}

/// The lines of `stats.jsonl` without what is measured in seconds.
///
/// # Panics
/// They cannot be read.
#[must_use]
pub fn stats(run: &Path) -> Vec<Value> {
    let path = run.join("stats.jsonl");
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let line = |line: &str| {
        let mut value: Value =
            serde_json::from_str(line).unwrap_or_else(|e| panic!("{}: {line}: {e}", path.display()));
        if let Some(object) = value.as_object_mut() {
            object.retain(|key, _| !["images_per_second", "seconds", "memory_mib"].contains(&key.as_str()));
        }
        value
    };
    text.lines().map(line).collect()
}
