//! WebDataset: tar archives, one or a folder of them, in which the files of a sample share a name up to its first dot:
//! `a.jpg`, `a.txt`, `a.json`. The text is title and descriptions, the JSON adds captions and attributes. A picture of
//! a longer name, such as `a.mask.png`, is the sample's only where there is no other.

use std::collections::BTreeMap;

use stage::Console;

use super::census::Census;
use super::open::{Candidate, Dump, Kind, TarFlaws};
use super::{Entry, Layout, LayoutChoice, Survey, Texts, Wants, records, wording};
use crate::encoding;
use crate::error::IngestError;
use crate::rejects::{Flaw, Reason};
use crate::source::{Depth, Source, TarShards, path};

pub(super) const LAYOUT: Candidate = Candidate {
    choice: LayoutChoice::Webdataset,
    expected: ".tar archives of pictures with .txt or .json",
    recognise: |dump| {
        Ok(match &dump.kind {
            Kind::Tar(_) => Some("it is a tar archive".to_owned()),
            Kind::Folder => {
                let shards = shards(dump)?.len();
                (shards > 0).then(|| format!("it holds {shards} tar archives"))
            }
            Kind::Zip | Kind::Table(_) => None,
        })
    },
    open: |dump, _| {
        let wants = dump.wants;
        let (source, flaws, of_set): (Box<dyn Source>, _, _) = match dump.kind {
            Kind::Tar(flaws) => (dump.source, flaws, false),
            _ => {
                let set = TarShards::of_set(dump.source.root(), &shards(&dump)?)?;
                let flaws = TarFlaws::of(&set);
                (Box::new(set), flaws, true)
            }
        };
        Ok(Box::new(WebDataset::open(source, flaws, of_set, wants)?))
    },
};
/// A text or JSON of more bytes is none of a sample.
const MAX_BYTES: u64 = 4 << 20;

/// Names of the archives in the dump's folder.
fn shards(dump: &Dump) -> Result<Vec<String>, IngestError> {
    let mut files = dump.source.children("")?.files;
    files.retain(|name| path::extension(name) == "tar");
    Ok(files)
}

/// Paths of a sample's files.
#[derive(Debug, Default)]
struct Sample {
    image: Option<String>,
    /// Further pictures of the sample that could be meant as well.
    to_spare: Vec<String>,
    text: Option<String>,
    json: Option<String>,
}

impl Sample {
    /// Adds the picture `path`, whose name goes on after the sample's with `kind`.
    fn add_picture(&mut self, path: &str, kind: &str) {
        let plain = |kind: &str| !kind.contains('.');
        match &self.image {
            None => self.image = Some(path.to_owned()),
            Some(_) if !plain(kind) => {}
            Some(image) => {
                let (_, name) = path::split(image);
                if name.split_once('.').is_some_and(|(_, kind)| plain(kind)) {
                    self.to_spare.push(path.to_owned());
                } else {
                    self.image = Some(path.to_owned());
                }
            }
        }
    }
}

/// An opened dump.
struct WebDataset {
    wants: Wants,
    source: Box<dyn Source>,
    /// By the name that a sample's files share, with the archive's name before it where there are several.
    samples: BTreeMap<String, Sample>,
    /// The archive's name is part of each path.
    of_set: bool,
    flaws: TarFlaws,
    misnamed: Vec<String>,
    inputs: BTreeMap<String, String>,
}

impl WebDataset {
    fn open(
        source: Box<dyn Source>,
        flaws: TarFlaws,
        of_set: bool,
        wants: Wants,
    ) -> Result<Self, IngestError> {
        let listing = source.list("", Depth::Deep)?.unwrap_or_default();
        let mut samples: BTreeMap<String, Sample> = BTreeMap::new();
        for file in listing.files() {
            let (folder, name) = path::split(&file.path);
            let Some((key, kind)) = name.split_once('.') else {
                continue;
            };
            let key = if folder.is_empty() {
                key.to_owned()
            } else {
                format!("{folder}/{key}")
            };
            let kind = kind.to_lowercase();
            let sample = samples.entry(key).or_default();
            match kind.as_str() {
                "txt" => _ = sample.text.get_or_insert_with(|| file.path.clone()),
                "json" => _ = sample.json.get_or_insert_with(|| file.path.clone()),
                _ if path::is_picture(&file.path) => sample.add_picture(&file.path, &kind),
                _ => {}
            }
        }
        Ok(Self {
            wants,
            samples,
            of_set,
            flaws,
            misnamed: listing.misnamed().to_vec(),
            inputs: BTreeMap::from([("members".to_owned(), listing.hash())]),
            source,
        })
    }

    /// The id of a sample: its key without the archive's name.
    fn id<'a>(&self, key: &'a str) -> &'a str {
        match key.split_once('/') {
            Some((_, id)) if self.of_set => id,
            _ => key,
        }
    }

    /// The key of the sample that a picture belongs to.
    fn key(picture: &str) -> String {
        let (folder, name) = path::split(picture);
        let key = name.split('.').next().unwrap_or(name);
        if folder.is_empty() {
            key.to_owned()
        } else {
            format!("{folder}/{key}")
        }
    }
}

impl Layout for WebDataset {
    fn name(&self) -> &'static str {
        "webdataset"
    }

    fn inputs(&self) -> &BTreeMap<String, String> {
        &self.inputs
    }

    fn source(&self) -> &dyn Source {
        self.source.as_ref()
    }

    fn survey(&self, console: &Console) -> Result<Survey, IngestError> {
        for flaw in &self.flaws.flaws {
            console.warn(flaw);
        }
        let mut census = Census::new(self.wants);
        for (key, sample) in &self.samples {
            let id = self.id(key);
            for picture in &sample.to_spare {
                census.picture_to_spare(id, picture, sample.image.as_deref().unwrap_or_default());
            }
            let worded = sample.text.is_some() || sample.json.is_some();
            match &sample.image {
                Some(image) if !worded => {
                    census.picture_without_text(id, image, "neither a .txt nor a .json of that name");
                }
                Some(image) => census.record(id, (image, key), || Ok(image.clone()), Texts::default),
                None => {
                    if let Some(text) = sample.text.as_ref().or(sample.json.as_ref()) {
                        let flaw = Flaw::new(Reason::NoImage, "no picture of that name");
                        census.text_without_picture(id, text, flaw, Texts::default);
                    }
                }
            }
        }
        for path in &self.flaws.repeated {
            let flaw = Flaw::new(Reason::DuplicateId, "the archive holds this file more than once");
            census.reject(flaw.of(self.id(&Self::key(path)), path));
        }
        census.misnamed(&self.misnamed);
        Ok(census.finish())
    }

    fn texts(&self, entry: &Entry) -> Result<Texts, (Flaw, String)> {
        let mut texts = Texts::default();
        let Some(sample) = self.samples.get(&Self::key(&entry.image)) else {
            return Ok(texts);
        };
        let read = |path: &String| {
            self.source
                .read(path, MAX_BYTES)
                .map_err(|e| (e.flaw(), path.clone()))
        };
        if let Some(path) = &sample.text {
            wording::add_captions(&mut texts, &encoding::decode(&read(path)?).text);
        }
        if let Some(path) = &sample.json {
            let json = read(path)?;
            let fields = records::fields(encoding::decode(&json).text.as_bytes())
                .map_err(|flaw| (flaw, path.clone()))?;
            let roles = wording::by_name(fields.iter().map(|(name, _)| name.as_str()), &[]);
            texts.complete_with(wording::texts(&roles, |column| fields[column].1.as_str()));
        }
        Ok(texts)
    }
}
