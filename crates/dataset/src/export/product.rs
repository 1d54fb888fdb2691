//! What the formats have in common: a product's name as a file, and its texts as JSON.

use serde_json::{Map, Value, json};

use crate::Sample;

/// A key of more bytes would not fit a file's name.
const MAX_KEY: usize = 200;
/// Keys of the object that are not attributes.
const RESERVED: [&str; 4] = ["id", "captions", "photo", "file_name"];

/// The product's id as the name of a file: letters, digits, `_` and `-` as they are, other bytes as `%XX`; of an id that
/// is too long for that, its blake3. WebDataset takes a name up to its first dot for the key.
pub(super) fn key(id: &str) -> String {
    let mut key = String::with_capacity(id.len());
    for byte in id.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-') {
            key.push(char::from(byte));
        } else {
            key.push_str(&format!("%{byte:02X}"));
        }
    }
    if key.is_empty() || key.len() > MAX_KEY {
        return blake3::hash(id.as_bytes()).to_hex().to_string();
    }
    key
}

/// `id`, `captions` (a list), `photo` (where the photo lies in the squared image, in pixels), and the attributes by
/// name; one that is called as another key is gets `attribute_` before its name.
pub(super) fn record(sample: &Sample<'_>) -> Map<String, Value> {
    let mut record = Map::new();
    for (name, value) in sample.attributes {
        let name = if RESERVED.contains(&name.as_str()) {
            format!("attribute_{name}")
        } else {
            name.clone()
        };
        record.insert(name, json!(value));
    }
    let [x, y, width, height] = sample.content_box;
    record.insert("id".to_owned(), json!(sample.id));
    record.insert("captions".to_owned(), json!(sample.captions));
    record.insert(
        "photo".to_owned(),
        json!({ "x": x, "y": y, "width": width, "height": height }),
    );
    record
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_name_that_no_two_ids_share() {
        assert_eq!(key("0108775015"), "0108775015");
        assert_eq!(key("a/b.c d%é"), "a%2Fb%2Ec%20d%25%C3%A9");
        assert_eq!(key("..").len(), 6);
        let long = "é".repeat(100);
        assert_eq!(key(&long).len(), 64);
        assert_eq!(key("").len(), 64);
        assert_ne!(key(&long), key(&format!("{long}x")));
    }
}
