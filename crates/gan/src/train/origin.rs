//! What a new run begins with where another one has learnt something already: its networks, its optimizers and its place in the
//! order of the data. The recipe may be another, and its networks may be the same ones grown on.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dataset::Dataset;
use serde_json::Value;
use stage::Console;

use super::MODEL;
use super::checkpoints::{Checkpoints, Position};
use super::run_folder::{CONFIG, RunFolder};
use super::step::Trainer;
use crate::device::Device;
use crate::recipe::Recipe;
use crate::schedule::Schedule;
use crate::{GanError, model};

/// A run that another one begins with.
pub struct Origin {
    dir: PathBuf,
    trainer: Trainer,
    position: Position,
}

impl Origin {
    /// The recipe of the run in `dir`, with which a run in the folder `run` is to begin.
    ///
    /// # Errors
    /// `dir` holds no run, or is `run` itself.
    pub fn recipe(dir: &Path, run: &Path) -> Result<Recipe, GanError> {
        let real = |path: &Path| fs::canonicalize(path).ok();
        if real(dir).is_some_and(|dir| Some(dir) == real(run)) {
            return Err(refused(
                dir,
                "expected another run than the one that begins".to_owned(),
                "give the new run a folder of its own (--run), or go on with this one (--resume)",
            ));
        }
        RunFolder::recipe(dir)?.ok_or_else(|| {
            refused(
                dir,
                format!("expected a run to begin with, found no {CONFIG}"),
                "--from names the folder of a run, such as runs/atelier",
            )
        })
    }

    /// Reads the newest whole checkpoint of the run of `before` in `dir`, for a run of `recipe` on `data`.
    ///
    /// # Errors
    /// There is no such checkpoint, its texts became vectors in another way, its networks are not those of `recipe`, or it is of
    /// a moment that a training by `recipe` never comes to or that is its end.
    pub fn read(
        dir: &Path,
        before: &Recipe,
        recipe: &Recipe,
        data: &Dataset,
        device: Device,
        console: &Console,
    ) -> Result<Self, GanError> {
        let changes = differences_of_networks(before, recipe);
        if !changes.is_empty() {
            return Err(refused(
                dir,
                format!(
                    "expected the networks of the recipe at {} pixels, found others: {}",
                    before.train.resolution,
                    changes.join("; ")
                ),
                "a run can be begun with another of the same networks, or of those that the recipe grows from: \
                 growth.first_resolution at the resolution of that run, and networks.width halved for each doubling",
            ));
        }
        let checkpoints = Checkpoints::of(dir);
        let none = || {
            refused(
                dir,
                "expected a checkpoint to begin with, found none".to_owned(),
                "a run writes its first checkpoint after train.checkpoint_kimg, and when it ends",
            )
        };
        if checkpoints.paths()?.is_empty() {
            return Err(none());
        }
        check_text_model(dir, data)?;
        let fresh = |_| Ok(Trainer::new(before, data.dims(), device));
        let found = checkpoints.load(None, fresh, |text: &str| console.warn(text))?;
        let (trainer, position) = found.ok_or_else(none)?;
        check_moment(dir, before, recipe, position.step)?;
        Ok(Self {
            dir: dir.to_owned(),
            trainer,
            position,
        })
    }

    /// Gives what was learnt to a trainer of fresh networks, and the place at which it goes on. A rate that was lowered in trouble
    /// stays so.
    ///
    /// # Errors
    /// The networks are others after all.
    pub fn hand_over(&self, to: &Trainer) -> Result<Position, GanError> {
        to.take_over(&self.trainer).map_err(|(expected, found)| {
            refused(
                &self.dir,
                format!("expected {expected}, found {found}"),
                "the checkpoint is of other networks than its recipe says",
            )
        })?;
        Ok(self.position)
    }

    /// How often its rate was halved.
    #[must_use]
    pub const fn rewinds(&self) -> u32 {
        self.position.rewinds
    }
}

fn refused(dir: &Path, message: String, hint: &'static str) -> GanError {
    GanError::Run {
        path: dir.to_owned(),
        message,
        hint,
    }
}

fn check_text_model(dir: &Path, data: &Dataset) -> Result<(), GanError> {
    let about = model::about(&dir.join(MODEL)).ok_or_else(|| {
        refused(
            dir,
            format!("expected a whole {MODEL}, found none"),
            "`gan train --resume` writes the model of that run anew",
        )
    })?;
    if about.get("text_model").and_then(Value::as_str) == Some(&STANDARD.encode(data.text_model())) {
        return Ok(());
    }
    Err(refused(
        dir,
        "expected the text model of the data, found another".to_owned(),
        "to its networks texts would mean something else: pack the data with the text model that it was trained with \
         (`textfeat` and `dataset pack`), or begin with nothing (without --from)",
    ))
}

/// The last of `steps` is one that `recipe` would have taken too, at the same side and with as many images before it, so that
/// batches, noise and growth go on from there; and others follow.
fn check_moment(dir: &Path, before: &Recipe, recipe: &Recipe, steps: u64) -> Result<(), GanError> {
    let (then, now) = (Schedule::of(before), Schedule::of(recipe));
    let kimg = then.images_seen(steps) as f64 / 1000.0;
    let refused = |expected: String, found: String, hint| {
        let message = format!("after {steps} steps, {kimg} kimg: expected {expected}, found {found}");
        Err(refused(dir, message, hint))
    };
    let last = steps.saturating_sub(1);
    let (was, is) = (then.at(last), now.at(last));
    if was.images_seen != is.images_seen || was.batch != is.batch {
        return refused(
            format!("steps of {} images", is.batch),
            format!("steps of {}", was.batch),
            "give the new run the batch of the one that it begins with (train.batch, growth.batch)",
        );
    }
    if was.grown != is.grown {
        let pixels = |side: usize, alpha: f64| match alpha < 1.0 {
            true => format!("networks of {side} pixels, {:.0} % of the fade", alpha * 100.0),
            false => format!("networks of {side} pixels"),
        };
        return refused(
            pixels(is.grown.side, is.grown.alpha),
            pixels(was.grown.side, was.grown.alpha),
            "let the new run grow when that one did, and on from there: growth.stable_kimg and .fade_kimg",
        );
    }
    if recipe.steps() <= steps {
        return refused(
            "a training that goes further".to_owned(),
            format!("train.kimg = {}", recipe.train.kimg),
            "counting goes on: train.kimg includes what that run has seen",
        );
    }
    Ok(())
}

/// In what the networks of `before`, fully grown, are not those that `recipe` has at that side; by key, as
/// `networks.width: 32 -> 64`.
fn differences_of_networks(before: &Recipe, recipe: &Recipe) -> Vec<String> {
    let (from, to) = (before.train.resolution, recipe.train.resolution);
    if from > to {
        return vec![format!("train.resolution: {from} -> {to}")];
    }
    let first = |recipe: &Recipe| match &recipe.growth {
        Some(growth) => growth.first_resolution,
        None => recipe.train.resolution,
    };
    let mut lines = Vec::new();
    if first(before) != first(recipe) {
        let (first, wanted) = (first(before), first(recipe));
        lines.push(format!("growth.first_resolution: {first} -> {wanted}"));
    }
    // What has grown already has grown in the same way.
    if let (Some(has), Some(wanted)) = (&before.growth, &recipe.growth)
        && first(before) < from
    {
        if has.skips != wanted.skips {
            lines.push(format!("growth.skips: {} -> {}", has.skips, wanted.skips));
        }
        if has.min_width != wanted.min_width {
            lines.push(format!(
                "growth.min_width: {} -> {}",
                has.min_width, wanted.min_width
            ));
        }
    }
    // The same training but for the networks.
    let wanted = recipe.at_side(from);
    let found = Recipe {
        networks: before.networks.clone(),
        ..wanted.clone()
    };
    lines.extend(found.differences(&wanted));
    lines
}
