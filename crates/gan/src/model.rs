//! `model.safetensors`: the averaged generator with its recipe and text model, all that drawing needs.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dataset::Dataset;
use serde_json::{Map, Value};
use tch::Tensor;

use crate::GanError;
use crate::device::Device;
use crate::networks::{self, Generator};
use crate::recipe::Recipe;
use crate::schedule::Schedule;
use crate::weights_file::{self, Tensors};

const KIND: &str = "model";

/// What is to be known of a model beside its weights.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// The recipe it was trained by.
    pub recipe: Recipe,
    /// Length of a text vector.
    pub dims: usize,
    /// Content of `text.model`: how captions become vectors.
    pub text_model: Vec<u8>,
    /// Content hash of the dataset it was trained on.
    pub data: String,
}

/// A model read from its file.
pub struct LoadedModel {
    /// What is known of it.
    pub model: Model,
    /// Its averaged generator.
    pub generator: Box<dyn Generator>,
    /// Real images shown during its training.
    pub images_seen: u64,
    /// blake3 of the file, in hex: the name of exactly this model.
    pub hash: String,
}

impl Model {
    /// The model that a run of `recipe` on `data` makes.
    #[must_use]
    pub fn of_run(data: &Dataset, recipe: &Recipe) -> Self {
        Self {
            recipe: recipe.clone(),
            dims: data.dims(),
            text_model: data.text_model().to_vec(),
            data: data.content_hash().to_owned(),
        }
    }

    /// Writes the model with the weights of `generator`, atomically.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save(&self, generator: &dyn Generator, images_seen: u64, path: &Path) -> Result<(), GanError> {
        self.save_with(generator, images_seen, path, &[])
    }

    /// [`Model::save`] with more to be known of this model, by name.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save_with(
        &self,
        generator: &dyn Generator,
        images_seen: u64,
        path: &Path,
        more: &[(&str, Value)],
    ) -> Result<(), GanError> {
        let mut about = Map::from_iter([
            ("recipe".to_owned(), Value::from(self.recipe.to_toml()?)),
            ("dims".to_owned(), Value::from(self.dims)),
            (
                "text_model".to_owned(),
                Value::from(STANDARD.encode(&self.text_model)),
            ),
            ("data".to_owned(), Value::from(self.data.as_str())),
            ("images_seen".to_owned(), Value::from(images_seen)),
        ]);
        about.extend(
            more.iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone())),
        );
        let named = generator.params().named();
        let tensors: Tensors = named
            .map(|(name, tensor)| (name.to_owned(), tensor.shallow_clone()))
            .collect();
        weights_file::write(path, KIND, about, &tensors)
    }
}

/// What is to be known of the model in a file; `None` where the file is no whole model.
#[must_use]
pub fn about(path: &Path) -> Option<Map<String, Value>> {
    weights_file::read(path, KIND).ok().map(|(about, _)| about)
}

impl LoadedModel {
    /// Reads a model and verifies it.
    ///
    /// # Errors
    /// The file is absent, cut, damaged, no model or of a newer version.
    pub fn read(path: &Path, device: Device) -> Result<Self, GanError> {
        let (about, tensors, hash) = weights_file::read_named(path, KIND)?;
        let bad = |expected: String, found: String| GanError::File {
            path: path.to_owned(),
            expected,
            found,
            hint: "the model was written by another program; train again",
        };
        let text = |key: &str| {
            let value = about.get(key).and_then(Value::as_str);
            value.ok_or_else(|| bad(format!("a text `{key}`"), "none".to_owned()))
        };
        let number = |key: &str| {
            let value = about.get(key).and_then(Value::as_u64);
            value.ok_or_else(|| bad(format!("a number `{key}`"), "none".to_owned()))
        };
        let recipe = Recipe::parse(text("recipe")?, &path.display().to_string(), &[])?;
        let text_model = STANDARD
            .decode(text("text_model")?)
            .map_err(|e| bad("base64".to_owned(), e.to_string()))?;
        let dims = usize::try_from(number("dims")?).unwrap_or(usize::MAX);
        if dims > 1 << 20 {
            return Err(bad(
                "text vectors of at most 2^20 values".to_owned(),
                dims.to_string(),
            ));
        }
        let generator = networks::generator(&recipe, dims, 0, device.tch());
        generator.params().set_trainable(false);
        generator
            .params()
            .load(&tensors, "")
            .map_err(|(expected, found)| bad(expected, found))?;
        let images_seen = number("images_seen")?;
        generator.grow(Schedule::of(&recipe).grown(images_seen));
        Ok(Self {
            images_seen,
            hash,
            model: Model {
                recipe,
                dims,
                text_model,
                data: text("data")?.to_owned(),
            },
            generator,
        })
    }

    /// Draws images `[n, 3, r, r]` in -1..=1 for text vectors `[n, dims]` and z `[n, z_len]`.
    pub fn draw(&self, texts: &Tensor, z: &Tensor) -> Tensor {
        networks::draw(self.generator.as_ref(), z, texts)
    }
}
