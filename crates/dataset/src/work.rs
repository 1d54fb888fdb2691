//! Shards worked off by threads, and how that ended.

use std::panic::resume_unwind;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use stage::{Console, Interrupt, Progress, ShardRecord, StageFolder, StageRecord, Standing};

use crate::DatasetError;

/// How packing or exporting ended.
#[derive(Debug)]
pub enum Ended {
    /// The same result was there: nothing was done.
    Already(Box<StageRecord>),
    /// The result is finished.
    Finished(Box<StageRecord>),
    /// The user asked to stop: so many of so many shards are finished and kept.
    Interrupted {
        /// Shards finished.
        done: usize,
        /// Shards in all.
        total: u32,
    },
}

/// Says why there is work to do, where it is not the first time.
pub(crate) fn announce(console: &Console, out: &Path, standing: &Standing, doing: &str, total: u32) {
    let out = out.display();
    match standing {
        Standing::Done(_) | Standing::Fresh => {}
        Standing::Changed(changes) => {
            console.info(format!("{out}: {doing} anew:"));
            let changes = changes.iter();
            changes.for_each(|change| console.info(format!("  {change}")));
        }
        Standing::Resumed(done) => {
            console.info(format!("{out}: going on: {done} of {total} shards are finished"));
        }
    }
}

/// Does the shards of `0..total` that `folder` lacks. Gives the records of all shards, or `None` and how many are finished
/// where the user asked to stop.
pub(crate) fn finish_shards(
    folder: &StageFolder,
    total: u32,
    console: &Console,
    doing: &str,
    interrupt: &Interrupt,
    work: impl Fn(u32) -> Result<ShardRecord, DatasetError> + Sync,
) -> Result<Result<Vec<ShardRecord>, usize>, DatasetError> {
    let done = folder.done();
    let missing: Vec<u32> = (0..total).filter(|shard| !done.contains_key(shard)).collect();
    let progress = Progress::new(console, doing, "shards", done.len() as u64, u64::from(total));
    let made = in_lanes(&missing, &progress, interrupt, work)?;
    progress.finish();
    Ok(if made.len() < missing.len() {
        Err(done.len() + made.len())
    } else {
        Ok(done.values().cloned().chain(made).collect())
    })
}

/// Works off shards until all are done, one fails or the user asks to stop.
///
/// These are plain threads and not rayon's: polars waits for a pool of its own, and a rayon worker that
/// waits takes up the next shard meanwhile, until all are in hand at once and none can be left out.
fn in_lanes(
    shards: &[u32],
    progress: &Progress,
    interrupt: &Interrupt,
    work: impl Fn(u32) -> Result<ShardRecord, DatasetError> + Sync,
) -> Result<Vec<ShardRecord>, DatasetError> {
    let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let lane = || {
        let mut records = Vec::new();
        while !interrupt.requested() && !failed.load(Ordering::Relaxed) {
            let Some(&shard) = shards.get(next.fetch_add(1, Ordering::Relaxed)) else {
                break;
            };
            let record = work(shard);
            records.push(record.inspect_err(|_| failed.store(true, Ordering::Relaxed))?);
            progress.inc(1);
        }
        Ok(records)
    };
    let lanes = rayon::current_num_threads().min(shards.len());
    thread::scope(|scope| {
        let lanes: Vec<_> = (0..lanes).map(|_| scope.spawn(lane)).collect();
        let records: Result<Vec<Vec<ShardRecord>>, DatasetError> = lanes
            .into_iter()
            .map(|lane| lane.join().unwrap_or_else(|e| resume_unwind(e)))
            .collect();
        Ok(records?.concat())
    })
}
