//! Telling layouts apart: each is asked whether a dump is one of its own, and why.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::Path;

use clap::ValueEnum;
use stage::{Console, StageError};

use super::{ColumnFlags, Layout, LayoutChoice, Wants, fashion, hm, records, sidecar, tabular, webdataset};
use crate::error::IngestError;
use crate::source::{Children, Folder, Source, TarShards, Zip};

/// A dump whose layout is not known yet.
pub(super) struct Dump {
    /// Its files.
    pub(super) source: Box<dyn Source>,
    /// What it was given as.
    pub(super) kind: Kind,
    /// The columns that flags name.
    pub(super) columns: ColumnFlags,
    /// What it is opened for.
    pub(super) wants: Wants,
}

/// What a dump was given as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A folder of the file system.
    Folder,
    /// A zip archive.
    Zip,
    /// A tar archive.
    Tar(TarFlaws),
    /// A table of this name in the source.
    Table(String),
}

/// What is wrong with tar archives as a whole, and what they hold twice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct TarFlaws {
    pub(super) flaws: Vec<String>,
    pub(super) repeated: Vec<String>,
}

/// What is known of a layout before a dump is opened.
pub(super) struct Candidate {
    /// Its value on the command line.
    pub(super) choice: LayoutChoice,
    /// What a dump of it holds.
    pub(super) expected: &'static str,
    /// Why the dump looks like one, if it does.
    pub(super) recognise: fn(&Dump) -> Result<Option<String>, IngestError>,
    /// Opens the dump.
    pub(super) open: fn(Dump, &Console) -> Opened,
}

/// A dump of a known layout, or why it is none.
pub(super) type Opened = Result<Box<dyn Layout>, IngestError>;

/// All layouts, the most telling first.
const LAYOUTS: [&Candidate; 6] = [
    &fashion::LAYOUT,
    &hm::LAYOUT,
    &tabular::METADATA,
    &tabular::TABLE,
    &sidecar::LAYOUT,
    &webdataset::LAYOUT,
];

impl Candidate {
    /// Its name on the command line.
    fn name(&self) -> String {
        let value = self.choice.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

/// Opens the dump in `path` as a dump of the given layout, and says on `console` what was recognised.
///
/// # Errors
/// There is no such folder or file, it is empty, it is no dump or a dump of several layouts.
pub fn open(
    path: &Path,
    choice: LayoutChoice,
    columns: &ColumnFlags,
    wants: Wants,
    console: &Console,
) -> Opened {
    let dump = given_as(path, columns, wants)?;
    let asked: Vec<&Candidate> = LAYOUTS
        .into_iter()
        .filter(|layout| choice == LayoutChoice::Auto || layout.choice == choice)
        .collect();
    let (layout, folder, why) = match find(&dump, &asked)? {
        Found::One(layout, folder, why) => (layout, folder, Some(why)),
        Found::Several(found) => {
            let names = asked.iter().map(|layout| layout.name()).collect::<Vec<_>>();
            return Err(IngestError::Ambiguous {
                path: path.to_owned(),
                found: found.join("; or "),
                flags: format!("--layout {}, or name the folder that is meant", names.join("|")),
            });
        }
        // No tar archive is none, whatever lies deeper.
        Found::None(inner) if choice == LayoutChoice::Webdataset => {
            return Err(nothing(&dump, &asked, inner)?);
        }
        // A layout that is asked for says itself what is missing.
        Found::None(_) if choice != LayoutChoice::Auto => match asked.first() {
            Some(layout) => (*layout, String::new(), None),
            None => return Err(nothing(&dump, &LAYOUTS, None)?),
        },
        Found::None(inner) => return Err(nothing(&dump, &asked, inner)?),
    };
    let dump = if folder.is_empty() {
        dump
    } else {
        Dump {
            source: dump.source.within(&folder),
            ..dump
        }
    };
    if let Some(why) = why {
        console.info(format!(
            "{}: {} layout, as {why}",
            dump.source.root().display(),
            layout.name()
        ));
    }
    if columns.any() && !matches!(layout.choice, LayoutChoice::Metadata | LayoutChoice::Table) {
        return Err(IngestError::NoTable {
            path: path.to_owned(),
            layout: layout.name(),
        });
    }
    (layout.open)(dump, console)
}

/// Looks at what `path` is: a folder, an archive or a table. Bytes decide about archives, names about tables.
fn given_as(path: &Path, columns: &ColumnFlags, wants: Wants) -> Result<Dump, IngestError> {
    let fail = |e| StageError::io(path, "cannot read the dump", e);
    let meta = match fs::metadata(path) {
        Err(e) if e.kind() == ErrorKind::NotFound => {
            return Err(IngestError::Missing {
                path: path.to_owned(),
            });
        }
        found => found.map_err(fail)?,
    };
    let dump = |source: Box<dyn Source>, kind| Dump {
        source,
        kind,
        columns: columns.clone(),
        wants,
    };
    if meta.is_dir() {
        return Ok(dump(Box::new(Folder::new(path)), Kind::Folder));
    }
    let mut head = Vec::new();
    let file = File::open(path).map_err(fail)?;
    file.take(512).read_to_end(&mut head).map_err(fail)?;
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return Ok(dump(Box::new(Zip::open(path)?), Kind::Zip));
    }
    if head.get(257..262) == Some(b"ustar") {
        let shards = TarShards::open(path)?;
        let flaws = TarFlaws::of(&shards);
        return Ok(dump(Box::new(shards), Kind::Tar(flaws)));
    }
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    if records::is_table(name) {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = Folder::new(folder.unwrap_or(Path::new(".")));
        return Ok(dump(Box::new(folder), Kind::Table(name.to_owned())));
    }
    let packed = [
        (b"\x1f\x8b".as_slice(), "a gzip file"),
        (b"\x28\xb5\x2f\xfd", "a zstd file"),
        (b"BZh", "a bzip2 file"),
        (b"Rar!", "a RAR archive"),
        (b"7z\xbc\xaf", "a 7-Zip archive"),
    ];
    let packed = packed.iter().find(|(magic, _)| head.starts_with(magic));
    Err(IngestError::NotADump {
        path: path.to_owned(),
        found: packed.map_or("a file", |(_, what)| *what).to_owned(),
        hint: match packed {
            Some(_) => "unpack it first, then name the folder, or pack it anew as .zip",
            None => "name the folder that holds the pictures and their table, or its .zip",
        },
    })
}

impl TarFlaws {
    pub(super) fn of(shards: &TarShards) -> Self {
        Self {
            flaws: shards.flaws().to_vec(),
            repeated: shards.repeated().to_vec(),
        }
    }
}

enum Found {
    /// The layout, the folder of the dump in which it was found, and why.
    One(&'static Candidate, String, String),
    /// What each could be.
    Several(Vec<String>),
    /// None, but a folder in it is perhaps a dump.
    None(Option<String>),
}

/// Asks all layouts about the dump. An archive is often made of the folder around a dump: there folders in it
/// are asked about too, first those directly in it, then those a level below.
fn find(dump: &Dump, asked: &[&'static Candidate]) -> Result<Found, IngestError> {
    /// An archive of more folders is no folder around a dump.
    const FOLDERS: usize = 64;
    let mut level = vec![String::new()];
    for depth in 0..3 {
        let mut found = Vec::new();
        for folder in &level {
            let inner = Dump {
                source: dump.source.within(folder),
                kind: dump.kind.clone(),
                columns: dump.columns.clone(),
                wants: dump.wants,
            };
            let inner = if folder.is_empty() { dump } else { &inner };
            for layout in asked {
                if let Some(why) = (layout.recognise)(inner)? {
                    found.push((*layout, folder.clone(), why));
                }
            }
        }
        let archive = dump.kind == Kind::Zip;
        match found.len() {
            0 => {}
            // A folder is not entered unasked; what lies in it is only pointed at.
            _ if depth > 0 && !archive => {
                return Ok(Found::None(found.first().map(|(_, folder, _)| folder.clone())));
            }
            1 => {
                return Ok(match found.pop() {
                    Some((layout, folder, why)) => Found::One(layout, folder, why),
                    None => Found::None(None),
                });
            }
            _ => {
                let could_be = found.iter().map(|(layout, folder, why)| {
                    let within = if folder.is_empty() {
                        String::new()
                    } else {
                        format!(" in {folder}/")
                    };
                    format!("{}{within} ({why})", layout.name())
                });
                return Ok(Found::Several(could_be.collect()));
            }
        }
        let deep_enough = if archive { 2 } else { 1 };
        if depth == deep_enough || matches!(dump.kind, Kind::Table(_) | Kind::Tar(_)) {
            break;
        }
        let mut next = Vec::new();
        for folder in &level {
            let folders = dump.source.children(folder)?.folders;
            next.extend(folders.into_iter().map(|name| match folder.as_str() {
                "" => name,
                folder => format!("{folder}/{name}"),
            }));
        }
        next.truncate(FOLDERS);
        level = next;
    }
    Ok(Found::None(None))
}

/// What to say of a dump that no layout knows, with a hint at a folder in it that is one.
fn nothing(dump: &Dump, asked: &[&Candidate], inner: Option<String>) -> Result<IngestError, IngestError> {
    let Children { files, folders } = dump.source.children("")?;
    let mut names: Vec<String> = folders.into_iter().map(|name| name + "/").chain(files).collect();
    names.sort();
    let found = match names.len() {
        0 if dump.kind == Kind::Folder => "an empty folder".to_owned(),
        0 => "an empty archive".to_owned(),
        n => format!(
            "{n} other entries: {}{}",
            names[..n.min(3)].join(", "),
            if n > 3 { ", ..." } else { "" }
        ),
    };
    let expected = asked
        .iter()
        .map(|layout| format!("{} ({})", layout.expected, layout.name()));
    Ok(IngestError::NoLayout {
        path: dump.source.root().to_owned(),
        expected: expected.collect::<Vec<_>>().join(", or "),
        found,
        hint: match inner {
            Some(inner) => format!(
                "the dump seems to be {}",
                dump.source.root().join(inner).display()
            ),
            None => "name the folder that holds the pictures and their texts".to_owned(),
        },
    })
}
