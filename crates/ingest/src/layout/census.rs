//! Counting a dump's products: every record and every picture becomes an entry or a reject, each id once.

use std::collections::HashMap;

use super::{Entry, Survey, Texts};
use crate::rejects::{Flaw, Reason, Reject};

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
            texts,
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
