//! The shard: unit of work, of commit and of resume, from the first stage to the last.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::record::OutputFile;

/// The logical shard of a product: `hash(id) mod shards`, the same on every machine and in every stage.
///
/// # Panics
/// `shards` is 0.
#[must_use]
pub fn shard_of(id: &str, shards: u32) -> u32 {
    let hash = blake3::hash(id.as_bytes());
    let word = u64::from_le_bytes(std::array::from_fn(|i| hash.as_bytes()[i]));
    (word % u64::from(shards)) as u32
}

/// The name of a shard's file: `images-00003.rgb` for (`images`, 3, `rgb`).
#[must_use]
pub fn shard_file(stem: &str, shard: u32, extension: &str) -> String {
    format!("{stem}-{shard:05}.{extension}")
}

/// What is written once a shard's outputs are on the disk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ShardRecord {
    /// Fingerprint of the stage key this shard was made under.
    pub fingerprint: String,
    /// Files of this shard, by path in the folder.
    pub outputs: BTreeMap<String, OutputFile>,
    /// What the stage wants to know of the shard at the end: counts, rejects, statistics.
    pub detail: Value,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_stable_and_even() {
        // Golden, from the Python package blake3: a change would move every product of every folder.
        assert_eq!(
            ["1163", "10002", "0108775015"].map(|id| shard_of(id, 16)),
            [3, 5, 6]
        );
        let mut counts = [0_u32; 16];
        (0..16_000).for_each(|i| counts[shard_of(&i.to_string(), 16) as usize] += 1);
        assert!(counts.iter().all(|&c| (850..1150).contains(&c)), "{counts:?}");
    }
}
