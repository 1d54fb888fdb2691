//! One training step: the article's six parts, over networks, optimizers and the average together. What a recipe
//! changes are the parts, not their order.

mod discriminator;
mod generator;
mod gradient_penalty;
mod parts;
mod recorder;

use tch::{Kind, Tensor};

use parts::{Part, Sum};
use recorder::Recorder;

use super::stats::Measures;
use crate::adam::Adam;
use crate::device::Device;
use crate::losses;
use crate::networks::{self, Discriminator, Generator, Params, Pass};
use crate::recipe::{Loss, Recipe};
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
    recorder: Option<Recorder>,
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
        let recorder = Recorder::for_steps_of(recipe, device);
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
            recorder,
        }
    }

    /// Shows a batch and `z` `[n, z_len]` to both networks and moves them; `step` counts from 0. The measures stay on
    /// the device: losses in nats, D's mean belief that reals and fakes are real, penalties where they were due.
    ///
    /// # Errors
    /// libtorch refuses a call.
    pub fn step(&self, batch: &Batch, z: &Tensor, step: u64) -> Result<Measures, GanError> {
        let mut measures = Measures::default();
        let now = self.schedule.at(step);
        self.prepare(&now, &mut measures);
        let move_networks = |batch: &Batch, z: &Tensor| self.move_networks(batch, z, step);
        let moved = match &self.recorder {
            Some(recorder) => recorder.step(batch, z, self.kind(&now, step), &move_networks)?,
            None => move_networks(batch, z)?,
        };
        measures.add_part(&moved, 1);
        let weight = ema::weight(&self.recipe.ema, now.batch, now.images_seen);
        ema::update(self.average.params(), self.generator.params(), weight)?;
        // As a model that is saved now is drawn from.
        self.average.grow(self.schedule.at(step + 1).grown);
        Ok(measures)
    }

    /// Steps of one kind ask a device for the same work.
    fn kind(&self, now: &Moment, step: u64) -> recorder::Kind {
        let due = |every: u64| step.is_multiple_of(every);
        let Recipe {
            penalty, objective, ..
        } = &self.recipe;
        recorder::Kind {
            penalty: due(penalty.every),
            mode_seeking: due(objective.mode_seeking_every),
            wrong_text: now.wrong_text.to_bits(),
            lr: now.lr.to_bits(),
        }
    }

    /// Why the device does not repeat steps by itself where it was expected to, once.
    #[must_use]
    pub fn take_notice(&self) -> Option<String> {
        self.recorder.as_ref().and_then(Recorder::take_notice)
    }

    /// The article's six parts.
    fn move_networks(&self, batch: &Batch, z: &Tensor, step: u64) -> Result<Measures, GanError> {
        let mut measures = Measures::default();
        // A step that failed may have left it frozen.
        self.discriminator.params().set_trainable(true);
        let wrong_weight = self.schedule.at(step).wrong_text;
        let parts = Part::of(&self.recipe, batch, z, step, wrong_weight);
        if self.recipe.objective.loss == Loss::Mse {
            let mut sum = Sum::default();
            for part in &parts {
                let loss = losses::mse(&self.draw(part), &part.images);
                sum.add(self.gradients_of_part(self.generator.params(), &loss)?);
                measures.add_part(&Measures::one("g_loss", &loss), parts.len());
            }
            self.adam_g.step(self.generator.params(), sum.gradients())?;
        } else {
            let fakes = self.step_discriminator(&parts, step, &mut measures)?;
            // 4. Freeze D.
            self.discriminator.params().set_trainable(false);
            // 5. Generated images with flipped labels, towards 1, through frozen D move G.
            let moved = self.step_generator(&parts, fakes, step, &mut measures);
            // 6. Unfreeze D.
            self.discriminator.params().set_trainable(true);
            moved?;
        }
        Ok(measures)
    }

    fn draw(&self, part: &Part) -> Tensor {
        let pass = Pass::training(self.recipe.train.precision);
        self.generator.forward(&part.z, &part.texts, pass)
    }

    /// Sets the networks and the optimizers to what holds at a step.
    fn prepare(&self, now: &Moment, measures: &mut Measures) {
        self.generator.grow(now.grown);
        self.discriminator.grow(now.grown);
        for adam in [&self.adam_g, &self.adam_d] {
            adam.set_lr(now.lr);
            if now.is_new && !self.recipe.has_skips() {
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

    /// What one part of the batch adds to the gradients of a loss that is a mean over the batch.
    fn gradients_of_part(&self, params: &Params, loss: &Tensor) -> Result<Vec<Tensor>, GanError> {
        match self.recipe.train.accumulate {
            1 => gradients(loss, params.weights(), false),
            parts => gradients(&(loss / parts as f64), params.weights(), false),
        }
    }

    /// The whole state by name, for a checkpoint.
    #[must_use]
    pub fn state(&self) -> Tensors {
        self.parts()
            .map(|(name, tensor)| (name, tensor.shallow_clone()))
            .collect()
    }

    /// Takes over all that `before` has learnt and remembers of its gradients, whose networks are these as they were before they
    /// grew, or the same. What is here alone stays as it is.
    ///
    /// # Errors
    /// What was expected and what was found, where its networks are others.
    pub fn take_over(&self, before: &Self) -> Result<(), (String, String)> {
        let resolution = self.recipe.train.resolution;
        let in_g = |name: &str| before.generator.name_within(resolution, name);
        let in_d = |name: &str| before.discriminator.name_within(resolution, name);
        let g = (self.generator.params()).take_over(before.generator.params(), in_g)?;
        let d = (self.discriminator.params()).take_over(before.discriminator.params(), in_d)?;
        (self.average.params()).take_over(before.average.params(), in_g)?;
        self.adam_g.take_over(&before.adam_g, &g);
        self.adam_d.take_over(&before.adam_d, &d);
        Ok(())
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

/// Gradients of a scalar with regard to `inputs`, in their order; no others are computed. Those of inputs that took no
/// part are undefined tensors. With `again` they can be differentiated themselves.
fn gradients(value: &Tensor, inputs: &[Tensor], again: bool) -> Result<Vec<Tensor>, GanError> {
    Ok(Tensor::f_run_backward(&[value], inputs, again, again)?)
}
