//! Titles and descriptions, worded in many ways but never saying what the picture does not show.
//!
//! No text names a second colour or another garment: whoever learns from them should not have to guess
//! which word the picture is about.

use super::catalogue::{Gender, Product};
use super::dice::Dice;
use super::pattern::Pattern;

/// What a product's page says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Texts {
    /// The dump's `productDisplayName`.
    pub(crate) title: String,
    /// HTML, as in the dump.
    pub(crate) description: String,
    /// HTML; three products in ten have one.
    pub(crate) style_note: Option<String>,
}

impl Texts {
    pub(crate) fn write(product: &Product, mut dice: Dice) -> Self {
        Self {
            title: title(product, &mut dice),
            description: html(&description(product, &mut dice), &mut dice),
            style_note: dice
                .chance(0.3)
                .then(|| format!("<p>{}</p>", style_note(product, &mut dice))),
        }
    }
}

/// As in "Larkfield Men Red Striped T-shirt".
fn title(product: &Product, dice: &mut Dice) -> String {
    let (brand, gender) = (product.brand, product.gender.name());
    let (colour, noun) = (product.colour.name(), product.article.noun());
    let pattern = match product.pattern {
        Pattern::Plain => dice.pick(&["", "", "Plain ", "Solid "]),
        Pattern::Striped => "Striped ",
        Pattern::Checked => "Checked ",
        Pattern::Dotted => dice.pick(&["Dotted ", "Dotted ", "Polka Dot "]),
    };
    if dice.chance(0.8) {
        format!("{brand} {gender} {colour} {pattern}{noun}")
    } else {
        format!("{brand} {gender} {pattern}{colour} {noun}")
    }
}

/// A first sentence that names colour, pattern, garment and gender, and up to three more.
fn description(product: &Product, dice: &mut Dice) -> Vec<String> {
    let mut sentences = vec![opening(product, dice)];
    let mut sometimes = |chance: f32, sentence: fn(&Product, &mut Dice) -> String| {
        if dice.chance(chance) {
            sentences.push(sentence(product, dice));
        }
    };
    sometimes(0.6, about_pattern);
    sometimes(0.5, about_cut);
    sometimes(0.6, about_occasion);
    sentences
}

fn opening(product: &Product, dice: &mut Dice) -> String {
    let (brand, noun) = (product.brand, product.article.phrase());
    let colour = product.colour.name().to_lowercase();
    let pattern = match product.pattern {
        Pattern::Plain => dice.pick(&["plain", "plain", "solid"]),
        Pattern::Striped => "striped",
        Pattern::Checked => dice.pick(&["checked", "checked", "chequered"]),
        Pattern::Dotted => dice.pick(&["dotted", "dotted", "polka dot"]),
    };
    let wearer = match product.gender {
        Gender::Men => dice.pick(&["men", "men", "every man"]),
        Gender::Women => dice.pick(&["women", "women", "every woman"]),
    };
    // The colour leads most of the time, as it does where people type.
    let named = match dice.pick(&[0, 0, 1, 2]) {
        0 => format!("{colour} {pattern} {noun}"),
        1 => format!("{pattern} {colour} {noun}"),
        _ => format!("{pattern} {noun} in {colour}"),
    };
    let cut = dice.pick(product.article.cuts(product.gender));
    capital(&match dice.pick(&[0, 1, 2, 3, 4]) {
        0 => format!("{named} for {wearer}, with {cut}."),
        1 => format!("{named} by {brand}, made for {wearer}."),
        2 => format!("{brand} presents its {named} for {wearer}."),
        3 => format!("For {wearer}: {named} with {cut}."),
        _ => format!("The {named} for {wearer} comes from {brand}.").replace(
            "comes",
            if product.article.is_plural() {
                "come"
            } else {
                "comes"
            },
        ),
    })
}

fn about_pattern(product: &Product, dice: &mut Dice) -> String {
    let colour = product.colour.name().to_lowercase();
    let sentences: &[&str] = match product.pattern {
        Pattern::Plain => &[
            "One even COLOUR from edge to edge, without any pattern.",
            "Kept plain: nothing but COLOUR.",
            "A solid COLOUR that needs no print.",
        ],
        Pattern::Striped => &[
            "Broad stripes run over the COLOUR ground.",
            "The stripes are even and lie on clear COLOUR.",
            "COLOUR stays the main colour between the stripes.",
        ],
        Pattern::Checked => &[
            "A window check crosses the COLOUR ground.",
            "The checks are large, the ground between them is COLOUR.",
            "Lines both ways make a check on COLOUR.",
        ],
        Pattern::Dotted => &[
            "Round dots lie all over the COLOUR ground.",
            "The polka dots are large and evenly spread on COLOUR.",
            "Dots on COLOUR, row after row.",
        ],
    };
    capital(&dice.pick(sentences).replace("COLOUR", &colour))
}

fn about_cut(product: &Product, dice: &mut Dice) -> String {
    let cut = dice.pick(product.article.cuts(product.gender));
    format!(
        "{} {cut}.",
        dice.pick(&["Designed with", "Finished with", "Look out for", "The details:"])
    )
}

fn about_occasion(product: &Product, dice: &mut Dice) -> String {
    let season = product.season.to_lowercase();
    match (dice.pick(&[0, 1, 2]), product.usage) {
        (0, _) => format!("Part of the {season} {} collection.", product.year),
        (1, "Formal") => "Right for the office and for evenings out.".to_owned(),
        (1, "Sports") => "Ready for training and for the game.".to_owned(),
        (1, _) => "Made for easy days and long weekends.".to_owned(),
        (_, usage) => format!("A {} choice for {season}.", usage.to_lowercase()),
    }
}

fn style_note(product: &Product, dice: &mut Dice) -> String {
    let brand = product.brand;
    match (dice.pick(&[0, 1]), product.usage) {
        (0, _) => format!("Let {brand} set the tone and keep the rest simple."),
        (_, "Formal") => "Wear it to work, or wherever you want to look your best.".to_owned(),
        (_, "Sports") => "Take it along to the gym, the track or the park.".to_owned(),
        _ => "Wear it at home, in town &amp; on the road.".to_owned(),
    }
}

/// Paragraphs, line breaks and lists as shops write them.
fn html(sentences: &[String], dice: &mut Dice) -> String {
    match (dice.pick(&[0, 1, 2, 3]), sentences) {
        (1, _) => format!("<p>{}</p>", sentences.join("<br />\r\n")),
        (2, [first, rest @ ..]) if !rest.is_empty() => {
            format!("<p><strong>{first}</strong></p>\n<p>{}</p>", rest.join(" "))
        }
        (3, [first, rest @ ..]) if !rest.is_empty() => {
            format!("<p>{first}</p><ul><li>{}</li></ul>", rest.join("</li><li>"))
        }
        _ => format!("<p>{}</p>", sentences.join(" ")),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::synth::palette::Colour;

    fn texts(index: u32) -> (Product, Texts) {
        let product = Product::draw(1, index);
        (product, Texts::write(&product, Dice::new(1, index, "texts")))
    }

    #[test]
    fn every_text_names_its_own_colour_and_no_other() {
        for (
            product,
            Texts {
                title,
                description,
                style_note,
            },
        ) in (0..2000).map(texts)
        {
            for colour in Colour::ALL {
                // Whole words: "red" is in "flared" as well.
                let names = |text: &str| {
                    text.split(|c: char| !c.is_alphanumeric())
                        .any(|w| w.eq_ignore_ascii_case(colour.name()))
                };
                assert_eq!(names(&title), colour == product.colour, "{title}");
                assert_eq!(names(&description), colour == product.colour, "{description}");
                assert!(!style_note.as_deref().is_some_and(names));
            }
            let [gender, noun] = [product.gender.name(), product.article.noun()];
            assert!(title.contains(gender) && title.ends_with(noun), "{title}");
            assert!(description.contains(product.article.phrase()), "{description}");
        }
    }

    #[test]
    fn descriptions_vary_and_some_products_have_a_style_note() {
        let all: Vec<Texts> = (0..2000).map(|i| texts(i).1).collect();
        let distinct: HashSet<&str> = all.iter().map(|t| t.description.as_str()).collect();
        assert!(distinct.len() > 1800, "{} of 2000", distinct.len());
        let notes = all.iter().filter(|t| t.style_note.is_some()).count();
        assert!((500..700).contains(&notes), "{notes}");
    }
}
