//! All randomness of a training, from (seed, stream, step) alone.
//!
//! A run that was killed and resumed draws the same numbers as one never interrupted, on any device. The numbers
//! come from ChaCha8 on the host: a batch of noise is a few thousand values.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use tch::{Device, Tensor};

/// What numbers are drawn for; streams never share numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Initial weights; the step is the parameter's number.
    Weights = 1,
    /// z of a training step.
    Noise = 2,
    /// Which caption of each product a step takes.
    Captions = 3,
    /// z of sample grids and of evaluation.
    Samples = 4,
    /// Which real images of a step are mirrored.
    Flips = 5,
    /// Which captions and words of a step are dropped.
    Dropout = 6,
    /// What is done to a step's images before D sees them.
    Augment = 7,
    /// What is added to the text vectors of a step.
    TextNoise = 8,
    /// Where between reals and fakes a step's gradient penalty is taken.
    Interpolates = 12,
    /// How the evaluator is trained: order, captions and shifts of its batches.
    Evaluator = 32,
    /// What a measure draws: subsets, directions, other captions.
    Measures = 33,
    /// z of the pictures that are measured; the step is the picture's number.
    Measured = 34,
    /// Which images are shown to D over and over.
    Probe = 35,
}

/// Numbers of one stream at one step.
pub struct Random(ChaCha8Rng);

impl Random {
    /// The numbers of (seed, stream, step).
    #[must_use]
    pub fn new(seed: u64, stream: Stream, step: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(&step.to_le_bytes());
        key[16] = stream as u8;
        Self(ChaCha8Rng::from_seed(key))
    }

    /// A whole number below `bound`, evenly (multiply and shift; the bias is below bound / 2^64).
    pub fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.0.next_u64()) * bound as u128) >> 64) as usize
    }

    /// A value in 0..1, evenly.
    pub fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// `count` different whole numbers below `bound`, in random order; all of them where there are no more (the first part
    /// of a Fisher-Yates shuffle).
    pub fn choose(&mut self, bound: usize, count: usize) -> Vec<usize> {
        let mut all: Vec<usize> = (0..bound).collect();
        let count = count.min(bound);
        for i in 0..count {
            all.swap(i, i + self.below(bound - i));
        }
        all.truncate(count);
        all
    }

    /// `n` standard normal values (Box and Muller 1958).
    pub fn normals(&mut self, n: usize) -> Vec<f32> {
        let mut values = Vec::with_capacity(n + 1);
        while values.len() < n {
            // In (0, 1], so that the logarithm is finite.
            let u = ((self.0.next_u64() >> 11) as f64 + 1.0) / (1_u64 << 53) as f64;
            let angle = std::f64::consts::TAU * self.unit();
            let radius = (-2.0 * u.ln()).sqrt();
            values.extend([(radius * angle.cos()) as f32, (radius * angle.sin()) as f32]);
        }
        values.truncate(n);
        values
    }

    /// A tensor of standard normal values on `device`.
    pub fn normal_tensor(&mut self, shape: &[i64], device: Device) -> Tensor {
        let n: i64 = shape.iter().product();
        aten::upload(
            &Tensor::from_slice(&self.normals(n as usize)).reshape(shape),
            device,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_and_steps_differ_and_repeat() {
        let draw = |seed, stream, step| Random::new(seed, stream, step).normals(3);
        assert_eq!(draw(1, Stream::Noise, 5), draw(1, Stream::Noise, 5));
        let others = [
            draw(2, Stream::Noise, 5),
            draw(1, Stream::Samples, 5),
            draw(1, Stream::Noise, 6),
        ];
        assert!(others.iter().all(|o| *o != draw(1, Stream::Noise, 5)));
    }

    #[test]
    fn normals_have_the_moments_of_a_normal() {
        let x = Random::new(7, Stream::Noise, 0).normals(100_001);
        let moment = |k: i32| x.iter().map(|&v| f64::from(v).powi(k)).sum::<f64>() / x.len() as f64;
        let moments = [moment(1), moment(2) - 1.0, moment(3), moment(4) - 3.0];
        assert!(moments.iter().all(|m| m.abs() < 0.06), "{moments:?}");
    }

    #[test]
    fn chosen_numbers_are_different_and_each_is_as_likely() {
        let mut random = Random::new(7, Stream::Measures, 0);
        let mut counts = [0; 6];
        for _ in 0..3000 {
            let chosen = random.choose(6, 2);
            assert!(chosen.len() == 2 && chosen[0] != chosen[1]);
            chosen.iter().for_each(|&i| counts[i] += 1);
        }
        assert!(counts.iter().all(|c| (900..1100).contains(c)), "{counts:?}");
        let mut all = random.choose(3, 9);
        all.sort_unstable();
        assert_eq!(all, [0, 1, 2]);
    }

    #[test]
    fn whole_numbers_stay_below_and_fill_their_range() {
        let mut random = Random::new(7, Stream::Captions, 0);
        let mut counts = [0; 5];
        (0..5000).for_each(|_| counts[random.below(5)] += 1);
        assert!(counts.iter().all(|c| (850..1150).contains(c)), "{counts:?}");
    }
}
