//! The layout of the "H&M Personalized Fashion Recommendations" dump: `articles.csv` and `images/<first three
//! digits>/<id>.jpg`, or `images/<id>.jpg`, in a folder or in its `.zip`.
//!
//! An id has ten digits, the first of them 0; tables that went through a spreadsheet or pandas have lost it. A product
//! is a row of the table or a picture without a row. What the columns say becomes the catalogue's attributes: see
//! [`wording`].

mod wording;

use std::collections::BTreeMap;

use stage::Console;

use super::by_stem::ByStem;
use super::census::Census;
use super::fashion::no_images;
use super::open::{Candidate, Dump, Kind};
use super::records::{self, Records, Wanted};
use super::{Layout, LayoutChoice, Survey, Wants, snake_case};
use crate::error::IngestError;
use crate::rejects::{Flaw, Reason};
use crate::source::{Depth, Listing, Source};
use wording::{DESCRIPTION, TITLE, is_said, known};

pub(super) const LAYOUT: Candidate = Candidate {
    choice: LayoutChoice::Hm,
    expected: "images/ and articles.csv with a column article_id",
    recognise,
    open: |dump, console| Ok(Box::new(Hm::open(dump.source, dump.wants, console)?)),
};
const IMAGES: &str = "images";
const TABLE: &str = "articles.csv";
const ID: &str = "article_id";
/// Digits of an id.
const DIGITS: usize = 10;
fn recognise(dump: &Dump) -> Result<Option<String>, IngestError> {
    if !matches!(dump.kind, Kind::Folder | Kind::Zip) {
        return Ok(None);
    }
    let top = dump.source.children("")?;
    Ok(top.has_file(TABLE).then(|| {
        let images = if top.has_folder(IMAGES) {
            " and images/"
        } else {
            ""
        };
        format!("it holds {TABLE}{images}")
    }))
}

/// An opened dump.
struct Hm {
    wants: Wants,
    source: Box<dyn Source>,
    images: ByStem,
    rows: Records,
    inputs: BTreeMap<String, String>,
}

impl Hm {
    fn open(source: Box<dyn Source>, wants: Wants, console: &Console) -> Result<Self, IngestError> {
        let table = records::load(source.as_ref(), TABLE)?;
        let wanted = Wanted {
            required: &[ID, TITLE],
            free_text: &|names| records::find(names, DESCRIPTION),
        };
        let rows = records::read(source.as_ref(), TABLE, &table, &wanted, console)?;
        let images = match source.list(IMAGES, Depth::Deep)? {
            None if wants == Wants::Texts => Listing::default(),
            found => found.ok_or_else(|| no_images(source.as_ref(), LAYOUT.expected))?,
        };
        Ok(Self {
            wants,
            images: ByStem::of(&images, padded),
            rows,
            inputs: BTreeMap::from([
                (IMAGES.to_owned(), images.hash()),
                (TABLE.to_owned(), blake3::hash(&table).to_hex().to_string()),
            ]),
            source,
        })
    }
}

impl Layout for Hm {
    fn name(&self) -> &'static str {
        "hm"
    }

    fn inputs(&self) -> &BTreeMap<String, String> {
        &self.inputs
    }

    fn source(&self) -> &dyn Source {
        self.source.as_ref()
    }

    fn survey(&self, _: &Console) -> Result<Survey, IngestError> {
        let rows = &self.rows;
        let mut census = Census::new(self.wants);
        let names: Vec<String> = rows.names().iter().map(|name| snake_case(name)).collect();
        let column = |name: &str| names.iter().position(|column| column == name);
        let id_column = column(ID).unwrap_or_default();
        for row in 0..rows.len() {
            let id = padded(rows.cell(id_column, row));
            let image = || {
                let absent = || Flaw::new(Reason::NoImage, format!("has no picture in {IMAGES}/"));
                self.images.path(&id).map(str::to_owned).ok_or_else(absent)
            };
            let cell = |name: &str| column(name).map_or("", |column| rows.cell(column, row));
            let texts = || {
                let mut texts = wording::texts(cell);
                for (at, name) in names.iter().enumerate() {
                    if is_said(name) {
                        texts.add_attribute(name, known(rows.cell(at, row)));
                    }
                }
                texts
            };
            census.record(&id, (TABLE, &rows.place(row)), image, texts);
        }
        for (id, image) in &self.images.paths {
            if !census.knows(id) {
                census.picture_without_text(id, image, format!("no row in {TABLE}"));
            }
        }
        self.images.tell_unusable(&mut census);
        rows.rejects()
            .iter()
            .for_each(|reject| census.reject(reject.clone()));
        Ok(census.finish())
    }
}

/// The id with the zeros that it lost, and without the `.0` of a number that was taken for a fraction.
fn padded(id: &str) -> String {
    let id = id.trim();
    let whole = id.strip_suffix(".0").unwrap_or(id);
    if !whole.is_empty() && whole.len() <= DIGITS && whole.bytes().all(|b| b.is_ascii_digit()) {
        format!("{whole:0>DIGITS$}")
    } else {
        id.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::padded;

    #[test]
    fn an_id_gets_back_its_zeros() {
        for (id, whole) in [
            ("0108775015", "0108775015"),
            ("108775015", "0108775015"),
            (" 108775015.0", "0108775015"),
            ("01087750151", "01087750151"),
            ("x1", "x1"),
            ("", ""),
        ] {
            assert_eq!(padded(id), whole);
        }
    }
}
