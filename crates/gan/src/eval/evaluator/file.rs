//! An evaluator's file: weights and [`About`], with a checksum over both.

use std::path::Path;

use serde_json::{Map, Value};

use super::network::Network;
use super::{About, Evaluator};
use crate::GanError;
use crate::device::Device;
use crate::weights_file::{self, Tensors};

const KIND: &str = "evaluator";
/// Sizes above these are not believed: memory is taken only for what an evaluator can be.
const MOST_CHANNELS: usize = 256;
const MOST_VALUES: usize = 1 << 16;

impl Evaluator {
    /// Writes the evaluator, atomically, and gives it its hash.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save(&mut self, path: &Path) -> Result<(), GanError> {
        let about = serde_json::to_value(&self.about).map_err(|e| GanError::Torch(e.to_string()))?;
        let named = self.network.params().named();
        let tensors: Tensors = named
            .map(|(name, t)| (name.to_owned(), t.shallow_clone()))
            .collect();
        weights_file::write(path, KIND, Map::from_iter([(KIND.to_owned(), about)]), &tensors)?;
        self.hash = hash(path)?;
        Ok(())
    }

    /// Reads an evaluator and verifies it.
    ///
    /// # Errors
    /// The file is absent, cut, damaged, no evaluator or of a newer version.
    pub fn read_file(path: &Path, device: Device) -> Result<Self, GanError> {
        let (mut about, tensors, hash) = weights_file::read_named(path, KIND)?;
        let bad = |expected: String, found: String| GanError::File {
            path: path.to_owned(),
            expected,
            found,
            hint: "the evaluator was written by another program; `gan eval --prepare --force` trains it anew",
        };
        let about: About = serde_json::from_value(about.remove(KIND).unwrap_or(Value::Null))
            .map_err(|e| bad("what is to be known of an evaluator".to_owned(), e.to_string()))?;
        let recipe = &about.recipe;
        let channels = [recipe.width, recipe.side, about.attributes.len()];
        let values = [recipe.features, recipe.embedding, about.dims];
        let classes = about.attributes.iter().map(|a| a.classes.len());
        let sizes = (channels.into_iter().map(|s| (s, MOST_CHANNELS)))
            .chain(values.into_iter().chain(classes).map(|s| (s, MOST_VALUES)));
        for (size, most) in sizes {
            if !(1..=most).contains(&size) {
                return Err(bad(format!("sizes of 1 to {most}"), size.to_string()));
            }
        }
        let network = Network::new(recipe, &about.attributes, about.dims, device.tch());
        network.params().set_trainable(false);
        network
            .params()
            .load(&tensors, "")
            .map_err(|(expected, found)| bad(expected, found))?;
        Ok(Self {
            hash,
            about,
            network,
            device,
        })
    }
}

fn hash(path: &Path) -> Result<String, GanError> {
    let bytes = std::fs::read(path).map_err(|e| stage::StageError::io(path, "cannot read", e))?;
    Ok(blake3::hash(&bytes).to_hex().to_string())
}
