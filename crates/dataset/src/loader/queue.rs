//! What the loader's threads share: which batch is filled next, the free buffers, the filled ones.
//!
//! A thread takes the number of a batch and a buffer for it at one stroke. So the batch that is asked for
//! next never lacks a buffer that a later batch holds, and nothing waits for ever.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::buffer::BatchBuffer;
use super::plan::{LoadPlan, Positions};
use crate::{Dataset, DatasetError};

/// A batch: what to put into a buffer.
pub(super) struct Job {
    /// Global position of the global batch's first sample.
    pub(super) first: u64,
    /// Global position after its last.
    pub(super) consumed: u64,
    /// This process's samples, as indices in the split.
    pub(super) samples: Vec<usize>,
    /// Which caption of each.
    pub(super) captions: Vec<usize>,
}

/// What came of asking for a batch.
pub(super) enum Taken<B> {
    Filled(Job, B),
    Failed(DatasetError),
    End,
    Panicked,
}

pub(super) struct Queue<B> {
    data: Arc<Dataset>,
    plan: LoadPlan,
    buffers: usize,
    state: Mutex<State<B>>,
    /// A buffer became free, or the end came.
    free: Condvar,
    /// A batch became ready, or a thread failed.
    ready: Condvar,
}

struct State<B> {
    positions: Positions,
    /// Global position of the next batch to fill.
    next: u64,
    free: Vec<B>,
    /// Filled batches by their global position.
    ready: BTreeMap<u64, Result<(Job, B), DatasetError>>,
    /// Buffers with the caller.
    lent: usize,
    stopped: bool,
    panicked: bool,
}

impl<B: BatchBuffer> Queue<B> {
    pub(super) fn new(data: Arc<Dataset>, plan: LoadPlan, positions: Positions, buffers: Vec<B>) -> Self {
        let state = State {
            positions,
            next: plan.from,
            ready: BTreeMap::new(),
            lent: 0,
            stopped: false,
            panicked: false,
            free: Vec::new(),
        };
        Self {
            data,
            plan,
            buffers: buffers.len(),
            state: Mutex::new(State {
                free: buffers,
                ..state
            }),
            free: Condvar::new(),
            ready: Condvar::new(),
        }
    }

    pub(super) fn data(&self) -> &Dataset {
        &self.data
    }

    /// Fills batches until told to stop or the end is reached.
    pub(super) fn work(&self) {
        let _guard = Guard(self);
        while let Some((first, job, buffer)) = self.job() {
            let filled = job.and_then(|job| self.fill(job, buffer));
            let failed = filled.is_err();
            let mut state = self.lock();
            state.ready.insert(first, filled);
            // After an error nobody asks for more.
            state.stopped |= failed;
            drop(state);
            self.ready.notify_all();
        }
    }

    /// The next batch and a free buffer for it; waits for one.
    fn job(&self) -> Option<(u64, Result<Job, DatasetError>, B)> {
        let mut state = self.lock();
        loop {
            let first = state.next;
            if state.stopped || self.ends_at(first) {
                return None;
            }
            if let Some(buffer) = state.free.pop() {
                let job = self.describe(&mut state.positions, first);
                state.next = first.saturating_add(self.plan.batch as u64);
                return Some((first, job, buffer));
            }
            state = self.free.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn ends_at(&self, position: u64) -> bool {
        position >= self.plan.until.unwrap_or(u64::MAX)
    }

    fn describe(&self, positions: &mut Positions, first: u64) -> Result<Job, DatasetError> {
        let plan = &self.plan;
        let consumed = first
            .saturating_add(plan.batch as u64)
            .min(plan.until.unwrap_or(u64::MAX));
        let samples = (consumed - first) as usize;
        let mut captions = vec![0; samples];
        plan.captions
            .choose(plan.seed, first, self.data.captions(), &mut captions)?;
        let share = plan.share.of(samples);
        let (mut samples, mut with_text) = (Vec::new(), Vec::new());
        for place in share {
            let (index, chosen) = (positions.at(first + place as u64), captions[place]);
            let sample = self.data.sample(plan.split, index);
            with_text.push(sample.map_or(chosen, |sample| sample.caption_with_text(chosen)));
            samples.push(index);
        }
        Ok(Job {
            first,
            consumed,
            samples,
            captions: with_text,
        })
    }

    fn fill(&self, job: Job, mut buffer: B) -> Result<(Job, B), DatasetError> {
        let (images, vectors) = buffer.places();
        let images = images.chunks_exact_mut(self.data.image_bytes());
        let vectors = vectors.chunks_exact_mut(self.data.dims());
        let wanted = job.samples.iter().zip(&job.captions);
        for (number, (((&sample, &caption), image), vector)) in wanted.zip(images).zip(vectors).enumerate() {
            let next = number + 1;
            if let Some((&sample, &caption)) = job.samples.get(next).zip(job.captions.get(next)) {
                self.data.touch(self.plan.split, sample, caption);
            }
            self.data.copy(self.plan.split, sample, caption, image, vector)?;
        }
        Ok((job, buffer))
    }

    /// The batch at global position `first`; waits for it.
    pub(super) fn take(&self, first: u64) -> Taken<B> {
        if self.ends_at(first) {
            return Taken::End;
        }
        let mut state = self.lock();
        loop {
            match state.ready.remove(&first) {
                Some(Ok((job, buffer))) => {
                    state.lent += 1;
                    return Taken::Filled(job, buffer);
                }
                Some(Err(e)) => return Taken::Failed(e),
                None if state.panicked => return Taken::Panicked,
                None if state.lent == self.buffers => {
                    let expected = "a batch that was dropped before the next one is asked for";
                    return Taken::Failed(DatasetError::load(expected, format!("all {} kept", self.buffers)));
                }
                None => state = self.ready.wait(state).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    pub(super) fn give_back(&self, buffer: B) {
        let mut state = self.lock();
        state.free.push(buffer);
        state.lent -= 1;
        drop(state);
        self.free.notify_one();
    }

    /// Lets the threads end.
    pub(super) fn stop(&self) {
        self.lock().stopped = true;
        self.free.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State<B>> {
        // Each change under the lock is whole by itself; a panic under it leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells the caller when a thread panics, who would wait for ever otherwise.
struct Guard<'a, B: BatchBuffer>(&'a Queue<B>);

impl<B: BatchBuffer> Drop for Guard<'_, B> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.lock().panicked = true;
            self.0.stop();
            self.0.ready.notify_all();
        }
    }
}
