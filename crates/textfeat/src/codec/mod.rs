//! The bytes of files, and the only place where bincode is used.

mod counts;
mod header;
mod model;

pub use counts::MAX_COUNTS_BYTES;
pub(crate) use counts::{decode as decode_counts, encode as encode_counts};
pub use model::MAX_MODEL_BYTES;
pub(crate) use model::{decode, encode};

/// The first bytes of a checksum: enough to tell two apart.
fn hex(checksum: &[u8]) -> String {
    checksum
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
