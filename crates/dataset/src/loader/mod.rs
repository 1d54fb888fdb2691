//! Batches, filled ahead by threads into buffers that are used again.
//!
//! ```no_run
//! use std::sync::Arc;
//! use dataset::{CaptionRule, Dataset, LoadPlan, Loader};
//!
//! let data = Arc::new(Dataset::open("data/dataset".as_ref())?);
//! let plan = LoadPlan { captions: CaptionRule::Any, threads: 2, from: 6400, ..LoadPlan::new(7, 64) };
//! for batch in Loader::in_memory(data, plan, 4)?.take(100) {
//!     let batch = batch?;
//!     let (pixels, vectors) = (batch.images(), batch.vectors());
//!     // Keep this number, and a loader `from` it goes on exactly here.
//!     println!("{} bytes, {} values, {}", pixels.len(), vectors.len(), batch.consumed());
//! }
//! # Ok::<(), dataset::DatasetError>(())
//! ```

mod buffer;
mod plan;
mod queue;

use std::panic::resume_unwind;
use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use stage::StageError;

pub use buffer::{BatchBuffer, MemoryBuffer};
pub use plan::{CaptionRule, ChooseCaptions, LoadPlan, Order, Share};

use crate::{Dataset, DatasetError};
use plan::Positions;
use queue::{Job, Queue, Taken};

/// Gives the batches of a [`LoadPlan`] in order, while threads fill the next ones.
///
/// As many batches are under way as there are buffers. A batch gives its buffer back when it is dropped; a
/// caller that keeps all of them and asks for one more gets an error, not a standstill. After an error there
/// are no more batches.
pub struct Loader<B: BatchBuffer + 'static> {
    queue: Arc<Queue<B>>,
    threads: Vec<JoinHandle<()>>,
    next: u64,
    ended: bool,
}

impl Loader<MemoryBuffer> {
    /// A loader with `ahead` buffers of its own in ordinary memory.
    ///
    /// # Errors
    /// As [`Loader::new`].
    pub fn in_memory(data: Arc<Dataset>, plan: LoadPlan, ahead: usize) -> Result<Self, DatasetError> {
        plan.check(&data)?;
        let (samples, image, dims) = (plan.most_samples(), data.image_bytes(), data.dims());
        let too_large = || DatasetError::load("a batch that fits into memory", plan.batch.to_string());
        let image_bytes = samples.checked_mul(image).ok_or_else(too_large)?;
        let values = samples.checked_mul(dims).ok_or_else(too_large)?;
        let buffers = (0..ahead)
            .map(|_| MemoryBuffer::new(image_bytes, values))
            .collect();
        Self::new(data, plan, buffers)
    }
}

impl<B: BatchBuffer + 'static> Loader<B> {
    /// A loader that fills `buffers`, each large enough for [`LoadPlan::most_samples`] samples.
    ///
    /// # Errors
    /// The plan asks for what is not there, a buffer is too small, or a thread cannot be started.
    pub fn new(data: Arc<Dataset>, plan: LoadPlan, mut buffers: Vec<B>) -> Result<Self, DatasetError> {
        plan.check(&data)?;
        if buffers.is_empty() {
            return Err(DatasetError::load("at least one buffer", "none"));
        }
        let samples = plan.most_samples();
        for buffer in &mut buffers {
            let (images, vectors) = buffer.places();
            if images.len() / data.image_bytes() < samples || vectors.len() / data.dims() < samples {
                let found = format!("{} bytes and {} values", images.len(), vectors.len());
                let expected = format!(
                    "buffers for {samples} samples of {} bytes and {} values",
                    data.image_bytes(),
                    data.dims()
                );
                return Err(DatasetError::load(&expected, found));
            }
        }
        let next = plan.from;
        let workers = plan.threads;
        let positions = Positions::new(&plan, &data)?;
        let queue = Arc::new(Queue::new(data, plan, positions, buffers));
        let mut loader = Self {
            queue: Arc::clone(&queue),
            threads: Vec::with_capacity(workers),
            next,
            ended: false,
        };
        for number in 0..workers {
            let queue = Arc::clone(&queue);
            let thread = thread::Builder::new()
                .name(format!("loader {number}"))
                .spawn(move || queue.work())
                .map_err(|e| StageError::io(Path::new("loader"), "cannot start a thread", e))?;
            loader.threads.push(thread);
        }
        Ok(loader)
    }

    /// Global samples consumed once every batch given so far is used.
    #[must_use]
    pub const fn consumed(&self) -> u64 {
        self.next
    }
}

impl<B: BatchBuffer + 'static> Iterator for Loader<B> {
    type Item = Result<Batch<B>, DatasetError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        match self.queue.take(self.next) {
            Taken::Filled(job, buffer) => {
                self.next = job.consumed;
                Some(Ok(Batch {
                    job,
                    buffer: Some(buffer),
                    queue: Arc::clone(&self.queue),
                }))
            }
            Taken::Failed(e) => {
                self.ended = true;
                Some(Err(e))
            }
            Taken::End => {
                self.ended = true;
                None
            }
            Taken::Panicked => {
                self.ended = true;
                self.queue.stop();
                for thread in self.threads.drain(..) {
                    thread.join().unwrap_or_else(|e| resume_unwind(e));
                }
                None
            }
        }
    }
}

impl<B: BatchBuffer + 'static> Drop for Loader<B> {
    fn drop(&mut self) {
        self.queue.stop();
        for thread in self.threads.drain(..) {
            // A panic was handed on by `next`, or nobody asked for what it would have filled.
            let _ = thread.join();
        }
    }
}

/// A filled buffer and what is in it. Dropped, it gives the buffer back.
pub struct Batch<B: BatchBuffer + 'static> {
    job: Job,
    buffer: Option<B>,
    queue: Arc<Queue<B>>,
}

impl<B: BatchBuffer + 'static> Batch<B> {
    /// Indices in the split, in the order of the buffer: the samples of this process's share.
    #[must_use]
    pub fn samples(&self) -> &[usize] {
        &self.job.samples
    }

    /// The number of the caption of each sample.
    #[must_use]
    pub fn captions(&self) -> &[usize] {
        &self.job.captions
    }

    /// Global position of the global batch's first sample.
    #[must_use]
    pub const fn first(&self) -> u64 {
        self.job.first
    }

    /// Global samples consumed once this batch is used, over all processes: the state to keep.
    #[must_use]
    pub const fn consumed(&self) -> u64 {
        self.job.consumed
    }

    /// The buffer, of which the first [`Batch::samples`] places are filled.
    #[must_use]
    pub const fn buffer(&self) -> Option<&B> {
        self.buffer.as_ref()
    }
}

impl Batch<MemoryBuffer> {
    /// `[samples, resolution, resolution, 3]` u8.
    #[must_use]
    pub fn images(&self) -> &[u8] {
        let filled = self.samples().len() * self.queue.data().image_bytes();
        self.buffer
            .as_ref()
            .map_or(&[], |buffer| &buffer.images[..filled])
    }

    /// `[samples, dims]` f32: the vector of each sample's caption.
    #[must_use]
    pub fn vectors(&self) -> &[f32] {
        let filled = self.samples().len() * self.queue.data().dims();
        self.buffer
            .as_ref()
            .map_or(&[], |buffer| &buffer.vectors[..filled])
    }
}

impl<B: BatchBuffer + 'static> Drop for Batch<B> {
    fn drop(&mut self) {
        if let Some(buffer) = self.buffer.take() {
            self.queue.give_back(buffer);
        }
    }
}

#[cfg(test)]
mod tests;
