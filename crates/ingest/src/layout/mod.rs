//! Dumps and how they are laid out. A [`Layout`] says which products a dump holds and what texts they have;
//! it decodes no picture and writes nothing. One file or folder a layout; [`open()`] tells them apart.

mod by_stem;
mod census;
pub mod fashion;
mod hm;
mod open;
mod packed;
mod records;
mod sidecar;
mod tabular;
mod webdataset;
mod wording;

use std::collections::BTreeMap;

use clap::ValueEnum;
use serde::Serialize;
use stage::Console;

pub use self::open::open;
pub use self::packed::Packed;
use crate::captions::clean;
use crate::error::IngestError;
use crate::rejects::{Flaw, Reject};
use crate::source::Source;

/// How a dump is laid out, as asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LayoutChoice {
    /// Whatever the dump looks like
    Auto,
    /// images/ID.jpg, styles/ID.json, styles.csv
    Fashion,
    /// articles.csv, images/ in folders of three digits or flat
    Hm,
    /// Pictures and metadata.csv, .jsonl or .parquet with a column file_name
    Metadata,
    /// A .csv, .tsv, .jsonl or .parquet that names pictures
    Table,
    /// NAME.txt beside each NAME.jpg
    Sidecar,
    /// .tar archives, one or a folder of them
    Webdataset,
}

/// What a dump is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wants {
    /// Products with a picture; a text without one is a reject.
    Pictures,
    /// Texts, whether there is a picture or not.
    Texts,
}

/// The columns of a table, where flags name them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ColumnFlags {
    /// The column that holds the pictures' paths.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_column: Option<String>,
    /// The columns that hold captions; the first is the title.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub caption_columns: Vec<String>,
    /// The column that holds the ids.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_column: Option<String>,
}

impl ColumnFlags {
    /// Whether any column is named.
    #[must_use]
    pub fn any(&self) -> bool {
        *self != Self::default()
    }
}

/// Attributes by name in `snake_case`; a value is never empty.
pub type Attributes = BTreeMap<String, String>;

/// What a dump says about a product in words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Texts {
    /// The product's name, may be empty.
    pub title: String,
    /// What is known of it.
    pub attributes: Attributes,
    /// Descriptions as the dump has them, HTML and all.
    pub descriptions: Vec<String>,
    /// Some text was longer than the limit and was cut.
    pub cut: bool,
}

impl Texts {
    /// Adds an attribute unless its cleaned value is absent.
    pub(crate) fn add_attribute(&mut self, name: &str, raw: &str) {
        let clean::Cleaned { mut text, cut } = clean::text(raw);
        // Tables that went through a spreadsheet or pandas have years as floats.
        if name == "year"
            && let Some(year) = text.strip_suffix(".0")
        {
            text = year.to_owned();
        }
        self.cut |= cut;
        if !text.is_empty() {
            self.attributes.insert(name.to_owned(), text);
        }
    }

    /// Adds what another record says of the same product: its attributes where absent here, its title and
    /// descriptions as further descriptions. Of a product's texts [`clean::MAX_BYTES`] are kept.
    pub(crate) fn add_record(&mut self, other: Self) {
        for (name, value) in other.attributes {
            self.attributes.entry(name).or_insert(value);
        }
        self.cut |= other.cut;
        if self.title.is_empty() {
            self.title = other.title;
        } else if !self.title.eq_ignore_ascii_case(&other.title) && !other.title.is_empty() {
            self.add_description(other.title);
        }
        for description in other.descriptions {
            self.add_description(description);
        }
    }

    fn add_description(&mut self, description: String) {
        if self.descriptions.contains(&description) {
            return;
        }
        let held: usize = self.descriptions.iter().map(|text| text.len() + 1).sum();
        if held + description.len() > clean::MAX_BYTES {
            self.cut = true;
        } else {
            self.descriptions.push(description);
        }
    }

    /// Takes from `other` what is absent here.
    pub(crate) fn complete_with(&mut self, other: Self) {
        for (name, value) in other.attributes {
            self.attributes.entry(name).or_insert(value);
        }
        if self.title.is_empty() {
            self.title = other.title;
        }
        self.descriptions.extend(other.descriptions);
        self.cut |= other.cut;
    }
}

/// A product that has a picture, or a text where texts alone are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The dump's id.
    pub id: String,
    /// The picture's path in the layout's source; without a picture the file that tells of the product.
    pub image: String,
    /// What the dump's tables say of it.
    pub texts: Packed,
}

/// All products of a dump.
#[derive(Debug, Default)]
pub struct Survey {
    /// Products with a picture (or a text, as wanted), each id once, in bytewise order of ids.
    pub entries: Vec<Entry>,
    /// Products that need no closer look to be rejected.
    pub rejects: Vec<Reject>,
    /// Records that say more of a product that another record told of; they are no products of their own.
    pub further: u64,
    /// Entries without a picture; none unless texts alone are wanted.
    pub unpictured: u64,
}

/// A dump of a known layout.
pub trait Layout: Sync {
    /// The layout's name, as on the command line.
    fn name(&self) -> &'static str;

    /// Name of each part of the dump and a hash of its content; cheap enough for every start.
    fn inputs(&self) -> &BTreeMap<String, String>;

    /// Where the pictures are.
    fn source(&self) -> &dyn Source;

    /// Finds all products. Oddities of the dump as a whole are said on `console`.
    ///
    /// # Errors
    /// A table is missing, empty, or lacks a column.
    fn survey(&self, console: &Console) -> Result<Survey, IngestError>;

    /// The texts of a product: its row in the dump's tables, completed by files of its own.
    ///
    /// # Errors
    /// Such a file is damaged, with its path; the product is then rejected.
    fn texts(&self, entry: &Entry) -> Result<Texts, (Flaw, String)> {
        Ok(entry.texts.unpack())
    }
}

/// The name that a column or attribute of the dump has in the catalogue: `Sleeve Length`, `sleeveLength` and
/// `sleeve-length` are all `sleeve_length`.
#[must_use]
pub fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    let mut after_small = false;
    for c in name.chars() {
        if !c.is_alphanumeric() {
            after_small = false;
            if !snake.is_empty() && !snake.ends_with('_') {
                snake.push('_');
            }
            continue;
        }
        if c.is_uppercase() && after_small {
            snake.push('_');
        }
        after_small = c.is_lowercase() || c.is_numeric();
        snake.extend(c.to_lowercase());
    }
    snake.truncate(snake.trim_end_matches('_').len());
    snake
}

#[cfg(test)]
mod tests {
    use super::snake_case;

    #[test]
    fn names_of_every_style_become_snake_case() {
        for (name, snake) in [
            ("Sleeve Length", "sleeve_length"),
            ("baseColour", "base_colour"),
            ("Add-Ons", "add_ons"),
            ("Fabric 2", "fabric_2"),
            ("taxMaterial", "tax_material"),
            ("gender", "gender"),
            (" GTIN ", "gtin"),
            ("Water Resistance (m)", "water_resistance_m"),
            ("", ""),
        ] {
            assert_eq!(snake_case(name), snake);
        }
    }
}
