//! Counting a dump's products: every record and every picture becomes an entry, a reject or a further record of an
//! entry, each id once.

use std::collections::{HashMap, HashSet};

use super::{Entry, Survey, Texts, Wants};
use crate::rejects::{Flaw, Reason, Reject};
use crate::source::path;

/// A survey being made.
pub(super) struct Census {
    survey: Survey,
    wants: Wants,
    first: HashMap<String, First>,
}

/// The first record of an id.
struct First {
    /// Where it stands.
    place: String,
    /// The picture as the record names it.
    named: String,
    /// Its entry, if it has become one.
    entry: Option<usize>,
}

impl Census {
    pub(super) fn new(wants: Wants) -> Self {
        Self {
            survey: Survey::default(),
            wants,
            first: HashMap::new(),
        }
    }

    /// A record of the table `table`, which stands at `place` in it, where an id stands for one record: another
    /// one of that id is a reject. `image` finds its picture, and is asked only for a record that counts.
    pub(super) fn record(
        &mut self,
        id: &str,
        (table, place): (&str, &str),
        image: impl FnOnce() -> Result<String, Flaw>,
        texts: impl FnOnce() -> Texts,
    ) {
        if let Some(first) = self.first.get(id) {
            let detail = format!("{place} has the id of {}, which is kept", first.place);
            return self.reject(Flaw::new(Reason::DuplicateId, detail).of(id, table));
        }
        self.first_record(id, (table, place), String::new(), image, texts);
    }

    /// A record where several may tell of one product: those of one id that name one picture. One that names
    /// another picture is a reject.
    pub(super) fn one_of_several(
        &mut self,
        id: &str,
        (table, place): (&str, &str),
        named: &str,
        image: impl FnOnce() -> Result<String, Flaw>,
        texts: impl FnOnce() -> Texts,
    ) {
        let Some(first) = self.first.get(id) else {
            return self.first_record(id, (table, place), named.to_owned(), image, texts);
        };
        if first.named != named {
            let detail = format!(
                "{place} names {named} for the id of {}, which names {} and is kept",
                first.place, first.named
            );
            return self.reject(Flaw::new(Reason::DuplicateId, detail).of(id, table));
        }
        self.survey.further += 1;
        if let Some(entry) = first.entry.and_then(|at| self.survey.entries.get_mut(at)) {
            let mut all = entry.texts.unpack();
            all.add_record(texts());
            entry.texts = (&all).into();
        }
    }

    fn first_record(
        &mut self,
        id: &str,
        (table, place): (&str, &str),
        named: String,
        image: impl FnOnce() -> Result<String, Flaw>,
        texts: impl FnOnce() -> Texts,
    ) {
        if id.is_empty() {
            let flaw = Flaw::new(Reason::NoId, format!("{place} has no id"));
            return self.reject(flaw.of(id, table));
        }
        let entries = self.survey.entries.len();
        match image() {
            Ok(image) => self.entry(id, image, texts()),
            Err(flaw) => {
                let detail = format!("{place} {}", flaw.detail);
                self.text_without_picture(id, table, Flaw::new(flaw.reason, detail), texts);
            }
        }
        let first = First {
            place: place.to_owned(),
            named,
            entry: (self.survey.entries.len() > entries).then_some(entries),
        };
        self.first.insert(id.to_owned(), first);
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

    /// What the file `path` says of a product that has no picture, and why it has none.
    pub(super) fn text_without_picture(
        &mut self,
        id: &str,
        path: &str,
        flaw: Flaw,
        texts: impl FnOnce() -> Texts,
    ) {
        match self.wants {
            Wants::Pictures => self.reject(flaw.of(id, path)),
            Wants::Texts => {
                if let Some(First { place, .. }) = self.first.get(id) {
                    let detail = format!("has the id of {place}, which is kept");
                    return self.reject(Flaw::new(Reason::DuplicateId, detail).of(id, path));
                }
                let first = First {
                    place: path.to_owned(),
                    named: String::new(),
                    entry: Some(self.survey.entries.len()),
                };
                self.first.insert(id.to_owned(), first);
                self.survey.unpictured += 1;
                self.entry(id, path.to_owned(), texts());
            }
        }
    }

    /// A second picture where one is expected.
    pub(super) fn picture_to_spare(&mut self, id: &str, image: &str, kept: &str) {
        let detail = format!("has the id of {kept}, which is kept");
        self.reject(Flaw::new(Reason::DuplicateId, detail).of(id, image));
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
