//! The train split's pixels on the device itself, where they fit: a step then sends which samples it takes, not their images.

use dataset::{Dataset, DatasetError, Epochs, Split};
use tch::Tensor;

use crate::GanError;
use crate::device::Device;

/// At most this share of the device's free memory is taken; networks and their maps need the rest.
const SHARE: u64 = 4;

/// All samples of the train split, u8 as they are packed, and their order.
pub struct Resident {
    /// `[samples, side, side, 3]` u8, on the device.
    pixels: Tensor,
    /// `[samples, captions, dims]`, on the host, where words are dropped and noise is added.
    vectors: Vec<f32>,
    captions: usize,
    dims: usize,
    epochs: Epochs,
}

impl Resident {
    /// The split in the order of `seed`, if there is room on the device; on a CPU, whose memory the files are mapped
    /// into already, there never is.
    ///
    /// # Errors
    /// The data are damaged.
    pub fn where_it_fits(data: &Dataset, seed: u64, device: Device) -> Result<Option<Self>, GanError> {
        let tch::Device::Cuda(number) = device.tch() else {
            return Ok(None);
        };
        let bytes = (data.len(Split::Train) * data.image_bytes()) as u64;
        let room = aten::device_memory(number)?.free / SHARE;
        if bytes > room {
            return Ok(None);
        }
        let (samples, side) = (data.len(Split::Train), data.resolution() as i64);
        let (captions, dims) = (data.captions(), data.dims());
        let mut pixels = Vec::with_capacity(samples * data.image_bytes());
        let mut vectors = Vec::with_capacity(samples * captions * dims);
        for sample in (0..samples).filter_map(|index| data.sample(Split::Train, index)) {
            pixels.extend_from_slice(&sample.image()?);
            let rows = sample.vectors()?;
            let row = |caption| sample.caption_with_text(caption) * dims;
            (0..captions).for_each(|caption| vectors.extend_from_slice(&rows[row(caption)..][..dims]));
        }
        Ok(Some(Self {
            pixels: Tensor::from_slice(&pixels)
                .view([-1, side, side, 3])
                .to_device(device.tch()),
            vectors,
            captions,
            dims,
            epochs: Epochs::new(seed, samples),
        }))
    }

    /// The batch from sample `first` of the training on, with the caption of each: pixels `[n, side, side, 3]` u8 on the
    /// device, and rows of texts, `[n, dims]`.
    ///
    /// # Errors
    /// A caption that no sample has.
    pub fn batch(&mut self, first: u64, captions: &[usize]) -> Result<(Tensor, Vec<f32>), GanError> {
        let samples: Vec<usize> = (first..)
            .map(|at| self.epochs.at(at))
            .take(captions.len())
            .collect();
        let numbers: Vec<i64> = samples.iter().map(|&sample| sample as i64).collect();
        let numbers = aten::upload(&Tensor::from_slice(&numbers), self.pixels.device());
        let mut texts = Vec::with_capacity(captions.len() * self.dims);
        for (sample, &caption) in samples.iter().zip(captions) {
            let row = (sample * self.captions + caption) * self.dims;
            let row = self
                .vectors
                .get(row..row + self.dims)
                .filter(|_| caption < self.captions);
            texts.extend_from_slice(row.ok_or_else(|| DatasetError::Load {
                expected: format!("captions below {}", self.captions),
                found: caption.to_string(),
            })?);
        }
        Ok((self.pixels.index_select(0, &numbers), texts))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// Sample i has one grey pixel of value i; its caption c has the row (i, c).
    fn resident(samples: u8, device: tch::Device) -> Resident {
        let pixels: Vec<u8> = (0..samples).flat_map(|i| [i; 3]).collect();
        let rows = (0..samples).flat_map(|i| (0..2_u8).flat_map(move |c| [f32::from(i), f32::from(c)]));
        Resident {
            pixels: Tensor::from_slice(&pixels).view([-1, 1, 1, 3]).to_device(device),
            vectors: rows.collect(),
            captions: 2,
            dims: 2,
            epochs: Epochs::new(7, samples.into()),
        }
    }

    fn batches_follow_the_epochs(device: tch::Device) {
        let (mut resident, mut epochs) = (resident(9, device), Epochs::new(7, 9));
        // Over the edge of an epoch too.
        for first in [0, 4, 8] {
            let captions = [0, 1, 1, 0];
            let (pixels, texts) = resident.batch(first, &captions).unwrap();
            assert_eq!(pixels.size(), [4, 1, 1, 3]);
            let pixels = Vec::<u8>::try_from(pixels.flatten(0, -1)).unwrap();
            for (i, caption) in (0..).zip(captions) {
                let sample = epochs.at(first + i as u64);
                assert_eq!(usize::from(pixels[3 * i]), sample);
                assert_eq!(texts[2 * i..2 * i + 2], [sample as f32, caption as f32]);
            }
        }
        assert!(resident.batch(0, &[2]).is_err(), "there are two captions");
    }

    #[test]
    fn a_batch_is_what_the_order_of_epochs_names() {
        batches_follow_the_epochs(tch::Device::Cpu);
    }

    #[test]
    #[ignore = "needs a CUDA device"]
    fn so_it_is_on_a_cuda_device() {
        batches_follow_the_epochs(tch::Device::Cuda(0));
    }
}
