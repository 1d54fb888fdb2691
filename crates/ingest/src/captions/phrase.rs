//! Attributes as people say them.

use std::collections::HashSet;

use crate::layout::Attributes;

/// What is said before anything else, as one phrase: `men navy blue tshirts`.
const HEAD: [&str; 4] = ["wearer", "gender", "base_colour", "article_type"];
/// What a photo shows, in the order in which it is said.
const VISIBLE: [&str; 29] = [
    "usage",
    "season",
    "pattern",
    "print_or_pattern_type",
    "fabric",
    "material",
    "upper_material",
    "strap_material",
    "neck",
    "collar",
    "sleeve_length",
    "sleeve_styling",
    "length",
    "hemline",
    "fit",
    "waist_rise",
    "distress",
    "type",
    "style",
    "heel_type",
    "heel_height",
    "toe_shape",
    "ankle_height",
    "fastening",
    "closure",
    "dial_shape",
    "display",
    "lens_colour",
    "surface_styling",
];
/// Values that only say that nothing is special.
const PLAIN: [&str; 5] = ["no", "yes", "other", "others", "single"];

/// `men navy blue tshirts, casual, summer, solid, cotton, round neck, short sleeves`.
pub(super) fn attributes(attributes: &Attributes) -> String {
    let head = words(attributes, &HEAD);
    let mut said: HashSet<String> = attributes
        .iter()
        .filter(|(name, _)| HEAD.contains(&name.as_str()))
        .map(|(_, value)| value.to_lowercase())
        .collect();
    let mut phrases: Vec<String> = Vec::from_iter((!head.is_empty()).then_some(head));
    for name in VISIBLE {
        let Some(value) = attributes.get(name).map(|value| value.to_lowercase()) else {
            continue;
        };
        if !PLAIN.contains(&value.as_str()) && !value.starts_with("regular") && said.insert(value.clone()) {
            phrases.push(with_name(name, value));
        }
    }
    phrases.join(", ")
}

/// `navy blue tshirts`.
pub(super) fn short(attributes: &Attributes) -> String {
    words(attributes, &HEAD[2..])
}

fn words(attributes: &Attributes, names: &[&str]) -> String {
    let values = names.iter().filter_map(|&name| attributes.get(name));
    values
        .map(|value| value.to_lowercase())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Adds the attribute's name where the value alone says nothing: `round dial`, `2 inches heel`.
fn with_name(name: &str, value: String) -> String {
    let noun = match name {
        "dial_shape" | "display" => "dial",
        "heel_type" | "heel_height" => "heel",
        "toe_shape" => "toe",
        "lens_colour" => "lens",
        "length" => "length",
        "hemline" => "hem",
        "strap_material" => "strap",
        _ => return value,
    };
    if value.contains(noun) {
        value
    } else {
        format!("{value} {noun}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(pairs: &[(&str, &str)]) -> String {
        attributes(&pairs.iter().map(|&(k, v)| (k.to_owned(), v.to_owned())).collect())
    }

    #[test]
    fn attributes_are_said_in_one_order_and_once() {
        assert_eq!(
            said(&[
                ("article_type", "Tshirts"),
                ("base_colour", "Navy Blue"),
                ("gender", "Men"),
                ("neck", "Round Neck"),
                ("pattern", "Solid"),
                ("print_or_pattern_type", "Solid"),
                ("season", "Summer"),
                ("sleeve_length", "Short Sleeves"),
                ("year", "2012"),
            ]),
            "men navy blue tshirts, summer, solid, round neck, short sleeves"
        );
    }

    #[test]
    fn what_says_nothing_is_left_out_and_what_needs_its_noun_gets_it() {
        assert_eq!(
            said(&[
                ("length", "Regular"),
                ("article_type", "Sandals"),
                ("type", "Sandals"),
                ("fit", "Regular Fit")
            ]),
            "sandals"
        );
        assert_eq!(
            said(&[
                ("dial_shape", "Round"),
                ("toe_shape", "Open Toe"),
                ("heel_height", "2 inches")
            ]),
            "2 inches heel, open toe, round dial"
        );
        assert_eq!(said(&[]), "");
    }

    #[test]
    fn the_short_caption_is_what_people_type() {
        let one = |name: &str, value: &str| short(&Attributes::from([(name.to_owned(), value.to_owned())]));
        assert_eq!(one("article_type", "Handbags"), "handbags");
        assert_eq!(one("base_colour", "Navy Blue"), "navy blue");
        assert_eq!(one("gender", "Men"), "");
    }
}
