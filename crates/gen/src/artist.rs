//! A model and its text model, together able to draw a caption.

use std::path::{Path, PathBuf};

use gan::picture::{RgbImage, from_tensor};
use gan::random::{Random, Stream};
use gan::{Device, LoadedModel};
use tch::Tensor;
use textfeat::TextModel;

use crate::{GenerateError, Variety};

/// Images drawn in one pass.
const BATCH: usize = 32;

/// A loaded model that draws captions.
pub struct Artist {
    loaded: LoadedModel,
    texts: TextModel,
    device: Device,
}

/// A picture that an artist is asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wanted<'a> {
    /// What it shows.
    pub caption: &'a str,
    /// Whose z it is drawn with.
    pub seed: u64,
    /// What that z is scaled by.
    pub variety: Variety,
}

impl Artist {
    /// Loads a model file, or the model of a run folder.
    ///
    /// # Errors
    /// The file is absent, damaged, newer, or its parts do not fit.
    pub fn load(path: &Path, device: Device) -> Result<Self, GenerateError> {
        let path = find(path)?;
        let loaded = LoadedModel::read(&path, device)?;
        let texts = TextModel::from_bytes(&loaded.model.text_model);
        let texts = texts.map_err(|source| GenerateError::TextModel {
            path: PathBuf::from(&path),
            source,
        })?;
        let (expected, found) = (loaded.model.dims, texts.dims());
        if expected != found {
            return Err(GenerateError::Dims {
                path,
                expected,
                found,
            });
        }
        Ok(Self {
            loaded,
            texts,
            device,
        })
    }

    /// blake3 of the model file, in hex.
    #[must_use]
    pub fn model_hash(&self) -> &str {
        &self.loaded.hash
    }

    /// What the model makes of words.
    #[must_use]
    pub const fn texts(&self) -> &TextModel {
        &self.texts
    }

    /// Draws a picture for each of `wanted`. It depends on the model, its caption, seed and variety alone. The variety scales all
    /// of z, with conditioning augmentation also the part that the text's vector is drawn with.
    ///
    /// # Errors
    /// libtorch cannot hand the pictures over.
    pub fn draw(&self, wanted: &[Wanted<'_>]) -> Result<Vec<RgbImage>, GenerateError> {
        let z_len = self.loaded.model.recipe.networks.z_len();
        let mut pictures = Vec::with_capacity(wanted.len());
        for batch in wanted.chunks(BATCH) {
            let n = batch.len() as i64;
            let vectors: Vec<f32> = batch
                .iter()
                .flat_map(|picture| self.texts.transform(picture.caption))
                .collect();
            let noise: Vec<f32> = batch
                .iter()
                .flat_map(|picture| {
                    let mut z = Random::new(picture.seed, Stream::Samples, 0).normals(z_len);
                    z.iter_mut().for_each(|value| *value *= picture.variety.scale());
                    z
                })
                .collect();
            let rows = |values: &[f32]| {
                Tensor::from_slice(values)
                    .view([n, -1])
                    .to_device(self.device.tch())
            };
            pictures.extend(from_tensor(&self.loaded.draw(&rows(&vectors), &rows(&noise)))?);
        }
        Ok(pictures)
    }
}

/// The model file that `path` names: itself, or the last model of a run's folder.
fn find(path: &Path) -> Result<PathBuf, GenerateError> {
    let (file, hint) = if path.is_dir() {
        let hint = if path.join(gan::train::BEST).exists() {
            "name best.safetensors of that folder, or have `gan train --resume` write model.safetensors anew"
        } else {
            "name the folder of a run; `gan train --resume` writes the model of a run anew"
        };
        (path.join(gan::train::MODEL), hint)
    } else {
        let hint =
            "name model.safetensors or best.safetensors of a run, or the run's folder; `gan train` makes one";
        (path.to_owned(), hint)
    };
    if file.exists() {
        Ok(file)
    } else {
        Err(GenerateError::NoModel { path: file, hint })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_model_that_is_not_there_is_told_with_what_is() {
        let dir = tempfile::tempdir().unwrap();
        let said = |path: &Path| find(path).unwrap_err().to_string();
        let file = said(&dir.path().join("none.safetensors"));
        assert!(
            file.contains("none.safetensors: cannot read: expected a trained model, found nothing\nhint: name model.safetensors or best.safetensors"),
            "{file}"
        );
        let folder = said(dir.path());
        assert!(
            folder.contains("model.safetensors: cannot read: ")
                && folder.contains("\nhint: name the folder of a run"),
            "{folder}"
        );
        std::fs::write(dir.path().join("best.safetensors"), b"").unwrap();
        assert!(said(dir.path()).contains("\nhint: name best.safetensors"));
        let model = dir.path().join("model.safetensors");
        std::fs::write(&model, b"").unwrap();
        assert_eq!(find(dir.path()).unwrap(), model);
    }
}
