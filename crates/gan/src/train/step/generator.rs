//! G's half of a step.

use tch::Tensor;

use super::Trainer;
use super::parts::{Part, Sight, Sum};
use crate::GanError;
use crate::losses;
use crate::networks::Pass;
use crate::train::stats::Measures;

impl Trainer {
    /// Part 5 of the article's step, and what a recipe adds to it. `fakes` are those of the whole batch, where D has left them.
    pub(super) fn step_generator(
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
}
