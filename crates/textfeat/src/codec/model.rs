//! The bytes of a model's file.
//!
//! Magic `ATLRTEXT`, u32 version, u32 length of the header, from version 2 on u32 length of the projection; the header in
//! bincode's standard configuration; from version 2 on the projection, f32, `dims` values for each term; the blake3
//! (32 bytes) of everything before it. Numbers of fixed width are little-endian. Version 1 knows plain terms alone, version
//! 2 LSA and runs of letters, version 3 norms, weights of letters, patterns and given weights; a model is written in the lowest version that
//! can hold it.

use bincode::config::{Configuration, Limit, LittleEndian, Varint};
use bincode::{Decode, Encode};

use super::header::{ExtendedHeader, FullHeader, Header, check};
use super::hex;
use crate::settings::MAX_PROJECTION;
use crate::{Method, ModelError, Norm, Settings, TextModel, Tokens};

const MAGIC: &[u8; 8] = b"ATLRTEXT";
const PLAIN: u32 = 1;
const FULL: u32 = 2;
const EXTENDED: u32 = 3;
const MAX_PROJECTION_BYTES: usize = MAX_PROJECTION * size_of::<f32>();
const MAX_HEADER_BYTES: usize = 16 << 20;
const PREFIX_BYTES: usize = MAGIC.len() + 4 + 4;
const CHECKSUM_BYTES: usize = blake3::OUT_LEN;
/// Size of the largest file that is read as a model.
pub const MAX_MODEL_BYTES: usize =
    PREFIX_BYTES + 4 + MAX_HEADER_BYTES + MAX_PROJECTION_BYTES + CHECKSUM_BYTES;

/// No allocation of the decoder exceeds the limit, whatever lengths the bytes claim.
const CONFIG: Configuration<LittleEndian, Varint, Limit<MAX_HEADER_BYTES>> =
    bincode::config::standard().with_limit::<MAX_HEADER_BYTES>();

/// The lowest version that can hold a model.
fn version_of(model: &TextModel) -> u32 {
    let settings = model.settings();
    let is_extended = settings.norm != Norm::L2
        || settings.letters_weight != 1.0
        || settings.tokens != Tokens::Words
        || model.given_idf().is_some();
    if is_extended {
        EXTENDED
    } else if settings.method != Method::Terms || settings.letters.is_some() {
        FULL
    } else {
        PLAIN
    }
}

pub(crate) fn encode(model: &TextModel) -> Result<Vec<u8>, ModelError> {
    let version = version_of(model);
    let header = match version {
        PLAIN => encoded(Header::from(model)),
        FULL => encoded(FullHeader::from(model)),
        _ => encoded(ExtendedHeader::from(model)),
    }?;
    let projection = model.projection().map_or(&[][..], |p| &p.values);
    let length = |bytes: usize, limit: usize| {
        let right = u32::try_from(bytes).ok().filter(|_| bytes <= limit);
        right.map(u32::to_le_bytes).ok_or(too_large(bytes, limit))
    };
    let mut bytes = [&MAGIC[..], &version.to_le_bytes()].concat();
    bytes.extend(length(header.len(), MAX_HEADER_BYTES)?);
    if version > PLAIN {
        bytes.extend(length(size_of_val(projection), MAX_PROJECTION_BYTES)?);
    }
    bytes.extend(header);
    bytes.extend(projection.iter().flat_map(|value| value.to_le_bytes()));
    bytes.extend_from_slice(blake3::hash(&bytes).as_bytes());
    Ok(bytes)
}

fn encoded(header: impl Encode) -> Result<Vec<u8>, ModelError> {
    bincode::encode_to_vec(header, bincode::config::standard()).map_err(|e| ModelError::Header {
        reason: e.to_string(),
    })
}

pub(crate) fn decode(bytes: &[u8]) -> Result<TextModel, ModelError> {
    let cut = |expected: usize| ModelError::Cut {
        expected: expected as u64,
        found: bytes.len() as u64,
    };
    let magic = &bytes[..bytes.len().min(MAGIC.len())];
    if magic.is_empty() || !MAGIC.starts_with(magic) {
        return Err(ModelError::NotAModel {
            found: format!("`{}`", magic.escape_ascii()),
        });
    }
    let (_, rest) = bytes.split_first_chunk::<8>().ok_or(cut(PREFIX_BYTES))?;
    let (version, rest) = rest.split_first_chunk().ok_or(cut(PREFIX_BYTES))?;
    let version = u32::from_le_bytes(*version);
    if version > EXTENDED {
        return Err(ModelError::Newer {
            expected: EXTENDED,
            found: version,
        });
    }
    check(
        "version",
        version >= PLAIN,
        format!("{PLAIN} to {EXTENDED}"),
        version,
    )?;
    let (length, mut rest) = rest.split_first_chunk().ok_or(cut(PREFIX_BYTES))?;
    let length = u32::from_le_bytes(*length) as usize;
    if length > MAX_HEADER_BYTES {
        return Err(too_large(length, MAX_HEADER_BYTES));
    }
    let mut projection_length = 0;
    if version > PLAIN {
        let (length, after) = rest.split_first_chunk().ok_or(cut(PREFIX_BYTES + 4))?;
        projection_length = u32::from_le_bytes(*length) as usize;
        rest = after;
        if projection_length > MAX_PROJECTION_BYTES {
            return Err(too_large(projection_length, MAX_PROJECTION_BYTES));
        }
    }
    let prefix = bytes.len() - rest.len();
    let expected = prefix + length + projection_length + CHECKSUM_BYTES;
    if bytes.len() < expected {
        return Err(cut(expected));
    }
    if bytes.len() > expected {
        return Err(ModelError::Trailing {
            expected: expected as u64,
            found: bytes.len() as u64,
        });
    }
    let (content, stored) = bytes.split_at(expected - CHECKSUM_BYTES);
    let computed = blake3::hash(content);
    if computed.as_bytes() != stored {
        return Err(ModelError::Checksum {
            expected: hex(stored),
            found: hex(computed.as_bytes()),
        });
    }
    let (header, projection) = content[prefix..].split_at(length);
    match version {
        PLAIN => decoded::<Header>(header)?.into_model(Settings::default(), None),
        FULL => decoded::<FullHeader>(header)?.into_model(projection, Settings::default(), None),
        _ => decoded::<ExtendedHeader>(header)?.into_model(projection),
    }
}

/// A header that takes up all of `bytes`.
fn decoded<H: Decode<()>>(bytes: &[u8]) -> Result<H, ModelError> {
    let (header, used) = bincode::decode_from_slice(bytes, CONFIG).map_err(|e| ModelError::Header {
        reason: e.to_string(),
    })?;
    check("length of the header", used == bytes.len(), bytes.len(), used)?;
    Ok(header)
}

fn too_large(bytes: usize, limit: usize) -> ModelError {
    ModelError::TooLarge {
        limit: limit as u64,
        found: bytes as u64,
    }
}
