//! One training step: the article's six parts, over networks, optimizers and the average together. What a recipe
//! changes are the parts, not their order.

use tch::{Kind, Tensor};

use super::gradient_penalty;
use super::parts::{Part, Sight, Sum};
use super::recorder::{self, Recorder};
use super::stats::Measures;
use crate::adam::Adam;
use crate::device::Device;
use crate::losses::{self, DiscriminatorLoss, Judged, WrongTexts};
use crate::networks::{self, Discriminator, Generator, Params, Pass};
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
    recorder: Option<Recorder>,
}

/// What one step shows to the networks.
pub struct Batch {
    /// Real images `[n, 3, r, r]` in -1..=1, at the side that is grown to.
    pub images: Tensor,
    /// Their texts `[n, dims]`.
    pub texts: Tensor,
}

/// What D looks at between two computations of gradients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// Real images, also with wrong texts.
    Reals,
    /// Generated ones.
    Fakes,
    /// Both, for a loss that judges pairs.
    Pairs,
    /// Images between both, for the gradient penalty of WGAN-GP.
    Between,
}

/// Images of one side as D saw them, and what it said.
struct Side {
    images: Tensor,
    logits: Tensor,
    wrong: Option<WrongTexts>,
    /// Name and γ of the penalty that is due on the images.
    penalty: Option<(&'static str, f64)>,
    /// Name of D's mean belief that they are real.
    belief: &'static str,
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
            wrong_texts: now.wrong_texts,
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
        let wrong_texts = self.schedule.at(step).wrong_texts;
        let parts = Part::of(&self.recipe, batch, z, step, wrong_texts);
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

    /// Parts 1 to 3 of the article's step, and what a recipe adds to them: wrong texts and penalties. The fakes come back
    /// where the batch is one part, so that G need not draw them again; those of several parts would not fit.
    fn step_discriminator(
        &self,
        parts: &[Part],
        step: u64,
        measures: &mut Measures,
    ) -> Result<Option<Tensor>, GanError> {
        let (mut sum, mut whole) = (Sum::default(), None);
        for part in parts {
            let fakes = match parts.len() {
                1 => whole.insert(self.draw(part)).detach(),
                _ => tch::no_grad(|| self.draw(part)),
            };
            // What one turn holds for its gradients is gone before the next.
            for turn in self.turns(part) {
                let (loss, measured) = self.discriminator_loss(turn, part, &fakes, step)?;
                measures.add_part(&measured, parts.len());
                sum.add(self.gradients_of_part(self.discriminator.params(), &loss)?);
            }
        }
        // 3. The half sum moves D.
        self.adam_d.step(self.discriminator.params(), sum.gradients())?;
        Ok(whole)
    }

    /// D's turns at a part of the batch.
    fn turns(&self, part: &Part) -> Vec<Turn> {
        let mut turns = match self.recipe.objective.loss {
            Loss::Relativistic => vec![Turn::Pairs],
            _ => vec![Turn::Reals, Turn::Fakes],
        };
        turns.extend(part.places.is_some().then_some(Turn::Between));
        turns
    }

    /// What a turn at a part of the batch adds to D's loss, and what was measured on the way.
    fn discriminator_loss(
        &self,
        turn: Turn,
        part: &Part,
        fakes: &Tensor,
        step: u64,
    ) -> Result<(Tensor, Measures), GanError> {
        let penalty = &self.recipe.penalty;
        let mut measures = Measures::default();
        if let (Turn::Between, Some(places)) = (turn, &part.places) {
            let (reals, fakes) = (
                part.seen(Sight::Reals, &part.images),
                part.seen(Sight::Fakes, fakes),
            );
            let d = self.discriminator.as_ref();
            let length = gradient_penalty::between(d, &reals, &fakes, &part.texts, places)?;
            measures.push("gradient_penalty", &length);
            let weight = penalty.gradient_penalty * penalty.every as f64;
            return Ok((length * weight, measures));
        }
        // 1. D on real images, towards 1.
        let reals = (turn != Turn::Fakes).then(|| self.judge_reals(part, step));
        // 2. D on generated images, towards 0.
        let fakes = (turn != Turn::Reals).then(|| self.judge_fakes(part, fakes, step));
        let judged = Judged {
            real: reals.as_ref().map(|side| &side.logits),
            fake: fakes.as_ref().map(|side| &side.logits),
            wrong: reals.as_ref().and_then(|side| side.wrong.as_ref()),
        };
        let objective = &self.recipe.objective;
        let wrong_weight = part.wrong.as_ref().map_or(0.0, |_| objective.wrong_text);
        let DiscriminatorLoss { mut total, parts } =
            losses::discriminator(objective.loss, judged, wrong_weight);
        measures.push("d_loss", &total);
        for (name, part) in &parts {
            measures.push(name, part);
        }
        if let (Some(reals), true) = (&reals, penalty.drift > 0.0) {
            let drift = reals.logits.square().mean(Kind::Float);
            measures.push("drift", &drift);
            // Not in place: the measured loss shares its memory.
            total = &total + drift * penalty.drift;
        }
        for side in [reals, fakes].into_iter().flatten() {
            measures.push(side.belief, &side.logits.sigmoid().mean(Kind::Float));
            if let Some((name, gamma)) = side.penalty {
                let gradients = gradients(&side.logits.sum(Kind::Float), &[side.images], true)?;
                let length = losses::squared_length(&gradients[0]);
                measures.push(name, &length);
                total = &total + length * (gamma / 2.0 * penalty.every as f64);
            }
        }
        Ok((total, measures))
    }

    /// D on the real images of a part, and on the same with texts that do not fit, which count as fakes.
    fn judge_reals(&self, part: &Part, step: u64) -> Side {
        let penalty = self.due("r1", self.recipe.penalty.r1, step);
        let (d, pass) = (&self.discriminator, self.pass_of(penalty.is_some()));
        // Detached, so that it is not the batch itself of which gradients are asked.
        let images = part
            .seen(Sight::Reals, &part.images)
            .detach()
            .set_requires_grad(penalty.is_some());
        let features = d.features(&images, pass);
        Side {
            logits: d.judge(&features, &part.texts, pass),
            wrong: part.wrong.as_ref().map(|wrong| WrongTexts {
                logits: d.judge(&features, &wrong.texts, pass),
                usable: wrong.usable.shallow_clone(),
                count: wrong.count.shallow_clone(),
            }),
            images,
            penalty,
            belief: "d_real",
        }
    }

    /// D on the generated images of a part.
    fn judge_fakes(&self, part: &Part, fakes: &Tensor, step: u64) -> Side {
        let penalty = self.due("r2", self.recipe.penalty.r2, step);
        let images = part
            .seen(Sight::Fakes, fakes)
            .detach()
            .set_requires_grad(penalty.is_some());
        let pass = self.pass_of(penalty.is_some());
        Side {
            logits: self.discriminator.forward(&images, &part.texts, pass),
            wrong: None,
            images,
            penalty,
            belief: "d_fake",
        }
    }

    /// A penalty on one side's images, where it is in the recipe and due.
    fn due(&self, name: &'static str, gamma: f64, step: u64) -> Option<(&'static str, f64)> {
        (gamma > 0.0 && step.is_multiple_of(self.recipe.penalty.every)).then_some((name, gamma))
    }

    /// How D looks at images: gradients of gradients need all their digits.
    fn pass_of(&self, penalised: bool) -> Pass {
        Pass::training(match penalised {
            true => Precision::Fp32,
            false => self.recipe.train.precision,
        })
    }

    fn step_generator(
        &self,
        parts: &[Part],
        fakes: Option<Tensor>,
        step: u64,
        measures: &mut Measures,
    ) -> Result<(), GanError> {
        let (params, mut sum, mut fakes) = (self.generator.params(), Sum::default(), fakes);
        for part in parts {
            let fakes = fakes.take().unwrap_or_else(|| self.draw(part));
            let (loss, measured) = self.generator_loss(part, &fakes, step);
            measures.add_part(&measured, parts.len());
            sum.add(self.gradients_of_part(params, &loss)?);
        }
        self.adam_g.step(params, sum.gradients())
    }

    /// G's loss on a part of the batch, and what was measured on the way.
    fn generator_loss(&self, part: &Part, fakes: &Tensor, step: u64) -> (Tensor, Measures) {
        let (d, objective) = (&self.discriminator, &self.recipe.objective);
        let (texts, mut measures) = (&part.texts, Measures::default());
        let pass = Pass::training(self.recipe.train.precision);
        let fake_logits = d.forward(&part.seen(Sight::FakesForG, fakes), texts, pass);
        let real_logits =
            || tch::no_grad(|| d.forward(&part.seen(Sight::RealsForG, &part.images), texts, pass));
        let mut total = losses::generator(objective.loss, &fake_logits, real_logits);
        measures.push("g_loss", &total);
        if objective.reconstruction > 0.0 {
            // Not in place: the measured loss shares its memory.
            total = &total + losses::reconstruction(fakes, &part.images) * objective.reconstruction;
        }
        if let Some(divergence) = self.generator.text_divergence(texts) {
            measures.push("text_divergence", &divergence);
            total = &total + divergence * objective.text_divergence;
        }
        let every = objective.mode_seeking_every;
        if objective.mode_seeking > 0.0 && step.is_multiple_of(every) {
            let others = self.generator.forward(&part.other_z, texts, pass);
            let alike = losses::mode_seeking([fakes, &others], [&part.z, &part.other_z]);
            measures.push("mode_seeking", &alike);
            total = &total + alike * (objective.mode_seeking * every as f64);
        }
        (total, measures)
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
pub(super) fn gradients(value: &Tensor, inputs: &[Tensor], again: bool) -> Result<Vec<Tensor>, GanError> {
    Ok(Tensor::f_run_backward(&[value], inputs, again, again)?)
}
