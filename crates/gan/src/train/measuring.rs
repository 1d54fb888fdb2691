//! The light evaluation at work during a training: its figures for `stats.jsonl`, and the best model so far.

use std::collections::BTreeMap;
use std::path::Path;

use dataset::Dataset;
use serde_json::Value;
use stage::Console;

use super::checkpoints::{Best, Position};
use crate::device::Device;
use crate::eval::command::default_evaluator;
use crate::eval::{Drawer, Evaluator, Light, LightEvaluation};
use crate::networks::{self, Generator};
use crate::recipe::Recipe;
use crate::{GanError, Model};

/// Products that are asked for.
const PRODUCTS: usize = 400;

/// The evaluator of the data at `path`, if `recipe` wants to measure and it is there; where it is not, how to make one is
/// said. A training does without one rather than not at all.
pub fn evaluator(path: &Path, recipe: &Recipe, device: Device, console: &Console) -> Option<Evaluator> {
    if recipe.train.eval_kimg == 0.0 {
        return None;
    }
    let file = default_evaluator(path);
    if !file.exists() {
        console.info(format!(
            "{}: no evaluator, so the run is not measured and no best model kept; `gan eval --prepare --data {}` makes one",
            file.display(),
            path.display()
        ));
        return None;
    }
    Evaluator::read_file(&file, device)
        .map_err(|e| console.warn(format!("the run is not measured: {e}")))
        .ok()
}

/// What a run is measured with.
pub struct Measuring<'a> {
    evaluation: LightEvaluation<'a>,
    resolution: usize,
    z_len: usize,
    device: Device,
}

impl<'a> Measuring<'a> {
    /// Looks at the real photos; `None`, with a warning, where the evaluator is not of these data or there are too few.
    pub fn new(
        data: &'a Dataset,
        path: &Path,
        evaluator: &'a Evaluator,
        recipe: &Recipe,
        device: Device,
        console: &Console,
    ) -> Option<Self> {
        let resolution = recipe.train.resolution;
        let evaluation = LightEvaluation::new(data, path, evaluator, PRODUCTS, resolution, device);
        evaluation
            .map_err(|e| console.warn(format!("the run is not measured: {e}")))
            .ok()
            .map(|evaluation| Self {
                evaluation,
                resolution,
                z_len: recipe.networks.z_len(),
                device,
            })
    }

    /// Measures the averaged generator.
    ///
    /// # Errors
    /// libtorch refuses a call.
    pub fn measure(&self, average: &dyn Generator) -> Result<Light, GanError> {
        self.evaluation.measure(&Drawer {
            resolution: self.resolution,
            z_len: self.z_len,
            device: self.device,
            draw: &|texts, z| networks::draw(average, z, texts),
        })
    }
}

/// The best so far once the model of `at`, whose pictures have `side` pixels, has been measured: itself, and then saved to `path`,
/// or the one before. One whose score is on another scale cannot be told better and makes room.
///
/// # Errors
/// The file cannot be written.
pub fn keep_best(
    at: Position,
    light: &Light,
    side: usize,
    model: &Model,
    average: &dyn Generator,
    images_seen: u64,
    path: &Path,
) -> Result<Option<Best>, GanError> {
    let (score, scale) = (light.score(), light.scale(side));
    let stays = |best: Best| best.scale == scale && best.score >= score;
    if !score.is_finite() || at.best.is_some_and(stays) {
        return Ok(at.best);
    }
    let about = [("score", Value::from(score)), ("step", Value::from(at.step))];
    model.save_with(average, images_seen, path, &about)?;
    Ok(Some(Best {
        step: at.step,
        score,
        scale,
    }))
}

/// The figures by name, for a line of statistics: `kid`, `r_precision`, `diversity` (that of photos is 1), `score`, and for
/// each attribute `accuracy.NAME` and `share_right.NAME` (balanced, in % of what photos get); `_real` is what photos get,
/// `_chance` what guessing gets. Figures that are no numbers are left out.
#[must_use]
pub fn figures(light: &Light) -> BTreeMap<String, f64> {
    let mut all = BTreeMap::new();
    let mut add = |name: String, value: f64| {
        if value.is_finite() {
            all.insert(name, value);
        }
    };
    for attribute in &light.attributes {
        let name = &attribute.name;
        add(format!("accuracy.{name}"), attribute.accuracy.drawn.plain);
        add(format!("accuracy_real.{name}"), attribute.accuracy.real.plain);
        add(format!("accuracy_chance.{name}"), attribute.chance);
        add(format!("share_right.{name}"), attribute.balanced_share_right);
    }
    let ranked = &light.r_precision;
    add("r_precision".to_owned(), ranked.share.drawn);
    add("r_precision_real".to_owned(), ranked.share.real);
    add("r_precision_chance".to_owned(), 1.0 / ranked.among.max(1) as f64);
    add("kid".to_owned(), light.kid.drawn.mean);
    add("kid_real".to_owned(), light.kid.real.mean);
    if let Some(diversity) = light.diversity {
        add("diversity".to_owned(), diversity.ratio);
    }
    add("score".to_owned(), light.score());
    all
}
