//! A device without room for a step: how libtorch says it, and what batch would fit.
//!
//! What a step needs follows from networks, penalties and precision in no simple way, so it is not computed but tried: once the
//! networks of the run are gone, half of the batch, a quarter and so on go through a few steps on made-up data, penalties
//! included, and the first that does is named. On a CPU the system may rather end a process than refuse it memory; that
//! nobody can catch.

use stage::{Console, guarded};

use crate::GanError;
use crate::bench;
use crate::device::Device;
use crate::recipe::{Growth, Recipe, Side};
use crate::schedule::Moment;

/// What libtorch and its libraries say when an allocation fails, on the CPU and on CUDA.
const SAYINGS: [&str; 6] = [
    "out of memory",
    "can't allocate memory",
    "not enough memory",
    "bad_alloc",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "CUDNN_STATUS_ALLOC_FAILED",
];

/// Does work of libtorch, of which tch turns most failures into panics.
///
/// # Errors
/// As `work`; [`GanError::OutOfMemory`] where libtorch found no room.
pub fn caught<T>(recipe: &Recipe, work: impl FnOnce() -> Result<T, GanError>) -> Result<T, GanError> {
    let text = match guarded(work) {
        Ok(Err(GanError::Torch(text))) => text,
        Ok(done) => return done,
        Err(panic) => panic,
    };
    let said = in_a_line(&text);
    if !SAYINGS.iter().any(|saying| text.contains(saying)) {
        return Err(GanError::Torch(said));
    }
    Err(GanError::OutOfMemory {
        batch: recipe.train.batch,
        resolution: recipe.train.resolution,
        said,
        parts: recipe.train.accumulate,
        key: "train.batch".to_owned(),
        fits: None,
    })
}

/// The error of a step at a moment of a training by `recipe`: one of memory names the batch and the side that it had then.
#[must_use]
pub fn at_moment(error: GanError, recipe: &Recipe, now: &Moment) -> GanError {
    let GanError::OutOfMemory {
        said, parts, fits, ..
    } = error
    else {
        return error;
    };
    let resolution = now.grown.side;
    let own = |growth: &Growth| growth.batch.contains_key(&Side(resolution));
    GanError::OutOfMemory {
        batch: now.batch,
        resolution,
        said,
        parts,
        key: if recipe.growth.as_ref().is_some_and(own) {
            format!("growth.batch.{resolution}")
        } else {
            "train.batch".to_owned()
        },
        fits,
    }
}

/// The error, and for one of memory what would fit. All networks of the run must be gone.
#[must_use]
pub fn advised(error: GanError, recipe: &Recipe, device: Device, console: &Console) -> GanError {
    let GanError::OutOfMemory {
        batch,
        resolution,
        said,
        parts,
        key,
        ..
    } = error
    else {
        return error;
    };
    console.info(format!("out of memory at batch {batch}; trying smaller ones"));
    let mut smaller = recipe.at_side(resolution);
    smaller.train.accumulate = 1;
    GanError::OutOfMemory {
        batch,
        resolution,
        said,
        parts,
        key,
        fits: Some(fitting(batch / parts, |batch| {
            let mut smaller = smaller.clone();
            smaller.train.batch = batch;
            caught(&smaller, || bench::bench(&smaller, 1, device)).is_ok()
        })),
    }
}

/// The largest of `batch / 2`, `batch / 4`, ... that `fits`, 2 at least; 0 where none does.
fn fitting(batch: usize, fits: impl Fn(usize) -> bool) -> usize {
    let halves = std::iter::successors(Some(batch / 2), |b| Some(b / 2));
    halves.take_while(|b| *b >= 2).find(|b| fits(*b)).unwrap_or(0)
}

/// libtorch's words without tch's around them, and without the stack of C++ calls below the first line.
fn in_a_line(text: &str) -> String {
    let text = text.split("Torch(\"").last().unwrap_or(text);
    let line = text.lines().next().unwrap_or_default();
    line.split("\\n")
        .next()
        .unwrap_or(line)
        .trim_end_matches("\")")
        .to_owned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;

    fn recipe() -> Recipe {
        Recipe::parse("[train]\nresolution = 64\n", "a.toml", &[]).unwrap()
    }

    #[test]
    fn an_allocation_that_fails_is_told_with_the_batch_and_other_faults_as_they_are() {
        // More than any machine has: libtorch's own words.
        let refused = caught(&recipe(), || {
            Ok(tch::Tensor::zeros(
                [1 << 48],
                (tch::Kind::Float, tch::Device::Cpu),
            ))
        });
        let text = refused.unwrap_err().to_string();
        assert!(
            text.starts_with("out of memory at batch 64, 64 pixels: "),
            "{text}"
        );
        assert!(
            text.contains("allocate") && text.contains("\nhint: take a smaller train.batch"),
            "{text}"
        );
        let other = caught(&recipe(), || {
            let x = tch::Tensor::from_slice(&[1.0_f32, 2.0]);
            Ok(x.view([3]))
        });
        let text = other.unwrap_err().to_string();
        assert!(
            text.starts_with("libtorch: ") && text.contains("shape '[3]' is invalid"),
            "{text}"
        );
        assert_eq!(text.lines().count(), 1, "{text}");
    }

    #[test]
    fn cuda_says_it_in_other_words() {
        let said = "CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of 79.11 GiB";
        let refused = caught(&recipe(), || -> Result<(), GanError> {
            panic!(
                "called `Result::unwrap()` on an `Err` value: Torch(\"{said}\\nException raised from ...\")"
            )
        });
        assert!(matches!(refused, Err(GanError::OutOfMemory { said: s, .. }) if s == said));
    }

    #[test]
    fn a_growing_run_is_told_of_the_batch_of_its_stage_and_one_in_parts_of_larger_parts() {
        let error = |parts, key: &str, fits| GanError::OutOfMemory {
            batch: 64,
            resolution: 64,
            said: "no".to_owned(),
            parts,
            key: key.to_owned(),
            fits,
        };
        let text = "[train]\nresolution = 64\nbatch = 64\n[networks]\ngenerator = \"fusion\"\ndiscriminator = \"projection\"\n\
                    width = 8\n[penalty]\nr1 = 1.0\n[growth]\nfirst_resolution = 32\nstable_kimg = 1.0\nbatch = { 32 = 128 }\n";
        let growing = Recipe::parse(text, "a.toml", &[]).unwrap();
        let at = |step| {
            let now = crate::schedule::Schedule::of(&growing).at(step);
            at_moment(error(1, "train.batch", Some(16)), &growing, &now).to_string()
        };
        assert!(
            at(0).starts_with("out of memory at batch 128, 32 pixels: no\n"),
            "{}",
            at(0)
        );
        assert!(
            at(0).contains("--set growth.batch.32=16, or --set train.accumulate=8 "),
            "{}",
            at(0)
        );
        assert!(
            at(20).contains("at batch 64, 64 pixels") && at(20).contains("--set train.batch=16,"),
            "{}",
            at(20)
        );
        let small = growing.at_side(32);
        assert_eq!(
            (small.networks.width, small.train.resolution, small.growth),
            (16, 32, None)
        );
        // Four parts of 16 do not fit, four of 8 do: as many parts of a half, or eight of the whole.
        let text = error(4, "train.batch", Some(8)).to_string();
        assert!(
            text.contains("--set train.batch=32, or --set train.accumulate=8 "),
            "{text}"
        );
    }

    #[test]
    fn the_largest_half_that_fits_is_named() {
        assert_eq!(fitting(64, |b| b <= 20), 16);
        assert_eq!(fitting(7, |b| b <= 3), 3);
        assert_eq!(fitting(64, |_| false), 0);
        assert_eq!(fitting(3, |_| true), 0, "BatchNorm needs two");
    }
}
