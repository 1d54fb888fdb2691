//! Where a batch's bytes go.

/// A place for one batch, filled by the loader's threads and used again for a later batch.
///
/// The memory is the owner's: a wrapper of pinned memory of a device can be handed in, so that what the
/// loader copies out of the shards is ready for the device without another copy.
pub trait BatchBuffer: Send {
    /// The whole place: for pixels `[samples, resolution, resolution, 3]` u8, and for vectors
    /// `[samples, dims]` f32. Lengths must not change from call to call.
    fn places(&mut self) -> (&mut [u8], &mut [f32]);
}

/// A place in ordinary memory.
#[derive(Debug, Clone)]
pub struct MemoryBuffer {
    pub(super) images: Vec<u8>,
    pub(super) vectors: Vec<f32>,
}

impl MemoryBuffer {
    /// A place for so many bytes of images and values of vectors.
    #[must_use]
    pub fn new(image_bytes: usize, values: usize) -> Self {
        Self {
            images: vec![0; image_bytes],
            vectors: vec![0.0; values],
        }
    }
}

impl BatchBuffer for MemoryBuffer {
    fn places(&mut self) -> (&mut [u8], &mut [f32]) {
        (&mut self.images, &mut self.vectors)
    }
}
