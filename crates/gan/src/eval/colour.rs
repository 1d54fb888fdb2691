//! Does a generator draw the colour that its caption names?

use std::collections::BTreeMap;

use dataset::Dataset;
use serde::Serialize;

use super::colour_names::dominant_term;
use super::drawer::Drawer;
use super::photos::from_bytes;
use super::unseen::Case;
use crate::GanError;
use crate::picture::{RgbImage, from_tensor};
use crate::train::batches::to_images;

/// Captions at a time.
const BATCH: usize = 64;
/// Number of the first picture: far from those of the other measures, standard FID's included.
const FIRST: u64 = 1 << 50;

/// The share of captions whose colour is the dominant one of the picture.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ColourReport {
    /// Captions asked: none of them is any caption of a product trained on.
    pub captions: usize,
    /// Generated pictures in the colour asked for.
    pub right: usize,
    /// `right / captions`.
    pub share: f64,
    /// The same share for the real images of these captions: what the measure itself can reach.
    pub real_share: f64,
    /// Captions and hits by colour asked for.
    pub by_colour: BTreeMap<&'static str, [usize; 2]>,
}

/// Draws one picture for each case, with the noise of `seed` and the case's number, and compares its colour with the one its
/// caption names.
///
/// # Errors
/// The data are damaged, or libtorch refuses a call.
pub fn colour_accuracy(
    drawer: &Drawer<'_>,
    data: &Dataset,
    cases: &[Case<'_>],
    seed: u64,
) -> Result<ColourReport, GanError> {
    let (dims, side) = (data.dims(), data.resolution());
    let (mut right, mut real_right) = (0, 0);
    let mut by_colour = BTreeMap::<_, [usize; 2]>::new();
    for (batch, number) in cases.chunks(BATCH).zip((0_u64..).step_by(BATCH)) {
        let (mut vectors, mut pixels) = (Vec::new(), Vec::new());
        for case in batch {
            vectors.push(case.sample.vectors()?[case.caption * dims..][..dims].to_vec());
            pixels.extend_from_slice(&case.sample.image()?);
        }
        let vectors: Vec<&[f32]> = vectors.iter().map(Vec::as_slice).collect();
        let fakes = pictures(drawer, &vectors, seed, number)?;
        let reals = from_tensor(&to_images(&pixels, side, drawer.resolution, drawer.device))?;
        for ((case, fake), real) in batch.iter().zip(&fakes).zip(&reals) {
            let hit = dominant_term(fake) == Some(case.colour);
            right += usize::from(hit);
            real_right += usize::from(dominant_term(real) == Some(case.colour));
            let [asked, hits] = by_colour.entry(case.colour).or_default();
            *asked += 1;
            *hits += usize::from(hit);
        }
    }
    let captions = cases.len();
    let share = |n: usize| n as f64 / captions as f64;
    Ok(ColourReport {
        captions,
        right,
        share: share(right),
        real_share: share(real_right),
        by_colour,
    })
}

/// A picture for each vector, of the cases from `number` on.
fn pictures(
    drawer: &Drawer<'_>,
    vectors: &[&[f32]],
    seed: u64,
    number: u64,
) -> Result<Vec<RgbImage>, GanError> {
    let lots = drawer.pictures(vectors, seed, FIRST + number);
    let lots = lots.map(|bytes| from_tensor(&from_bytes(&bytes)));
    Ok(lots.collect::<Result<Vec<_>, _>>()?.concat())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::Device;
    use tch::Tensor;

    #[test]
    fn a_cases_noise_follows_from_the_seed_and_its_number_alone() {
        let drawer = Drawer {
            resolution: 2,
            z_len: 12,
            device: Device::CPU,
            draw: &|_: &Tensor, z: &Tensor| z.view([-1, 3, 2, 2]).tanh(),
        };
        let vectors = vec![&[1.0_f32][..]; BATCH + 3];
        let all = pictures(&drawer, &vectors, 7, 0).unwrap();
        assert_eq!(all.len(), BATCH + 3);
        let later = pictures(&drawer, &vectors[..2], 7, BATCH as u64 + 1).unwrap();
        assert_eq!(all[BATCH + 1..], later);
        assert_ne!(all[0], all[1]);
        assert_ne!(pictures(&drawer, &vectors[..1], 8, 0).unwrap(), all[..1]);
    }
}
