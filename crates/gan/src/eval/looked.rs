//! What an evaluator sees in the photos of train and in their mirror images: nearly half of an evaluation, and the same in each.
//! It is kept beside the evaluator for the next one.

use std::path::{Path, PathBuf};

use dataset::Split;
use serde_json::{Map, Value};
use stage::{Console, Progress};
use tch::Tensor;

use super::evaluator::Evaluator;
use super::photos::Photos;
use crate::GanError;
use crate::weights_file::{self, Tensors};

const KIND: &str = "photos";
const PLAIN: &str = "plain";
const MIRRORED: &str = "mirrored";

/// Features `[n, d]` of all photos of train, in the order of the split.
pub struct Looked {
    /// As they are.
    pub plain: Tensor,
    /// As they are in a mirror.
    pub mirrored: Tensor,
}

/// Where they are kept: `dataset.evaluator.photos-64.safetensors` for 64 pixels and `dataset.evaluator.safetensors`.
#[must_use]
pub fn kept_beside(evaluator: &Path, resolution: usize) -> PathBuf {
    evaluator.with_extension(format!("photos-{resolution}.safetensors"))
}

impl Looked {
    /// Reads what the file at `path` keeps, or looks and writes it there, where it is not, is damaged, or is of another evaluator
    /// or device. That nothing can be written is a warning.
    ///
    /// # Errors
    /// The data are damaged, or libtorch refuses a call.
    pub fn of(
        photos: Photos<'_>,
        evaluator: &Evaluator,
        path: &Path,
        console: &Console,
    ) -> Result<Self, GanError> {
        let about = about(photos, evaluator);
        if path.exists() {
            match weights_file::read(path, KIND) {
                Ok((found, tensors)) if about.iter().all(|(key, value)| found.get(key) == Some(value)) => {
                    if let Some(looked) = Self::take(tensors, photos.data.len(Split::Train)) {
                        return Ok(looked);
                    }
                }
                Ok(_) => {}
                Err(e) => {
                    let text = e.to_string();
                    let first = text.lines().next().unwrap_or_default();
                    console.warn(format!("the photos are looked at anew: {first}"));
                }
            }
        }
        let looked = Self::look(photos, evaluator, console)?;
        let tensors = [(PLAIN, &looked.plain), (MIRRORED, &looked.mirrored)];
        let tensors: Tensors = tensors
            .map(|(name, t)| (name.to_owned(), t.shallow_clone()))
            .into();
        if let Err(e) = weights_file::write(path, KIND, about, &tensors) {
            console.warn(format!("the next evaluation looks at the photos again: {e}"));
        }
        Ok(looked)
    }

    fn take(mut tensors: Tensors, photos: usize) -> Option<Self> {
        let mut take = |name: &str| {
            let tensor = tensors.remove(name)?;
            matches!(tensor.size()[..], [n, _] if n == photos as i64).then_some(tensor)
        };
        Some(Self {
            plain: take(PLAIN)?,
            mirrored: take(MIRRORED)?,
        })
    }

    fn look(photos: Photos<'_>, evaluator: &Evaluator, console: &Console) -> Result<Self, GanError> {
        let all: Vec<usize> = (0..photos.data.len(Split::Train)).collect();
        let progress = Progress::new(console, "look at", "photos", 0, all.len() as u64);
        let (mut plain, mut mirrored) = (Vec::new(), Vec::new());
        for images in photos.lots(Split::Train, &all) {
            let images = images?;
            plain.push(evaluator.look(&images)?.features);
            mirrored.push(evaluator.look(&images.flip([3]))?.features);
            progress.inc(images.size()[0] as u64);
        }
        progress.finish();
        Ok(Self {
            plain: Tensor::cat(&plain, 0),
            mirrored: Tensor::cat(&mirrored, 0),
        })
    }
}

/// What the features follow from. The evaluator is of one data set; devices differ in the last digits.
fn about(photos: Photos<'_>, evaluator: &Evaluator) -> Map<String, Value> {
    let device = if photos.device.tch() == tch::Device::Cpu {
        "cpu"
    } else {
        "cuda"
    };
    [
        ("evaluator", Value::from(evaluator.hash.as_str())),
        ("resolution", Value::from(photos.resolution)),
        ("device", Value::from(device)),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into_iter()
    .collect()
}
