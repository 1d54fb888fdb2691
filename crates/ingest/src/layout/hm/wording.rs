//! What the columns of `articles.csv` say, in the words of captions.

use crate::captions::clean;
use crate::layout::Texts;

/// The column of names.
pub(super) const TITLE: &str = "prod_name";
/// The column of descriptions.
pub(super) const DESCRIPTION: &str = "detail_desc";
/// Columns that go to the catalogue by another name.
const RENAMED: [&str; 7] = [
    TITLE,
    DESCRIPTION,
    "product_type_name",
    "colour_group_name",
    "graphical_appearance_name",
    "product_group_name",
    "garment_group_name",
];
/// Values that only say that nothing is known.
const UNKNOWN: [&str; 2] = ["unknown", "undefined"];
/// Names of types that are a heading rather than a word, and what people call the thing.
const TYPES: [(&str, &str); 7] = [
    ("Cap/peaked", "Peaked cap"),
    ("Hat/beanie", "Beanie hat"),
    ("Hat/brim", "Brim hat"),
    ("Hair/alice band", "Alice band"),
    ("Underwear Tights", "Tights"),
    ("Other accessories", "Accessories"),
    ("Other shoe", "Shoes"),
];
/// The same for what is seen on the cloth.
const APPEARANCES: [(&str, &str); 8] = [
    ("Stripe", "Striped"),
    ("Check", "Checked"),
    ("Dot", "Dotted"),
    ("Other pattern", "Patterned"),
    ("Other structure", "Structured"),
    ("Application/3D", "Appliqué"),
    ("Mixed solid/pattern", "Solid and patterned"),
    ("Glittering/Metallic", "Glittering"),
];

/// Whether a column goes to the catalogue under its own name: those that hold words.
pub(super) fn is_said(name: &str) -> bool {
    let number = ["_id", "_no", "_code"].iter().any(|end| name.ends_with(end));
    !name.is_empty() && !number && !RENAMED.contains(&name)
}

/// The cell, or nothing where it only says that nothing is known.
pub(super) fn known(cell: &str) -> &str {
    let lower = cell.trim().to_lowercase();
    if UNKNOWN.contains(&lower.as_str()) {
        ""
    } else {
        cell
    }
}

/// Title, description and the attributes by the names that captions are made of: `article_type`, `base_colour`,
/// `gender` where index and section leave no doubt, `wearer` (Baby, Kids) for children's wear, `pattern`, `usage`.
pub(super) fn texts<'a>(cell: impl Fn(&str) -> &'a str) -> Texts {
    let cell = |name: &str| known(cell(name));
    let mut texts = Texts::default();
    let title = clean::text(unnumbered(cell(TITLE)));
    texts.title = title.text;
    texts.cut = title.cut;
    if !cell(DESCRIPTION).is_empty() {
        texts.descriptions.push(cell(DESCRIPTION).to_owned());
    }
    let called = |value: &'a str, names: &[(&str, &'static str)]| -> &'a str {
        let value = value.trim();
        let found = names.iter().find(|(name, _)| name.eq_ignore_ascii_case(value));
        found.map_or(value, |(_, word)| word)
    };
    texts.add_attribute("article_type", called(cell("product_type_name"), &TYPES));
    texts.add_attribute(
        "base_colour",
        colour(cell("colour_group_name"), cell("perceived_colour_master_name")),
    );
    texts.add_attribute("pattern", called(cell("graphical_appearance_name"), &APPEARANCES));
    texts.add_attribute("master_category", cell("product_group_name"));
    texts.add_attribute("sub_category", cell("garment_group_name"));
    let (group, index, section) = (cell("index_group_name"), cell("index_name"), cell("section_name"));
    if let Some(gender) = gender(group, index, section) {
        texts.add_attribute("gender", gender);
    }
    if let Some(wearer) = wearer(group, index, section) {
        texts.add_attribute("wearer", wearer);
    }
    if group == "Sport" {
        texts.add_attribute("usage", "Sports");
    }
    texts
}

/// A name without the number of its variant: `Strap top (1)`.
fn unnumbered(name: &str) -> &str {
    let name = name.trim();
    let (Some(open), Some(rest)) = (name.rfind('('), name.strip_suffix(')')) else {
        return name;
    };
    if open > 0 && rest[open + 1..].bytes().all(|b| b.is_ascii_digit()) {
        name[..open].trim_end()
    } else {
        name
    }
}

/// `Dark Blue`, `Off White`; `Pink` of `Other Pink`; the perceived colour where the group says nothing.
fn colour<'a>(group: &'a str, perceived: &'a str) -> &'a str {
    let group = group.trim();
    match group.strip_prefix("Other ") {
        Some(colour) => colour,
        None if group.is_empty() => perceived,
        None => group,
    }
}

/// Words of a name in lowercase.
fn words(name: &str) -> Vec<String> {
    let words = name.split(|c: char| !c.is_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// For whom an article is: what the group says, or else words of section and index that name one gender only.
fn gender(group: &str, index: &str, section: &str) -> Option<&'static str> {
    match group {
        "Ladieswear" => return Some("Women"),
        "Menswear" => return Some("Men"),
        _ => {}
    }
    let said = [words(section), words(index)].concat();
    let says = |wanted: &[&str]| said.iter().any(|word| wanted.contains(&word.as_str()));
    let genders = [
        (says(&["girl", "girls"]), "Girls"),
        (says(&["boy", "boys"]), "Boys"),
        (
            says(&["women", "womens", "ladies", "lady", "mama", "lingeries"]),
            "Women",
        ),
        (says(&["men", "mens"]), "Men"),
    ];
    let mut said = genders.iter().filter(|(said, _)| *said);
    match (said.next(), said.next()) {
        (Some((_, gender)), None) => Some(gender),
        _ => None,
    }
}

/// What captions call children of whom no gender is known, and babies.
fn wearer(group: &str, index: &str, section: &str) -> Option<&'static str> {
    if group != "Baby/Children" {
        return None;
    }
    let said = [words(section), words(index)].concat();
    if said.iter().any(|word| word == "baby") && !said.iter().any(|word| word == "kids") {
        return Some("Baby");
    }
    gender(group, index, section).is_none().then_some("Kids")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::captions;

    fn said(cells: &[(&str, &str)]) -> Texts {
        texts(|name| {
            let cell = cells.iter().find(|(column, _)| *column == name);
            cell.map_or("", |(_, value)| value)
        })
    }

    fn captions_of(cells: &[(&str, &str)]) -> [String; 4] {
        captions::build(&said(cells)).0.all().map(str::to_owned)
    }

    #[test]
    fn captions_say_what_people_say() {
        let top = [
            ("prod_name", "Strap top (1)"),
            ("product_type_name", "Vest top"),
            ("product_group_name", "Garment Upper body"),
            ("graphical_appearance_name", "Stripe"),
            ("colour_group_name", "Other Pink"),
            ("perceived_colour_master_name", "Pink"),
            ("index_name", "Ladieswear"),
            ("index_group_name", "Ladieswear"),
            ("section_name", "Womens Everyday Basics"),
            ("garment_group_name", "Jersey Basic"),
            ("detail_desc", "Jersey top with narrow shoulder straps."),
        ];
        assert_eq!(
            captions_of(&top),
            [
                "women pink vest top, striped. Strap top. Jersey top with narrow shoulder straps.",
                "Strap top",
                "women pink vest top, striped",
                "pink vest top",
            ]
        );
        let cap = [
            ("prod_name", "Teddy cap"),
            ("product_type_name", "Cap/peaked"),
            ("graphical_appearance_name", "Unknown"),
            ("colour_group_name", "Unknown"),
            ("perceived_colour_master_name", "undefined"),
            ("index_group_name", "Baby/Children"),
            ("index_name", "Baby Sizes 50-98"),
            ("section_name", "Baby Essentials & Complements"),
            ("detail_desc", "Undefined"),
        ];
        assert_eq!(
            captions_of(&cap),
            [
                "baby peaked cap. Teddy cap",
                "Teddy cap",
                "baby peaked cap",
                "peaked cap"
            ]
        );
    }

    #[test]
    fn a_gender_is_said_only_where_it_is_certain() {
        for (group, index, section, expected, wearer_expected) in [
            (
                "Ladieswear",
                "Ladies Accessories",
                "Womens Big accessories",
                Some("Women"),
                None,
            ),
            ("Menswear", "Menswear", "Men Suits & Tailoring", Some("Men"), None),
            ("Sport", "Sport", "Ladies H&M Sport", Some("Women"), None),
            ("Sport", "Sport", "Men H&M Sport", Some("Men"), None),
            ("Sport", "Sport", "Kids Sports", None, None),
            ("Divided", "Divided", "Divided Basics", None, None),
            ("Divided", "Divided", "Ladies Denim", Some("Women"), None),
            (
                "Baby/Children",
                "Children Sizes 92-140",
                "Kids Girl",
                Some("Girls"),
                None,
            ),
            (
                "Baby/Children",
                "Children Sizes 134-170",
                "Young Boy",
                Some("Boys"),
                None,
            ),
            (
                "Baby/Children",
                "Baby Sizes 50-98",
                "Baby Girl",
                Some("Girls"),
                Some("Baby"),
            ),
            (
                "Baby/Children",
                "Baby Sizes 50-98",
                "Girls & Boys",
                None,
                Some("Baby"),
            ),
            (
                "Baby/Children",
                "Children Accessories, Swimwear",
                "Kids & Baby Shoes",
                None,
                Some("Kids"),
            ),
        ] {
            assert_eq!(
                gender(group, index, section),
                expected,
                "{group}, {index}, {section}"
            );
            assert_eq!(
                wearer(group, index, section),
                wearer_expected,
                "{group}, {index}, {section}"
            );
        }
    }

    #[test]
    fn only_a_number_in_brackets_is_a_variant() {
        for (name, kept) in [
            ("Strap top (1)", "Strap top"),
            ("OP T-shirt (Idro)", "OP T-shirt (Idro)"),
            ("(1)", "(1)"),
            ("Tee (2) long", "Tee (2) long"),
            ("Tee ()", "Tee"),
        ] {
            assert_eq!(unnumbered(name), kept);
        }
    }

    #[test]
    fn codes_stay_out_of_the_catalogue() {
        assert!(is_said("section_name") && is_said("perceived_colour_master_name"));
        for name in [
            "article_id",
            "section_no",
            "colour_group_code",
            "prod_name",
            "detail_desc",
            "",
        ] {
            assert!(!is_said(name), "{name}");
        }
    }
}
