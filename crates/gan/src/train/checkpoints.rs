//! A run's checkpoints: all that is needed to go on exactly, in files of which a few are kept.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use stage::{StageError, atomic};

use super::step::Trainer;
use crate::{GanError, weights_file};

const FOLDER: &str = "checkpoints";

/// The checkpoints of a run folder.
pub struct Checkpoints {
    dir: PathBuf,
}

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Position {
    /// Steps taken.
    pub step: u64,
    /// Seconds of training, over all its sittings.
    pub seconds: f64,
    /// How often it went back to a checkpoint because something was no longer finite. Each time halves the rate.
    pub rewinds: u32,
    /// The best that was measured so far.
    pub best: Option<Best>,
}

/// The model with the highest score of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Best {
    /// Steps taken when it was measured.
    pub step: u64,
    /// Its score ([`crate::eval::Light::score`]).
    pub score: f64,
    /// What that is on ([`crate::eval::Light::scale`]).
    pub scale: u64,
}

impl Checkpoints {
    /// Those of the run in `run`, where there may be none.
    #[must_use]
    pub fn of(run: &Path) -> Self {
        Self {
            dir: run.join(FOLDER),
        }
    }

    /// Removes what a killed process left half written.
    ///
    /// # Errors
    /// It cannot be removed.
    pub fn remove_leftovers(&self) -> Result<(), GanError> {
        Ok(atomic::remove_leftovers(&self.dir)?)
    }

    /// Saves everything needed to go on exactly, then drops all but the `keep` newest checkpoints. Those of later steps, which
    /// were damaged or are taken back, count as old.
    ///
    /// # Errors
    /// The disk is full or fails; earlier checkpoints are untouched.
    pub fn save(
        &self,
        keep: usize,
        trainer: &Trainer,
        position: Position,
        data_hash: &str,
    ) -> Result<(), GanError> {
        let mut about = Map::from_iter([
            ("step".to_owned(), Value::from(position.step)),
            ("seconds".to_owned(), Value::from(position.seconds)),
            ("data".to_owned(), Value::from(data_hash)),
            ("rewinds".to_owned(), Value::from(position.rewinds)),
        ]);
        if let Some(best) = position.best {
            about.insert("best_step".to_owned(), Value::from(best.step));
            about.insert("best_score".to_owned(), Value::from(best.score));
            about.insert("best_scale".to_owned(), Value::from(best.scale));
        }
        let path = self.dir.join(format!("step-{:010}.safetensors", position.step));
        weights_file::write(&path, "checkpoint", about, &trainer.state())?;
        let (later, whole): (Vec<_>, Vec<_>) = self.paths()?.into_iter().partition(|p| *p > path);
        let oldest = &whole[..whole.len().saturating_sub(keep)];
        for old in later.iter().chain(oldest) {
            fs::remove_file(old).map_err(|e| StageError::io(old, "cannot remove", e))?;
        }
        Ok(())
    }

    /// Loads the newest checkpoint that is whole into the trainer that `fresh` makes for its position; `None` where there
    /// is none. `warn` hears of each damaged one that is passed over.
    ///
    /// # Errors
    /// All checkpoints are damaged, or the run is of other data than those of `data_hash`, where that is given.
    pub fn load(
        &self,
        data_hash: Option<&str>,
        fresh: impl Fn(Position) -> Result<Trainer, GanError>,
        mut warn: impl FnMut(&str),
    ) -> Result<Option<(Trainer, Position)>, GanError> {
        let mut last_error = None;
        for path in self.paths()?.iter().rev() {
            match load_one(path, &fresh, data_hash) {
                Ok(found) => return Ok(Some(found)),
                Err(e @ GanError::File { .. }) => {
                    let text = e.to_string();
                    warn(&format!(
                        "passed over: {}",
                        text.lines().next().unwrap_or_default()
                    ));
                    last_error = Some(e);
                }
                Err(e) => return Err(e),
            }
        }
        last_error.map_or(Ok(None), Err)
    }

    /// Paths of all checkpoints, oldest first.
    ///
    /// # Errors
    /// The folder is there and cannot be listed.
    pub fn paths(&self) -> Result<Vec<PathBuf>, GanError> {
        let cannot_list = |e| StageError::io(&self.dir, "cannot list", e);
        let entries = match fs::read_dir(&self.dir) {
            Ok(entries) => entries,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(cannot_list(e).into()),
        };
        let mut paths = Vec::new();
        for entry in entries {
            let path = entry.map_err(cannot_list)?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with("step-") && name.ends_with(".safetensors") {
                paths.push(path);
            }
        }
        paths.sort();
        Ok(paths)
    }
}

fn load_one(
    path: &Path,
    fresh: impl Fn(Position) -> Result<Trainer, GanError>,
    data_hash: Option<&str>,
) -> Result<(Trainer, Position), GanError> {
    let (about, tensors) = weights_file::read(path, "checkpoint")?;
    if data_hash.is_some() && about.get("data").and_then(Value::as_str) != data_hash {
        return Err(GanError::Run {
            path: path.to_owned(),
            message: "expected a run on this dataset, found one on other data".to_owned(),
            hint: "name the dataset the run was begun on, or choose another --run",
        });
    }
    let bad = |(expected, found)| GanError::File {
        path: path.to_owned(),
        expected,
        found,
        hint: "the checkpoint is of other networks; choose another --run",
    };
    let position = position(&about).map_err(bad)?;
    let trainer = fresh(position)?;
    trainer.load(&tensors).map_err(bad)?;
    Ok((trainer, position))
}

/// What a checkpoint's metadata say; what is missing, where it must be there.
fn position(about: &Map<String, Value>) -> Result<Position, (String, String)> {
    let number = |key: &str| {
        let value = about.get(key);
        value.ok_or_else(|| (format!("`{key}`"), "none".to_owned()))
    };
    let best = || {
        let step = about.get("best_step")?.as_u64()?;
        let score = about.get("best_score")?.as_f64()?;
        let scale = about.get("best_scale")?.as_u64()?;
        Some(Best { step, score, scale })
    };
    let rewinds = about.get("rewinds").and_then(Value::as_u64).unwrap_or(0);
    Ok(Position {
        step: number("step")?.as_u64().unwrap_or_default(),
        seconds: number("seconds")?.as_f64().unwrap_or_default(),
        rewinds: u32::try_from(rewinds).unwrap_or(u32::MAX),
        best: best(),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_position_comes_back_from_the_metadata_and_older_ones_are_read() {
        let about = |text: &str| serde_json::from_str::<Map<String, Value>>(text).unwrap();
        let old = position(&about(r#"{"step": 7, "seconds": 1.5}"#)).unwrap();
        assert_eq!((old.step, old.rewinds, old.best), (7, 0, None));
        let text = r#"{"step": 7, "seconds": 1.5, "rewinds": 2, "best_step": 5, "best_score": 0.1"#;
        let new = position(&about(&format!("{text}, \"best_scale\": 18446744073709551615}}"))).unwrap();
        let (step, score, scale) = (5, 0.1, u64::MAX);
        assert_eq!((new.rewinds, new.best), (2, Some(Best { step, score, scale })));
        // On what a score was is not known: any other is better.
        assert_eq!(position(&about(&format!("{text}}}"))).unwrap().best, None);
        assert_eq!(position(&about("{}")).unwrap_err().0, "`step`");
    }
}
