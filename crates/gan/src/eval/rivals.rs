//! The captions that a picture's own one is ranked among.

use std::collections::BTreeMap;

use tch::Tensor;

use crate::random::{Random, Stream};

/// The caption of a picture.
#[derive(Debug, Clone, Copy)]
pub struct Ranked<'a> {
    /// Its text.
    pub text: &'a str,
    /// Its vector.
    pub vector: &'a [f32],
    /// All captions of its product: none of them is wrong for the picture.
    pub product: &'a [String],
}

/// Captions without repetition, and for each picture which is its own and which are wrong for it.
pub struct Rivals {
    captions: Vec<Vec<f32>>,
    /// For each picture its own caption's row.
    pub own: Vec<usize>,
    /// For each picture rows of captions that its product does not have, equally many for each.
    pub others: Vec<Vec<usize>>,
}

impl Rivals {
    /// Of the pictures' captions. Captions of one text, or of one vector, are one. Each gets `among - 1` others at random that are
    /// no caption of its product, or as many as there are for every picture.
    #[must_use]
    pub fn of(pictures: &[Ranked<'_>], among: usize, seed: u64) -> Self {
        let mut rows = BTreeMap::<Vec<u32>, usize>::new();
        let mut texts = BTreeMap::<&str, usize>::new();
        let mut captions = Vec::new();
        let own: Vec<usize> = pictures
            .iter()
            .map(|picture| {
                let bits = picture.vector.iter().map(|v| v.to_bits()).collect();
                let known = texts.get(picture.text).copied();
                let row = known.unwrap_or_else(|| {
                    *rows.entry(bits).or_insert_with(|| {
                        captions.push(picture.vector.to_vec());
                        captions.len() - 1
                    })
                });
                texts.insert(picture.text, row);
                row
            })
            .collect();
        let fitting = |(picture, &own): (&Ranked<'_>, &usize)| -> Vec<usize> {
            let known = |text: &String| texts.get(text.as_str()).copied();
            let mut rows: Vec<usize> = picture.product.iter().filter_map(known).collect();
            rows.push(own);
            rows.sort_unstable();
            rows.dedup();
            rows
        };
        let fitting: Vec<Vec<usize>> = pictures.iter().zip(&own).map(fitting).collect();
        let wrong = fitting.iter().map(|rows| captions.len() - rows.len());
        let count = wrong.min().unwrap_or(0).min(among - 1);
        let mut random = Random::new(seed, Stream::Measures, 4);
        let choose = |fitting: &Vec<usize>| -> Vec<usize> {
            let chosen = random.choose(captions.len() - fitting.len(), count);
            // Numbers of the rows that are left when those that fit, which ascend, are taken out.
            let row = |number: usize| {
                fitting
                    .iter()
                    .fold(number, |row, &out| row + usize::from(row >= out))
            };
            chosen.into_iter().map(row).collect()
        };
        let others = fitting.iter().map(choose).collect();
        Self {
            captions,
            own,
            others,
        }
    }

    /// The captions' vectors `[m, dims]`.
    pub fn vectors(&self, dims: usize) -> Tensor {
        Tensor::from_slice(&self.captions.concat()).view([self.captions.len() as i64, dims as i64])
    }

    /// Captions that each is ranked among, itself included; 0 without pictures.
    #[must_use]
    pub fn among(&self) -> usize {
        self.others.first().map_or(0, |list| list.len() + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ranked<'a>(text: &'a str, vector: &'a [f32], product: &'a [String]) -> Ranked<'a> {
        Ranked {
            text,
            vector,
            product,
        }
    }

    #[test]
    fn equal_captions_are_one_and_no_picture_has_its_own_among_the_others() {
        let vectors: Vec<[f32; 2]> = (0..6).map(|i| [i as f32, 1.0]).collect();
        let pictures = [
            ranked("a", &vectors[0], &[]),
            ranked("b", &vectors[1], &[]),
            ranked("a", &vectors[2], &[]),
            ranked("c", &vectors[1], &[]),
            ranked("d", &vectors[3], &[]),
        ];
        let rivals = Rivals::of(&pictures, 100, 1);
        assert_eq!(rivals.own, [0, 1, 0, 1, 2]);
        assert_eq!((rivals.vectors(2).size(), rivals.among()), (vec![3, 2], 3));
        for (own, others) in rivals.own.iter().zip(&rivals.others) {
            assert!(others.len() == 2 && !others.contains(own));
        }
        assert_eq!(Rivals::of(&pictures, 2, 1).others[0].len(), 1);
        let none = Rivals::of(&[], 100, 1);
        assert_eq!((none.vectors(2).size(), none.among()), (vec![0, 2], 0));
    }

    #[test]
    fn no_caption_of_its_own_product_is_wrong_for_a_picture() {
        let vectors: Vec<[f32; 1]> = (0..7).map(|i| [i as f32]).collect();
        let texts = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        // The second is asked for by its title alone, but has the first's other caption too.
        let (first, second) = (texts(&["blue bag", "bag"]), texts(&["new bag", "bag"]));
        let others = ["a", "b", "c", "d"].map(|text| texts(&[text]));
        let mut pictures = vec![
            ranked("blue bag", &vectors[0], &first),
            ranked("bag", &vectors[1], &first),
            ranked("new bag", &vectors[2], &second),
        ];
        pictures.extend((others.iter().zip(&vectors[3..])).map(|(own, v)| ranked(&own[0], v, own)));
        for (among, expected) in [(100, 5), (3, 2)] {
            let rivals = Rivals::of(&pictures, among, 1);
            let [blue, plain, new] = [0, 1, 2].map(|i| &rivals.others[i]);
            assert!(!blue.contains(&1) && !plain.contains(&0), "{:?}", rivals.others);
            assert!(!new.contains(&1) && !new.contains(&2), "{new:?}");
            for others in &rivals.others {
                let mut different = others.clone();
                different.sort_unstable();
                different.dedup();
                assert_eq!((others.len(), different.len()), (expected, expected));
                assert!(others.iter().all(|&row| row < vectors.len()));
            }
            assert_eq!(rivals.among(), expected + 1);
        }
    }
}
