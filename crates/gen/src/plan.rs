//! What `gen sample` is to draw, and how that stands to what is there.

use std::collections::HashSet;
use std::path::Path;

use crate::artist::Wanted;
use crate::manifest::{Entry, Manifest};
use crate::request::short;
use crate::{GenerateError, Request};

/// Pictures of captions, into a folder.
#[derive(Debug, Clone, Copy)]
pub struct Plan<'a> {
    /// blake3 of the model file, in hex.
    pub model: &'a str,
    /// The captions.
    pub requests: &'a [Request],
    /// Pictures of each, with seeds that count up from its own.
    pub count: u64,
    /// The folder.
    pub dir: &'a Path,
    /// Draw anew what is there, whatever it is.
    pub force: bool,
}

/// A picture of a plan.
#[derive(Debug, Clone, Copy)]
pub struct Picture<'a> {
    /// Whose it is.
    pub request: &'a Request,
    /// Its seed.
    pub seed: u64,
}

impl<'a> Plan<'a> {
    /// How many pictures it has.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.requests.len() as u64 * self.count
    }

    /// All of them, caption by caption.
    pub fn pictures(&self) -> impl Iterator<Item = Picture<'a>> + use<'a> {
        let count = self.count;
        self.requests.iter().flat_map(move |request| {
            (0..count).map(move |k| Picture {
                request,
                seed: request.seed.wrapping_add(k),
            })
        })
    }

    /// Files of the pictures that are there already, with the id, caption, seed, variety and model of the plan; none of them with
    /// [`Plan::force`].
    ///
    /// # Errors
    /// A picture of that name is there and is another one.
    pub fn there(&self, manifest: &Manifest) -> Result<HashSet<String>, GenerateError> {
        let mut there = HashSet::new();
        if self.force || manifest.is_empty() {
            return Ok(there);
        }
        let (mut first, mut others) = (None, 0);
        for picture in self.pictures() {
            let file = picture.file();
            let Some(found) = manifest.entry(&file) else {
                continue;
            };
            let path = self.dir.join(&file);
            if !path.exists() {
                continue;
            }
            let wanted = picture.entry(self.model);
            if *found == wanted {
                there.insert(file);
            } else {
                others += 1;
                first.get_or_insert_with(|| (path, difference(&wanted, found)));
            }
        }
        match first {
            None => Ok(there),
            Some((path, (expected, found))) => Err(GenerateError::OtherPicture {
                path,
                expected,
                found,
                more: others - 1,
            }),
        }
    }
}

impl<'a> Picture<'a> {
    /// Name of its file in the folder.
    #[must_use]
    pub fn file(&self) -> String {
        format!("{}-{}.png", self.request.stem, self.seed)
    }

    /// Its line in the manifest where `model` draws it.
    #[must_use]
    pub fn entry(&self, model: &str) -> Entry {
        Entry {
            file: self.file(),
            id: self.request.id.clone(),
            caption: self.request.caption.clone(),
            seed: self.seed,
            model: model.to_owned(),
            variety: self.request.variety,
        }
    }

    /// What an artist has to know of it.
    #[must_use]
    pub fn wanted(&self) -> Wanted<'a> {
        Wanted {
            caption: self.request.caption.as_str(),
            seed: self.seed,
            variety: self.request.variety,
        }
    }
}

/// What was wanted and what was found, in the first point in which the two differ.
fn difference(wanted: &Entry, found: &Entry) -> (String, String) {
    let each = |said: &dyn Fn(&Entry) -> String| {
        (
            format!("a picture {}", said(wanted)),
            format!("one {}", said(found)),
        )
    };
    if wanted.caption != found.caption {
        each(&|entry: &Entry| format!("of \"{}\"", short(&entry.caption)))
    } else if wanted.model != found.model {
        each(&|entry: &Entry| match entry.model.get(..12) {
            Some(model) => format!("by the model {model}"),
            None => "by a model that the manifest does not name".to_owned(),
        })
    } else if wanted.variety != found.variety {
        each(&|entry: &Entry| format!("of variety {}", entry.variety))
    } else {
        each(&|entry: &Entry| format!("of id \"{}\" with seed {}", short(&entry.id), entry.seed))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::Variety;

    const MODEL: &str = "0123456789abcdef";

    fn red() -> Request {
        Request {
            id: "Red".to_owned(),
            caption: "red dress".to_owned(),
            stem: "red".to_owned(),
            seed: 3,
            variety: Variety::default(),
            place: "command line".to_owned(),
        }
    }

    fn plan<'a>(requests: &'a [Request], dir: &'a Path) -> Plan<'a> {
        Plan {
            model: MODEL,
            requests,
            count: 2,
            dir,
            force: false,
        }
    }

    /// A folder with the pictures of a plan.
    fn drawn(requests: &[Request]) -> (tempfile::TempDir, Manifest) {
        let dir = tempfile::tempdir().unwrap();
        let mut manifest = Manifest::open(dir.path()).unwrap();
        let plan = plan(requests, dir.path());
        let entries: Vec<Entry> = plan.pictures().map(|picture| picture.entry(MODEL)).collect();
        manifest.add(&entries).unwrap();
        for entry in &entries {
            std::fs::write(dir.path().join(&entry.file), b"").unwrap();
        }
        (dir, manifest)
    }

    #[test]
    fn what_is_there_is_not_drawn_again_unless_forced_or_gone() {
        let requests = [red()];
        let (dir, manifest) = drawn(&requests);
        let plan = plan(&requests, dir.path());
        assert_eq!(plan.total(), 2);
        let there = plan.there(&manifest).unwrap();
        let files = ["red-3.png", "red-4.png"].map(str::to_owned);
        assert_eq!(there, HashSet::from(files));
        let longer = Plan { count: 5, ..plan };
        assert_eq!(longer.there(&manifest).unwrap(), there);
        let forced = Plan { force: true, ..plan };
        assert!(forced.there(&manifest).unwrap().is_empty());
        std::fs::remove_file(dir.path().join("red-3.png")).unwrap();
        assert_eq!(plan.there(&manifest).unwrap().len(), 1);
    }

    #[test]
    fn another_picture_of_the_name_is_told_and_what_it_is() {
        let (dir, manifest) = drawn(&[red()]);
        let refused = |request: Request, model: &str| {
            let requests = [request];
            let plan = Plan {
                model,
                ..plan(&requests, dir.path())
            };
            plan.there(&manifest).unwrap_err().to_string()
        };
        let caption = refused(
            Request {
                caption: "Red dress!".to_owned(),
                ..red()
            },
            MODEL,
        );
        assert!(
            caption.contains("red-3.png: expected a picture of \"Red dress!\", found one of \"red dress\" (and 1 more picture is another one)\nhint: "),
            "{caption}"
        );
        let model = refused(red(), "fedcba9876543210");
        assert!(
            model.contains(
                "expected a picture by the model fedcba987654, found one by the model 0123456789ab "
            ),
            "{model}"
        );
        let variety = "0.5".parse().unwrap();
        let calm = refused(Request { variety, ..red() }, MODEL);
        assert!(
            calm.contains("expected a picture of variety 0.5, found one of variety 1"),
            "{calm}"
        );
        let id = "red".to_owned();
        let other = refused(Request { id, ..red() }, MODEL);
        assert!(
            other.contains(
                "expected a picture of id \"red\" with seed 3, found one of id \"Red\" with seed 3"
            ),
            "{other}"
        );
    }
}
