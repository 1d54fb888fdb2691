//! The texts of a product while it waits for its turn: the texts of all products are in memory at once, and in maps
//! of strings they would take five times as much of it.

use super::Texts;

/// [`Texts`] end to end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Packed {
    /// The title, name and value of each attribute, the descriptions.
    text: Box<str>,
    /// Where each of them ends in `text`, in bytes.
    ends: Box<[u32]>,
    attributes: u32,
    cut: bool,
}

impl From<&Texts> for Packed {
    fn from(texts: &Texts) -> Self {
        let attributes = texts.attributes.iter().flat_map(|(name, value)| [name, value]);
        let parts = [&texts.title]
            .into_iter()
            .chain(attributes)
            .chain(&texts.descriptions);
        let (mut text, mut ends, mut cut) = (String::new(), Vec::new(), texts.cut);
        for part in parts {
            if text.len() + part.len() <= u32::MAX as usize {
                text.push_str(part);
            } else {
                cut = true;
            }
            ends.push(text.len() as u32);
        }
        Self {
            text: text.into(),
            ends: ends.into(),
            attributes: texts.attributes.len() as u32,
            cut,
        }
    }
}

impl Packed {
    /// The texts as they were.
    #[must_use]
    pub fn unpack(&self) -> Texts {
        let starts = [0].into_iter().chain(self.ends.iter().copied());
        let mut parts = starts
            .zip(&self.ends)
            .map(|(start, &end)| self.text[start as usize..end as usize].to_owned());
        Texts {
            title: parts.next().unwrap_or_default(),
            attributes: (0..self.attributes)
                .map_while(|_| Some((parts.next()?, parts.next()?)))
                .collect(),
            descriptions: parts.collect(),
            cut: self.cut,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn texts_come_out_as_they_went_in(
            title in ".{0,20}",
            attributes in prop::collection::btree_map(".{0,8}", ".{0,8}", 0..6),
            descriptions in prop::collection::vec(".{0,30}", 0..4),
            cut in any::<bool>(),
        ) {
            let texts = Texts { title, attributes, descriptions, cut };
            prop_assert_eq!(Packed::from(&texts).unpack(), texts);
        }
    }
}
