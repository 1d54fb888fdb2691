//! Batches of a dataset for a training step: which products, which of their captions, as tensors.

use std::path::Path;
use std::sync::Arc;

use aten::HostArray;
use dataset::{BatchBuffer, CaptionRule, Dataset, DatasetError, LoadPlan, Loader, Split};
use tch::{Kind, Tensor};

use super::resident::Resident;
use super::step::Batch;
use crate::GanError;
use crate::device::Device;
use crate::networks::grown::fade_reals;
use crate::random::{Random, Stream};
use crate::recipe::{Augment, Captions, Recipe};
use crate::schedule::{Moment, Schedule};

/// Batches that are filled while steps run.
const AHEAD: usize = 3;

/// Values that are averaged down at once, where images are: 16 MB of floats.
const AT_ONCE: i64 = 1 << 22;

/// The train split, in exact shuffled epochs; what a step gets follows from (seed, step) alone.
pub struct Batches {
    data: Arc<Dataset>,
    device: Device,
    plan: LoadPlan,
    /// What has all samples on the device, where they fit.
    resident: Option<Resident>,
    /// What fills the batches otherwise, at the step that is asked for next where steps come in order.
    loader: Option<Loader<Buffer>>,
    /// Any caption of a product, not the first alone.
    any_caption: bool,
    schedule: Schedule,
    /// Growth by skips.
    skips: bool,
    augment: Augment,
}

/// A batch's place in memory that the device reads from.
struct Buffer {
    pixels: HostArray<u8>,
    vectors: HostArray<f32>,
}

impl BatchBuffer for Buffer {
    fn places(&mut self) -> (&mut [u8], &mut [f32]) {
        (self.pixels.as_mut_slice(), self.vectors.as_mut_slice())
    }
}

impl Batches {
    /// Batches as `recipe` asks for them.
    ///
    /// # Errors
    /// The dataset is empty, or its images are no multiple of the recipe's resolution.
    pub fn new(data: Arc<Dataset>, path: &Path, recipe: &Recipe, device: Device) -> Result<Self, GanError> {
        let (wanted, found) = (recipe.train.resolution, data.resolution());
        if found % wanted != 0 {
            return Err(GanError::Data {
                path: path.to_owned(),
                expected: format!("images of {wanted} pixels or a multiple (train.resolution)"),
                found: format!("{found} pixels"),
                hint: "ingest again with a fitting --size, or set train.resolution",
            });
        }
        if data.is_empty(Split::Train) {
            return Err(GanError::Data {
                path: path.to_owned(),
                expected: "at least one product in the train split".to_owned(),
                found: "none".to_owned(),
                hint: "`dataset inspect` shows what is there; a dump of a handful of products can fall into val and test",
            });
        }
        Ok(Self {
            plan: LoadPlan::new(recipe.train.seed, recipe.train.batch),
            resident: Resident::where_it_fits(&data, recipe.train.seed, device)?,
            data,
            device,
            loader: None,
            any_caption: recipe.train.captions == Captions::Any,
            schedule: Schedule::of(recipe),
            skips: recipe.has_skips(),
            augment: recipe.augment.clone(),
        })
    }

    /// The batch of a step, counted from 0. The next one is filled meanwhile.
    ///
    /// # Errors
    /// The data are damaged, or there is no memory for a batch.
    pub fn at(&mut self, step: u64) -> Result<Batch, GanError> {
        let now = self.schedule.at(step);
        let (pixels, mut rows) = match self.resident.take() {
            Some(mut resident) => {
                let mut captions = vec![0; now.batch];
                if self.any_caption {
                    choose_captions(self.plan.seed, step, self.data.captions(), &mut captions);
                }
                let batch = resident.batch(now.images_seen, &captions)?;
                self.resident = Some(resident);
                batch
            }
            None => self.loaded(step, &now)?,
        };
        let mut images = fade_reals(&scale(&pixels, now.grown.side), now.grown, self.skips);
        if self.augment.flip {
            images = mirror_some(&images, Random::new(self.plan.seed, Stream::Flips, step));
        }
        let dims = self.data.dims();
        if self.augment.caption_dropout > 0.0 || self.augment.word_dropout > 0.0 {
            let random = Random::new(self.plan.seed, Stream::Dropout, step);
            drop_out(&self.augment, &mut rows, dims, random);
        }
        if self.augment.text_noise > 0.0 {
            let random = Random::new(self.plan.seed, Stream::TextNoise, step);
            add_noise(self.augment.text_noise, &mut rows, dims, random);
        }
        if now.text_length < 1.0 {
            rows.iter_mut().for_each(|value| *value *= now.text_length as f32);
        }
        let texts = Tensor::from_slice(&rows).view([now.batch as i64, dims as i64]);
        let texts = aten::upload(&texts, self.device.tch());
        Ok(Batch { images, texts })
    }

    /// A batch that was filled ahead: pixels on the device, and rows of texts.
    fn loaded(&mut self, step: u64, now: &Moment) -> Result<(Tensor, Vec<f32>), GanError> {
        let goes_on = now.batch == self.plan.batch;
        let loader = self.loader.take();
        let loader = match loader.filter(|loader| goes_on && loader.consumed() == now.images_seen) {
            Some(loader) => self.loader.insert(loader),
            None => {
                self.plan.batch = now.batch;
                self.loader.insert(self.load_from(step, now)?)
            }
        };
        let (side, dims) = (self.data.resolution() as i64, self.data.dims());
        let batch = loader.next().transpose()?;
        let buffer = batch.as_ref().and_then(dataset::Batch::buffer);
        let buffer = buffer.ok_or_else(|| DatasetError::Load {
            expected: "one more batch of a row without an end".to_owned(),
            found: "none".to_owned(),
        })?;
        // u8 travels to the device: a quarter of the bytes.
        let shape = [now.batch as i64, side, side, 3];
        let pixels = buffer.pixels.copy_to(&shape, self.device.tch())?;
        let rows = buffer.vectors.as_slice()[..now.batch * dims].to_vec();
        Ok((pixels, rows))
    }

    fn load_from(&self, step: u64, now: &Moment) -> Result<Loader<Buffer>, GanError> {
        let captions = if self.any_caption {
            any_caption(self.plan.seed, step, now, self.data.captions())
        } else {
            CaptionRule::First
        };
        let plan = LoadPlan {
            from: now.images_seen,
            captions,
            ..self.plan.clone()
        };
        let samples = plan.most_samples();
        let device = self.device.tch();
        let buffer = |_| -> Result<Buffer, GanError> {
            Ok(Buffer {
                pixels: HostArray::new(samples * self.data.image_bytes(), device)?,
                vectors: HostArray::new(samples * self.data.dims(), device)?,
            })
        };
        let buffers = (0..AHEAD).map(buffer).collect::<Result<_, _>>()?;
        Ok(Loader::new(Arc::clone(&self.data), plan, buffers)?)
    }
}

/// One of a product's captions, by (seed, step) as all randomness of a training, in batches as at `step`, the first.
fn any_caption(seed: u64, step: u64, now: &Moment, captions: usize) -> CaptionRule {
    let (from, batch) = (now.images_seen, now.batch as u64);
    CaptionRule::By(Arc::new(move |first, chosen| {
        choose_captions(seed, step + (first - from) / batch, captions, chosen);
    }))
}

/// A caption for each sample of a step.
fn choose_captions(seed: u64, step: u64, captions: usize, chosen: &mut [usize]) {
    let mut random = Random::new(seed, Stream::Captions, step);
    chosen
        .iter_mut()
        .for_each(|caption| *caption = random.below(captions));
}

/// Drops captions and words from rows of `dims` values; what is left of a row has length 1 again.
fn drop_out(augment: &Augment, texts: &mut [f32], dims: usize, mut random: Random) {
    let Augment {
        caption_dropout,
        word_dropout,
        ..
    } = *augment;
    for row in texts.chunks_mut(dims) {
        if random.unit() < caption_dropout {
            row.fill(0.0);
            continue;
        }
        // A row that would lose all its words keeps them.
        let whole = row.to_vec();
        let dropped = row
            .iter_mut()
            .filter(|v| **v != 0.0 && random.unit() < word_dropout);
        dropped.for_each(|value| *value = 0.0);
        match row.iter().map(|v| v * v).sum::<f32>().sqrt() {
            0.0 => row.copy_from_slice(&whole),
            length => row.iter_mut().for_each(|v| *v /= length),
        }
    }
}

/// Adds noise of about this length to rows of `dims` values; they have length 1 again. Rows of zeros, which stand for no
/// text, stay.
fn add_noise(length: f64, texts: &mut [f32], dims: usize, mut random: Random) {
    let scale = (length / (dims as f64).sqrt()) as f32;
    for row in texts.chunks_mut(dims) {
        // Drawn for every row, so that what one gets does not depend on the others.
        let noise = random.normals(dims);
        if row.iter().all(|v| *v == 0.0) {
            continue;
        }
        row.iter_mut().zip(noise).for_each(|(v, n)| *v += scale * n);
        let length = row.iter().map(|v| v * v).sum::<f32>().sqrt();
        row.iter_mut().for_each(|v| *v /= length);
    }
}

/// Mirrors half of the images `[n, 3, r, r]`.
fn mirror_some(images: &Tensor, mut random: Random) -> Tensor {
    let mirrored: Vec<bool> = (0..images.size()[0]).map(|_| random.below(2) == 1).collect();
    let mirrored = aten::upload(
        &Tensor::from_slice(&mirrored).view([-1, 1, 1, 1]),
        images.device(),
    );
    images.flip([3]).where_self(&mirrored, images)
}

/// Pixels `[n, side, side, 3]` of u8 as images `[n, 3, r, r]` in -1..=1; larger sides are averaged down exactly.
pub fn to_images(pixels: &[u8], side: usize, resolution: usize, device: Device) -> Tensor {
    let pixels = Tensor::from_slice(pixels).view([-1, side as i64, side as i64, 3]);
    scale(&pixels.to_device(device.tch()), resolution)
}

/// As [`to_images`], where the pixels are on the device already.
fn scale(pixels: &Tensor, resolution: usize) -> Tensor {
    let factor = pixels.size()[1] / resolution as i64;
    let some = |pixels: &Tensor| {
        let values = pixels.permute([0, 3, 1, 2]).to_kind(Kind::Float); // channels innermost
        // Sums of whole numbers below 2^24 have no error: means of up to 256 x 256 bytes are exact.
        let means = match factor {
            1 => values,
            _ => values.avg_pool2d([factor; 2], [factor; 2], [0; 2], false, true, None),
        };
        means / 127.5 - 1.0
    };
    if factor == 1 {
        return some(pixels);
    }
    // A few at a time, so that large ones are not all in memory as floats at once.
    let at_once = (AT_ONCE / (pixels.size()[1..].iter().product::<i64>())).max(1);
    let images: Vec<Tensor> = pixels.split(at_once, 0).iter().map(some).collect();
    Tensor::cat(&images, 0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn pixels_become_channels_between_minus_one_and_one() {
        let x = to_images(
            &[0, 255, 0, 255, 255, 0, 0, 255, 0, 255, 255, 0],
            2,
            2,
            Device::CPU,
        );
        assert_eq!(x.size(), [1, 3, 2, 2]);
        assert_eq!(
            Vec::<f32>::try_from(x.flatten(0, -1)).unwrap()[..4],
            [-1.0, 1.0, -1.0, 1.0]
        );
    }

    fn random(stream: Stream) -> Random {
        Random::new(5, stream, 0)
    }

    #[test]
    fn dropped_captions_are_zeros_and_dropped_words_leave_rows_of_length_one() {
        let row = [0.6_f32, 0.0, 0.8];
        let drop = |caption_dropout, word_dropout| -> Vec<f32> {
            let augment = Augment {
                caption_dropout,
                word_dropout,
                ..Augment::default()
            };
            let mut texts = row.repeat(1000);
            drop_out(&augment, &mut texts, 3, random(Stream::Dropout));
            texts
        };
        assert_eq!(drop(0.0, 0.0), row.repeat(1000));
        let captions = drop(0.3, 0.0);
        let gone = captions.chunks(3).filter(|row| **row == [0.0; 3]).count();
        assert!((230..370).contains(&gone), "{gone} of 1000");
        let words = drop(0.0, 0.5);
        // Of two words one is left half of the time; never none, and never another.
        let alone = words.chunks(3).filter(|row| row.contains(&1.0)).count();
        assert!((430..570).contains(&alone), "{alone} of 1000");
        for row in words.chunks(3) {
            assert_eq!(row[1], 0.0);
            assert!((row.iter().map(|v| v * v).sum::<f32>() - 1.0).abs() < 1e-6);
        }
    }

    #[test]
    fn noise_turns_rows_by_its_length_and_leaves_no_text_alone() {
        let dims = 400;
        let mut texts = vec![0.0_f32; 3 * dims];
        (texts[0], texts[2 * dims + 1]) = (1.0, 1.0);
        add_noise(0.5, &mut texts, dims, random(Stream::TextNoise));
        let cosines = [texts[0], texts[2 * dims + 1]];
        // 1 over the root of 1 + 0.5².
        assert!(cosines.iter().all(|c| (c - 0.894).abs() < 0.03), "{cosines:?}");
        assert!(texts[dims..2 * dims].iter().all(|v| *v == 0.0));
        for row in [&texts[..dims], &texts[2 * dims..]] {
            assert!((row.iter().map(|v| v * v).sum::<f32>() - 1.0).abs() < 1e-5);
        }
    }

    #[test]
    fn half_of_the_images_are_mirrored_and_the_others_as_they_were() {
        let images = Tensor::arange(2 * 200, (Kind::Float, tch::Device::Cpu)).reshape([200, 1, 1, 2]);
        let mixed = mirror_some(&images, random(Stream::Flips));
        let first: Vec<f32> = Vec::try_from(mixed.select(3, 0).flatten(0, -1)).unwrap();
        let mirrored = (0..).zip(&first).filter(|(i, v)| **v != (2 * i) as f32).count();
        assert!((70..130).contains(&mirrored), "{mirrored} of 200");
        assert!(
            mixed
                .sum_dim_intlist([3].as_slice(), false, Kind::Float)
                .equal(&images.sum_dim_intlist([3].as_slice(), false, Kind::Float))
        );
    }

    #[test]
    fn a_larger_image_is_averaged_down_exactly() {
        let pixels: Vec<u8> = [10, 20, 30, 40].iter().flat_map(|&v| [v, v + 1, v + 2]).collect();
        let x = to_images(&pixels, 2, 1, Device::CPU);
        let expected: Vec<f32> = (0..3).map(|c| (25.0 + c as f32) / 127.5 - 1.0).collect();
        let found = Vec::<f32>::try_from(x.flatten(0, -1)).unwrap();
        assert!(
            found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-6),
            "{found:?}"
        );
    }

    #[test]
    fn a_side_of_1024_serves_all_lower_ones_with_one_and_the_same_mean() {
        // Bytes that no rounded sum of floats would get right: a mean of odd sums over 65,536 places.
        let pixels: Vec<u8> = (0..1024 * 1024 * 3_u32)
            .map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8 | 128)
            .collect();
        let full: Vec<u64> = pixels.iter().map(|&v| u64::from(v)).collect();
        let mean = |c: usize| full.iter().skip(c).step_by(3).sum::<u64>() as f64 / (1024.0 * 1024.0);
        for resolution in [4, 8, 64, 512] {
            let x = to_images(&pixels, 1024, resolution, Device::CPU);
            assert_eq!(x.size(), [1, 3, resolution as i64, resolution as i64]);
            let means: Vec<f64> = Vec::try_from(x.to_kind(Kind::Double).mean_dim(
                [0, 2, 3].as_slice(),
                false,
                Kind::Double,
            ))
            .unwrap();
            for (c, found) in means.iter().enumerate() {
                assert!(
                    (found - (mean(c) / 127.5 - 1.0)).abs() < 1e-6,
                    "{resolution}: {means:?}"
                );
            }
        }
        let corner: u64 = (0..256)
            .flat_map(|y| (0..256).map(move |x| (y * 1024 + x) * 3))
            .map(|i| full[i])
            .sum();
        let exact = (corner as f64 / 65536.0) as f32 / 127.5 - 1.0;
        assert_eq!(
            to_images(&pixels, 1024, 4, Device::CPU).double_value(&[0, 0, 0, 0]) as f32,
            exact
        );
    }
}
