//! The training: set up, then one loop with named phases.

pub mod batches;
pub mod gradient_penalty;
pub mod grids;
pub mod run_folder;
pub mod stats;
pub mod step;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dataset::Dataset;
use stage::{Console, Interrupt, Outcome, Progress};

use self::batches::Batches;
use self::grids::Grids;
use self::run_folder::{Position, RunFolder};
use self::stats::{Line, Pending, Stats};
use self::step::Trainer;
use crate::device::Device;
use crate::random::{Random, Stream};
use crate::recipe::Recipe;
use crate::schedule::Schedule;
use crate::{GanError, Model};

/// Name of the model in a run folder.
pub const MODEL: &str = "model.safetensors";
/// Name of the grid of real images in a run folder.
pub const REALS: &str = "reals.png";

/// A checked request to train.
#[derive(Debug, Clone)]
pub struct TrainPlan {
    /// What to train.
    pub recipe: Recipe,
    /// The dataset's folder.
    pub data: PathBuf,
    /// The run's folder.
    pub run: PathBuf,
    /// Where to train.
    pub device: Device,
    /// Go on with a run that is already there.
    pub resume: bool,
    /// Begin anew where a run is already there.
    pub force: bool,
}

/// How a training ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Done, or stopped by the user after saving.
    pub outcome: Outcome,
    /// Steps taken, over all sittings.
    pub step: u64,
    /// Real images shown, over all sittings.
    pub images_seen: u64,
    /// Steps taken now.
    pub steps_now: u64,
    /// Images a second of this sitting; 0 where nothing was left to do.
    pub images_per_second: f64,
    /// Where the model is.
    pub model: PathBuf,
}

/// Trains as planned, from the start or from the newest checkpoint, until the recipe's end or Ctrl-C.
///
/// # Errors
/// The data do not fit, the folder is another run's, a loss is no longer finite, or the disk is full. The run can
/// then go on from its last checkpoint.
pub fn train(plan: &TrainPlan, console: &Console, interrupt: &Interrupt) -> Result<Report, GanError> {
    let TrainPlan { device, .. } = plan;
    // A run that is begun anew decides anew.
    let before = if plan.force {
        None
    } else {
        RunFolder::recipe(&plan.run)?
    };
    let recipe = &plan.recipe.settled(before.as_ref(), *device);
    let data = Arc::new(Dataset::open(&plan.data)?);
    let mut batches = Batches::new(Arc::clone(&data), &plan.data, recipe, *device)?;
    let folder = RunFolder::open(&plan.run, recipe, plan.resume, plan.force)?;
    let trainer = Trainer::new(recipe, data.dims(), *device);
    let begun_at = folder
        .load(&trainer, data.content_hash(), |text| console.warn(text))?
        .unwrap_or_default();
    let stats = Stats::open(folder.dir(), begun_at)?;
    let grids = Grids::new(&data, recipe, *device)?;
    let model = Model::of_run(&data, recipe);
    if begun_at == Position::default() {
        grids::reals(&data, recipe, &folder.dir().join(REALS))?;
    }

    let schedule = Schedule::of(recipe);
    let seen = |steps: u64| schedule.images_seen(steps);
    let end = recipe.steps();
    let (tick, grid, checkpoint) = (
        recipe.train.tick_kimg,
        recipe.train.grid_kimg,
        recipe.train.checkpoint_kimg,
    );
    console.info(start_line(plan, &trainer, begun_at, end));
    if let Some(growth) = schedule.in_words() {
        console.info(growth);
        let last = schedule.at(end - 1).grown.side;
        if last < recipe.train.resolution {
            console.warn(format!(
                "train.kimg = {} ends the training at {last} of {} pixels (train.resolution)",
                recipe.train.kimg, recipe.train.resolution
            ));
        }
    }
    let progress = Progress::new(console, "train", "images", seen(begun_at.step), seen(end));
    let started = Instant::now();
    let mut at = begun_at;
    let mut last_tick = (started, at.step);
    let mut last_save = started;
    let patience = Duration::from_secs_f64(recipe.train.checkpoint_minutes * 60.0);
    let mut pending = Pending::default();

    while at.step < end {
        let batch = schedule.at(at.step).batch as i64;
        let noise = Random::new(recipe.train.seed, Stream::Noise, at.step)
            .normal_tensor(&[batch, recipe.networks.z_dim as i64], device.tch());
        let measures = trainer.step(&batches.at(at.step)?, &noise, at.step)?;
        pending.push(measures);
        at.step += 1;
        at.seconds = begun_at.seconds + started.elapsed().as_secs_f64();
        progress.inc(batch as u64);

        let stop = at.step == end || interrupt.requested();
        let due = |kimg: f64| stop || schedule.due(at.step, kimg);
        let save = due(checkpoint) || last_save.elapsed() >= patience;
        if due(tick) || due(grid) || save {
            let now = Instant::now();
            let rate = (seen(at.step) - seen(last_tick.1)) as f64 / (now - last_tick.0).as_secs_f64();
            let line = line(at, seen(at.step), pending.take(at.step)?, rate);
            last_tick = (now, at.step);
            stats.append(&line)?;
            progress.note(&losses_in_short(&line));
        }
        if due(grid) {
            let name = format!("fakes-{:06}.png", seen(at.step) / 1000);
            grids.fakes(trainer.average.as_ref(), &folder.dir().join(name))?;
        }
        if save {
            folder.save(&trainer, at, data.content_hash())?;
            model.save(trainer.average.as_ref(), seen(at.step), &folder.dir().join(MODEL))?;
            last_save = Instant::now();
        }
        if stop {
            break;
        }
    }

    progress.finish();
    let steps_now = at.step - begun_at.step;
    let seconds = started.elapsed().as_secs_f64();
    Ok(Report {
        outcome: if at.step < end {
            Outcome::Interrupted
        } else {
            Outcome::Done
        },
        step: at.step,
        images_seen: seen(at.step),
        steps_now,
        images_per_second: if steps_now > 0 {
            (seen(at.step) - seen(begun_at.step)) as f64 / seconds
        } else {
            0.0
        },
        model: folder.dir().join(MODEL),
    })
}

fn start_line(plan: &TrainPlan, trainer: &Trainer, at: Position, end: u64) -> String {
    let millions = |n: usize| n as f64 / 1e6;
    format!(
        "{}: {}x{} pixels, batch {}, G {:.1} M and D {:.1} M weights, on {} with {} threads, from step {} to {end}",
        plan.run.display(),
        plan.recipe.train.resolution,
        plan.recipe.train.resolution,
        plan.recipe.train.batch,
        millions(trainer.generator.params().count()),
        millions(trainer.discriminator.params().count()),
        plan.device,
        tch::get_num_threads(),
        at.step,
    )
}

/// D's and G's losses, of which a recipe may have only one.
fn losses_in_short(line: &Line) -> String {
    let of = |name, measure| line.measure(measure).map(|loss| format!("{name} {loss:.3}"));
    let losses: Vec<String> = of("D", "d_loss").into_iter().chain(of("G", "g_loss")).collect();
    losses.join(" ")
}

fn line(at: Position, images_seen: u64, measures: BTreeMap<String, f64>, images_per_second: f64) -> Line {
    Line {
        step: at.step,
        kimg: images_seen as f64 / 1000.0,
        measures,
        images_per_second,
        seconds: at.seconds,
    }
}
