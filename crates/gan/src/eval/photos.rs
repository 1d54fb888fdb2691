//! Real photos as a model of some resolution would have to draw them.

use dataset::{Dataset, Split};
use tch::{Kind, Tensor};

use crate::GanError;
use crate::device::Device;
use crate::train::batches::to_images;

/// Photos at a time.
const LOT: usize = 128;

/// The photos of a data set.
#[derive(Clone, Copy)]
pub struct Photos<'a> {
    /// Where they are.
    pub data: &'a Dataset,
    /// The side to average them down to, which divides the data's own.
    pub resolution: usize,
    /// Where they are wanted.
    pub device: Device,
}

impl<'a> Photos<'a> {
    /// Images `[n, 3, r, r]` in -1..=1 of the products at `indices` of a split, in their order, some at a time; an error
    /// where the data are damaged.
    pub fn lots(
        self,
        split: Split,
        indices: &[usize],
    ) -> impl Iterator<Item = Result<Tensor, GanError>> + use<'a, '_> {
        indices.chunks(LOT).map(move |lot| {
            let samples = lot.iter().filter_map(|&i| self.data.sample(split, i));
            let mut pixels = Vec::with_capacity(lot.len() * self.data.image_bytes());
            for sample in samples {
                pixels.extend_from_slice(&sample.image()?);
            }
            Ok(to_images(
                &pixels,
                self.data.resolution(),
                self.resolution,
                self.device,
            ))
        })
    }
}

/// Images in -1..=1 as the bytes of a PNG.
pub fn to_bytes(images: &Tensor) -> Tensor {
    ((images + 1.0) * 127.5)
        .round()
        .clamp(0.0, 255.0)
        .to_kind(Kind::Uint8)
        .to_device(tch::Device::Cpu)
}

/// Bytes as images in -1..=1.
pub fn from_bytes(bytes: &Tensor) -> Tensor {
    bytes.to_kind(Kind::Float) / 127.5 - 1.0
}
