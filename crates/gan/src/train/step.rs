//! One training step: the article's six parts, over networks, optimizers and the average together.

use tch::{Kind, Tensor};

use crate::adam::Adam;
use crate::device::Device;
use crate::networks::{Discriminator, Generator, Shape};
use crate::recipe::{Objective, Recipe};
use crate::weights_file::{self, Tensors};
use crate::{GanError, ema, losses};

/// All that training changes.
pub struct Trainer {
    /// G.
    pub generator: Generator,
    /// D.
    pub discriminator: Discriminator,
    /// The moving average of G.
    pub average: Generator,
    adam_g: Adam,
    adam_d: Adam,
    recipe: Recipe,
}

/// What one step shows to the networks.
pub struct Batch {
    /// Real images `[n, 3, r, r]` in -1..=1.
    pub images: Tensor,
    /// Their texts `[n, dims]`.
    pub texts: Tensor,
}

/// Names of the values of [`Trainer::step`], in their order.
pub const MEASURES: [&str; 6] = [
    "d_loss",
    "d_real_loss",
    "d_fake_loss",
    "g_loss",
    "d_real",
    "d_fake",
];

impl Trainer {
    /// Fresh networks for text vectors of `dims` values.
    #[must_use]
    pub fn new(recipe: &Recipe, dims: usize, device: Device) -> Self {
        let shape = Shape::of(recipe, dims);
        let generator = Generator::new(shape, recipe.train.seed, device.tch());
        let discriminator = Discriminator::new(shape, recipe.train.seed, device.tch());
        let average = Generator::new(shape, recipe.train.seed, device.tch());
        average.params().set_trainable(false);
        Self {
            adam_g: Adam::new(&recipe.adam, generator.params()),
            adam_d: Adam::new(&recipe.adam, discriminator.params()),
            generator,
            discriminator,
            average,
            recipe: recipe.clone(),
        }
    }

    /// Shows a batch and `z` `[n, z_dim]` to both networks and moves them. The values of [`MEASURES`] come as a
    /// tensor `[6]` that stays on the device: losses in nats, then D's mean belief that reals and fakes are real.
    ///
    /// # Errors
    /// libtorch refuses a call.
    pub fn step(&self, batch: &Batch, z: &Tensor, images_seen: u64) -> Result<Tensor, GanError> {
        let Self {
            generator,
            discriminator,
            ..
        } = self;
        let Batch { images, texts } = batch;
        let fakes = generator.forward(z, texts, true);

        // 1. D on real images, towards 1.
        let features = discriminator.features(images, true);
        let real_logits = discriminator.judge(&features, texts, true);
        let real_loss = losses::bce_real(&real_logits);
        // 2. D on generated images, towards 0.
        let fake_logits = discriminator.forward(&fakes.detach(), texts, true);
        let mut fake_loss = losses::bce_fake(&fake_logits);
        let wrong = self.recipe.objective.wrong_text;
        if wrong > 0.0 {
            fake_loss = fake_loss * (1.0 - wrong) + self.wrong_text_loss(&features, texts) * wrong;
        }
        // 3. The half sum moves D.
        let d_loss = losses::half_sum(&real_loss, &fake_loss);
        self.adam_d.step(
            discriminator.params(),
            &gradients(&d_loss, discriminator.params().weights())?,
        )?;

        // 4. Freeze D.
        discriminator.params().set_trainable(false);
        // 5. Generated images with flipped labels, towards 1, through frozen D move G.
        let g_loss = losses::bce_real(&discriminator.forward(&fakes, texts, true));
        let g_objective = match self.recipe.objective.reconstruction {
            0.0 => g_loss.shallow_clone(),
            weight => &g_loss + losses::reconstruction(&fakes, images) * weight,
        };
        self.adam_g.step(
            generator.params(),
            &gradients(&g_objective, generator.params().weights())?,
        )?;
        // 6. Unfreeze D.
        discriminator.params().set_trainable(true);

        let weight = ema::weight(&self.recipe.ema, self.recipe.train.batch, images_seen);
        ema::update(&self.average, generator, weight)?;
        let belief = |logits: &Tensor| logits.sigmoid().mean(Kind::Float);
        let measures = [
            d_loss,
            real_loss,
            fake_loss,
            g_loss,
            belief(&real_logits),
            belief(&fake_logits),
        ];
        Ok(Tensor::stack(&measures, 0).detach())
    }

    /// The loss on real images with their neighbour's text, which is no fit and so counts as fake, except where
    /// the two texts are nearly the same.
    fn wrong_text_loss(&self, features: &Tensor, texts: &Tensor) -> Tensor {
        let Objective {
            wrong_text_max_cosine,
            ..
        } = self.recipe.objective;
        let others = texts.roll([1], [0]);
        // Rows have length 1, so their product is the cosine.
        let cosine = (texts * &others).sum_dim_intlist([1].as_slice(), false, Kind::Float);
        let usable = cosine.le(wrong_text_max_cosine).to_kind(Kind::Float);
        losses::bce_fake_weighted(&self.discriminator.judge(features, &others, true), &usable)
    }

    /// The whole state by name, for a checkpoint.
    #[must_use]
    pub fn state(&self) -> Tensors {
        self.parts()
            .map(|(name, tensor)| (name, tensor.shallow_clone()))
            .collect()
    }

    /// Takes the whole state of a checkpoint.
    ///
    /// # Errors
    /// What was expected and what was found, where a tensor is missing or has another shape.
    pub fn load(&self, source: &Tensors) -> Result<(), (String, String)> {
        weights_file::copy_into(self.parts(), source)
    }

    fn parts(&self) -> impl Iterator<Item = (String, &Tensor)> {
        let networks = [
            ("g.", self.generator.params()),
            ("d.", self.discriminator.params()),
            ("ema.", self.average.params()),
        ];
        let weights = networks
            .into_iter()
            .flat_map(|(prefix, p)| p.named().map(move |(name, t)| (format!("{prefix}{name}"), t)));
        let moments = [("adam_g.", &self.adam_g), ("adam_d.", &self.adam_d)];
        let moments = moments
            .into_iter()
            .flat_map(|(prefix, a)| a.named().map(move |(name, t)| (format!("{prefix}{name}"), t)));
        weights.chain(moments)
    }
}

/// Gradients of a loss with regard to `weights`, in their order; no others are computed.
fn gradients(loss: &Tensor, weights: &[Tensor]) -> Result<Vec<Tensor>, GanError> {
    Ok(Tensor::f_run_backward(&[loss], weights, false, false)?)
}
