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
    /// A loss or a weight is no longer a finite number.
    #[error("step {step}: {what} is {value}{first}\nhint: {}", not_finite_hint(*rewinds))]
    NotFinite {
        /// The step after which it was so.
        step: u64,
        /// Which loss or tensor.
        what: String,
        /// `NaN`, `inf` or `-inf`.
        value: f64,
        /// Where it began, as far as that was found out: "; ...", or nothing.
        first: String,
        /// How often the run went back before.
        rewinds: u32,
    },
    /// The device has no room for a step.
    #[error("out of memory at batch {batch}, {resolution} pixels: {said}\nhint: {}", memory_hint(*fits, *batch, *parts, key))]
    OutOfMemory {
        /// Images in a step.
        batch: usize,
        /// Side of the images.
        resolution: usize,
        /// What libtorch said.
        said: String,
        /// Parts in which it takes them.
        parts: usize,
        /// The key of the recipe that says how many.
        key: String,
        /// Images of a part that were found to fit; 0 where not even two do, `None` where nothing was tried.
        fits: Option<usize>,
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

fn not_finite_hint(rewinds: u32) -> String {
    let anew = "begin anew (--force, or another --run) with a lower adam.lr, a larger train.batch, or train.precision=fp32";
    match rewinds {
        0 => format!(
            "the last checkpoint is intact; --resume --set train.on_nan=rewind goes on from it at half the rate; or {anew}"
        ),
        n => format!(
            "the run went back {n} times and is at 1/{} of its rate: that does not help; the last checkpoint is intact; {anew}",
            1_u64 << n.min(63)
        ),
    }
}

/// The fewest equal parts of a batch of which none is larger than what fits.
fn equal_parts(batch: usize, fits: usize) -> usize {
    let equal = |parts: &usize| batch.is_multiple_of(*parts) && batch / parts <= fits;
    (1..batch).find(equal).unwrap_or(batch)
}

fn memory_hint(fits: Option<usize>, batch: usize, parts: usize, key: &str) -> String {
    match fits {
        Some(0) => {
            "not even two images fit; take a smaller networks.width or train.resolution, or another --device"
                .to_owned()
        }
        Some(fits) => format!(
            "a step of {fits} images was tried and fits: --set {key}={}, or --set train.accumulate={} for the same batch in \
             parts, for a run of its own (--force, or another --run)",
            fits * parts,
            equal_parts(batch, fits)
        ),
        None => format!(
            "take a smaller {key} than {batch}, or a smaller networks.width; `gan doctor` tells the memory that is there"
        ),
    }
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
