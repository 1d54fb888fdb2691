//! Does a picture fit its own caption better than other captions (Xu et al. 2018, section 4.1)?

use tch::Tensor;

use super::doubles;

/// Captions that each picture's own one is ranked among, itself included.
pub const AMONG: usize = 100;

/// The share of pictures whose embedding is nearer, by cosine, to their own caption's than to each of `others`.
///
/// `images` `[n, e]` and `captions` `[m, e]` have rows of length 1; picture `i` has caption `own[i]`, and `others[i]` are
/// rows of `captions` that are not it. 0 without pictures.
#[must_use]
pub fn r_precision(images: &Tensor, captions: &Tensor, own: &[usize], others: &[Vec<usize>]) -> f64 {
    let cosines = doubles(images).matmul(&doubles(captions).tr()); // [n, m]
    let hit = |picture: usize| {
        let cosine = |caption: usize| cosines.double_value(&[picture as i64, caption as i64]);
        let own = cosine(own[picture]);
        others[picture].iter().all(|&other| cosine(other) < own)
    };
    let hits = (0..own.len()).filter(|&picture| hit(picture)).count();
    hits as f64 / own.len().max(1) as f64
}
