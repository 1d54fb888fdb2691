//! How often a classifier finds in a picture what its caption names.

use std::collections::BTreeMap;

use serde::Serialize;

/// The share of pictures that are right, counted two ways.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Accuracy {
    /// Right of all: 0..=1. Common classes count for more.
    pub plain: f64,
    /// The mean over classes of right of that class: 0..=1. Each class that occurs counts the same.
    pub balanced: f64,
}

impl Accuracy {
    /// Of pairs (asked, found); `None` where there are none.
    #[must_use]
    pub fn of(pairs: &[(usize, usize)]) -> Option<Self> {
        let mut classes = BTreeMap::<usize, [usize; 2]>::new();
        for &(asked, found) in pairs {
            let [seen, right] = classes.entry(asked).or_default();
            *seen += 1;
            *right += usize::from(asked == found);
        }
        if classes.is_empty() {
            return None;
        }
        let right: usize = classes.values().map(|c| c[1]).sum();
        let recalls = classes.values().map(|&[seen, right]| right as f64 / seen as f64);
        Some(Self {
            plain: right as f64 / pairs.len() as f64,
            balanced: recalls.sum::<f64>() / classes.len() as f64,
        })
    }

    /// What is reached by finding the commonest class in every picture.
    #[must_use]
    pub fn of_the_commonest(asked: &[usize]) -> Option<Self> {
        let mut counts = BTreeMap::<usize, usize>::new();
        asked
            .iter()
            .for_each(|&class| *counts.entry(class).or_default() += 1);
        let commonest = *counts.iter().max_by_key(|(_, n)| **n)?.0;
        Self::of(&asked.iter().map(|&class| (class, commonest)).collect::<Vec<_>>())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_rare_class_counts_as_much_as_a_common_one_when_balanced() {
        let pairs = [(0, 0), (0, 0), (0, 0), (1, 0)];
        let Accuracy { plain, balanced } = Accuracy::of(&pairs).unwrap();
        assert_eq!((plain, balanced), (0.75, 0.5));
        assert_eq!(Accuracy::of(&[]), None);
        let chance = Accuracy::of_the_commonest(&[0, 0, 0, 1]).unwrap();
        assert_eq!((chance.plain, chance.balanced), (0.75, 0.5));
    }
}
