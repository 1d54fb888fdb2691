//! An order in which every class is seen equally often.

use crate::shuffle::{Draws, permutation, shuffle};

/// Names the streams of [`Balanced`].
const STREAM: [u8; 16] = *b"atelier balance1";

/// Epochs in which rare classes come as often as frequent ones.
///
/// With `k` classes (numbered in order of their names) of `len` samples in all, an epoch has `len` places:
///
/// * Each class gets `len / k` of them. The `len mod k` that are left over go to one class after the other,
///   and go on with the next class in the next epoch. So over all epochs up to any one no class is more
///   than one place ahead of another.
/// * A class fills its places from passes over its own samples: each pass takes each sample once, in an order
///   shuffled under the key `seed, pass, "atelier balance1"` with the class's number plus one as the nonce.
///   A pass runs on from one epoch into the next. So no sample of a class is seen a second time before the
///   others of that class were seen as often.
/// * The epoch's places, class after class, are shuffled under `seed, epoch, "atelier balance1"`, nonce zero.
///
/// Each epoch depends on seed, epoch and classes alone.
#[derive(Debug, Clone)]
pub struct Balanced {
    seed: u64,
    classes: Vec<Vec<usize>>,
    len: u64,
    /// The epoch at hand and its order.
    current: Option<(u64, Vec<usize>)>,
}

impl Balanced {
    /// Balanced epochs over classes of samples, each given by its indices; empty classes are left out.
    #[must_use]
    pub fn new(seed: u64, classes: impl IntoIterator<Item = Vec<usize>>) -> Self {
        let classes: Vec<Vec<usize>> = classes.into_iter().filter(|class| !class.is_empty()).collect();
        Self {
            seed,
            len: classes.iter().map(|class| class.len() as u64).sum(),
            classes,
            current: None,
        }
    }

    /// The sample's index at `position`, counted over all epochs; 0 where there are no samples.
    ///
    /// A new epoch takes time in the order of its length; positions of the same epoch take none.
    pub fn at(&mut self, position: u64) -> usize {
        if self.len == 0 {
            return 0;
        }
        let (epoch, place) = (position / self.len, (position % self.len) as usize);
        match &self.current {
            Some((current, order)) if *current == epoch => order[place],
            _ => {
                let order = self.order(epoch);
                let index = order[place];
                self.current = Some((epoch, order));
                index
            }
        }
    }

    fn order(&self, epoch: u64) -> Vec<usize> {
        let mut order = Vec::with_capacity(self.len as usize);
        let draws = |pass, nonce| Draws {
            name: STREAM,
            seed: self.seed,
            pass,
            nonce,
        };
        for (number, class) in (0_u64..).zip(&self.classes) {
            let size = class.len() as u128;
            let (mut pass, mut samples) = (None, Vec::new());
            for n in self.places_before(epoch, number)..self.places_before(u128::from(epoch) + 1, number) {
                // At most `len` places an epoch, so that passes are no more than places of a u64.
                let wanted = (n / size) as u64;
                if pass != Some(wanted) {
                    samples = permutation(draws(wanted, number + 1), class.len());
                    pass = Some(wanted);
                }
                order.push(class[samples[(n % size) as usize]]);
            }
        }
        shuffle(draws(epoch, 0), &mut order);
        order
    }

    /// How many places the class has had in all epochs before `epoch`.
    fn places_before(&self, epoch: impl Into<u128>, class: u64) -> u128 {
        let (epoch, classes) = (epoch.into(), self.classes.len() as u128);
        let (each, left) = (u128::from(self.len) / classes, u128::from(self.len) % classes);
        // Left-over place number n of all epochs goes to class n mod `classes`.
        epoch * each + (epoch * left + classes - 1 - u128::from(class)) / classes
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// Samples `0..` in classes of these sizes.
    fn classes(sizes: &[usize]) -> Vec<Vec<usize>> {
        let mut next = 0..;
        sizes
            .iter()
            .map(|&size| next.by_ref().take(size).collect())
            .collect()
    }

    #[test]
    fn the_order_is_golden() {
        // Values of epochs_golden.py.
        let mut balanced = Balanced::new(7, classes(&[1, 2, 7]));
        let mut epoch = |n: u64| {
            (0..10)
                .map(|place| balanced.at(n * 10 + place))
                .collect::<Vec<_>>()
        };
        assert_eq!(epoch(0), GOLDEN[0]);
        assert_eq!(epoch(1), GOLDEN[1]);
        assert_eq!(epoch(1 << 40), GOLDEN[2]);
    }

    const GOLDEN: [[usize; 10]; 3] = [
        [0, 1, 0, 2, 0, 6, 4, 3, 0, 1],
        [7, 0, 1, 2, 0, 0, 9, 2, 2, 5],
        [2, 8, 0, 2, 1, 0, 1, 0, 6, 7],
    ];

    #[test]
    fn without_samples_or_at_the_end_of_numbers_nothing_panics() {
        assert_eq!(Balanced::new(1, []).at(5), 0);
        assert_eq!(Balanced::new(1, [vec![], vec![]]).at(5), 0);
        assert!(Balanced::new(u64::MAX, classes(&[1, 2])).at(u64::MAX) < 3);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn classes_and_the_samples_of_a_class_are_seen_equally_often(
            sizes in prop::collection::vec(0_usize..9, 1..6),
            seed in any::<u64>(),
            epochs in 1_u64..7,
        ) {
            let classes = classes(&sizes);
            let len = sizes.iter().sum::<usize>() as u64;
            let mut balanced = Balanced::new(seed, classes.clone());
            let mut seen = BTreeMap::<usize, u64>::new();
            for position in 0..epochs * len {
                *seen.entry(balanced.at(position)).or_default() += 1;
            }
            let spread = |counts: &[u64]| counts.iter().max().zip(counts.iter().min()).map_or(0, |(a, b)| a - b);
            let count = |sample: &usize| seen.get(sample).copied().unwrap_or(0);
            let filled: Vec<&Vec<usize>> = classes.iter().filter(|class| !class.is_empty()).collect();
            let by_class: Vec<u64> = filled.iter().map(|class| class.iter().map(count).sum()).collect();
            prop_assert!(spread(&by_class) <= 1, "{by_class:?}");
            for class in filled {
                prop_assert!(spread(&class.iter().map(count).collect::<Vec<_>>()) <= 1);
            }
            // Any position alone gives what an unbroken run gave.
            for position in (0..epochs * len).rev().step_by(3) {
                prop_assert_eq!(Balanced::new(seed, classes.clone()).at(position), balanced.at(position));
            }
        }
    }
}
