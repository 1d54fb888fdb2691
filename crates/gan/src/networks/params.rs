//! What a network has learnt, in a fixed order and by name: weights that an optimizer moves, and buffers
//! (BatchNorm's running statistics) that the forward pass moves.

use tch::{Device, Kind, Tensor};

use crate::random::{Random, Stream};
use crate::weights_file::{self, Tensors};

/// The ordered, named tensors of a network. All are f32.
pub struct Params {
    device: Device,
    seed: u64,
    network: u64,
    names: Vec<String>,
    weights: Vec<Tensor>,
    buffer_names: Vec<String>,
    buffers: Vec<Tensor>,
}

impl Params {
    /// An empty set; `network` tells the random numbers of two networks with one seed apart.
    #[must_use]
    pub const fn new(device: Device, seed: u64, network: u64) -> Self {
        Self {
            device,
            seed,
            network,
            names: Vec::new(),
            weights: Vec::new(),
            buffer_names: Vec::new(),
            buffers: Vec::new(),
        }
    }

    /// A new weight drawn from N(`mean`, `std`²).
    pub fn weight(&mut self, name: String, shape: &[i64], mean: f64, std: f64) -> Tensor {
        let step = self.network << 32 | self.weights.len() as u64;
        let normals = Random::new(self.seed, Stream::Weights, step).normal_tensor(shape, self.device);
        let weight = (normals * std + mean).set_requires_grad(true);
        self.names.push(name);
        self.weights.push(weight.shallow_clone());
        weight
    }

    /// A new weight of one value everywhere.
    pub fn constant(&mut self, name: String, shape: &[i64], value: f64) -> Tensor {
        let weight = Tensor::full(shape, value, (Kind::Float, self.device)).set_requires_grad(true);
        self.names.push(name);
        self.weights.push(weight.shallow_clone());
        weight
    }

    /// A new buffer of one value everywhere.
    pub fn buffer(&mut self, name: String, shape: &[i64], value: f64) -> Tensor {
        let buffer = Tensor::full(shape, value, (Kind::Float, self.device));
        self.buffer_names.push(name);
        self.buffers.push(buffer.shallow_clone());
        buffer
    }

    /// The weights, in the order in which they were made.
    pub fn weights(&self) -> &[Tensor] {
        &self.weights
    }

    /// The buffers, in the order in which they were made.
    pub fn buffers(&self) -> &[Tensor] {
        &self.buffers
    }

    /// Names and tensors, weights before buffers.
    pub fn named(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        let names = self.names.iter().chain(&self.buffer_names).map(String::as_str);
        names.zip(self.weights.iter().chain(&self.buffers))
    }

    /// Whether gradients are kept for the weights: a frozen network has none.
    pub fn set_trainable(&self, trainable: bool) {
        for weight in &self.weights {
            let _ = weight.set_requires_grad(trainable);
        }
    }

    /// How many values the weights hold.
    #[must_use]
    pub fn count(&self) -> usize {
        self.weights.iter().map(Tensor::numel).sum()
    }

    /// Takes over every value of `before`, each of whose tensors has the name here that `name` gives it; what is here alone stays as
    /// it is. Returns at which place each weight of `before` is here.
    ///
    /// # Errors
    /// The name that is missing here, or the shape that differs, as (expected, found).
    pub fn take_over(
        &self,
        before: &Self,
        name: impl Fn(&str) -> String,
    ) -> Result<Vec<usize>, (String, String)> {
        let _no_grad = tch::no_grad_guard();
        let here: Vec<(&str, &Tensor)> = self.named().collect();
        let mut places = Vec::new();
        for (old, value) in before.named() {
            let name = name(old);
            let place = here.iter().position(|(here, _)| *here == name);
            let place = place.ok_or_else(|| (format!("no tensor `{old}`"), "one".to_owned()))?;
            let tensor = here[place].1;
            if tensor.size() != value.size() {
                let expected = format!("tensor `{name}` of shape {:?}", tensor.size());
                return Err((expected, format!("shape {:?}", value.size())));
            }
            tensor.shallow_clone().copy_(value);
            places.push(place);
        }
        places.truncate(before.weights.len());
        Ok(places)
    }

    /// Takes every value from `source`, by name after `prefix`.
    ///
    /// # Errors
    /// The name that is missing, or the shape that differs, as (expected, found).
    pub fn load(&self, source: &Tensors, prefix: &str) -> Result<(), (String, String)> {
        weights_file::copy_into(
            self.named().map(|(name, t)| (format!("{prefix}{name}"), t)),
            source,
        )
    }
}
