//! D's half of a step: what it looks at, in which turns, and what it pays for.

use tch::{Kind, Tensor};

use super::parts::{Part, Sight, Sum};
use super::{Trainer, gradient_penalty, gradients};
use crate::GanError;
use crate::losses::{self, DiscriminatorLoss, Judged, WrongTexts};
use crate::networks::Pass;
use crate::recipe::{Loss, Precision};
use crate::train::stats::Measures;

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
    /// Parts 1 to 3 of the article's step, and what a recipe adds to them: wrong texts and penalties. The fakes come back
    /// where the batch is one part, so that G need not draw them again; those of several parts would not fit.
    pub(super) fn step_discriminator(
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
        let DiscriminatorLoss { mut total, parts } =
            losses::discriminator(objective.loss, judged, part.wrong_weight);
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
        let times = self.recipe.growth.as_ref().filter(|growth| growth.skips);
        // The gradient of a logit of the coarse image is spread over so many pixels: its squared length is that part of what it was.
        let times = times.map_or(1.0, |growth| {
            let side = self.schedule.at(step).grown.side as f64;
            (side / growth.first_resolution as f64).powi(2)
        });
        (gamma > 0.0 && step.is_multiple_of(self.recipe.penalty.every)).then_some((name, gamma * times))
    }

    /// How D looks at images: gradients of gradients need all their digits.
    fn pass_of(&self, penalised: bool) -> Pass {
        Pass::training(match penalised {
            true => Precision::Fp32,
            false => self.recipe.train.precision,
        })
    }
}
