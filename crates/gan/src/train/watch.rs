//! What a training does between its steps: it looks at what the generator draws, measures it, writes it down, and saves.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use dataset::Dataset;

use super::checkpoints::Position;
use super::diary::Diary;
use super::grids::{self, Grids};
use super::measuring::{self, Measuring};
use super::memory::caught;
use super::probe::Probe;
use super::run_folder::RunFolder;
use super::step::Trainer;
use super::{BEST, MODEL, PHOTOS, REALS, report, stats};
use crate::device::Device;
use crate::recipe::Recipe;
use crate::schedule::Schedule;
use crate::{GanError, Model, model};

/// What is due after a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// The sitting ends here.
    pub stop: bool,
    /// A line of statistics.
    pub line: bool,
    /// The light evaluation.
    pub measure: bool,
    /// A grid and the report.
    pub grid: bool,
    /// A checkpoint and the model.
    pub save: bool,
}

impl Due {
    /// After `step` steps. A sitting that stops there, for whatever reason, leaves all it has; `overdue` says that nothing was
    /// saved for too long.
    #[must_use]
    pub fn after(step: u64, recipe: &Recipe, schedule: &Schedule, stop: bool, overdue: bool) -> Self {
        let train = &recipe.train;
        let due = |kimg: f64| stop || schedule.due(step, kimg);
        let (grid, save) = (due(train.grid_kimg), due(train.checkpoint_kimg) || overdue);
        // Not where a run is merely interrupted: one that goes on measures as one that was never stopped.
        let measure =
            train.eval_kimg > 0.0 && (step == recipe.steps() || schedule.due(step, train.eval_kimg));
        Self {
            stop,
            line: due(train.tick_kimg) || grid || save || measure,
            measure,
            grid,
            save,
        }
    }
}

/// All that looks at a run, and where it is written.
pub struct Watch<'a> {
    recipe: &'a Recipe,
    schedule: &'a Schedule,
    folder: &'a RunFolder,
    data: &'a Dataset,
    model: Model,
    grids: Grids,
    probe: Option<Probe>,
    /// The light evaluation, where the data have an evaluator.
    pub measuring: Option<Measuring<'a>>,
}

impl<'a> Watch<'a> {
    /// For the run in `folder`, without a light evaluation.
    ///
    /// # Errors
    /// The data are damaged, or libtorch refuses a call.
    pub fn new(
        recipe: &'a Recipe,
        schedule: &'a Schedule,
        folder: &'a RunFolder,
        data: &'a Dataset,
        device: Device,
    ) -> Result<Self, GanError> {
        Ok(Self {
            recipe,
            schedule,
            folder,
            data,
            model: Model::of_run(data, recipe),
            grids: Grids::new(data, recipe, device)?,
            probe: Probe::new(data, recipe, device)?,
            measuring: None,
        })
    }

    /// Draws what a run is compared with: real images, and the photos of the captions that its grids ask for.
    ///
    /// # Errors
    /// The data are damaged, or the files cannot be written.
    pub fn begin(&self) -> Result<(), GanError> {
        grids::reals(self.data, self.recipe, &self.file(REALS))?;
        self.grids.photos(self.data, self.recipe, &self.file(PHOTOS))
    }

    /// Looks at the networks after step `at`: what D says of photos that it never saw, and what is due of the light evaluation,
    /// which moves the best model, and the grid. Figures by name.
    ///
    /// # Errors
    /// There is no room in memory, or a file cannot be written.
    pub fn look(
        &self,
        due: Due,
        trainer: &Trainer,
        at: &mut Position,
        diary: &mut Diary,
    ) -> Result<BTreeMap<String, f64>, GanError> {
        let mut figures = BTreeMap::new();
        if let Some(probe) = &self.probe {
            let grown = self.schedule.at(at.step - 1).grown;
            figures.extend(caught(self.recipe, || probe.measures(trainer, grown))?);
        }
        if let (true, Some(measuring)) = (due.measure, &self.measuring) {
            figures.extend(self.measure(measuring, trainer, at, diary)?);
        }
        if due.grid
            && let Some(z_spread) = self.draw(trainer, *at, diary)?
        {
            figures.insert("z_spread".to_owned(), z_spread);
        }
        Ok(figures)
    }

    fn measure(
        &self,
        measuring: &Measuring<'_>,
        trainer: &Trainer,
        at: &mut Position,
        diary: &Diary,
    ) -> Result<BTreeMap<String, f64>, GanError> {
        let average = trainer.average.as_ref();
        let light = caught(self.recipe, || measuring.measure(average))?;
        let (seen, path) = (self.schedule.images_seen(at.step), self.file(BEST));
        let side = self.schedule.grown(seen).side;
        let best = measuring::keep_best(*at, &light, side, &self.model, average, seen, &path);
        at.best = diary.tolerate(best)?.unwrap_or(at.best);
        Ok(measuring::figures(&light))
    }

    /// Draws the grid; how far its pictures of one caption are apart, where it has such and is not one that only a stop made
    /// due: a run that is prolonged has the statistics of one that was never stopped.
    fn draw(&self, trainer: &Trainer, at: Position, diary: &mut Diary) -> Result<Option<f64>, GanError> {
        let path = self.file(&grids::name(self.schedule.images_seen(at.step)));
        let drawn = caught(self.recipe, || self.grids.fakes(trainer.average.as_ref(), &path))?;
        let Some(drawn) = drawn else { return Ok(None) };
        diary.picture(at.step, &drawn.png, &path)?;
        let regular = self.schedule.due(at.step, self.recipe.train.grid_kimg);
        Ok(regular.then_some(drawn.z_spread))
    }

    /// Writes a checkpoint and the model.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn save(&self, trainer: &Trainer, at: Position) -> Result<(), GanError> {
        self.folder.save(trainer, at, self.data.content_hash())?;
        let seen = self.schedule.images_seen(at.step);
        self.model.save(trainer.average.as_ref(), seen, &self.file(MODEL))
    }

    /// Writes the model of a run with nothing left to do unless it is that of its last step, and the report unless it is newer than
    /// the statistics: a sitting that was ended between its last checkpoint and the model, or between that and the report, left
    /// an older one, or none.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn mend(&self, trainer: &Trainer, at: Position) -> Result<(), GanError> {
        let (seen, path) = (self.schedule.images_seen(at.step), self.file(MODEL));
        if model::about(&path).and_then(|about| about.get("images_seen")?.as_u64()) != Some(seen) {
            self.model.save(trainer.average.as_ref(), seen, &path)?;
            return self.report();
        }
        let written = |name: &str| {
            fs::metadata(self.file(name))
                .and_then(|file| file.modified())
                .ok()
        };
        match written(report::FILE) < written(stats::FILE) {
            true => self.report(),
            false => Ok(()),
        }
    }

    /// Writes the report anew.
    ///
    /// # Errors
    /// The statistics cannot be read, or the file cannot be written.
    pub fn report(&self) -> Result<(), GanError> {
        report::write(self.folder.dir()).map(drop)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.dir().join(name)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_due_follows_from_the_images_seen_and_a_stop_leaves_all_but_a_measurement() {
        let text = "[train]\nresolution = 32\nbatch = 10\nkimg = 1.0\ntick_kimg = 0.1\ngrid_kimg = 0.2\n\
                    checkpoint_kimg = 0.5\neval_kimg = 0.4\n";
        let recipe = Recipe::parse(text, "test", &[]).unwrap();
        let schedule = Schedule::of(&recipe);
        let due = |step, stop, overdue| Due::after(step, &recipe, &schedule, stop, overdue);
        let nothing = Due {
            stop: false,
            line: false,
            measure: false,
            grid: false,
            save: false,
        };
        assert_eq!(due(1, false, false), nothing);
        assert_eq!(
            due(10, false, false),
            Due {
                line: true,
                ..nothing
            }
        );
        let grid = Due {
            line: true,
            grid: true,
            ..nothing
        };
        assert_eq!(due(20, false, false), grid);
        assert_eq!(
            due(40, false, false),
            Due {
                measure: true,
                ..grid
            }
        );
        let save = Due {
            line: true,
            save: true,
            ..nothing
        };
        assert_eq!(due(50, false, false), save);
        assert_eq!(due(51, false, true), save);
        let stopped = Due {
            stop: true,
            save: true,
            ..grid
        };
        assert_eq!(due(51, true, false), stopped);
        assert_eq!(
            due(100, true, false),
            Due {
                measure: true,
                ..stopped
            }
        );
    }
}
