//! What D says of images that stay the same from tick to tick: photos it learns from, photos it never sees, pictures of
//! the averaged generator. When the first two drift apart, D knows its photos by heart (Karras et al. 2020, section 3).
//!
//! Nothing is moved by it: D and G are passed through as after training, in f32.

use dataset::{Dataset, Split};
use tch::{Kind, Tensor};

use super::batches::to_images;
use super::grids;
use super::step::Trainer;
use crate::GanError;
use crate::device::Device;
use crate::networks::grown::{fade_reals, to_side};
use crate::networks::{Discriminator, Grown, Pass};
use crate::random::{Random, Stream};
use crate::recipe::{Loss, Recipe};

/// Images of each kind.
const IMAGES: usize = 32;

/// The images, the same in every sitting of a run.
pub struct Probe {
    train: Shown,
    /// None where the data have no val split.
    val: Option<Shown>,
    /// `[n, z_len]`, for the texts of `train`.
    z: Tensor,
}

/// Images and their texts.
struct Shown {
    images: Tensor,
    texts: Tensor,
    /// Networks grow by skips.
    skips: bool,
}

impl Probe {
    /// Chooses the images; `None` where the recipe trains no D.
    ///
    /// # Errors
    /// The data are damaged.
    pub fn new(data: &Dataset, recipe: &Recipe, device: Device) -> Result<Option<Self>, GanError> {
        if recipe.objective.loss == Loss::Mse {
            return Ok(None);
        }
        let Some(train) = Shown::of(data, Split::Train, recipe, device)? else {
            return Ok(None);
        };
        let shape = [train.texts.size()[0], recipe.networks.z_len() as i64];
        let z = Random::new(recipe.train.seed, Stream::Probe, 2).normal_tensor(&shape, device.tch());
        let val = Shown::of(data, Split::Val, recipe, device)?;
        Ok(Some(Self { train, val, z }))
    }

    /// D's mean logits as it is now, grown as far as `grown`: `d_logit_train`, `d_logit_val`, `d_logit_fake`.
    ///
    /// # Errors
    /// libtorch refuses a call.
    pub fn measures(&self, trainer: &Trainer, grown: Grown) -> Result<Vec<(String, f64)>, GanError> {
        let _no_grad = tch::no_grad_guard();
        let d = trainer.discriminator.as_ref();
        let pictures = trainer.average.forward(&self.z, &self.train.texts, Pass::DRAWING);
        let mut means = vec![
            ("d_logit_train".to_owned(), self.train.logit(d, grown)?),
            (
                "d_logit_fake".to_owned(),
                mean_logit(d, &to_side(&pictures, grown.side), &self.train.texts)?,
            ),
        ];
        if let Some(val) = &self.val {
            means.push(("d_logit_val".to_owned(), val.logit(d, grown)?));
        }
        Ok(means)
    }
}

impl Shown {
    fn of(data: &Dataset, split: Split, recipe: &Recipe, device: Device) -> Result<Option<Self>, GanError> {
        let (dims, caption) = (data.dims(), grids::caption(data, recipe));
        let mut random = Random::new(recipe.train.seed, Stream::Probe, u64::from(split == Split::Val));
        let (mut pixels, mut texts) = (Vec::new(), Vec::new());
        for index in random.choose(data.len(split), IMAGES) {
            let Some(sample) = data.sample(split, index) else {
                continue;
            };
            let caption = sample.caption_with_text(caption);
            pixels.extend_from_slice(&sample.image()?);
            texts.extend_from_slice(&sample.vectors()?[caption * dims..(caption + 1) * dims]);
        }
        // A single image says nothing, and a D that compares the images of a batch needs several.
        if texts.len() < 2 * dims {
            return Ok(None);
        }
        Ok(Some(Self {
            images: to_images(&pixels, data.resolution(), recipe.train.resolution, device),
            texts: Tensor::from_slice(&texts)
                .view([-1, dims as i64])
                .to_device(device.tch()),
            skips: recipe.has_skips(),
        }))
    }

    fn logit(&self, d: &dyn Discriminator, grown: Grown) -> Result<f64, GanError> {
        let images = fade_reals(&to_side(&self.images, grown.side), grown, self.skips);
        mean_logit(d, &images, &self.texts)
    }
}

/// Of images of the side that D has grown to, as they are shown there: what G draws within a fade is faded already.
fn mean_logit(d: &dyn Discriminator, images: &Tensor, texts: &Tensor) -> Result<f64, GanError> {
    let logits = d.forward(images, texts, Pass::DRAWING);
    Ok(f64::try_from(logits.mean(Kind::Float))?)
}
