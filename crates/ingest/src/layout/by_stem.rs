//! Files that go by their names without extension: `images/010/0108775015.jpg` is picture 0108775015.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::census::Census;
use crate::source::{Listing, path};

/// Paths by the name without extension. Of several files of one name, the first by path counts.
#[derive(Debug, Default)]
pub(super) struct ByStem {
    pub(super) paths: BTreeMap<String, String>,
    misnamed: Vec<String>,
    /// Names and paths of the others.
    to_spare: Vec<(String, String)>,
}

impl ByStem {
    /// The files of a listing; `name` makes the key of a name without extension.
    pub(super) fn of(listing: &Listing, name: impl Fn(&str) -> String) -> Self {
        let (mut paths, mut to_spare) = (BTreeMap::new(), Vec::new());
        for file in listing.files() {
            let key = name(path::split(path::stem(&file.path)).1);
            match paths.entry(key) {
                Entry::Occupied(taken) => to_spare.push((taken.key().clone(), file.path.clone())),
                Entry::Vacant(free) => {
                    free.insert(file.path.clone());
                }
            }
        }
        Self {
            paths,
            misnamed: listing.misnamed().to_vec(),
            to_spare,
        }
    }

    pub(super) fn path(&self, stem: &str) -> Option<&str> {
        self.paths.get(stem).map(String::as_str)
    }

    /// Counts the pictures that no product can have.
    pub(super) fn tell_unusable(&self, census: &mut Census) {
        for (stem, image) in &self.to_spare {
            census.picture_to_spare(stem, image, self.path(stem).unwrap_or_default());
        }
        census.misnamed(&self.misnamed);
    }
}
