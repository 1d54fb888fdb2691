//! What can go wrong with recipes, runs, models and training.

use std::path::PathBuf;

/// A failure of this crate.
#[derive(Debug, thiserror::Error)]
pub enum GanError {
    /// The recipe is not what it should be.
    #[error(
        "{origin}: {message}\nhint: configs/ holds recipes to start from; every key may be left out but [train] resolution"
    )]
    Recipe {
        /// The file, or `--set`.
        origin: String,
        /// What is wrong, with the key and what is allowed.
        message: String,
    },
    /// The data do not fit the recipe.
    #[error("{}: expected {expected}, found {found}\nhint: {hint}", path.display())]
    Data {
        /// The dataset's folder.
        path: PathBuf,
        /// What the recipe needs.
        expected: String,
        /// What the dataset has.
        found: String,
        /// What to do.
        hint: &'static str,
    },
    /// The run folder belongs to other settings or holds a run that was not to be touched.
    #[error("{}: {message}\nhint: {hint}", path.display())]
    Run {
        /// The run folder.
        path: PathBuf,
        /// What is in the way.
        message: String,
        /// What to do.
        hint: &'static str,
    },
    /// A checkpoint or model file is damaged, foreign or too new.
    #[error("{}: expected {expected}, found {found}\nhint: {hint}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What should be there.
        expected: String,
        /// What is there.
        found: String,
        /// What to do.
        hint: &'static str,
    },
    /// A loss is no longer a finite number.
    #[error(
        "step {step}: {loss} is {value}\nhint: the last checkpoint is intact; lower adam.lr (--set adam.lr=...) or raise train.batch, then --resume"
    )]
    NotFinite {
        /// The step whose loss it is.
        step: u64,
        /// Which loss.
        loss: &'static str,
        /// `NaN`, `inf` or `-inf`.
        value: f64,
    },
    /// The loss of an evaluator's training is no longer a finite number.
    #[error("evaluator, step {step}: the loss is {value}\nhint: train it with another --seed")]
    Evaluator {
        /// The step whose loss it is.
        step: u64,
        /// `NaN`, `inf` or `-inf`.
        value: f64,
    },
    /// The device asked for is not there.
    #[error("--device {asked}: {message}\nhint: `gan doctor` lists what was found")]
    Device {
        /// What was asked for.
        asked: String,
        /// Why not.
        message: String,
    },
    /// Bookkeeping, files, locks.
    #[error(transparent)]
    Stage(#[from] stage::StageError),
    /// The dataset.
    #[error(transparent)]
    Dataset(#[from] dataset::DatasetError),
    /// libtorch refused a call.
    #[error("libtorch: {0}")]
    Torch(String),
    /// A PNG that could not be made.
    #[error("{}: cannot write the picture", path.display())]
    Picture {
        /// The file.
        path: PathBuf,
        /// What the encoder said.
        source: png::EncodingError,
    },
}

impl From<tch::TchError> for GanError {
    fn from(error: tch::TchError) -> Self {
        // Lines after the first are a C++ stack trace.
        Self::Torch(error.to_string().lines().next().unwrap_or_default().to_owned())
    }
}

impl From<aten::AtenError> for GanError {
    fn from(error: aten::AtenError) -> Self {
        Self::Torch(error.to_string())
    }
}
