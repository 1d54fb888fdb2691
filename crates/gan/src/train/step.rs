//! One training step: the article's six parts, over networks, optimizers and the average together. What a recipe
//! changes are the parts, not their order.

use tch::{Kind, Tensor};

use super::gradient_penalty;
use super::stats::Measures;
use crate::adam::Adam;
use crate::augment::Augmentation;
use crate::device::Device;
use crate::losses::{self, DiscriminatorLoss, WrongTexts};
use crate::networks::{self, Discriminator, Generator, Pass};
use crate::random::{Random, Stream};
use crate::recipe::{Loss, Precision, Recipe};
use crate::schedule::{Moment, Schedule};
use crate::weights_file::{self, Tensors};
use crate::{GanError, ema};

/// All that training changes.
pub struct Trainer {
    /// G.
    pub generator: Box<dyn Generator>,
    /// D.
    pub discriminator: Box<dyn Discriminator>,
    /// The moving average of G.
    pub average: Box<dyn Generator>,
    adam_g: Adam,
    adam_d: Adam,
    recipe: Recipe,
    schedule: Schedule,
}

/// What one step shows to the networks.
pub struct Batch {
    /// Real images `[n, 3, r, r]` in -1..=1, at the side that is grown to.
    pub images: Tensor,
    /// Their texts `[n, dims]`.
    pub texts: Tensor,
}

impl Trainer {
    /// Fresh networks for text vectors of `dims` values.
    #[must_use]
    pub fn new(recipe: &Recipe, dims: usize, device: Device) -> Self {
        let recipe = &recipe.settled(None, device);
        let (seed, device) = (recipe.train.seed, device.tch());
        let generator = networks::generator(recipe, dims, seed, device);
        let discriminator = networks::discriminator(recipe, dims, seed, device);
        let average = networks::generator(recipe, dims, seed, device);
        average.params().set_trainable(false);
        Self {
            adam_g: Adam::new(&recipe.adam, generator.params()),
            adam_d: Adam::new(&recipe.adam, discriminator.params()),
            generator,
            discriminator,
            average,
            recipe: recipe.clone(),
            schedule: Schedule::of(recipe),
        }
    }

    /// Shows a batch and `z` `[n, z_dim]` to both networks and moves them; `step` counts from 0. The measures stay on
    /// the device: losses in nats, D's mean belief that reals and fakes are real, penalties where they were due.
    ///
    /// # Errors
    /// libtorch refuses a call.
    pub fn step(&self, batch: &Batch, z: &Tensor, step: u64) -> Result<Measures, GanError> {
        let pass = Pass::training(self.recipe.train.precision);
        let mut measures = Measures::default();
        let now = self.schedule.at(step);
        self.prepare(&now, &mut measures);
        let fakes = self.generator.forward(z, &batch.texts, pass);
        let mut look = Look::new(&self.recipe, &batch.images, step);
        if self.recipe.objective.loss == Loss::Mse {
            let g_loss = losses::mse(&fakes, &batch.images);
            self.move_generator(&g_loss)?;
            measures.push("g_loss", &g_loss);
        } else {
            self.step_discriminator(batch, &fakes.detach(), &mut look, step, &mut measures)?;
            // 4. Freeze D.
            self.discriminator.params().set_trainable(false);
            // 5. Generated images with flipped labels, towards 1, through frozen D move G.
            let moved = self.step_generator(batch, &fakes, &mut look, &mut measures);
            // 6. Unfreeze D.
            self.discriminator.params().set_trainable(true);
            moved?;
        }
        let weight = ema::weight(&self.recipe.ema, now.batch, now.images_seen);
        ema::update(self.average.params(), self.generator.params(), weight)?;
        // As a model that is saved now is drawn from.
        self.average.grow(self.schedule.at(step + 1).grown);
        Ok(measures)
    }

    /// Sets the networks and the optimizers to what holds at a step.
    fn prepare(&self, now: &Moment, measures: &mut Measures) {
        self.generator.grow(now.grown);
        self.discriminator.grow(now.grown);
        for adam in [&self.adam_g, &self.adam_d] {
            adam.set_lr(now.lr);
            if now.is_new {
                adam.reset();
            }
        }
        if self.recipe.growth.is_some() {
            let device = self.generator.params().weights()[0].device();
            let scalar = |value| Tensor::full([], value, (Kind::Double, device));
            measures.push("resolution", &scalar(now.grown.side as f64));
            measures.push("alpha", &scalar(now.grown.alpha));
        }
    }

    /// Parts 1 to 3 of the article's step, and what a recipe adds to them: wrong texts and penalties.
    fn step_discriminator(
        &self,
        batch: &Batch,
        fakes: &Tensor,
        look: &mut Look<'_>,
        step: u64,
        measures: &mut Measures,
    ) -> Result<(), GanError> {
        let (d, penalty) = (&self.discriminator, &self.recipe.penalty);
        let texts = &batch.texts;
        let due = |gamma: f64| gamma > 0.0 && step.is_multiple_of(penalty.every);
        let (r1, r2) = (due(penalty.r1), due(penalty.r2));

        // 1. D on real images, towards 1.
        let reals = look.at(&batch.images).set_requires_grad(r1);
        let pass = |penalised| match penalised {
            // Gradients of gradients need all their digits.
            true => Pass::training(Precision::Fp32),
            false => Pass::training(self.recipe.train.precision),
        };
        let features = d.features(&reals, pass(r1));
        let real_logits = d.judge(&features, texts, pass(r1));
        // 2. D on generated images, towards 0.
        let fakes = look.at(fakes).set_requires_grad(r2);
        let fake_logits = d.forward(&fakes, texts, pass(r2));
        let wrong = self.wrong_texts(&features, texts, pass(r1));
        // 3. The half sum moves D.
        let DiscriminatorLoss { mut total, parts } = losses::discriminator(
            self.recipe.objective.loss,
            &real_logits,
            &fake_logits,
            wrong.as_ref(),
        );
        measures.push("d_loss", &total);
        for (name, part) in &parts {
            measures.push(name, part);
        }
        for (name, due, gamma, images, logits) in [
            ("r1", r1, penalty.r1, &reals, &real_logits),
            ("r2", r2, penalty.r2, &fakes, &fake_logits),
        ] {
            if due {
                let gradients = gradients(&logits.sum(Kind::Float), &[images.shallow_clone()], true)?;
                let length = losses::squared_length(&gradients[0]);
                measures.push(name, &length);
                // Not in place: the measured loss shares its memory.
                total = &total + length * (gamma / 2.0 * penalty.every as f64);
            }
        }
        if due(penalty.gradient_penalty) {
            let random = &mut Random::new(self.recipe.train.seed, Stream::Interpolates, step);
            let length = gradient_penalty::between(d.as_ref(), &reals, &fakes, texts, random)?;
            measures.push("gradient_penalty", &length);
            total = &total + length * (penalty.gradient_penalty * penalty.every as f64);
        }
        if penalty.drift > 0.0 {
            let drift = real_logits.square().mean(Kind::Float);
            measures.push("drift", &drift);
            total = &total + drift * penalty.drift;
        }
        let weights = d.params().weights();
        self.adam_d
            .step(d.params(), &gradients(&total, weights, false)?)?;
        let belief = |logits: &Tensor| logits.sigmoid().mean(Kind::Float);
        measures.push("d_real", &belief(&real_logits));
        measures.push("d_fake", &belief(&fake_logits));
        Ok(())
    }

    fn step_generator(
        &self,
        batch: &Batch,
        fakes: &Tensor,
        look: &mut Look<'_>,
        measures: &mut Measures,
    ) -> Result<(), GanError> {
        let (d, objective) = (&self.discriminator, &self.recipe.objective);
        let pass = Pass::training(self.recipe.train.precision);
        let fake_logits = d.forward(&look.at(fakes), &batch.texts, pass);
        let real_logits = || tch::no_grad(|| d.forward(&look.at(&batch.images), &batch.texts, pass));
        let g_loss = losses::generator(objective.loss, &fake_logits, real_logits);
        measures.push("g_loss", &g_loss);
        self.move_generator(&match objective.reconstruction {
            0.0 => g_loss,
            weight => g_loss + losses::reconstruction(fakes, &batch.images) * weight,
        })
    }

    fn move_generator(&self, loss: &Tensor) -> Result<(), GanError> {
        let params = self.generator.params();
        self.adam_g
            .step(params, &gradients(loss, params.weights(), false)?)
    }

    /// What D says of real images with their neighbour's text, which is no fit and so counts as fake, except where
    /// the two texts are nearly the same or there is none. `None` where the recipe has no such pairs.
    fn wrong_texts(&self, features: &Tensor, texts: &Tensor, pass: Pass) -> Option<WrongTexts> {
        let objective = &self.recipe.objective;
        if objective.wrong_text == 0.0 {
            return None;
        }
        let others = texts.roll([1], [0]);
        let inner = |a: &Tensor, b: &Tensor| (a * b).sum_dim_intlist([1].as_slice(), false, Kind::Float);
        // Rows have length 1, so their product is the cosine; a dropped text is all zeros and fits everything.
        let other = inner(texts, &others).le(objective.wrong_text_max_cosine);
        let usable = other.logical_and(&inner(&others, &others).gt(0.0));
        Some(WrongTexts {
            logits: self.discriminator.judge(features, &others, pass),
            usable: usable.to_kind(Kind::Float),
            weight: objective.wrong_text,
        })
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

/// How D sees the images of a step: each time it looks, they are augmented anew.
struct Look<'a> {
    recipe: &'a Recipe,
    random: Random,
    n: usize,
}

impl<'a> Look<'a> {
    fn new(recipe: &'a Recipe, images: &Tensor, step: u64) -> Self {
        Self {
            recipe,
            random: Random::new(recipe.train.seed, Stream::Augment, step),
            n: images.size()[0] as usize,
        }
    }

    fn at(&mut self, images: &Tensor) -> Tensor {
        let side = images.size()[3] as usize;
        Augmentation::draw(&self.recipe.augment, &mut self.random, self.n, side).apply(images)
    }
}

/// Gradients of a scalar with regard to `inputs`, in their order; no others are computed. Those of inputs that took no
/// part are undefined tensors. With `again` they can be differentiated themselves.
pub(super) fn gradients(value: &Tensor, inputs: &[Tensor], again: bool) -> Result<Vec<Tensor>, GanError> {
    Ok(Tensor::f_run_backward(&[value], inputs, again, again)?)
}
