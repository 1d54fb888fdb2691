//! What the columns of a table say of a product when no dump's documentation tells: which is its title, which
//! are captions, and by what names the catalogue knows the others.

use super::{Texts, snake_case};
use crate::captions::clean;

/// Columns that hold a product's name, the likeliest first.
const TITLES: [&str; 7] = [
    "title",
    "product_display_name",
    "product_name",
    "product_title",
    "prod_name",
    "display_name",
    "name",
];
/// Columns that hold captions or descriptions, the likeliest first.
const CAPTIONS: [&str; 16] = [
    "caption",
    "captions",
    "sentence",
    "sentences",
    "comment",
    "text",
    "texts",
    "prompt",
    "description",
    "descriptions",
    "product_description",
    "detail_desc",
    "long_description",
    "desc",
    "alt_text",
    "alt",
];
/// Other names of attributes that captions are made of, the likeliest first.
const ATTRIBUTES: [(&str, &[&str]); 5] = [
    (
        "base_colour",
        &[
            "base_color",
            "colour",
            "color",
            "colour_name",
            "color_name",
            "colour_group_name",
        ],
    ),
    (
        "article_type",
        &[
            "product_type",
            "product_type_name",
            "item_type",
            "garment_type",
            "garment",
            "category",
        ],
    ),
    ("gender", &["sex", "department_gender", "target_gender"]),
    ("sleeve_length", &["sleeve", "sleeves"]),
    ("print_or_pattern_type", &["pattern_type", "print"]),
];

/// What a column is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Role {
    /// The product's name.
    Title,
    /// A caption or description.
    Caption,
    /// An attribute of this name.
    Attribute(String),
    /// Nothing that is said of a product.
    Nothing,
}

/// The role of each column by its name; columns in `taken` have another use.
pub(super) fn by_name<'a>(names: impl Iterator<Item = &'a str>, taken: &[usize]) -> Vec<Role> {
    let names: Vec<String> = names.map(snake_case).collect();
    let free = |column: usize| !taken.contains(&column);
    let first_of = |wanted: &[&str]| {
        let mut columns = wanted
            .iter()
            .filter_map(|name| (0..names.len()).find(|&column| free(column) && names[column] == *name));
        columns.next()
    };
    let title = first_of(&TITLES);
    let role = |(column, name): (usize, &String)| match name.as_str() {
        _ if !free(column) => Role::Nothing,
        "" => Role::Nothing,
        _ if Some(column) == title => Role::Title,
        name if CAPTIONS.contains(&name) => Role::Caption,
        name => Role::Attribute(name.to_owned()),
    };
    let mut roles: Vec<Role> = names.iter().enumerate().map(role).collect();
    for (attribute, others) in ATTRIBUTES {
        if !names.iter().any(|name| name == attribute)
            && let Some(column) = first_of(others)
        {
            roles[column] = Role::Attribute(attribute.to_owned());
        }
    }
    roles
}

/// The roles where the columns of captions are given: the first of them is the title.
pub(super) fn chosen<'a>(
    names: impl Iterator<Item = &'a str>,
    taken: &[usize],
    captions: &[usize],
) -> Vec<Role> {
    let names: Vec<&str> = names.collect();
    let mut roles = by_name(names.iter().copied(), taken);
    for (role, name) in roles.iter_mut().zip(&names) {
        if matches!(role, Role::Title | Role::Caption) {
            *role = Role::Attribute(snake_case(name));
        }
    }
    for (place, &column) in captions.iter().enumerate() {
        if let Some(role) = roles.get_mut(column) {
            *role = if place == 0 { Role::Title } else { Role::Caption };
        }
    }
    roles
}

/// The texts of a record. Where it has no title, the first line of its first caption is one.
pub(super) fn texts<'a>(roles: &[Role], cell: impl Fn(usize) -> &'a str) -> Texts {
    let mut texts = Texts::default();
    for (column, role) in roles.iter().enumerate() {
        let raw = cell(column);
        match role {
            // Several texts in one cell stand a line each.
            Role::Attribute(name) if raw.contains('\n') => {
                texts.add_attribute(name, &raw.replace('\n', ", "))
            }
            Role::Attribute(name) => texts.add_attribute(name, raw),
            Role::Title => add_captions(&mut texts, raw),
            Role::Caption | Role::Nothing => {}
        }
    }
    for (column, _) in roles
        .iter()
        .enumerate()
        .filter(|(_, role)| **role == Role::Caption)
    {
        add_captions(&mut texts, cell(column));
    }
    texts
}

/// Adds captions, a line each: the first is the title if there is none yet, the others are descriptions.
pub(super) fn add_captions(texts: &mut Texts, raw: &str) {
    let mut rest = raw.trim_start();
    if texts.title.is_empty() {
        let (first, others) = rest.split_once('\n').unwrap_or((rest, ""));
        let title = clean::text(first);
        texts.cut |= title.cut;
        if !title.text.is_empty() {
            texts.title = title.text;
            rest = others;
        }
    }
    if !rest.trim().is_empty() {
        texts.descriptions.push(rest.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(columns: &[(&str, &str)]) -> Texts {
        let roles = by_name(columns.iter().map(|(name, _)| *name), &[]);
        texts(&roles, |column| columns[column].1)
    }

    #[test]
    fn a_title_captions_and_attributes_are_known_by_their_names() {
        let texts = said(&[
            ("text", "A red shirt of linen"),
            ("Product Name", "Linen  Shirt"),
            ("color", "Red"),
            ("productType", "Shirts"),
            ("Sleeve", "Long\nRolled"),
            ("width", "512"),
        ]);
        assert_eq!(texts.title, "Linen Shirt");
        assert_eq!(texts.descriptions, ["A red shirt of linen"]);
        let attributes: Vec<_> = texts
            .attributes
            .iter()
            .map(|(k, v)| (k.as_str(), v.as_str()))
            .collect();
        assert_eq!(
            attributes,
            [
                ("article_type", "Shirts"),
                ("base_colour", "Red"),
                ("sleeve_length", "Long, Rolled"),
                ("width", "512")
            ]
        );
    }

    #[test]
    fn the_first_caption_is_the_title_where_there_is_none() {
        let texts = said(&[("text", "A red shirt\nIt is long\n"), ("caption", "NA")]);
        assert_eq!(texts.title, "A red shirt");
        assert_eq!(texts.descriptions, ["It is long\n", "NA"]);
        let texts = said(&[("title", "-"), ("caption", "A bag")]);
        assert_eq!(
            (texts.title.as_str(), texts.descriptions.as_slice()),
            ("A bag", ["-".to_owned()].as_slice())
        );
    }

    #[test]
    fn an_attribute_that_is_there_is_not_named_again() {
        let texts = said(&[
            ("colour", "Dark"),
            ("base_colour", "Blue"),
            ("category", "Shoes"),
            ("garment", "Boots"),
        ]);
        let attributes: Vec<_> = texts
            .attributes
            .iter()
            .map(|(k, v)| (k.as_str(), v.as_str()))
            .collect();
        assert_eq!(
            attributes,
            [
                ("article_type", "Boots"),
                ("base_colour", "Blue"),
                ("category", "Shoes"),
                ("colour", "Dark")
            ]
        );
    }

    #[test]
    fn chosen_columns_are_captions_and_no_others() {
        let names = ["file", "caption", "alt", "note"];
        let roles = chosen(names.into_iter(), &[0], &[3, 2]);
        assert_eq!(
            roles,
            [
                Role::Nothing,
                Role::Attribute("caption".to_owned()),
                Role::Caption,
                Role::Title
            ]
        );
    }
}
