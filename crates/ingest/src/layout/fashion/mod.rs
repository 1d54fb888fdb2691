//! The layout of the "Fashion Product Images" dump: `images/<id>.jpg`, `styles/<id>.json`, `styles.csv`.
//!
//! A product is a row of the table or a picture without a row. The row's words come first, the JSON adds what
//! the row lacks. A JSON file is not needed where there is a row.

mod csv;
mod json;
mod listing;
mod repair;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use stage::{Console, StageError};

use self::listing::Listing;
use super::{Entry, Layout, Survey, Texts};
use crate::error::IngestError;
use crate::rejects::{Flaw, Reason};

/// What a folder of this layout holds.
pub(super) const EXPECTED: &str =
    "a dump with images/ and styles.csv (and styles/ with a JSON file a product)";
const IMAGES: &str = "images";
const STYLES: &str = "styles";
const TABLE: &str = "styles.csv";

/// Whether the folder looks like a dump of this layout.
pub(super) fn is_dump(path: &Path) -> bool {
    path.join(TABLE).is_file() || (path.join(IMAGES).is_dir() && path.join(STYLES).is_dir())
}

/// An opened dump.
pub struct Fashion {
    root: PathBuf,
    images: Listing,
    styles: Listing,
    table: Vec<u8>,
    inputs: BTreeMap<String, String>,
}

impl Fashion {
    /// Lists the dump's folders and reads its table's bytes.
    ///
    /// # Errors
    /// `styles.csv` or `images/` is missing or unreadable.
    pub fn open(root: &Path) -> Result<Self, IngestError> {
        let table_path = root.join(TABLE);
        let table = csv::read_bytes(&table_path)?;
        let images = Listing::of(&root.join(IMAGES))?.ok_or_else(|| IngestError::NoLayout {
            path: root.to_owned(),
            expected: EXPECTED,
            found: "no folder images/".to_owned(),
            hint: "unpack the photos of the dump into images/".to_owned(),
        })?;
        let styles = Listing::of(&root.join(STYLES))?.unwrap_or_default();
        let inputs = BTreeMap::from([
            (IMAGES.to_owned(), images.hash()),
            (STYLES.to_owned(), styles.hash()),
            (TABLE.to_owned(), blake3::hash(&table).to_hex().to_string()),
        ]);
        Ok(Self {
            root: root.to_owned(),
            images,
            styles,
            table,
            inputs,
        })
    }

    fn image_of(&self, id: &str) -> Option<String> {
        Some(format!("{IMAGES}/{}", self.images.name(id)?))
    }
}

impl Layout for Fashion {
    fn name(&self) -> &'static str {
        "fashion"
    }

    fn inputs(&self) -> &BTreeMap<String, String> {
        &self.inputs
    }

    fn survey(&self, console: &Console) -> Result<Survey, IngestError> {
        let rows = csv::read(&self.root.join(TABLE), &self.table, console)?;
        let mut survey = Survey::default();
        let mut first_row: BTreeMap<String, usize> = BTreeMap::new();
        for (number, row) in (1..).zip(rows) {
            let id = row.id;
            if id.is_empty() {
                let flaw = Flaw::new(Reason::NoId, format!("row {number} has no id"));
                survey.rejects.push(flaw.of(&id, TABLE));
            } else if let Some(first) = first_row.get(&id) {
                let detail = format!("row {number} has the id of row {first}, which is kept");
                survey
                    .rejects
                    .push(Flaw::new(Reason::DuplicateId, detail).of(&id, TABLE));
            } else {
                first_row.insert(id.clone(), number);
                match self.image_of(&id) {
                    Some(image) => survey.entries.push(Entry {
                        id,
                        image,
                        texts: row.texts,
                    }),
                    None => {
                        let flaw = Flaw::new(
                            Reason::NoImage,
                            format!("row {number} has no picture in {IMAGES}/"),
                        );
                        survey.rejects.push(flaw.of(&id, TABLE));
                    }
                }
            }
        }
        let known: BTreeSet<&str> = first_row.keys().map(String::as_str).collect();
        for (id, name) in self.images.iter().filter(|(id, _)| !known.contains(id)) {
            let image = format!("{IMAGES}/{name}");
            if self.styles.name(id).is_some() {
                survey.entries.push(Entry {
                    id: id.to_owned(),
                    image,
                    texts: Texts::default(),
                });
            } else {
                let detail = format!("neither a row in {TABLE} nor a file in {STYLES}/");
                survey
                    .rejects
                    .push(Flaw::new(Reason::NoText, detail).of(id, &image));
            }
        }
        survey.entries.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(survey)
    }

    fn texts(&self, entry: &Entry) -> Result<Texts, (Flaw, String)> {
        let mut texts = entry.texts.clone();
        if let Some(name) = self.styles.name(&entry.id) {
            let path = format!("{STYLES}/{name}");
            let own = json::read(&self.root.join(&path)).map_err(|flaw| (flaw, path))?;
            texts.complete_with(own);
        }
        Ok(texts)
    }
}

/// Reading the dump's folders and table, with the path in the error.
fn unreadable(path: &Path, action: &'static str, source: std::io::Error) -> IngestError {
    StageError::io(path, action, source).into()
}

#[cfg(test)]
mod tests;
