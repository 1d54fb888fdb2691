//! Where a sitting begins, and where it goes on when something is no longer finite.

use dataset::Dataset;
use stage::Console;

use super::checkpoints::Position;
use super::fault;
use super::memory::caught;
use super::origin::Origin;
use super::run_folder::RunFolder;
use super::stats::Measures;
use super::step::Trainer;
use crate::GanError;
use crate::device::Device;
use crate::recipe::{OnNan, Recipe};

/// How often a run goes back before it gives up.
pub const MOST_REWINDS: u32 = 3;

/// The run's checkpoints, and how to go on from them.
pub struct Recovery<'a> {
    folder: &'a RunFolder,
    data: &'a Dataset,
    recipe: &'a Recipe,
    device: Device,
    console: &'a Console,
}

impl<'a> Recovery<'a> {
    /// For the run in `folder`.
    #[must_use]
    pub const fn new(
        folder: &'a RunFolder,
        data: &'a Dataset,
        recipe: &'a Recipe,
        device: Device,
        console: &'a Console,
    ) -> Self {
        Self {
            folder,
            data,
            recipe,
            device,
            console,
        }
    }

    /// The newest checkpoint that is whole; where there is none, what `origin` has learnt or, without one, fresh networks.
    ///
    /// # Errors
    /// All checkpoints are damaged or of other data, or there is no room for the networks.
    pub fn newest(&self, origin: Option<Origin>) -> Result<(Trainer, Position), GanError> {
        self.newest_with(None, origin)
    }

    /// [`Recovery::newest`] for a run that went back so many times, whatever the checkpoint says.
    fn newest_with(
        &self,
        rewinds: Option<u32>,
        origin: Option<Origin>,
    ) -> Result<(Trainer, Position), GanError> {
        let fresh = |at: u32| {
            let slowed = slowed(self.recipe, rewinds.unwrap_or(at));
            caught(self.recipe, || {
                Ok(Trainer::new(&slowed, self.data.dims(), self.device))
            })
        };
        let warn = |text: &str| self.console.warn(text);
        let hash = Some(self.data.content_hash());
        let at = |position: Position| fresh(position.rewinds);
        if let Some(found) = self.folder.checkpoints().load(hash, at, warn)? {
            return Ok(found);
        }
        let trainer = fresh(origin.as_ref().map_or(0, Origin::rewinds))?;
        let position = match &origin {
            Some(origin) => origin.hand_over(&trainer)?,
            None => Position::default(),
        };
        Ok((trainer, position))
    }

    /// Where a run goes on that stands `at` a step at which `found` is not finite: at its last checkpoint at half the
    /// rate, if the recipe says so and it has not done that too often. That is saved at once, so that a run that is killed
    /// afterwards goes on in the same way. `per_second` steps were taken in a second.
    ///
    /// # Errors
    /// `found`, with the place where it began.
    pub fn after(
        &self,
        found: GanError,
        trainer: Trainer,
        at: Position,
        per_second: f64,
        take_step: &mut dyn FnMut(&Trainer, u64) -> Result<Measures, GanError>,
    ) -> Result<(Trainer, Position), GanError> {
        let GanError::NotFinite {
            step, what, value, ..
        } = found
        else {
            return Err(found);
        };
        // There may be no room for two.
        drop(trainer);
        if self.recipe.train.on_nan == OnNan::Stop || at.rewinds >= MOST_REWINDS {
            let (again, from) = self.newest_with(Some(at.rewinds), None)?;
            return Err(GanError::NotFinite {
                first: fault::beginning(&again, from.step..step, per_second, take_step)?,
                step,
                what,
                value,
                rewinds: at.rewinds,
            });
        }
        let rewinds = at.rewinds + 1;
        let (trainer, from) = self.newest_with(Some(rewinds), None)?;
        let position = Position {
            rewinds,
            seconds: at.seconds,
            best: at.best,
            ..from
        };
        self.folder.save(&trainer, position, self.data.content_hash())?;
        self.console.warn(format!(
            "step {step}: {what} is {value}; the run goes back to step {} and on from there at 1/{} of its rate ({rewinds} of {MOST_REWINDS})",
            position.step,
            1_u32 << rewinds,
        ));
        Ok((trainer, position))
    }
}

/// The recipe of a run that went back so many times: each time halves the rate.
fn slowed(recipe: &Recipe, rewinds: u32) -> Recipe {
    let mut recipe = recipe.clone();
    let share = 0.5_f64.powi(i32::try_from(rewinds).unwrap_or(i32::MAX));
    recipe.adam.lr *= share;
    for rate in recipe.growth.iter_mut().flat_map(|growth| growth.lr.values_mut()) {
        *rate *= share;
    }
    recipe
}
