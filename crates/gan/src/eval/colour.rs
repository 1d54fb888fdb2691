//! Does a generator draw the colour that its caption names?

use std::collections::BTreeMap;

use dataset::Dataset;
use serde::Serialize;
use tch::Tensor;

use super::colour_names::dominant_term;
use super::unseen::Case;
use crate::device::Device;
use crate::picture::from_tensor;
use crate::random::{Random, Stream};
use crate::train::batches::to_images;
use crate::{GanError, LoadedModel};

const BATCH: usize = 50;

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

/// Draws one picture for each case and compares its colour with the one its caption names.
///
/// # Errors
/// libtorch refuses a call.
pub fn colour_accuracy(
    loaded: &LoadedModel,
    data: &Dataset,
    cases: &[Case<'_>],
    device: Device,
) -> Result<ColourReport, GanError> {
    let (dims, side) = (data.dims(), data.resolution());
    let (recipe, mut right, mut real_right) = (&loaded.model.recipe, 0, 0);
    let mut by_colour = BTreeMap::<_, [usize; 2]>::new();
    for (number, batch) in cases.chunks(BATCH).enumerate() {
        let (mut texts, mut pixels) = (Vec::new(), Vec::new());
        for case in batch {
            texts.extend_from_slice(&case.sample.vectors()?[case.caption * dims..][..dims]);
            pixels.extend_from_slice(&case.sample.image()?);
        }
        let texts = Tensor::from_slice(&texts)
            .view([-1, dims as i64])
            .to_device(device.tch());
        // Stream step 0 is the grids'.
        let z = Random::new(recipe.train.seed, Stream::Samples, 1 + number as u64).normal_tensor(
            &[batch.len() as i64, recipe.networks.z_len() as i64],
            device.tch(),
        );
        let fakes = from_tensor(&loaded.draw(&texts, &z))?;
        let reals = from_tensor(&to_images(&pixels, side, recipe.train.resolution, device))?;
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
