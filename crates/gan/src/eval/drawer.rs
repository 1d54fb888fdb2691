//! What draws, as the measures see it: texts and noise to images, whatever network is behind it.

use tch::Tensor;

use super::photos;
use crate::LoadedModel;
use crate::device::Device;
use crate::random::{Random, Stream};

/// Pictures drawn in one call.
const LOT: usize = 64;

/// Something that draws.
pub struct Drawer<'a> {
    /// Side of its images in pixels.
    pub resolution: usize,
    /// Length of its z.
    pub z_len: usize,
    /// Where it draws.
    pub device: Device,
    /// Text vectors `[n, dims]` and z `[n, z_len]` on the device to images `[n, 3, r, r]` in -1..=1. It should draw as it
    /// does after training: averaged weights, running statistics.
    pub draw: &'a dyn Fn(&Tensor, &Tensor) -> Tensor,
}

impl Drawer<'_> {
    /// Draws a picture for each vector (of `dims` values), as bytes `[n, 3, r, r]` on the CPU: what a PNG would hold.
    /// Picture `i` has the noise of (seed, `first + i`), whatever is drawn with it.
    pub fn pictures<'v>(
        &self,
        vectors: &'v [&'v [f32]],
        seed: u64,
        first: u64,
    ) -> impl Iterator<Item = Tensor> + use<'v, '_> {
        let on_device = |values: &[f32], n: usize| {
            Tensor::from_slice(values)
                .view([n as i64, -1])
                .to_device(self.device.tch())
        };
        vectors
            .chunks(LOT)
            .zip((first..).step_by(LOT))
            .map(move |(lot, number)| {
                let z: Vec<f32> = (number..number + lot.len() as u64)
                    .flat_map(|i| Random::new(seed, Stream::Measured, i).normals(self.z_len))
                    .collect();
                let (texts, z) = (on_device(&lot.concat(), lot.len()), on_device(&z, lot.len()));
                photos::to_bytes(&tch::no_grad(|| (self.draw)(&texts, &z)))
            })
    }
}

/// Calls `then` with the drawer of a model.
pub fn with_model<T>(loaded: &LoadedModel, device: Device, then: impl FnOnce(&Drawer<'_>) -> T) -> T {
    then(&Drawer {
        resolution: loaded.model.recipe.train.resolution,
        z_len: loaded.model.recipe.networks.z_len(),
        device,
        draw: &|texts, z| loaded.draw(texts, z),
    })
}
