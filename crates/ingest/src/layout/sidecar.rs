//! Pictures with a text of the same name beside each: `a.jpg` and `a.txt`, in folders of any depth. The text's first
//! line is the title, the others are descriptions.

use std::collections::{BTreeMap, BTreeSet};

use stage::Console;

use super::census::{Census, ids_of};
use super::open::{Candidate, Dump, Kind};
use super::{Entry, Layout, LayoutChoice, Survey, Texts, Wants, wording};
use crate::encoding;
use crate::error::IngestError;
use crate::rejects::{Flaw, Reason};
use crate::source::{Children, Depth, Source, path};

pub(super) const LAYOUT: Candidate = Candidate {
    choice: LayoutChoice::Sidecar,
    expected: "pictures with a .txt of the same name beside each",
    recognise,
    open: |dump, _| Ok(Box::new(Sidecar::open(dump.source, dump.wants)?)),
};
/// A caption of more bytes is none.
const MAX_BYTES: u64 = 4 << 20;
/// Folders that are looked into to recognise the layout.
const FOLDERS: usize = 8;

fn recognise(dump: &Dump) -> Result<Option<String>, IngestError> {
    if !matches!(dump.kind, Kind::Folder | Kind::Zip) {
        return Ok(None);
    }
    let top = dump.source.children("")?;
    let mut pair = pair(&top);
    for folder in top.folders.iter().take(FOLDERS) {
        if pair.is_none() {
            pair = self::pair(&dump.source.children(folder)?).map(|name| format!("{folder}/{name}"));
        }
    }
    Ok(pair.map(|picture| format!("beside {picture} lies a .txt of the same name")))
}

/// A picture beside which a text lies.
fn pair(children: &Children) -> Option<String> {
    let texts: BTreeSet<&str> = (children.files.iter())
        .filter(|name| path::extension(name) == "txt")
        .map(|name| path::stem(name))
        .collect();
    let paired = |name: &&String| path::is_picture(name) && texts.contains(path::stem(name));
    children.files.iter().find(paired).cloned()
}

/// An opened dump.
struct Sidecar {
    wants: Wants,
    source: Box<dyn Source>,
    pictures: Vec<String>,
    /// Texts by their paths without extension.
    texts: BTreeMap<String, String>,
    misnamed: Vec<String>,
    inputs: BTreeMap<String, String>,
}

impl Sidecar {
    fn open(source: Box<dyn Source>, wants: Wants) -> Result<Self, IngestError> {
        let listing = source.list("", Depth::Deep)?.unwrap_or_default();
        let paths = || listing.files().iter().map(|file| file.path.clone());
        if !paths().any(|path| path::is_picture(&path)) {
            return Err(IngestError::NoLayout {
                path: source.root().to_owned(),
                expected: LAYOUT.expected.to_owned(),
                found: format!("{} files, none of them a picture", paths().count()),
                hint: "name the folder that holds the pictures and their texts".to_owned(),
            });
        }
        let texts = paths().filter(|path| path::extension(path) == "txt");
        Ok(Self {
            wants,
            pictures: paths().filter(|path| path::is_picture(path)).collect(),
            texts: texts.map(|path| (path::stem(&path).to_owned(), path)).collect(),
            misnamed: listing.misnamed().to_vec(),
            inputs: BTreeMap::from([("files".to_owned(), listing.hash())]),
            source,
        })
    }
}

impl Layout for Sidecar {
    fn name(&self) -> &'static str {
        "sidecar"
    }

    fn inputs(&self) -> &BTreeMap<String, String> {
        &self.inputs
    }

    fn source(&self) -> &dyn Source {
        self.source.as_ref()
    }

    fn survey(&self, _: &Console) -> Result<Survey, IngestError> {
        let ids = ids_of(self.pictures.iter().map(String::as_str));
        let mut census = Census::new(self.wants);
        let mut used = BTreeSet::new();
        for picture in &self.pictures {
            let (id, stem) = (ids[picture.as_str()], path::stem(picture));
            if self.texts.contains_key(stem) {
                used.insert(stem);
                census.entry(id, picture.clone(), Texts::default());
            } else {
                census.picture_without_text(id, picture, format!("there is no {stem}.txt"));
            }
        }
        for (stem, text) in self
            .texts
            .iter()
            .filter(|(stem, _)| !used.contains(stem.as_str()))
        {
            let flaw = Flaw::new(Reason::NoImage, "there is no picture of that name");
            census.text_without_picture(stem, text, flaw, Texts::default);
        }
        census.misnamed(&self.misnamed);
        Ok(census.finish())
    }

    fn texts(&self, entry: &Entry) -> Result<Texts, (Flaw, String)> {
        let mut texts = Texts::default();
        if let Some(path) = self.texts.get(path::stem(&entry.image)) {
            let bytes = self
                .source
                .read(path, MAX_BYTES)
                .map_err(|e| (e.flaw(), path.clone()))?;
            wording::add_captions(&mut texts, &encoding::decode(&bytes).text);
        }
        Ok(texts)
    }
}
