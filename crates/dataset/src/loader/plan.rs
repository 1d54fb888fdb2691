//! What is to be loaded: which samples, in which order, with which captions, and this process's share.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::{Balanced, Dataset, DatasetError, Epochs, Split};

/// A request to load batches. The *global order* is an endless row of samples, epoch after epoch; it follows
/// from data set, split, seed and `order` alone. A *global batch* is `batch` positions of it, of which a
/// process takes its [`Share`].
#[derive(Debug, Clone)]
pub struct LoadPlan {
    /// Which samples.
    pub split: Split,
    /// What order and captions follow from.
    pub seed: u64,
    /// Samples in a global batch, over all processes.
    pub batch: usize,
    /// Which sample comes when.
    pub order: Order,
    /// Which caption of a sample.
    pub captions: CaptionRule,
    /// This process among those that train together.
    pub share: Share,
    /// Where to begin: global samples consumed so far. It is the whole state of a training that goes on,
    /// with the same or any other batch and number of processes.
    pub from: u64,
    /// Where to end, as a global position; the last batch is shorter where it does not come out even.
    /// `None` goes on for ever.
    pub until: Option<u64>,
    /// Threads that fill buffers.
    pub threads: usize,
}

impl LoadPlan {
    /// A plan for one process: uniform epochs of the train split from the beginning, for ever, the first
    /// caption of each sample, one thread.
    #[must_use]
    pub const fn new(seed: u64, batch: usize) -> Self {
        Self {
            split: Split::Train,
            seed,
            batch,
            order: Order::Uniform,
            captions: CaptionRule::First,
            share: Share { rank: 0, world: 1 },
            from: 0,
            until: None,
            threads: 1,
        }
    }

    /// Refuses what cannot be loaded.
    pub(super) fn check(&self, data: &Dataset) -> Result<(), DatasetError> {
        let Share { rank, world } = self.share;
        let fault = |expected: &str, found: String| Err(DatasetError::load(expected, found));
        if data.is_empty(self.split) {
            return fault(
                &format!("at least one sample in the split {}", self.split),
                "none".into(),
            );
        }
        if rank >= world {
            return fault("a rank below the world size", format!("rank {rank} of {world}"));
        }
        if self.batch < world {
            let expected = format!("a global batch of at least {world}, a sample for each process");
            return fault(&expected, self.batch.to_string());
        }
        if self.threads == 0 {
            return fault("at least one thread", "0".into());
        }
        Ok(())
    }

    /// Most samples that a batch of this share has: what a buffer must hold.
    #[must_use]
    pub const fn most_samples(&self) -> usize {
        self.batch.div_ceil(if self.share.world == 0 {
            1
        } else {
            self.share.world
        })
    }
}

/// Which sample comes when. Both follow from the seed alone, and need no state to go on at any position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// Every sample exactly once an epoch: [`Epochs`].
    Uniform,
    /// Every value of an attribute equally often: [`Balanced`]. Samples without the attribute are a class
    /// of their own.
    Balanced {
        /// Name of the attribute, such as `article_type`.
        attribute: String,
    },
}

/// One process among those that train together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// Number of this process, from 0.
    pub rank: usize,
    /// Number of processes.
    pub world: usize,
}

impl Share {
    /// The part of a global batch of `samples` that is this process's. The parts of all ranks, one after
    /// another, are the batch; no two differ by more than one sample.
    #[must_use]
    pub fn of(self, samples: usize) -> Range<usize> {
        let edge = |rank: usize| (samples as u128 * rank as u128 / self.world.max(1) as u128) as usize;
        edge(self.rank)..edge(self.rank + 1)
    }
}

/// Which caption of a sample a batch takes. Where that has no text, [`crate::Sample::caption_with_text`] says which one stands
/// in for it.
#[derive(Clone)]
pub enum CaptionRule {
    /// Always the first.
    First,
    /// Any of them, by seed and global position alone: the upper word of `mix * captions`, where `mix` is
    /// SplitMix64's (Steele, Lea and Flood 2014) output number `position` from the seed.
    Any,
    /// The caller's rule: gets the position of a global batch's first sample and a place for the caption of
    /// each sample of the global batch. It is called in the order of batches, at every rank alike.
    By(Arc<ChooseCaptions>),
}

/// A caller's rule for captions.
pub type ChooseCaptions = dyn Fn(u64, &mut [usize]) + Send + Sync;

impl CaptionRule {
    /// Chooses among `captions` for the samples from global position `first` on.
    pub(super) fn choose(
        &self,
        seed: u64,
        first: u64,
        captions: usize,
        chosen: &mut [usize],
    ) -> Result<(), DatasetError> {
        match self {
            Self::First => chosen.fill(0),
            Self::Any => (first..).zip(chosen).for_each(|(position, chosen)| {
                let mix = split_mix(seed, position);
                *chosen = ((u128::from(mix) * captions as u128) >> 64) as usize;
            }),
            Self::By(rule) => {
                rule(first, chosen);
                if let Some(found) = chosen.iter().find(|&&chosen| chosen >= captions) {
                    let expected = format!("captions below {captions} from the caller's rule");
                    return Err(DatasetError::load(&expected, found.to_string()));
                }
            }
        }
        Ok(())
    }
}

impl fmt::Debug for CaptionRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::First => "First",
            Self::Any => "Any",
            Self::By(_) => "By(..)",
        })
    }
}

fn split_mix(seed: u64, number: u64) -> u64 {
    let mut z = seed.wrapping_add(number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// The global order of a plan.
pub(super) enum Positions {
    Uniform(Epochs),
    Balanced(Balanced),
}

impl Positions {
    pub(super) fn new(plan: &LoadPlan, data: &Dataset) -> Result<Self, DatasetError> {
        match &plan.order {
            Order::Uniform => Ok(Self::Uniform(Epochs::new(plan.seed, data.len(plan.split)))),
            Order::Balanced { attribute } => {
                let classes = data.classes(plan.split, attribute);
                if classes.keys().all(Option::is_none) {
                    let names = data.attributes(plan.split).join(", ");
                    let expected = format!("an attribute that samples have, to balance by ({names})");
                    return Err(DatasetError::load(&expected, attribute.clone()));
                }
                Ok(Self::Balanced(Balanced::new(plan.seed, classes.into_values())))
            }
        }
    }

    pub(super) fn at(&mut self, position: u64) -> usize {
        match self {
            Self::Uniform(epochs) => epochs.at(position),
            Self::Balanced(balanced) => balanced.at(position),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn split_mix_gives_the_numbers_of_its_authors() {
        // The first outputs for the seed 1234567, as its reference implementation prints them.
        let golden = [6457827717110365317, 3203168211198807973, 9817491932198370423];
        assert_eq!([0, 1, 2].map(|n| split_mix(1_234_567, n)), golden);
    }

    #[test]
    fn shares_are_the_batch_and_nearly_equal() {
        for samples in [0, 1, 7, 64] {
            for world in 1..9 {
                let parts: Vec<_> = (0..world).map(|rank| Share { rank, world }.of(samples)).collect();
                let all: Vec<usize> = parts.iter().cloned().flatten().collect();
                assert!(all.into_iter().eq(0..samples));
                let plan = LoadPlan {
                    share: Share { rank: 0, world },
                    ..LoadPlan::new(0, samples)
                };
                assert!(
                    parts
                        .iter()
                        .all(|part| part.len() + 1 >= plan.most_samples().max(1))
                );
                assert!(parts.iter().all(|part| part.len() <= plan.most_samples()));
            }
        }
    }

    #[test]
    fn any_caption_depends_on_the_position_alone_and_comes_evenly() {
        let mut all = [0; 4000];
        CaptionRule::Any.choose(7, 100, 4, &mut all).unwrap();
        let mut part = [0; 100];
        CaptionRule::Any.choose(7, 1100, 4, &mut part).unwrap();
        assert_eq!(all[1000..1100], part);
        for caption in 0..4 {
            let count = all.iter().filter(|&&c| c == caption).count();
            assert!((900..1100).contains(&count), "{count}");
        }
    }
}
