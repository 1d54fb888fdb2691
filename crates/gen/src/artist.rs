//! A model and its text model, together able to draw a caption.

use std::path::{Path, PathBuf};

use gan::picture::{RgbImage, from_tensor};
use gan::random::{Random, Stream};
use gan::{Device, LoadedModel};
use tch::Tensor;
use textfeat::TextModel;

use crate::{GenerateError, Request};

/// Images drawn in one pass.
const BATCH: usize = 32;

/// A loaded model that draws captions.
pub struct Artist {
    loaded: LoadedModel,
    texts: TextModel,
    device: Device,
}

impl Artist {
    /// Loads a model file, or the model of a run folder.
    ///
    /// # Errors
    /// The file is absent, damaged, newer, or its parts do not fit.
    pub fn load(path: &Path, device: Device) -> Result<Self, GenerateError> {
        let path = if path.is_dir() {
            path.join(gan::train::MODEL)
        } else {
            path.to_owned()
        };
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

    /// Looks up every word. `warn` hears of each unknown one with the nearest known ones.
    ///
    /// # Errors
    /// A caption without any known word, unless `allow_unknown`.
    pub fn check_words(
        &self,
        requests: &[Request],
        allow_unknown: bool,
        mut warn: impl FnMut(&str),
    ) -> Result<(), GenerateError> {
        for Request { caption, .. } in requests {
            let explanation = self.texts.explain(caption);
            if !explanation.is_known && !allow_unknown {
                let nearest = explanation.unknown.into_iter().flat_map(|u| u.nearest).collect();
                return Err(GenerateError::NoKnownWord {
                    caption: caption.clone(),
                    nearest,
                });
            }
            for unknown in explanation.unknown {
                let near = match unknown.nearest.as_slice() {
                    [] => String::new(),
                    words => format!("; near: {}", words.join(", ")),
                };
                warn(&format!(
                    "\"{caption}\": the model does not know \"{}\"{near}",
                    unknown.word
                ));
            }
        }
        Ok(())
    }

    /// Draws a picture for each (caption, seed). A picture depends on the model, its caption and its seed alone.
    ///
    /// # Errors
    /// libtorch cannot hand the pictures over.
    pub fn draw(&self, wanted: &[(&str, u64)]) -> Result<Vec<RgbImage>, GenerateError> {
        let z_len = self.loaded.model.recipe.networks.z_len();
        let mut pictures = Vec::with_capacity(wanted.len());
        for batch in wanted.chunks(BATCH) {
            let n = batch.len() as i64;
            let vectors: Vec<f32> = batch
                .iter()
                .flat_map(|(caption, _)| self.texts.transform(caption))
                .collect();
            let noise: Vec<f32> = batch
                .iter()
                .flat_map(|&(_, seed)| Random::new(seed, Stream::Samples, 0).normals(z_len))
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
