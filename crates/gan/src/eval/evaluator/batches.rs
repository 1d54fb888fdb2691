//! Batches of real photos for an evaluator's training, mirrored and moved.

use dataset::{Dataset, Epochs, Split};
use tch::{Kind, Tensor};

use super::classes::Attribute;
use super::fit;
use super::recipe::EvaluatorRecipe;
use crate::GanError;
use crate::device::Device;
use crate::random::{Random, Stream};
use crate::train::batches::to_images;

/// Photos read at a time.
const LOT: usize = 256;

/// A step's photos and what is right for each.
pub(super) struct Batch {
    /// `[n, 3, side, side]` in -1..=1.
    pub(super) images: Tensor,
    /// `[n, dims]`.
    pub(super) texts: Tensor,
    /// `[n]` for each attribute: a class, or -1 where the product lacks the attribute.
    pub(super) classes: Vec<Tensor>,
}

/// The train split at the evaluator's side, held in memory as bytes.
pub(super) struct Batches<'a> {
    data: &'a Dataset,
    recipe: &'a EvaluatorRecipe,
    device: Device,
    pixels: Vec<u8>,
    classes: Vec<Vec<i64>>,
    epochs: Epochs,
}

impl<'a> Batches<'a> {
    pub(super) fn new(
        data: &'a Dataset,
        recipe: &'a EvaluatorRecipe,
        attributes: &[Attribute],
        device: Device,
    ) -> Result<Self, GanError> {
        let (len, side) = (data.len(Split::Train), recipe.side);
        let mut pixels = Vec::with_capacity(len * side * side * 3);
        let mut classes = vec![Vec::with_capacity(len); attributes.len()];
        for begin in (0..len).step_by(LOT) {
            let samples = || (begin..len.min(begin + LOT)).filter_map(|i| data.sample(Split::Train, i));
            let mut bytes = Vec::with_capacity(LOT * data.image_bytes());
            for sample in samples() {
                bytes.extend_from_slice(&sample.image()?);
            }
            let images = fit(
                &to_images(&bytes, data.resolution(), data.resolution(), Device::CPU),
                side as i64,
            );
            let small = ((images + 1.0) * 127.5)
                .round()
                .clamp(0.0, 255.0)
                .to_kind(Kind::Uint8);
            let small = small.permute([0, 2, 3, 1]).contiguous().view([-1]);
            pixels.extend(Vec::<u8>::try_from(&small)?);
            for (list, attribute) in classes.iter_mut().zip(attributes) {
                list.extend(samples().map(|s| attribute.class_of(&s).map_or(-1, |c| c as i64)));
            }
        }
        Ok(Self {
            data,
            recipe,
            device,
            pixels,
            classes,
            epochs: Epochs::new(recipe.seed, len),
        })
    }

    /// The batch of a step, counted from 0.
    ///
    /// # Errors
    /// The data are damaged.
    pub(super) fn at(&mut self, step: u64) -> Result<Batch, GanError> {
        let EvaluatorRecipe {
            batch, side, seed, ..
        } = *self.recipe;
        let (dims, captions) = (self.data.dims(), self.data.captions());
        let mut random = Random::new(seed, Stream::Evaluator, step);
        let indices: Vec<usize> = (0..batch as u64)
            .map(|i| self.epochs.at(step * batch as u64 + i))
            .collect();
        let mut pixels = Vec::with_capacity(batch * side * side * 3);
        let mut texts = Vec::with_capacity(batch * dims);
        let reach = (self.recipe.shift * side as f64).round() as usize;
        for &index in &indices {
            let image = &self.pixels[index * side * side * 3..][..side * side * 3];
            let mut shift = || random.below(2 * reach + 1) as isize - reach as isize;
            let (dx, dy) = (shift(), shift());
            moved(image, side, [dx, dy], random.below(2) == 1, &mut pixels);
            let caption = random.below(captions);
            if let Some(sample) = self.data.sample(Split::Train, index) {
                texts.extend_from_slice(&sample.vectors()?[caption * dims..][..dims]);
            }
        }
        let device = self.device.tch();
        let classes = |list: &Vec<i64>| {
            Tensor::from_slice(&indices.iter().map(|&i| list[i]).collect::<Vec<_>>()).to_device(device)
        };
        Ok(Batch {
            images: to_images(&pixels, side, side, self.device),
            texts: Tensor::from_slice(&texts)
                .view([-1, dims as i64])
                .to_device(device),
            classes: self.classes.iter().map(classes).collect(),
        })
    }
}

/// Appends a square image moved by (dx, dy), its edge repeated where nothing is left, mirrored or not.
fn moved(image: &[u8], side: usize, [dx, dy]: [isize; 2], mirrored: bool, out: &mut Vec<u8>) {
    let last = side as isize - 1;
    for y in 0..side as isize {
        let from_y = (y - dy).clamp(0, last) as usize;
        for x in 0..side as isize {
            let x = if mirrored { last - x } else { x };
            let from_x = (x - dx).clamp(0, last) as usize;
            out.extend_from_slice(&image[(from_y * side + from_x) * 3..][..3]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moved_image_repeats_its_edge_and_a_mirrored_one_turns_round() {
        let image: Vec<u8> = [1, 2, 3, 4].iter().flat_map(|&v| [v; 3]).collect();
        let at = |shift, mirrored| {
            let mut out = Vec::new();
            moved(&image, 2, shift, mirrored, &mut out);
            out.chunks(3).map(|p| p[0]).collect::<Vec<_>>()
        };
        assert_eq!(at([0, 0], false), [1, 2, 3, 4]);
        assert_eq!(at([1, 0], false), [1, 1, 3, 3]);
        assert_eq!(at([0, -1], false), [3, 4, 3, 4]);
        assert_eq!(at([0, 0], true), [2, 1, 4, 3]);
    }
}
