//! bincode, at one place: how headers and texts become bytes.
//!
//! The encoding is bincode 2's standard one: little-endian, integers of variable length, no field names.
//! Shards are read years after they were written, so the golden bytes below must not change.

use bincode::config::{self, Config};
use bincode::error::{DecodeError, EncodeError};
use bincode::{Decode, Encode};

/// What decoding a single value may take of memory. bincode claims lengths against it before it allocates.
const LIMIT: usize = 16 << 20;

fn configuration() -> impl Config {
    config::standard().with_limit::<LIMIT>()
}

/// The bytes of a value.
pub(crate) fn encode(value: &impl Encode) -> Result<Vec<u8>, EncodeError> {
    bincode::encode_to_vec(value, configuration())
}

/// The value at the start of `bytes`, and how many of them it took.
pub(crate) fn decode<T: Decode<()>>(bytes: &[u8]) -> Result<(T, usize), DecodeError> {
    bincode::decode_from_slice(bytes, configuration())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::Split;
    use crate::format::{Header, Section, Shape, TextRecord};

    #[test]
    fn headers_and_texts_keep_their_golden_bytes() {
        let section = |offset, length, byte| Section {
            offset,
            length,
            blake3: [byte; 32],
        };
        let header = Header {
            samples: 3,
            shape: Shape {
                resolution: 64,
                captions: 4,
                dims: 256,
            },
            images: section(4096, 36_864, 1),
            vectors: section(40_960, 12_288, 2),
            texts: section(53_248, 100, 3),
            index: None,
        };
        // Below 251 a number is one byte; 251 announces two bytes, 252 four.
        let mut golden = vec![3, 64, 4, 251, 0, 1];
        golden.extend([251, 0, 16, 251, 0, 144]);
        golden.extend([1; 32]);
        golden.extend([251, 0, 160, 251, 0, 48]);
        golden.extend([2; 32]);
        golden.extend([251, 0, 208, 100]);
        golden.extend([3; 32]);
        assert_eq!(header.encode().unwrap(), golden);
        assert_eq!(
            Header::decode(&golden, 1).unwrap(),
            (header.clone(), golden.len())
        );

        let header = Header {
            index: Some(section(57_344, 24, 4)),
            ..header
        };
        golden.extend([251, 0, 224, 24]);
        golden.extend([4; 32]);
        assert_eq!(header.encode().unwrap(), golden);
        assert_eq!(Header::decode(&golden, 2).unwrap(), (header, golden.len()));

        let text = TextRecord {
            id: "10".into(),
            split: Split::Val,
            captions: vec!["red bag".into(), String::new()],
            attributes: BTreeMap::from([("usage".into(), "Casual".into())]),
            content_box: [8, 0, 48, 64],
            image_blake3: [9; 32],
        };
        let mut golden = b"\x0210\x01\x02\x07red bag\x00\x01\x05usage\x06Casual\x08\x00\x30\x40".to_vec();
        golden.extend([9; 32]);
        assert_eq!(encode(&text).unwrap(), golden);
        assert_eq!(decode::<TextRecord>(&golden).unwrap(), (text, golden.len()));
    }

    #[test]
    fn a_length_beyond_the_limit_takes_no_memory() {
        // A string that claims 2^62 bytes.
        let mut bytes = vec![253];
        bytes.extend((1_u64 << 62).to_le_bytes());
        assert!(matches!(
            decode::<String>(&bytes),
            Err(DecodeError::LimitExceeded)
        ));
    }
}
