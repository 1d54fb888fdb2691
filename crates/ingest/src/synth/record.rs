//! A product in the dump's own form: a row of `styles.csv` and a file of `styles/`.

use serde_json::{Value, json};

use super::catalogue::Product;
use super::texts::Texts;

/// First line of `styles.csv`.
pub(crate) const CSV_HEADER: &str =
    "id,gender,masterCategory,subCategory,articleType,baseColour,season,year,usage,productDisplayName\n";

/// A line of `styles.csv`. Like the dump's it quotes nothing; no field here needs it.
pub(crate) fn csv_row(product: &Product, texts: &Texts) -> String {
    let Product {
        id,
        gender,
        colour,
        season,
        year,
        usage,
        ..
    } = product;
    let [master, sub, article] = product.article.categories();
    let (gender, colour, title) = (gender.name(), colour.name(), &texts.title);
    format!("{id},{gender},{master},{sub},{article},{colour},{season},{year},{usage},{title}\n")
}

/// The content of `styles/<id>.json`, without the dump's prices, links and image lists.
pub(crate) fn style(product: &Product, texts: &Texts) -> Value {
    let [master, sub, article] = product.article.categories();
    let descriptor = |kind: &str, html: &str| json!({ "descriptorType": kind, "value": html });
    let mut descriptors = json!({ "description": descriptor("description", &texts.description) });
    if let Some(note) = &texts.style_note {
        descriptors["style_note"] = descriptor("style_note", note);
    }
    json!({
        "notification": {},
        "meta": { "code": 200 },
        "data": {
            "id": product.id,
            "productDisplayName": texts.title,
            "brandName": product.brand,
            "ageGroup": format!("Adults-{}", product.gender.name()),
            "gender": product.gender.name(),
            "baseColour": product.colour.name(),
            "colour1": "NA",
            "colour2": "NA",
            "fashionType": "Fashion",
            "season": product.season,
            "year": product.year.to_string(),
            "usage": product.usage,
            "articleAttributes": { "Pattern": product.pattern.name() },
            "masterCategory": { "typeName": master },
            "subCategory": { "typeName": sub },
            "articleType": { "typeName": article },
            "productDescriptors": descriptors,
        },
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::synth::dice::Dice;

    #[test]
    fn row_and_json_agree() {
        for index in 0..300 {
            let product = Product::draw(7, index);
            let texts = Texts::write(&product, Dice::new(7, index, "texts"));
            let row = csv_row(&product, &texts);
            let fields: Vec<&str> = row.trim_end().split(',').collect();
            assert_eq!(fields.len(), CSV_HEADER.split(',').count(), "{row}");
            let style: Value = serde_json::from_str(&style(&product, &texts).to_string()).unwrap();
            let data = &style["data"];
            let from_json = [
                &data["id"].to_string(),
                data["gender"].as_str().unwrap(),
                data["masterCategory"]["typeName"].as_str().unwrap(),
                data["subCategory"]["typeName"].as_str().unwrap(),
                data["articleType"]["typeName"].as_str().unwrap(),
                data["baseColour"].as_str().unwrap(),
                data["season"].as_str().unwrap(),
                data["year"].as_str().unwrap(),
                data["usage"].as_str().unwrap(),
                data["productDisplayName"].as_str().unwrap(),
            ];
            assert_eq!(fields, from_json);
            let html = data["productDescriptors"]["description"]["value"]
                .as_str()
                .unwrap();
            assert!(html.starts_with("<p>"), "{html}");
        }
    }
}
