//! Counting a dump's products: every record and every picture becomes an entry or a reject, each id once.

use std::collections::{HashMap, HashSet};

use super::{Entry, Survey, Texts};
use crate::rejects::{Flaw, Reason, Reject};
use crate::source::path;

/// A survey being made.
#[derive(Default)]
pub(super) struct Census {
    survey: Survey,
    /// Where each id occurred first.
    first: HashMap<String, String>,
}

impl Census {
    /// A record of the table `table`, which stands at `place` in it. `image` finds its picture, and is asked
    /// only for a record that counts.
    pub(super) fn record(
        &mut self,
        id: &str,
        (table, place): (&str, &str),
        image: impl FnOnce() -> Result<String, Flaw>,
        texts: impl FnOnce() -> Texts,
    ) {
        if id.is_empty() {
            let flaw = Flaw::new(Reason::NoId, format!("{place} has no id"));
            return self.reject(flaw.of(id, table));
        }
        if let Some(first) = self.first.get(id) {
            let detail = format!("{place} has the id of {first}, which is kept");
            return self.reject(Flaw::new(Reason::DuplicateId, detail).of(id, table));
        }
        self.first.insert(id.to_owned(), place.to_owned());
        match image() {
            Ok(image) => self.entry(id, image, texts()),
            Err(flaw) => {
                let detail = format!("{place} {}", flaw.detail);
                self.reject(Flaw::new(flaw.reason, detail).of(id, table));
            }
        }
    }

    /// A product that has a picture.
    pub(super) fn entry(&mut self, id: &str, image: String, texts: Texts) {
        self.survey.entries.push(Entry {
            id: id.to_owned(),
            image,
            texts: (&texts).into(),
        });
    }

    /// A product that needs no closer look.
    pub(super) fn reject(&mut self, reject: Reject) {
        self.survey.rejects.push(reject);
    }

    /// A picture of which nothing is said.
    pub(super) fn picture_without_text(&mut self, id: &str, image: &str, detail: impl Into<String>) {
        self.reject(Flaw::new(Reason::NoText, detail).of(id, image));
    }

    /// Files whose names cannot be used.
    pub(super) fn misnamed(&mut self, names: &[String]) {
        let detail = "expected a name in UTF-8 that stays in the dump";
        for name in names {
            self.reject(Flaw::new(Reason::BadPath, detail).of("", name));
        }
    }

    /// Whether a record of that id was counted.
    pub(super) fn knows(&self, id: &str) -> bool {
        self.first.contains_key(id)
    }

    /// The survey, in order of ids.
    pub(super) fn finish(mut self) -> Survey {
        self.survey.entries.sort_by(|a, b| a.id.cmp(&b.id));
        self.survey
    }
}

/// The id of each picture, which is its path without extension; pictures that share one go by their whole
/// path, so that `1.jpg` and `1.png` stay two products.
pub(super) fn ids_of<'a>(pictures: impl Iterator<Item = &'a str> + Clone) -> HashMap<&'a str, &'a str> {
    let (mut seen, mut shared) = (HashMap::new(), HashSet::new());
    for picture in pictures.clone() {
        let stem = path::stem(picture);
        if *seen.entry(stem).or_insert(picture) != picture {
            shared.insert(stem);
        }
    }
    pictures
        .map(|picture| {
            let stem = path::stem(picture);
            (picture, if shared.contains(stem) { picture } else { stem })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_path_without_extension_unless_two_share_it() {
        let ids = ids_of(["a/1.jpg", "b/1.jpg", "2.jpg", "2.png", "2.jpg", "3"].into_iter());
        let mut ids: Vec<_> = ids.into_iter().collect();
        ids.sort_unstable();
        assert_eq!(
            ids,
            [
                ("2.jpg", "2.jpg"),
                ("2.png", "2.png"),
                ("3", "3"),
                ("a/1.jpg", "a/1"),
                ("b/1.jpg", "b/1")
            ]
        );
    }
}
