//! The training: set up, then one loop with named phases.

pub mod appended;
pub mod batches;
pub mod checkpoints;
pub mod clock;
pub mod diary;
pub mod events;
pub mod fault;
pub mod figures;
pub mod grids;
pub mod measuring;
pub mod memory;
pub mod origin;
pub mod probe;
pub mod recovery;
pub mod report;
pub mod resident;
pub mod run_folder;
pub mod stats;
pub mod step;
pub mod watch;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dataset::Dataset;
use stage::{Console, Interrupt, Outcome, Progress};

use self::batches::Batches;
use self::checkpoints::{Best, Checkpoints, Position};
use self::clock::{Clock, memory_mib};
use self::diary::Diary;
use self::measuring::Measuring;
use self::origin::Origin;
use self::recovery::Recovery;
use self::run_folder::RunFolder;
use self::stats::{Line, Measures, Pending};
use self::step::Trainer;
use self::watch::{Due, Watch};
use crate::GanError;
use crate::device::Device;
use crate::random::{Random, Stream};
use crate::recipe::Recipe;
use crate::schedule::Schedule;

/// Name of the model in a run folder.
pub const MODEL: &str = "model.safetensors";
/// Name of the model with the best score in a run folder.
pub const BEST: &str = "best.safetensors";
/// Name of the grid of real images in a run folder.
pub const REALS: &str = "reals.png";
/// Name of the photos of the products whose captions the grids ask for.
pub const PHOTOS: &str = "photos.png";

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
    /// The folder of a run that a new one begins with.
    pub from: Option<PathBuf>,
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
    /// The best that was measured, if any was.
    pub best: Option<Best>,
}

/// Trains as planned, from the start or from the newest checkpoint, until the recipe's end or Ctrl-C.
///
/// # Errors
/// The data do not fit, the folder is another run's, something is no longer finite, there is no room in memory or on the
/// disk. The run can then go on from its last checkpoint.
pub fn train(plan: &TrainPlan, console: &Console, interrupt: &Interrupt) -> Result<Report, GanError> {
    sit(plan, console, interrupt).map_err(|e| memory::advised(e, &plan.recipe, plan.device, console))
}

/// One sitting of a run: set up, then the loop.
fn sit(plan: &TrainPlan, console: &Console, interrupt: &Interrupt) -> Result<Report, GanError> {
    let TrainPlan { device, .. } = plan;
    let is_new = plan.force || Checkpoints::of(&plan.run).paths()?.is_empty();
    let from = plan.from.as_deref().filter(|_| is_new);
    let origin = from.map(|dir| Origin::recipe(dir, &plan.run)).transpose()?;
    // A run that is begun anew decides anew.
    let before = match plan.force {
        true => None,
        false => RunFolder::recipe(&plan.run)?,
    };
    let recipe = &plan.recipe.settled(before.as_ref().or(origin.as_ref()), *device);
    let data = Arc::new(Dataset::open(&plan.data)?);
    let mut batches = Batches::new(Arc::clone(&data), &plan.data, recipe, *device)?;
    // Before anything that is there is touched.
    let origin = from
        .zip(origin.as_ref())
        .map(|(dir, before)| Origin::read(dir, before, recipe, &data, *device, console))
        .transpose()?;
    let folder = RunFolder::open(&plan.run, recipe, from, plan.resume, plan.force)?;
    let recovery = Recovery::new(&folder, &data, recipe, *device, console);
    let (mut trainer, begun_at) = recovery.newest(origin)?;
    let mut diary = Diary::open(folder.dir(), begun_at, recipe.train.on_disk_full, *console)?;
    let schedule = Schedule::of(recipe);
    let mut watch = Watch::new(recipe, &schedule, &folder, &data, *device)?;
    if begun_at.step > 0 && is_new {
        // From here on the run needs the other one no more.
        watch.save(&trainer, begun_at)?;
    }
    if is_new || !folder.dir().join(PHOTOS).exists() {
        watch.begin()?;
    }
    let (end, seen) = (recipe.steps(), |steps: u64| schedule.images_seen(steps));
    if begun_at.step >= end {
        watch.mend(&trainer, begun_at)?;
    }
    announce(plan, &trainer, begun_at, &schedule, console);
    if let Some(from) = &plan.from {
        console.info(match is_new {
            true => format!(
                "begins with what {} learnt in {} steps",
                from.display(),
                begun_at.step
            ),
            false => format!("the run goes on, and takes nothing more from {}", from.display()),
        });
    }
    // Looking at the real photos takes a while that a run with nothing to do need not wait.
    let evaluator = (begun_at.step < end).then(|| measuring::evaluator(&plan.data, recipe, *device, console));
    let evaluator = evaluator.flatten();
    watch.measuring = evaluator
        .as_ref()
        .and_then(|e| Measuring::new(&data, &plan.data, e, recipe, *device, console));

    let progress = Progress::new(console, "train", "images", seen(begun_at.step), seen(end));
    let mut clock = Clock::start();
    let mut at = begun_at;
    let mut last_tick = (0.0, at.step);
    let mut last_save = Instant::now();
    let patience = Duration::from_secs_f64(recipe.train.checkpoint_minutes * 60.0);
    let mut pending = Pending::default();
    let mut step =
        |trainer: &Trainer, step: u64| take_step(trainer, &mut batches, recipe, &schedule, *device, step);

    while at.step < end {
        pending.push(step(&trainer, at.step)?);
        if let Some(notice) = trainer.take_notice() {
            console.warn(format!(
                "the device cannot repeat steps by itself, which is slower: {notice}"
            ));
        }
        at.step += 1;
        at.seconds = begun_at.seconds + clock.seconds();
        progress.inc(seen(at.step) - seen(at.step - 1));
        let stop = at.step == end || interrupt.requested();
        let due = Due::after(at.step, recipe, &schedule, stop, last_save.elapsed() >= patience);
        if !due.line {
            continue;
        }

        // Is all well?
        let means = pending
            .take(at.step)
            .and_then(|means| fault::check_if(due.save, &trainer, at.step).map(|()| means));
        let now = clock.seconds();
        let mut means = match means {
            Ok(means) => means,
            Err(found) => {
                let per_second = (at.step - last_tick.1) as f64 / (now - last_tick.0);
                (trainer, at) = clock.aside(|| recovery.after(found, trainer, at, per_second, &mut step))?;
                diary = Diary::open(folder.dir(), at, recipe.train.on_disk_full, *console)?;
                (pending, last_tick) = (Pending::default(), (clock.seconds(), at.step));
                progress.set(seen(at.step));
                continue;
            }
        };
        let rate = (seen(at.step) - seen(last_tick.1)) as f64 / (now - last_tick.0);
        last_tick = (now, at.step);

        // Look and measure, which is no training.
        means.extend(clock.aside(|| watch.look(due, &trainer, &mut at, &mut diary))?);
        if at.rewinds > 0 {
            means.insert("rewinds".to_owned(), f64::from(at.rewinds));
        }
        let line = line(at, seen(at.step), means, rate);
        diary.line(&line)?;
        progress.note(&in_short(&line));

        if due.save {
            let saved = watch.save(&trainer, at);
            // What is not saved at the end is lost.
            if stop {
                saved?;
            } else {
                let _ = diary.tolerate(saved)?;
            }
            last_save = Instant::now();
        }
        if due.grid {
            let written = clock.aside(|| watch.report());
            let _ = diary.tolerate(written)?;
        }
        if stop {
            break;
        }
    }

    progress.finish();
    let shown = seen(at.step).saturating_sub(seen(begun_at.step));
    Ok(Report {
        outcome: if at.step < end {
            Outcome::Interrupted
        } else {
            Outcome::Done
        },
        step: at.step,
        steps_now: at.step.saturating_sub(begun_at.step),
        images_per_second: if shown > 0 {
            shown as f64 / clock.seconds()
        } else {
            0.0
        },
        images_seen: seen(at.step),
        model: folder.dir().join(MODEL),
        best: at.best,
    })
}

/// Says what is about to be trained, and where its growth ends too soon.
fn announce(plan: &TrainPlan, trainer: &Trainer, at: Position, schedule: &Schedule, console: &Console) {
    let (train, end) = (&plan.recipe.train, plan.recipe.steps());
    console.info(start_line(plan, trainer, at, end));
    let Some(growth) = schedule.in_words() else {
        return;
    };
    console.info(growth);
    let last = schedule.at(end - 1).grown.side;
    if last < train.resolution {
        console.warn(format!(
            "train.kimg = {} ends the training at {last} of {} pixels (train.resolution)",
            train.kimg, train.resolution
        ));
    }
}

/// The step after `step` others, by its own batch and noise.
fn take_step(
    trainer: &Trainer,
    batches: &mut Batches,
    recipe: &Recipe,
    schedule: &Schedule,
    device: Device,
    step: u64,
) -> Result<Measures, GanError> {
    let now = schedule.at(step);
    memory::caught(recipe, || {
        let shape = [now.batch as i64, recipe.networks.z_len() as i64];
        let noise = Random::new(recipe.train.seed, Stream::Noise, step).normal_tensor(&shape, device.tch());
        trainer.step(&batches.at(step)?, &noise, step)
    })
    .map_err(|e| memory::at_moment(e, recipe, &now))
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

/// D's and G's losses, of which a recipe may have only one, and the memory.
fn in_short(line: &Line) -> String {
    let of = |name, measure| line.measure(measure).map(|loss| format!("{name} {loss:.3}"));
    let losses = of("D", "d_loss").into_iter().chain(of("G", "g_loss"));
    let memory = line.memory_mib.map(|mib| format!("{:.1} GiB", mib / 1024.0));
    losses.chain(memory).collect::<Vec<_>>().join(" ")
}

fn line(at: Position, images_seen: u64, measures: BTreeMap<String, f64>, images_per_second: f64) -> Line {
    Line {
        step: at.step,
        kimg: images_seen as f64 / 1000.0,
        measures,
        images_per_second,
        seconds: at.seconds,
        memory_mib: memory_mib(),
    }
}
