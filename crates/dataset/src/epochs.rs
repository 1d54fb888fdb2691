//! In which order training sees the samples.

use crate::shuffle::{Draws, permutation};

/// Names the stream of [`Epochs`].
const STREAM: [u8; 16] = *b"atelier epochs 1";

/// Shuffled epochs: position `p` of the whole training is place `p mod len` of epoch `p / len`, and each
/// epoch is an exact permutation that depends on seed and epoch alone: a Fisher-Yates shuffle by the words
/// of ChaCha8 under the key `seed, epoch, "atelier epochs 1"`, nonce zero. So training goes on at any
/// position without a state to save.
#[derive(Debug, Clone)]
pub struct Epochs {
    seed: u64,
    len: usize,
    /// The epoch at hand and its order.
    current: Option<(u64, Vec<usize>)>,
}

impl Epochs {
    /// Epochs over `len` samples.
    #[must_use]
    pub const fn new(seed: u64, len: usize) -> Self {
        Self {
            seed,
            len,
            current: None,
        }
    }

    /// The index in `0..len` of the sample at `position`, counted over all epochs. Where `len` is 0 the
    /// answer is 0, an index at which [`crate::Dataset::sample`] has nothing.
    ///
    /// A new epoch takes time in the order of `len`; positions of the same epoch take none.
    pub fn at(&mut self, position: u64) -> usize {
        if self.len == 0 {
            return 0;
        }
        let len = self.len as u64;
        let (epoch, place) = (position / len, (position % len) as usize);
        match &self.current {
            Some((current, order)) if *current == epoch => order[place],
            _ => {
                let draws = Draws {
                    name: STREAM,
                    seed: self.seed,
                    pass: epoch,
                    nonce: 0,
                };
                let order = permutation(draws, self.len);
                let index = order[place];
                self.current = Some((epoch, order));
                index
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_golden() {
        // Values of epochs_golden.py. A change here would move every training that is resumed.
        let order = |seed, epoch: u64| {
            let mut epochs = Epochs::new(seed, 12);
            (0..12)
                .map(|place| epochs.at(epoch * 12 + place))
                .collect::<Vec<_>>()
        };
        assert_eq!(order(7, 0), [10, 3, 7, 6, 2, 1, 4, 8, 0, 5, 11, 9]);
        assert_eq!(order(7, 1), [11, 9, 3, 1, 6, 4, 2, 8, 7, 10, 0, 5]);
        assert_eq!(order(u64::MAX, 1 << 40), [6, 9, 11, 10, 5, 7, 3, 2, 8, 0, 1, 4]);
        let mut long = Epochs::new(7, 1000);
        let places = [3000, 3001, 3499, 3998, 3999];
        assert_eq!(places.map(|position| long.at(position)), [81, 202, 389, 224, 667]);
    }

    #[test]
    fn each_epoch_is_an_exact_permutation_and_another_one() {
        let mut epochs = Epochs::new(3, 257);
        let mut orders: Vec<Vec<usize>> = Vec::new();
        for epoch in 0..4 {
            let order: Vec<usize> = (0..257).map(|place| epochs.at(epoch * 257 + place)).collect();
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert!(sorted.into_iter().eq(0..257));
            assert!(!orders.contains(&order));
            orders.push(order);
        }
    }

    #[test]
    fn any_position_gives_what_an_unbroken_run_gave() {
        let mut unbroken = Epochs::new(5, 10);
        let order: Vec<usize> = (0..40).map(|position| unbroken.at(position)).collect();
        for position in [39, 0, 25, 10, 9] {
            assert_eq!(Epochs::new(5, 10).at(position), order[position as usize]);
            assert_eq!(unbroken.at(position), order[position as usize]);
        }
    }

    #[test]
    fn small_and_extreme_cases_do_not_panic() {
        assert_eq!(Epochs::new(1, 0).at(123), 0);
        assert_eq!(Epochs::new(1, 1).at(u64::MAX), 0);
        assert!(Epochs::new(u64::MAX, 3).at(u64::MAX) < 3);
    }
}
