//! `reals.png` and `fakes-<kimg>.png`: the same captions and the same noise, grid after grid.

use std::path::Path;

use dataset::{Dataset, Sample, Split};
use tch::{Kind, Tensor};

use super::batches::to_images;
use crate::GanError;
use crate::device::Device;
use crate::networks::{self, Generator};
use crate::picture::{Layout, Png, RgbImage, Row, draw_grid, from_tensor};
use crate::random::{Random, Stream};
use crate::recipe::{Captions, Recipe};

/// Captions in a grid.
const ROWS: usize = 8;
/// Images a caption.
const COLUMNS: usize = 8;

/// What every grid of a run shows.
pub struct Grids {
    captions: Vec<String>,
    /// Pixels of the captions' own products, side of the data each.
    photos: Vec<u8>,
    texts: Tensor,
    z: Tensor,
}

/// A grid that was drawn.
pub struct Drawn {
    /// The picture, with its [`Layout`].
    pub png: Png,
    /// Standard deviation of a pixel's value (0..=1) over the z of one caption, its mean over pixels and captions: 0 where
    /// all z give the same picture.
    pub z_spread: f64,
}

/// How names of grids begin in a run folder.
pub const FAKES: &str = "fakes-";

/// Name of the grid after so many images: `fakes-000020.png` after 20 kimg.
#[must_use]
pub fn name(images: u64) -> String {
    format!("{FAKES}{:06}.png", images / 1000)
}

/// Which of a product's captions a grid asks for: `full` where that is all that the recipe trains on, else `title`, the
/// one that a person can read in a line.
#[must_use]
pub fn caption(data: &Dataset, recipe: &Recipe) -> usize {
    match recipe.train.captions {
        Captions::Full => 0,
        Captions::Any => 1.min(data.captions().saturating_sub(1)),
    }
}

impl Grids {
    /// Chooses captions of products never trained on, of different types where the data tell types.
    ///
    /// # Errors
    /// A product's vectors are damaged.
    pub fn new(data: &Dataset, recipe: &Recipe, device: Device) -> Result<Self, GanError> {
        let caption = caption(data, recipe);
        let dims = data.dims();
        let chosen = choose(data);
        let mut rows: Vec<f32> = Vec::with_capacity(chosen.len() * dims);
        let mut photos = Vec::new();
        let mut captions = Vec::new();
        for sample in &chosen {
            let caption = sample.caption_with_text(caption);
            photos.extend_from_slice(&sample.image()?);
            rows.extend_from_slice(&sample.vectors()?[caption * dims..(caption + 1) * dims]);
            captions.push(sample.captions.get(caption).cloned().unwrap_or_default());
        }
        let texts = Tensor::from_slice(&rows).view([-1, dims as i64]);
        // Every row has the same noise, so that a column shows what the text alone changes.
        let z = Random::new(recipe.train.seed, Stream::Samples, 0)
            .normal_tensor(&[COLUMNS as i64, recipe.networks.z_len() as i64], device.tch())
            .repeat([chosen.len() as i64, 1]);
        Ok(Self {
            captions,
            texts: texts
                .repeat_interleave_self_int(COLUMNS as i64, 0, None)
                .to_device(device.tch()),
            photos,
            z,
        })
    }

    /// Draws the grid of a generator; `path` names it in errors. `None` where the data have no product to ask for.
    ///
    /// # Errors
    /// libtorch refuses a call.
    pub fn fakes(&self, generator: &dyn Generator, path: &Path) -> Result<Option<Drawn>, GanError> {
        if self.captions.is_empty() {
            return Ok(None);
        }
        let columns = COLUMNS as i64;
        let (noise, texts) = (self.z.split(columns, 0), self.texts.split(columns, 0));
        let (mut all, mut spread) = (Vec::new(), 0.0);
        // Row by row: the largest images would not fit the memory all at once.
        for (z, texts) in noise.iter().zip(&texts) {
            let images = networks::draw(generator, z, texts);
            spread += z_spread(&images)?;
            all.extend(from_tensor(&images)?);
        }
        Ok(Some(Drawn {
            png: self.sheet(&all, COLUMNS, path)?,
            z_spread: spread / noise.len() as f64,
        }))
    }

    /// Writes the photos of the captions' own products, as rows of one image.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn photos(&self, data: &Dataset, recipe: &Recipe, path: &Path) -> Result<(), GanError> {
        if self.captions.is_empty() {
            return Ok(());
        }
        let images = to_images(
            &self.photos,
            data.resolution(),
            recipe.train.resolution,
            Device::CPU,
        );
        self.sheet(&from_tensor(&images)?, 1, path)?.write(path)
    }

    fn sheet(&self, images: &[RgbImage], columns: usize, path: &Path) -> Result<Png, GanError> {
        let rows: Vec<Row> = (self.captions.iter().zip(images.chunks(columns)))
            .map(|(caption, images)| Row {
                caption: caption.clone(),
                images: images.to_vec(),
            })
            .collect();
        let layout = serde_json::to_string(&Layout::of(&rows)).map_err(|e| GanError::Torch(e.to_string()))?;
        draw_grid(&rows).to_png(path, &[(Layout::KEYWORD, &layout)])
    }
}

/// Standard deviation of a pixel's value (0..=1) over images `[n, 3, r, r]`, its mean over pixels.
fn z_spread(images: &Tensor) -> Result<f64, GanError> {
    let values = ((images + 1.0) / 2.0).clamp(0.0, 1.0);
    let spread = values.std_dim([0].as_slice(), false, false).mean(Kind::Float);
    Ok(f64::try_from(spread)?)
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

/// Up to [`ROWS`] products, of val where there are any, else of test, else of train: first one of each article type, then
/// whatever comes.
fn choose(data: &Dataset) -> Vec<Sample<'_>> {
    let kept = [Split::Val, Split::Test]
        .into_iter()
        .find(|&split| !data.is_empty(split));
    let split = kept.unwrap_or(Split::Train);
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_spread_is_zero_for_images_that_are_alike_and_a_half_for_black_and_white() {
        let image = |value: f64| Tensor::full([1, 3, 4, 4], value, tch::kind::FLOAT_CPU);
        let spread = |a: f64, b: f64| z_spread(&Tensor::cat(&[image(a), image(b)], 0)).unwrap();
        assert_eq!(spread(0.3, 0.3), 0.0);
        assert!((spread(-1.0, 1.0) - 0.5).abs() < 1e-6);
        assert!(
            (spread(-9.0, 9.0) - 0.5).abs() < 1e-6,
            "what a picture cannot show does not count"
        );
    }
}
