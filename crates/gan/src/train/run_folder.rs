//! A run's folder: its recipe, its lock, its checkpoints.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use stage::{StageError, atomic};

use super::checkpoints::{Checkpoints, Position};
use super::step::Trainer;
use crate::GanError;
use crate::eval::command;
use crate::recipe::Recipe;

/// Name of the resolved recipe in a run folder.
pub const CONFIG: &str = "config.toml";

/// Name of the file in a run folder that names the run it was begun with.
pub const FROM: &str = "from.txt";

/// A run folder held by this process.
pub struct RunFolder {
    dir: PathBuf,
    checkpoints: Checkpoints,
    /// Checkpoints that are kept: the newest and, should they be damaged, those before.
    keep: usize,
    _lock: File,
}

impl RunFolder {
    /// Takes the folder for `recipe`, and for a run that begins with the run `from`. A run that is already there goes on only with
    /// `resume`; with `force` it is removed.
    ///
    /// # Errors
    /// Another process holds the folder, or it holds a run that was not to be touched, of another recipe, or one that has still to
    /// take over what another one learnt.
    pub fn open(
        dir: &Path,
        recipe: &Recipe,
        from: Option<&Path>,
        resume: bool,
        force: bool,
    ) -> Result<Self, GanError> {
        fs::create_dir_all(dir).map_err(|e| StageError::io(dir, "cannot make the folder", e))?;
        let folder = Self {
            dir: dir.to_owned(),
            checkpoints: Checkpoints::of(dir),
            keep: recipe.train.keep,
            _lock: stage::folder::lock(dir)?,
        };
        // Before a run is removed and before the recipe, which makes the folder one: a run that is killed between must not begin with nothing.
        if let Some(from) = from.filter(|_| force) {
            folder.note(from)?;
        }
        if force {
            folder.clear(from.is_none())?;
        }
        folder.check_recipe(recipe, resume)?;
        folder.check_from(from)?;
        atomic::remove_leftovers(dir)?;
        folder.checkpoints.remove_leftovers()?;
        if let Some(from) = from {
            folder.note(from)?;
        }
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

    /// Its checkpoints.
    #[must_use]
    pub const fn checkpoints(&self) -> &Checkpoints {
        &self.checkpoints
    }

    /// Saves a checkpoint, and drops the oldest.
    ///
    /// # Errors
    /// The disk is full or fails; earlier checkpoints are untouched.
    pub fn save(&self, trainer: &Trainer, position: Position, data_hash: &str) -> Result<(), GanError> {
        self.checkpoints.save(self.keep, trainer, position, data_hash)
    }

    /// Notes the run that this one is to begin with.
    fn note(&self, from: &Path) -> Result<(), GanError> {
        atomic::write(&self.dir.join(FROM), from.as_os_str().as_encoded_bytes())?;
        Ok(())
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
        if !resume && !self.checkpoints.paths()?.is_empty() {
            return Err(GanError::Run {
                path: self.dir.clone(),
                message: "expected a new folder, found a run".to_owned(),
                hint: "--resume goes on with it, --force begins it anew",
            });
        }
        // A model is only written after a checkpoint.
        if self.checkpoints.paths()?.is_empty() && self.dir.join(super::MODEL).exists() {
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

    /// A run that was stopped before it had a checkpoint has not taken over what the other one learnt, and would begin with nothing.
    fn check_from(&self, from: Option<&Path>) -> Result<(), GanError> {
        let path = self.dir.join(FROM);
        if from.is_some() || !path.exists() || !self.checkpoints.paths()?.is_empty() {
            return Ok(());
        }
        let other = fs::read(&path).map_err(|e| StageError::io(&path, "cannot read", e))?;
        Err(GanError::Run {
            path: self.dir.clone(),
            message: format!(
                "expected --from {}, with which this run was to begin when it was stopped, found no --from",
                String::from_utf8_lossy(&other)
            ),
            hint: "give it again, or --force to begin with nothing",
        })
    }

    /// Checkpoints do not say of which recipe they are: without it nobody knows what would go on.
    fn check_empty(&self) -> Result<(), GanError> {
        if self.checkpoints.paths()?.is_empty() && !self.dir.join(super::MODEL).exists() {
            return Ok(());
        }
        Err(GanError::Run {
            path: self.dir.clone(),
            message: format!("expected {CONFIG} of the run that is in the folder, found none"),
            hint: "put it back, choose another --run, or give --force to begin anew, which removes the run",
        })
    }

    /// Removes what a run writes, and nothing else that somebody may keep in the folder; the note of the run that it was begun with
    /// only where `with_note` says so. The recipe goes last: what is left where this fails is still a run.
    fn clear(&self, with_note: bool) -> Result<(), GanError> {
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
        let names = names.into_iter().chain(measured).chain(with_note.then_some(FROM));
        let mut paths: Vec<PathBuf> = names.map(|n| self.dir.join(n)).collect();
        paths.extend(self.checkpoints.paths()?);
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
