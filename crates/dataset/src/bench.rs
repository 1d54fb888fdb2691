//! How fast a loader delivers shuffled batches, beside a plain copy of as many bytes.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use serde::Serialize;

use crate::{CaptionRule, Dataset, DatasetError, LoadPlan, Loader, Split};

/// Rounds of both measurements, by turns; the best of each is reported, so that a neighbour's load on the
/// machine falls on neither alone.
const ROUNDS: u64 = 20;
/// Bytes of the memory that the plain copy reads: far more than any cache holds.
const COPIED: usize = 256 << 20;
/// Buffers beside those that are being filled: one with the caller, one ready.
const SPARE: usize = 2;

/// What was measured. A batch is images (u8) and the vector of one caption each (f32).
#[derive(Debug, Clone, Serialize)]
pub struct BenchReport {
    /// Samples a batch.
    pub batch: usize,
    /// Batches a round.
    pub batches: u64,
    /// Bytes a batch.
    pub batch_bytes: usize,
    /// Threads that fill buffers.
    pub threads: usize,
    /// Seconds of the loader's best round.
    pub seconds: f64,
    /// Images a second in that round.
    pub images_per_second: f64,
    /// 10^9 bytes a second in that round.
    pub gigabytes_per_second: f64,
    /// 10^9 bytes a second of a plain copy by one thread, from memory read front to back into one buffer.
    pub memcpy_gigabytes_per_second: f64,
    /// The same by as many threads as the loader has.
    pub memcpy_threads_gigabytes_per_second: f64,
    /// The loader's rate as a part of one thread's plain copy.
    pub of_memcpy: f64,
    /// The loader's rate as a part of the plain copy by as many threads.
    pub of_memcpy_threads: f64,
}

/// Loads shuffled batches of the train split of `dir`: first an epoch that counts for nothing, so that the
/// files are in memory, then rounds of `batches`.
///
/// # Errors
/// The data set cannot be opened, or has no product to train on.
pub fn bench(dir: &Path, batch: usize, batches: u64, threads: usize) -> Result<BenchReport, DatasetError> {
    let data = Arc::new(Dataset::open(dir)?);
    let plan = LoadPlan {
        captions: CaptionRule::Any,
        threads,
        ..LoadPlan::new(0, batch)
    };
    let mut loader = Loader::in_memory(Arc::clone(&data), plan, threads + SPARE)?;
    let batch_bytes = batch * (data.image_bytes() + data.dims() * size_of::<f32>());
    let epoch = data.len(Split::Train).div_ceil(batch) as u64;
    deliver(&mut loader, epoch)?;
    let source = vec![1_u8; COPIED.max(batch_bytes)];
    let (mut seconds, mut one, mut many) = (f64::MAX, f64::MAX, f64::MAX);
    for _ in 0..ROUNDS {
        seconds = seconds.min(deliver(&mut loader, batches)?);
        one = one.min(copy(&source, batch_bytes, batches, 1));
        many = many.min(copy(&source, batch_bytes, batches, threads));
    }
    let rate = |seconds: f64| batches as f64 * batch_bytes as f64 / seconds / 1e9;
    Ok(BenchReport {
        batch,
        batches,
        batch_bytes,
        threads,
        seconds,
        images_per_second: batches as f64 * batch as f64 / seconds,
        gigabytes_per_second: rate(seconds),
        memcpy_gigabytes_per_second: rate(one),
        memcpy_threads_gigabytes_per_second: rate(many),
        of_memcpy: one / seconds,
        of_memcpy_threads: many / seconds,
    })
}

/// Seconds until so many batches were given.
fn deliver(loader: &mut Loader<crate::MemoryBuffer>, batches: u64) -> Result<f64, DatasetError> {
    let begun = Instant::now();
    for batch in loader
        .by_ref()
        .take(usize::try_from(batches).unwrap_or(usize::MAX))
    {
        black_box(batch?.images());
    }
    Ok(begun.elapsed().as_secs_f64())
}

/// Seconds in which `threads` threads together copy `batches` times `bytes` bytes, each into a buffer of its own.
fn copy(source: &[u8], bytes: usize, batches: u64, threads: usize) -> f64 {
    let chunks = source.len() / bytes;
    let mut buffers = vec![vec![0_u8; bytes]; threads];
    let begun = Instant::now();
    thread::scope(|scope| {
        for (number, buffer) in (0_u64..).zip(&mut buffers) {
            scope.spawn(move || {
                for batch in (number..batches).step_by(threads) {
                    let start = batch as usize % chunks * bytes;
                    buffer.copy_from_slice(&source[start..start + bytes]);
                    black_box(&buffer);
                }
            });
        }
    });
    begun.elapsed().as_secs_f64()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::fixture::Fixture;

    #[test]
    fn what_is_measured_adds_up() {
        let report = bench(&Fixture::packed(&[5]).out(), 3, 4, 2).unwrap();
        assert_eq!((report.batch_bytes, report.batches), (3 * (48 + 20), 4));
        assert!(report.seconds > 0.0 && report.of_memcpy > 0.0 && report.of_memcpy_threads > 0.0);
        let images = report.images_per_second * report.seconds;
        assert!((images - 12.0).abs() < 1e-6, "{images}");
    }

    #[test]
    fn nothing_to_load_is_an_error() {
        assert!(bench(&Fixture::packed(&[0]).out(), 3, 4, 2).is_err());
    }
}
