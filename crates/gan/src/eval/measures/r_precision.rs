//! Does a picture fit its own caption better than other captions (Xu et al. 2018, section 4.1)?

use tch::{Kind, Tensor};

use super::{LOT, doubles};

/// Captions that each picture's own one is ranked among, itself included.
pub const AMONG: usize = 100;

/// The share of pictures whose embedding is nearer, by cosine, to their own caption's than to each of `others`.
///
/// `images` `[n, e]` and `captions` `[m, e]` have rows of length 1; picture `i` has caption `own[i]`, and `others[i]` are
/// rows of `captions` that are not it. 0 without pictures.
#[must_use]
pub fn r_precision(images: &Tensor, captions: &Tensor, own: &[usize], others: &[Vec<usize>]) -> f64 {
    let (images, captions) = (doubles(images), doubles(captions));
    let (mut hits, lot) = (0, LOT as usize);
    for (begin, (own, others)) in (0_i64..)
        .step_by(lot)
        .zip(own.chunks(lot).zip(others.chunks(lot)))
    {
        // Of each picture its own caption, then the others, one after the other.
        let (mut pictures, mut texts) = (Vec::<i64>::new(), Vec::<i64>::new());
        for (picture, (own, others)) in (begin..).zip(own.iter().zip(others)) {
            pictures.resize(pictures.len() + 1 + others.len(), picture);
            texts.extend(std::iter::once(own).chain(others).map(|&row| row as i64));
        }
        let rows = |x: &Tensor, rows: &[i64]| x.index_select(0, &Tensor::from_slice(rows));
        let products = rows(&images, &pictures) * rows(&captions, &texts);
        let sums = products.sum_dim_intlist([1].as_slice(), false, Kind::Double);
        let mut cosines = vec![0.0_f64; texts.len()];
        sums.copy_data(&mut cosines, texts.len());
        let mut rest = cosines.as_slice();
        for others in others {
            let (ranked, after) = rest.split_at(1 + others.len());
            hits += usize::from(ranked[1..].iter().all(|&other| other < ranked[0]));
            rest = after;
        }
    }
    hits as f64 / own.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_pictures_are_ranked_among_few_captions_each_and_a_draw_is_no_hit() {
        // All cosines of these would take 320 GB.
        let n = 200_000_usize;
        let units: Vec<f32> = (0..n)
            .flat_map(|i| [(i % 2) as f32, 1.0 - (i % 2) as f32])
            .collect();
        let units = Tensor::from_slice(&units).view([n as i64, 2]);
        let own: Vec<usize> = (0..n).collect();
        // One of eight has a caption of its own direction against it, another none at all.
        let others = |i: usize| match i % 8 {
            0 => Vec::new(),
            4 => vec![(i + 1) % n, (i + 2) % n],
            _ => vec![(i + 1) % n],
        };
        let others: Vec<Vec<usize>> = own.iter().map(|&i| others(i)).collect();
        assert_eq!(r_precision(&units, &units, &own, &others), 0.875);
        assert_eq!(r_precision(&units, &units, &[], &[]), 0.0);
    }
}
