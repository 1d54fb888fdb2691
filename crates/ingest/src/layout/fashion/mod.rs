//! The layout of the "Fashion Product Images" dump: `images/<id>.jpg`, `styles/<id>.json`, `styles.csv`, in a
//! folder or in the `.zip` it is published as.
//!
//! A product is a row of the table or a picture without a row. The row's words come first, the JSON adds what
//! the row lacks. A JSON file is not needed where there is a row; one without a row or a picture is told of.

mod json;

use std::collections::BTreeMap;

use stage::Console;

use super::by_stem::ByStem;
use super::census::Census;
use super::open::{Candidate, Dump, Kind};
use super::records::{self, Records, Wanted};
use super::{Entry, Layout, LayoutChoice, Survey, Texts, Wants, snake_case};
use crate::captions::clean;
use crate::error::IngestError;
use crate::rejects::{Flaw, Reason};
use crate::source::{Depth, Listing, Source};

pub(super) const LAYOUT: Candidate = Candidate {
    choice: LayoutChoice::Fashion,
    expected: "images/ and styles.csv, with styles/ for a JSON file a product",
    recognise,
    open: |dump, _| Ok(Box::new(Fashion::open(dump.source, dump.wants)?)),
};
const IMAGES: &str = "images";
const STYLES: &str = "styles";
const TABLE: &str = "styles.csv";
const ID: &str = "id";
const TITLE: &str = "productDisplayName";

fn recognise(dump: &Dump) -> Result<Option<String>, IngestError> {
    if !matches!(dump.kind, Kind::Folder | Kind::Zip) {
        return Ok(None);
    }
    let top = dump.source.children("")?;
    Ok(
        match (
            top.has_file(TABLE),
            top.has_folder(IMAGES),
            top.has_folder(STYLES),
        ) {
            (true, true, _) => Some("it holds styles.csv and images/".to_owned()),
            (true, false, _) => Some("it holds styles.csv".to_owned()),
            (false, true, true) => Some("it holds images/ and styles/".to_owned()),
            (false, ..) => None,
        },
    )
}

/// An opened dump.
pub struct Fashion {
    wants: Wants,
    source: Box<dyn Source>,
    images: ByStem,
    styles: ByStem,
    table: Vec<u8>,
    inputs: BTreeMap<String, String>,
}

impl Fashion {
    /// Lists the dump's folders and reads its table's bytes.
    ///
    /// # Errors
    /// `styles.csv` is missing or unreadable, or `images/` where pictures are wanted.
    pub fn open(source: Box<dyn Source>, wants: Wants) -> Result<Self, IngestError> {
        let table = records::load(source.as_ref(), TABLE)?;
        let images = source.list(IMAGES, Depth::Flat)?;
        let images = match images {
            None if wants == Wants::Texts => Listing::default(),
            found => found.ok_or_else(|| no_images(source.as_ref(), LAYOUT.expected))?,
        };
        let styles = source.list(STYLES, Depth::Flat)?.unwrap_or_default();
        let inputs = BTreeMap::from([
            (IMAGES.to_owned(), images.hash()),
            (STYLES.to_owned(), styles.hash()),
            (TABLE.to_owned(), blake3::hash(&table).to_hex().to_string()),
        ]);
        Ok(Self {
            wants,
            source,
            images: ByStem::of(&images, str::to_owned),
            styles: ByStem::of(&styles, str::to_owned),
            table,
            inputs,
        })
    }

    fn rows(&self, console: &Console) -> Result<Records, IngestError> {
        let wanted = Wanted {
            required: &[ID, TITLE],
            free_text: &|names| records::find(names, TITLE),
        };
        records::read(self.source.as_ref(), TABLE, &self.table, &wanted, console)
    }
}

/// What is said of a dump without its folder of pictures.
pub(super) fn no_images(source: &dyn Source, expected: &str) -> IngestError {
    IngestError::NoLayout {
        path: source.root().to_owned(),
        expected: expected.to_owned(),
        found: format!("no folder {IMAGES}/"),
        hint: format!("unpack the photos of the dump into {IMAGES}/"),
    }
}

impl Layout for Fashion {
    fn name(&self) -> &'static str {
        "fashion"
    }

    fn inputs(&self) -> &BTreeMap<String, String> {
        &self.inputs
    }

    fn source(&self) -> &dyn Source {
        self.source.as_ref()
    }

    fn survey(&self, console: &Console) -> Result<Survey, IngestError> {
        let rows = self.rows(console)?;
        let mut census = Census::new(self.wants);
        let id = rows.find(ID).unwrap_or_default();
        let title = rows.find(TITLE).unwrap_or_default();
        let names: Vec<String> = rows.names().iter().map(|name| snake_case(name)).collect();
        for row in 0..rows.len() {
            let id_of_row = rows.cell(id, row).trim();
            let image = || {
                let absent = || Flaw::new(Reason::NoImage, format!("has no picture in {IMAGES}/"));
                self.images.path(id_of_row).map(str::to_owned).ok_or_else(absent)
            };
            let texts = || {
                let mut texts = Texts::default();
                let cleaned = clean::text(rows.cell(title, row));
                texts.title = cleaned.text;
                texts.cut = cleaned.cut;
                for (column, name) in names.iter().enumerate() {
                    if column != id && column != title && !name.is_empty() {
                        texts.add_attribute(name, rows.cell(column, row));
                    }
                }
                texts
            };
            census.record(id_of_row, (TABLE, &rows.place(row)), image, texts);
        }
        for (id, image) in &self.images.paths {
            if census.knows(id) {
                continue;
            }
            if self.styles.path(id).is_some() {
                census.entry(id, image.clone(), Texts::default());
            } else {
                let detail = format!("neither a row in {TABLE} nor a file in {STYLES}/");
                census.picture_without_text(id, image, detail);
            }
        }
        for (id, style) in &self.styles.paths {
            if !census.knows(id) && self.images.path(id).is_none() {
                let detail = format!("neither a row in {TABLE} nor a picture in {IMAGES}/");
                census.text_without_picture(id, style, Flaw::new(Reason::NoImage, detail), Texts::default);
            }
        }
        self.images.tell_unusable(&mut census);
        rows.rejects()
            .iter()
            .for_each(|reject| census.reject(reject.clone()));
        Ok(census.finish())
    }

    fn texts(&self, entry: &Entry) -> Result<Texts, (Flaw, String)> {
        let mut texts = entry.texts.unpack();
        if let Some(path) = self.styles.path(&entry.id) {
            let own = json::read(self.source.as_ref(), path).map_err(|flaw| (flaw, path.to_owned()))?;
            texts.complete_with(own);
        }
        Ok(texts)
    }
}

#[cfg(test)]
mod tests;
