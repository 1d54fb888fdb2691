//! The four captions of a product, from what its dump says of it. Pure functions: texts in, texts out.
//!
//! People type short descriptions and catalogues write long ones, so a product has several: see [`Captions`].

pub mod clean;
pub mod html;
mod mojibake;
mod phrase;
mod sections;

use serde::{Deserialize, Serialize};

use crate::layout::Texts;

/// A product's captions; any may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Captions {
    /// Attributes, title, cleaned description.
    pub full: String,
    /// The product's name.
    pub title: String,
    /// `men navy blue tshirts, casual, summer, solid, cotton, round neck`.
    pub attributes: String,
    /// Colour and article type, as people type: `navy blue tshirts`.
    pub short: String,
}

impl Captions {
    /// In the catalogue's order.
    #[must_use]
    pub fn all(&self) -> [&str; 4] {
        [&self.full, &self.title, &self.attributes, &self.short]
    }

    /// Whether nothing at all is said of the product.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all().iter().all(|text| text.is_empty())
    }
}

/// Builds the captions, and whether the description had to be cut to [`clean::MAX_BYTES`] for it.
#[must_use]
pub fn build(texts: &Texts) -> (Captions, bool) {
    let (description, cut) = description(&texts.descriptions);
    let attributes = phrase::attributes(&texts.attributes);
    let full = sentences([attributes.as_str(), &texts.title, &description]);
    let short = phrase::short(&texts.attributes);
    (
        Captions {
            full,
            title: texts.title.clone(),
            attributes,
            short,
        },
        cut,
    )
}

/// A catalogue's description as plain text about the product: no markup, no placeholders, nothing about
/// washing, size or warranty.
fn description(parts: &[String]) -> (String, bool) {
    let mut lines: Vec<String> = Vec::new();
    let mut any_cut = false;
    for raw in parts {
        let (raw, cut) = clean::limit(raw);
        any_cut |= cut;
        for line in sections::about_the_product(&html::lines(raw)) {
            // Dumps repeat one descriptor within another.
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
    }
    (sentences(lines.iter().map(String::as_str)), any_cut)
}

/// Texts one after the other, with a full stop where one ends without any.
fn sentences<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for part in parts.into_iter().filter(|part| !part.is_empty()) {
        if !text.is_empty() {
            text.push_str(if text.ends_with(['.', '!', '?', ':', ',', ';']) {
                " "
            } else {
                ". "
            });
        }
        text.push_str(part);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn product(attributes: &[(&str, &str)], title: &str, description: &str) -> Texts {
        let attributes = attributes
            .iter()
            .map(|&(k, v)| (k.to_owned(), v.to_owned()))
            .collect();
        Texts {
            title: title.to_owned(),
            attributes,
            descriptions: vec![description.to_owned()],
            cut: false,
        }
    }

    #[test]
    fn a_product_has_four_captions() {
        let texts = product(
            &[
                ("gender", "Men"),
                ("base_colour", "Navy Blue"),
                ("article_type", "Tshirts"),
                ("usage", "Casual"),
                ("neck", "Round Neck"),
            ],
            "Nike Men Navy Blue T-shirt",
            "<p><strong>Composition</strong><br />Navy t-shirt made of 100% cotton<br />\r\n<strong>Wash care</strong><br />Drip dry</p>",
        );
        let (captions, cut) = build(&texts);
        assert!(!cut);
        assert_eq!(
            captions.all(),
            [
                "men navy blue tshirts, casual, round neck. Nike Men Navy Blue T-shirt. Navy t-shirt made of 100% cotton",
                "Nike Men Navy Blue T-shirt",
                "men navy blue tshirts, casual, round neck",
                "navy blue tshirts",
            ]
        );
    }

    #[test]
    fn placeholders_are_no_description() {
        for nothing in [
            "-",
            "NA",
            " <p>&nbsp;</p>",
            "<p><strong>Style Note</strong></p>",
            "<br>",
            "--",
            "n/a",
        ] {
            assert_eq!(description(&[nothing.to_owned()]).0, "", "{nothing}");
        }
    }
    #[test]
    fn parts_follow_each_other_without_repetition_or_placeholders() {
        let parts = [
            "<p>Black glossy clutch<br>One zip</p>",
            "<p>One zip</p><p>Wear it</p>",
            "NA",
        ]
        .map(str::to_owned);
        assert_eq!(description(&parts).0, "Black glossy clutch. One zip. Wear it");
    }

    #[test]
    fn a_description_of_a_megabyte_is_cut_at_a_character() {
        for filler in ["words and é ", "<b>x", "<div>y", "&amp;amp;", "<p>wash care</p>"] {
            let (text, cut) = description(&[filler.repeat((1 << 20) / filler.len())]);
            assert!(
                cut && text.len() <= 2 * clean::MAX_BYTES,
                "{filler}: {}",
                text.len()
            );
        }
    }

    #[test]
    fn a_product_without_words_is_empty() {
        assert!(build(&product(&[], "", "-")).0.is_empty());
        assert!(!build(&product(&[("gender", "Men")], "", "")).0.is_empty());
    }
}
