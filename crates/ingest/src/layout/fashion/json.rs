//! `styles/<id>.json`: what it says of a product beyond the table's row.
//!
//! Nothing in it is required and everything may be absent or of another type; only text that is no JSON at
//! all is a flaw.

use serde_json::Value;

use super::super::{Texts, snake_case};
use crate::captions::clean;
use crate::encoding;
use crate::rejects::{Flaw, Reason};
use crate::source::Source;

/// A file of more bytes is not read: the largest known has 60 kB.
const MAX_BYTES: u64 = 16 << 20;
/// Fields with the product's own attributes, beside those named in `articleAttributes`.
const FIELDS: [&str; 7] = [
    "gender",
    "baseColour",
    "season",
    "year",
    "usage",
    "ageGroup",
    "brandName",
];
/// Fields that hold an object with a `typeName`.
const TYPES: [&str; 3] = ["masterCategory", "subCategory", "articleType"];
/// Descriptors about the product rather than about care, size or fit.
const DESCRIPTORS: [&str; 2] = ["description", "style_note"];

/// Reads a product's file.
///
/// # Errors
/// The file is unreadable, too large, or no JSON.
pub(super) fn read(source: &dyn Source, path: &str) -> Result<Texts, Flaw> {
    parse(&source.read(path, MAX_BYTES).map_err(|e| e.flaw())?)
}

fn parse(bytes: &[u8]) -> Result<Texts, Flaw> {
    let decoded = encoding::decode(bytes);
    // serde_json says where it stopped, and limits the depth of nesting.
    let value: Value =
        serde_json::from_str(&decoded.text).map_err(|e| Flaw::new(Reason::BadJson, e.to_string()))?;
    let data = &value["data"];
    let mut texts = Texts::default();
    let title = clean::text(&word(&data["productDisplayName"]));
    texts.title = title.text;
    texts.cut |= title.cut;
    for name in FIELDS {
        texts.add_attribute(&snake_case(name), &word(&data[name]));
    }
    for name in TYPES {
        texts.add_attribute(&snake_case(name), &word(&data[name]["typeName"]));
    }
    if let Some(own) = data["articleAttributes"].as_object() {
        for (name, value) in own {
            let name = snake_case(name);
            // What the product's own fields say stands.
            if !name.is_empty() && !texts.attributes.contains_key(&name) {
                texts.add_attribute(&name, &word(value));
            }
        }
    }
    let descriptors = &data["productDescriptors"];
    texts.descriptions = DESCRIPTORS.map(|name| word(&descriptors[name]["value"])).into();
    Ok(texts)
}

/// A text or number as text; anything else is absent.
fn word(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const WHOLE: &str = r#"{"notification": {}, "meta": {"code": 200}, "data": {"id": 1, "productDisplayName": "Nike  Shoe",
        "gender": "Men", "year": 2012.0, "baseColour": "NA", "season": null, "usage": ["x"],
        "masterCategory": {"typeName": "Footwear"}, "articleType": "Shoes",
        "articleAttributes": {"Pattern": "Solid", "Sleeve Length": "NA", "Gender": "Women", "Pockets": 3},
        "productDescriptors": {"description": {"value": "<p>Red &amp; white</p>"}, "size_fit_desc": {"value": "Slim"},
                               "style_note": {"value": "Wear it"}}}}"#;

    #[test]
    fn what_is_there_is_taken_and_what_is_not_is_absent() {
        let texts = parse(WHOLE.as_bytes()).unwrap();
        assert_eq!(texts.title, "Nike Shoe");
        assert_eq!(texts.descriptions, ["<p>Red &amp; white</p>", "Wear it"]);
        let attributes: Vec<_> = texts
            .attributes
            .iter()
            .map(|(k, v)| (k.as_str(), v.as_str()))
            .collect();
        assert_eq!(
            attributes,
            [
                ("gender", "Men"),
                ("master_category", "Footwear"),
                ("pattern", "Solid"),
                ("pockets", "3"),
                ("year", "2012")
            ]
        );
    }

    #[test]
    fn a_file_cut_anywhere_is_a_reject_that_says_where() {
        for length in [0, 1, 40, 200, WHOLE.len() - 1] {
            let flaw = parse(&WHOLE.as_bytes()[..length]).unwrap_err();
            assert_eq!(flaw.reason, Reason::BadJson);
            assert!(
                flaw.detail.contains("EOF") && flaw.detail.contains("line"),
                "{}",
                flaw.detail
            );
        }
    }

    #[test]
    fn other_json_has_no_texts_and_deep_nesting_does_no_harm() {
        for nothing in ["[1, 2]", "{\"data\": null}"] {
            let texts = parse(nothing.as_bytes()).unwrap();
            assert_eq!(
                (
                    texts.title.as_str(),
                    texts.attributes.len(),
                    texts.descriptions.concat().as_str()
                ),
                ("", 0, "")
            );
        }
        assert_eq!(
            parse("[".repeat(1_000_000).as_bytes()).unwrap_err().reason,
            Reason::BadJson
        );
    }
}
