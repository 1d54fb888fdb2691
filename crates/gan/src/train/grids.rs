//! `reals.png` and `fakes-<kimg>.png`: the same captions and the same noise, grid after grid.

use std::path::Path;

use dataset::{Dataset, Sample, Split};
use tch::Tensor;

use super::batches::to_images;
use crate::GanError;
use crate::device::Device;
use crate::networks::{self, Generator};
use crate::picture::{Row, draw_grid, from_tensor};
use crate::random::{Random, Stream};
use crate::recipe::{Captions, Recipe};

/// Captions in a grid.
const ROWS: usize = 8;
/// Images a caption.
const COLUMNS: usize = 8;

/// What every grid of a run shows.
pub struct Grids {
    captions: Vec<String>,
    texts: Tensor,
    z: Tensor,
}

impl Grids {
    /// Chooses captions of products never trained on, of different types where the data tell types.
    ///
    /// # Errors
    /// A product's vectors are damaged.
    pub fn new(data: &Dataset, recipe: &Recipe, device: Device) -> Result<Self, GanError> {
        // `full` is what the recipe trains on, `title` the one that a person can read in a line.
        let caption = match recipe.train.captions {
            Captions::Full => 0,
            Captions::Any => 1.min(data.captions().saturating_sub(1)),
        };
        let dims = data.dims();
        let chosen = choose(data);
        let mut rows: Vec<f32> = Vec::with_capacity(chosen.len() * dims);
        for sample in &chosen {
            rows.extend_from_slice(&sample.vectors()?[caption * dims..(caption + 1) * dims]);
        }
        let texts = Tensor::from_slice(&rows).view([-1, dims as i64]);
        // Every row has the same noise, so that a column shows what the text alone changes.
        let z = Random::new(recipe.train.seed, Stream::Samples, 0)
            .normal_tensor(&[COLUMNS as i64, recipe.networks.z_dim as i64], device.tch())
            .repeat([chosen.len() as i64, 1]);
        Ok(Self {
            captions: chosen
                .iter()
                .map(|s| s.captions.get(caption).cloned().unwrap_or_default())
                .collect(),
            texts: texts
                .repeat_interleave_self_int(COLUMNS as i64, 0, None)
                .to_device(device.tch()),
            z,
        })
    }

    /// Draws the grid of a generator.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn fakes(&self, generator: &dyn Generator, path: &Path) -> Result<(), GanError> {
        if self.captions.is_empty() {
            return Ok(());
        }
        let columns = COLUMNS as i64;
        let noise = self.z.split(columns, 0);
        let texts = self.texts.split(columns, 0);
        let mut rows = Vec::with_capacity(self.captions.len());
        // Row by row: the largest images would not fit the memory all at once.
        for ((caption, z), texts) in self.captions.iter().zip(&noise).zip(&texts) {
            rows.push(Row {
                caption: caption.clone(),
                images: from_tensor(&networks::draw(generator, z, texts))?,
            });
        }
        draw_grid(&rows).write_png(path, &[])
    }
}

/// Draws the first images of the train split as the generator should draw.
///
/// # Errors
/// The file cannot be written.
pub fn reals(data: &Dataset, recipe: &Recipe, path: &Path) -> Result<(), GanError> {
    let samples: Vec<Sample<'_>> = (0..ROWS * COLUMNS)
        .filter_map(|i| data.sample(Split::Train, i))
        .collect();
    let mut rows = Vec::with_capacity(ROWS);
    for samples in samples.chunks(COLUMNS) {
        let mut pixels = Vec::new();
        for sample in samples {
            pixels.extend_from_slice(&sample.image()?);
        }
        let images = to_images(&pixels, data.resolution(), recipe.train.resolution, Device::CPU);
        rows.push(Row {
            caption: String::new(),
            images: from_tensor(&images)?,
        });
    }
    draw_grid(&rows).write_png(path, &[])
}

/// Up to [`ROWS`] products, of val where there are any: first one of each article type, then whatever comes.
fn choose(data: &Dataset) -> Vec<Sample<'_>> {
    let split = if data.len(Split::Val) > 0 {
        Split::Val
    } else {
        Split::Train
    };
    let mut seen = std::collections::BTreeSet::new();
    let (mut first, mut rest) = (Vec::new(), Vec::new());
    for sample in (0..data.len(split)).filter_map(|i| data.sample(split, i)) {
        let kind = sample.attributes.get("article_type");
        let list = if kind.is_none_or(|k| seen.insert(k)) {
            &mut first
        } else {
            &mut rest
        };
        if list.len() < ROWS {
            list.push(sample);
        }
    }
    first.extend(rest);
    first.truncate(ROWS);
    first
}
