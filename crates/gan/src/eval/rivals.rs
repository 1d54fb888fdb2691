//! The captions that a picture's own one is ranked among.

use std::collections::BTreeMap;

use tch::Tensor;

use crate::random::{Random, Stream};

/// Captions without repetition, and for each picture which is its own and which are others.
pub struct Rivals {
    captions: Vec<Vec<f32>>,
    /// For each picture its own caption's row.
    pub own: Vec<usize>,
    /// For each picture rows of other captions.
    pub others: Vec<Vec<usize>>,
}

impl Rivals {
    /// Of the pictures' captions (text and vector). Captions of one text, or of one vector, are one. Each gets `among - 1`
    /// others at random, or all there are.
    #[must_use]
    pub fn of(pictures: &[(&str, &[f32])], among: usize, seed: u64) -> Self {
        let mut rows = BTreeMap::<Vec<u32>, usize>::new();
        let mut texts = BTreeMap::<&str, usize>::new();
        let mut captions = Vec::new();
        let own: Vec<usize> = pictures
            .iter()
            .map(|&(text, vector)| {
                let bits = vector.iter().map(|v| v.to_bits()).collect();
                let known = texts.get(text).copied();
                let row = known.unwrap_or_else(|| {
                    *rows.entry(bits).or_insert_with(|| {
                        captions.push(vector.to_vec());
                        captions.len() - 1
                    })
                });
                texts.insert(text, row);
                row
            })
            .collect();
        let mut random = Random::new(seed, Stream::Measures, 4);
        let mut choose = |own: usize| -> Vec<usize> {
            let chosen = random.choose(captions.len() - 1, among - 1);
            chosen.into_iter().map(|i| i + usize::from(i >= own)).collect()
        };
        let others = own.iter().map(|&row| choose(row)).collect();
        Self {
            captions,
            own,
            others,
        }
    }

    /// The captions' vectors `[m, dims]`.
    pub fn vectors(&self, dims: usize) -> Tensor {
        Tensor::from_slice(&self.captions.concat()).view([-1, dims as i64])
    }

    /// Captions that each is ranked among, itself included.
    #[must_use]
    pub fn among(&self) -> usize {
        self.others.first().map_or(0, |list| list.len() + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_captions_are_one_and_no_picture_has_its_own_among_the_others() {
        let vectors: Vec<[f32; 2]> = (0..6).map(|i| [i as f32, 1.0]).collect();
        let pictures: Vec<(&str, &[f32])> = vec![
            ("a", &vectors[0]),
            ("b", &vectors[1]),
            ("a", &vectors[2]),
            ("c", &vectors[1]),
            ("d", &vectors[3]),
        ];
        let rivals = Rivals::of(&pictures, 100, 1);
        assert_eq!(rivals.own, [0, 1, 0, 1, 2]);
        assert_eq!((rivals.vectors(2).size(), rivals.among()), (vec![3, 2], 3));
        for (own, others) in rivals.own.iter().zip(&rivals.others) {
            assert!(others.len() == 2 && !others.contains(own));
        }
        assert_eq!(Rivals::of(&pictures, 2, 1).others[0].len(), 1);
    }
}
