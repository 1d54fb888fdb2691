//! Tables with a column of picture paths: `metadata.csv`, `.jsonl` or `.parquet` in a folder of pictures, as Hugging
//! Face's ImageFolder has it, or any table. Flags name its columns; without them they are known by their names. Rows of
//! one picture, as tables of captions have them (Flickr8k, COCO), all tell of one product.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use stage::Console;

use super::census::{Census, ids_of};
use super::open::{Candidate, Dump, Kind};
use super::records::{self, Records, Wanted};
use super::wording::{self, Role};
use super::{Layout, LayoutChoice, Survey, Wants};
use crate::error::IngestError;
use crate::rejects::{Flaw, Reason};
use crate::source::{Depth, Source, path};

pub(super) const METADATA: Candidate = Candidate {
    choice: LayoutChoice::Metadata,
    expected: "pictures and metadata.csv, .jsonl or .parquet with a column file_name",
    recognise: |dump| {
        let table = metadata(dump)?;
        Ok(table.map(|table| format!("it holds {table}")))
    },
    open: |dump, console| {
        let table = metadata(&dump)?.unwrap_or_else(|| METADATA_TABLES[0].to_owned());
        let listed = vec![(String::new(), Depth::Deep)];
        Ok(Box::new(Tabular::open(
            dump,
            "metadata",
            table,
            Some(listed),
            console,
        )?))
    },
};
pub(super) const TABLE: Candidate = Candidate {
    choice: LayoutChoice::Table,
    expected: "a .csv, .tsv, .jsonl or .parquet that names pictures",
    recognise: |dump| Ok(matches!(dump.kind, Kind::Table(_)).then(|| "it is a table".to_owned())),
    open: |dump, console| match &dump.kind {
        Kind::Table(table) => {
            let table = table.clone();
            Ok(Box::new(Tabular::open(dump, "table", table, None, console)?))
        }
        _ => Err(IngestError::NotADump {
            path: dump.source.root().to_owned(),
            found: "a folder or an archive".to_owned(),
            hint: "name the table itself",
        }),
    },
};
const METADATA_TABLES: [&str; 3] = ["metadata.csv", "metadata.jsonl", "metadata.parquet"];
/// Columns that hold paths of pictures, the likeliest first.
const PICTURES: [&str; 9] = [
    "file_name",
    "image_name",
    "image_path",
    "image_file",
    "image",
    "filename",
    "filepath",
    "file",
    "path",
];

fn metadata(dump: &Dump) -> Result<Option<String>, IngestError> {
    if matches!(dump.kind, Kind::Table(_)) {
        return Ok(None);
    }
    let top = dump.source.children("")?;
    let table = METADATA_TABLES.iter().find(|name| top.has_file(name));
    Ok(table.map(|&name| name.to_owned()))
}

/// An opened dump.
struct Tabular {
    wants: Wants,
    source: Box<dyn Source>,
    name: &'static str,
    table: String,
    records: Records,
    /// The column of pictures; a table of texts alone may have none.
    image: Option<usize>,
    id: Option<usize>,
    roles: Vec<Role>,
    files: BTreeSet<String>,
    misnamed: Vec<String>,
    inputs: BTreeMap<String, String>,
}

impl Tabular {
    /// Reads the table, and lists the folders given or else those that its rows name.
    fn open(
        dump: Dump,
        name: &'static str,
        table: String,
        listed: Option<Vec<(String, Depth)>>,
        console: &Console,
    ) -> Result<Self, IngestError> {
        let Dump {
            source,
            columns,
            wants,
            ..
        } = dump;
        let bytes = records::load(source.as_ref(), &table)?;
        let named = columns
            .image_column
            .iter()
            .chain(&columns.caption_columns)
            .chain(&columns.id_column);
        let wanted = Wanted {
            required: &named.map(String::as_str).collect::<Vec<_>>(),
            free_text: &|_| None,
        };
        let records = records::read(source.as_ref(), &table, &bytes, &wanted, console)?;
        let known = |names: &[&str]| names.iter().find_map(|name| records.find(name));
        let flagged = |flag: &Option<String>| flag.as_deref().and_then(|name| records.find(name));
        let image = flagged(&columns.image_column).or_else(|| known(&PICTURES));
        if image.is_none() && wants == Wants::Pictures {
            return Err(IngestError::Table {
                path: source.root().join(&table),
                expected: "a column of picture paths, such as file_name".to_owned(),
                found: format!("the columns {}", records::shown(records.names())),
                hint: "--image-column NAME says which it is".to_owned(),
            });
        }
        let id = flagged(&columns.id_column).or_else(|| known(&["id"]));
        let taken: Vec<usize> = image.into_iter().chain(id).collect();
        let names = records.names().iter().map(String::as_str);
        let captions: Vec<usize> = columns
            .caption_columns
            .iter()
            .filter_map(|name| records.find(name))
            .collect();
        let roles = if captions.is_empty() {
            wording::by_name(names, &taken)
        } else {
            wording::chosen(names, &taken, &captions)
        };
        let folders = listed.unwrap_or_else(|| {
            let rows =
                (0..records.len()).filter_map(|row| path::relative(records.cell(image?, row).trim()).ok());
            let folders: BTreeSet<String> = rows.map(|path| path::split(&path).0.to_owned()).collect();
            folders.into_iter().map(|folder| (folder, Depth::Flat)).collect()
        });
        let mut inputs = BTreeMap::from([(table.clone(), blake3::hash(&bytes).to_hex().to_string())]);
        let (mut files, mut misnamed, mut hashes) = (BTreeSet::new(), Vec::new(), blake3::Hasher::new());
        for (folder, depth) in folders {
            let Some(listing) = source.list(&folder, depth)? else {
                continue;
            };
            hashes.update(format!("{folder}\0{}\n", listing.hash()).as_bytes());
            files.extend(listing.files().iter().map(|file| file.path.clone()));
            misnamed.extend_from_slice(listing.misnamed());
        }
        inputs.insert("pictures".to_owned(), hashes.finalize().to_hex().to_string());
        Ok(Self {
            wants,
            source,
            name,
            table,
            records,
            image,
            id,
            roles,
            files,
            misnamed,
            inputs,
        })
    }
}

impl Layout for Tabular {
    fn name(&self) -> &'static str {
        self.name
    }

    fn inputs(&self) -> &BTreeMap<String, String> {
        &self.inputs
    }

    fn source(&self) -> &dyn Source {
        self.source.as_ref()
    }

    fn survey(&self, console: &Console) -> Result<Survey, IngestError> {
        let records = &self.records;
        // What a row names may have any name; of the others only what looks like a picture lacks a row.
        let pictures = || self.files.iter().filter(|path| path::is_picture(path));
        let ids = ids_of(pictures().map(String::as_str));
        let mut census = Census::new(self.wants);
        let (mut used, mut shared) = (HashMap::new(), HashSet::new());
        for row in 0..records.len() {
            let cell = self.image.map_or("", |column| records.cell(column, row).trim());
            let picture = path::relative(cell);
            let found = picture.as_ref().ok().and_then(|path| self.files.get(path));
            let place = records.place(row);
            let id: &str = match (self.id, found) {
                (Some(column), _) => records.cell(column, row).trim(),
                (None, Some(path)) => ids.get(path.as_str()).copied().unwrap_or(path),
                (None, None) if self.image.is_none() => &place,
                (None, None) => path::stem(picture.as_deref().unwrap_or(cell)),
            };
            if let Some(path) = found
                && *used.entry(path).or_insert_with(|| id.to_owned()) != id
            {
                shared.insert(path);
            }
            let image = || {
                let path = picture.clone()?;
                let absent = || Flaw::new(Reason::NoImage, format!("names {path}, which is not there"));
                found.cloned().ok_or_else(absent)
            };
            let texts = || wording::texts(&self.roles, |column| records.cell(column, row));
            let named = picture.as_deref().unwrap_or(cell);
            census.one_of_several(id, (&self.table, &place), named, image, texts);
        }
        if !shared.is_empty() {
            let column = self.image.and_then(|column| records.names().get(column));
            console.info(format!(
                "{}: {} pictures have rows of several ids, each a product of its own; --id-column {} makes one product of a picture",
                self.table,
                shared.len(),
                column.map_or("", String::as_str)
            ));
        }
        for path in pictures().filter(|path| !used.contains_key(path)) {
            let id = ids.get(path.as_str()).copied().unwrap_or(path);
            census.picture_without_text(id, path, format!("no row of {} names it", self.table));
        }
        census.misnamed(&self.misnamed);
        records
            .rejects()
            .iter()
            .for_each(|reject| census.reject(reject.clone()));
        Ok(census.finish())
    }
}
