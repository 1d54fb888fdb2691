//! A run's folder: its recipe, its lock, its checkpoints.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use stage::{StageError, atomic};

use super::step::Trainer;
use crate::eval::command;
use crate::recipe::Recipe;
use crate::{GanError, weights_file};

/// Name of the resolved recipe in a run folder.
pub const CONFIG: &str = "config.toml";
const CHECKPOINTS: &str = "checkpoints";

/// A run folder held by this process.
pub struct RunFolder {
    dir: PathBuf,
    /// Checkpoints that are kept: the newest and, should they be damaged, those before.
    keep: usize,
    _lock: File,
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

impl RunFolder {
    /// Takes the folder for `recipe` on the dataset of `data_hash`. A run that is already there goes on only with
    /// `resume`; with `force` it is removed.
    ///
    /// # Errors
    /// Another process holds the folder, or it holds a run that was not to be touched, of another recipe or of
    /// other data.
    pub fn open(dir: &Path, recipe: &Recipe, resume: bool, force: bool) -> Result<Self, GanError> {
        fs::create_dir_all(dir).map_err(|e| StageError::io(dir, "cannot make the folder", e))?;
        let folder = Self {
            dir: dir.to_owned(),
            keep: recipe.train.keep,
            _lock: stage::folder::lock(dir)?,
        };
        if force {
            folder.clear()?;
        }
        folder.check_recipe(recipe, resume)?;
        atomic::remove_leftovers(dir)?;
        atomic::remove_leftovers(&dir.join(CHECKPOINTS))?;
        atomic::write(&dir.join(CONFIG), recipe.to_toml()?.as_bytes())?;
        Ok(folder)
    }

    /// The recipe of the run that is in `dir`, if one was begun there.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn recipe(dir: &Path) -> Result<Option<Recipe>, GanError> {
        let path = dir.join(CONFIG);
        path.exists().then(|| Recipe::read(&path, &[])).transpose()
    }

    /// The folder's path.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Saves everything needed to go on exactly, then drops all but the newest checkpoints. Those of later steps, which were damaged
    /// or are taken back, count as old.
    ///
    /// # Errors
    /// The disk is full or fails; earlier checkpoints are untouched.
    pub fn save(&self, trainer: &Trainer, position: Position, data_hash: &str) -> Result<(), GanError> {
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
        let path = self
            .dir
            .join(CHECKPOINTS)
            .join(format!("step-{:010}.safetensors", position.step));
        weights_file::write(&path, "checkpoint", about, &trainer.state())?;
        let (later, whole): (Vec<_>, Vec<_>) = self.checkpoints()?.into_iter().partition(|p| *p > path);
        for old in later
            .iter()
            .chain(&whole[..whole.len().saturating_sub(self.keep)])
        {
            fs::remove_file(old).map_err(|e| StageError::io(old, "cannot remove", e))?;
        }
        Ok(())
    }

    /// Loads the newest checkpoint that is whole into the trainer that `fresh` makes for its position; `None` where there
    /// is none. `warn` hears of each damaged one that is passed over.
    ///
    /// # Errors
    /// All checkpoints are damaged, or the run is of other data.
    pub fn load(
        &self,
        data_hash: &str,
        fresh: impl Fn(Position) -> Result<Trainer, GanError>,
        mut warn: impl FnMut(&str),
    ) -> Result<Option<(Trainer, Position)>, GanError> {
        let mut last_error = None;
        for path in self.checkpoints()?.iter().rev() {
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
    fn checkpoints(&self) -> Result<Vec<PathBuf>, GanError> {
        let dir = self.dir.join(CHECKPOINTS);
        let entries = match fs::read_dir(&dir) {
            Ok(entries) => entries,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(StageError::io(&dir, "cannot list", e).into()),
        };
        let mut paths = Vec::new();
        for entry in entries {
            let path = entry.map_err(|e| StageError::io(&dir, "cannot list", e))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with("step-") && name.ends_with(".safetensors") {
                paths.push(path);
            }
        }
        paths.sort();
        Ok(paths)
    }

    fn check_recipe(&self, recipe: &Recipe, resume: bool) -> Result<(), GanError> {
        let Some(found) = Self::recipe(&self.dir)? else {
            return self.check_empty();
        };
        let changes = found.differences(recipe);
        if !changes.is_empty() {
            return Err(GanError::Run {
                path: self.dir.clone(),
                message: format!(
                    "expected a run of this recipe, found another one: {}",
                    changes.join("; ")
                ),
                hint: "choose another --run, or give --force to begin it anew",
            });
        }
        if !resume && !self.checkpoints()?.is_empty() {
            return Err(GanError::Run {
                path: self.dir.clone(),
                message: "expected a new folder, found a run".to_owned(),
                hint: "--resume goes on with it, --force begins it anew",
            });
        }
        // A model is only written after a checkpoint.
        if self.checkpoints()?.is_empty() && self.dir.join(super::MODEL).exists() {
            return Err(GanError::Run {
                path: self.dir.clone(),
                message: format!(
                    "expected the checkpoints of the run that made {}, found none",
                    super::MODEL
                ),
                hint: "choose another --run, or give --force to begin it anew, which replaces the model",
            });
        }
        Ok(())
    }

    /// Checkpoints do not say of which recipe they are: without it nobody knows what would go on.
    fn check_empty(&self) -> Result<(), GanError> {
        if self.checkpoints()?.is_empty() && !self.dir.join(super::MODEL).exists() {
            return Ok(());
        }
        Err(GanError::Run {
            path: self.dir.clone(),
            message: format!("expected {CONFIG} of the run that is in the folder, found none"),
            hint: "put it back, choose another --run, or give --force to begin anew, which removes the run",
        })
    }

    /// Removes what a run writes, and nothing else that somebody may keep in the folder. The recipe goes last: what is left
    /// where this fails is still a run.
    fn clear(&self) -> Result<(), GanError> {
        let names = [
            super::stats::FILE,
            super::MODEL,
            super::BEST,
            super::REALS,
            super::PHOTOS,
            super::report::FILE,
        ];
        // What was measured of the models that go.
        let measured = [command::LAST, command::BEST];
        let measured = measured.iter().flat_map(|m| [m.report, m.nearest]);
        let names = names.into_iter().chain(measured);
        let mut paths: Vec<PathBuf> = names.map(|n| self.dir.join(n)).collect();
        paths.extend(self.checkpoints()?);
        paths.extend(super::events::files(&self.dir)?);
        let entries = fs::read_dir(&self.dir).map_err(|e| StageError::io(&self.dir, "cannot list", e))?;
        for entry in entries {
            let path = entry
                .map_err(|e| StageError::io(&self.dir, "cannot list", e))?
                .path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with(super::grids::FAKES) && name.ends_with(".png") {
                paths.push(path);
            }
        }
        paths.push(self.dir.join(CONFIG));
        for path in paths.iter().filter(|p| p.exists()) {
            fs::remove_file(path).map_err(|e| StageError::io(path, "cannot remove", e))?;
        }
        Ok(())
    }
}

fn load_one(
    path: &Path,
    fresh: impl Fn(Position) -> Result<Trainer, GanError>,
    data_hash: &str,
) -> Result<(Trainer, Position), GanError> {
    let (about, tensors) = weights_file::read(path, "checkpoint")?;
    if about.get("data").and_then(Value::as_str) != Some(data_hash) {
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
