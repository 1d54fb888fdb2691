//! Where chance comes from: a stream of its own for every product and purpose.
//!
//! The numbers are made here from the raw words of the stream, so a catalogue does not change with the
//! version of a crate of distributions.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A stream of random numbers that depends on nothing but its name.
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    /// The stream of the product at `index` for one `purpose`: a change of the texts then leaves the
    /// pictures as they are.
    pub(crate) fn new(seed: u64, index: u32, purpose: &str) -> Self {
        let mut name = blake3::Hasher::new();
        name.update(b"atelier/synth/1\0");
        name.update(&seed.to_le_bytes());
        name.update(&index.to_le_bytes());
        name.update(purpose.as_bytes());
        Self(ChaCha8Rng::from_seed(*name.finalize().as_bytes()))
    }

    /// Uniform in `middle - spread .. middle + spread`.
    pub(crate) fn near(&mut self, middle: f32, spread: f32) -> f32 {
        middle + spread * (2.0 * self.unit() - 1.0)
    }

    /// True with probability `p`.
    pub(crate) fn chance(&mut self, p: f32) -> bool {
        self.unit() < p
    }

    /// One of `choices`, each as likely as any other.
    ///
    /// # Panics
    /// `choices` is empty.
    pub(crate) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        let word = u64::from(self.0.next_u32());
        choices[((word * choices.len() as u64) >> 32) as usize]
    }

    /// Uniform in `0.0 .. 1.0`, all 24 bits of an f32's precision.
    fn unit(&mut self) -> f32 {
        (self.0.next_u32() >> 8) as f32 / (1 << 24) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_follows_seed_index_and_purpose_and_no_crate_version() {
        // Golden: a change here would redraw every catalogue.
        let roll = |seed, index, purpose| {
            let mut dice = Dice::new(seed, index, purpose);
            [(); 4].map(|()| dice.pick(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]))
        };
        assert_eq!(roll(1, 0, "choice"), [7, 5, 4, 7]);
        let others = [roll(2, 0, "choice"), roll(1, 1, "choice"), roll(1, 0, "drawing")];
        assert!(
            others.iter().all(|other| *other != roll(1, 0, "choice")),
            "{others:?}"
        );
    }

    #[test]
    fn numbers_stay_in_their_range_and_fill_it() {
        let mut dice = Dice::new(1, 0, "range");
        let rolls: Vec<f32> = (0..1000).map(|_| dice.near(10.0, 2.0)).collect();
        assert!(rolls.iter().all(|x| (8.0..12.0).contains(x)));
        assert!(rolls.iter().any(|x| *x < 8.1) && rolls.iter().any(|x| *x > 11.9));
    }
}
