//! What a run tells while it goes on: statistics, events, pictures; and what it does where the disk has no room for them.

use std::path::Path;

use stage::{Console, StageError};

use super::checkpoints::Position;
use super::events::Events;
use super::stats::{Line, Stats};
use crate::GanError;
use crate::picture::Png;
use crate::recipe::OnDiskFull;

/// The files that a sitting appends to.
pub struct Diary {
    stats: Stats,
    events: Events,
    on_disk_full: OnDiskFull,
    console: Console,
}

impl Diary {
    /// For a run that stands at `position`: what was told of later steps is taken back.
    ///
    /// # Errors
    /// A file cannot be read or written.
    pub fn open(
        dir: &Path,
        position: Position,
        on_disk_full: OnDiskFull,
        console: Console,
    ) -> Result<Self, GanError> {
        Ok(Self {
            stats: Stats::open(dir, position)?,
            events: Events::open(dir, position.step)?,
            on_disk_full,
            console,
        })
    }

    /// Tells a line.
    ///
    /// # Errors
    /// The disk is full, and the run is to stop then, or fails.
    pub fn line(&mut self, line: &Line) -> Result<(), GanError> {
        let stats = self.stats.append(line);
        self.tolerate(stats)?;
        let events = self.events.line(line);
        self.tolerate(events).map(|_| ())
    }

    /// Writes a grid to `path` and tells it.
    ///
    /// # Errors
    /// As [`Diary::line`].
    pub fn picture(&mut self, step: u64, png: &Png, path: &Path) -> Result<(), GanError> {
        self.tolerate(png.write(path))?;
        let told = self.events.picture(step, "fakes", png);
        self.tolerate(told).map(|_| ())
    }

    /// The result of writing something; `None`, said aloud, where the disk is full and the run is to go on all the same.
    ///
    /// # Errors
    /// Anything else.
    pub fn tolerate<T>(&self, written: Result<T, GanError>) -> Result<Option<T>, GanError> {
        match written {
            Err(GanError::Stage(StageError::NoSpace { path }))
                if self.on_disk_full == OnDiskFull::Continue =>
            {
                self.console.warn(format!(
                    "{}: no space left on the device; the run goes on and tries again when this is next due",
                    path.display()
                ));
                Ok(None)
            }
            other => other.map(Some),
        }
    }
}
