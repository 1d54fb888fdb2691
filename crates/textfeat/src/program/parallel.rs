//! Work spread over plain threads, with no more items in hand than threads.
//!
//! Not rayon: a reader of tables waits for threads of its own, and a thread of rayon's that waits takes up
//! the next item meanwhile, so that memory grows with the number of items.

use std::num::NonZero;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use anyhow::{Result, anyhow};

/// Threads to use where `jobs` are asked for.
pub(super) fn threads(jobs: Option<u16>) -> usize {
    jobs.map_or_else(
        || thread::available_parallelism().map_or(1, NonZero::get),
        usize::from,
    )
}

/// Does `work` on each item. A thread begins with a state from `begin` and takes the next item when it is
/// done with its last; gives the states of all threads. After an error no further item is taken.
///
/// # Errors
/// That of the first of the items whose work failed.
pub(super) fn each<I: Sync, S: Send>(
    threads: usize,
    items: &[I],
    begin: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, usize, &I) -> Result<()> + Sync,
) -> Result<Vec<S>> {
    let (next, stopped) = (AtomicUsize::new(0), AtomicBool::new(false));
    let run = || {
        let mut state = begin();
        while !stopped.load(Ordering::Relaxed) {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(at) else { break };
            if let Err(error) = work(&mut state, at, item) {
                stopped.store(true, Ordering::Relaxed);
                return Err((at, error));
            }
        }
        Ok(state)
    };
    let results: Vec<_> = thread::scope(|scope| {
        let others: Vec<_> = (1..threads.min(items.len())).map(|_| scope.spawn(run)).collect();
        let mine = run();
        let joined = others.into_iter().map(|other| {
            other.join().unwrap_or_else(|_| {
                Err((
                    usize::MAX,
                    anyhow!("a thread stopped short: this is a fault of the program"),
                ))
            })
        });
        [mine].into_iter().chain(joined).collect()
    });
    let (mut states, mut errors) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(state) => states.push(state),
            Err(error) => errors.push(error),
        }
    }
    match errors.into_iter().min_by_key(|&(at, _)| at) {
        Some((_, error)) => Err(error),
        None => Ok(states),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_item_is_done_once_by_no_more_threads_than_asked_for() {
        let items: Vec<usize> = (0..1000).collect();
        let states = each(3, &items, Vec::new, |done, at, &item| {
            assert_eq!(at, item);
            done.push(item);
            Ok(())
        })
        .unwrap();
        assert_eq!(states.len(), 3);
        let mut all = states.concat();
        all.sort_unstable();
        assert_eq!(all, items);
        assert_eq!(each(8, &[0; 0], || 7, |_, _, _| Ok(())).unwrap(), [7]);
    }

    #[test]
    fn an_error_ends_the_work() {
        let items: Vec<usize> = (0..1000).collect();
        // How many items another thread takes before it hears of the error is for the scheduler to say.
        for threads in [1, 2] {
            let done = AtomicUsize::new(0);
            let result = each(
                threads,
                &items,
                || (),
                |(), _, &item| {
                    done.fetch_add(1, Ordering::Relaxed);
                    if item == 3 {
                        Err(anyhow!("item {item}"))
                    } else {
                        Ok(())
                    }
                },
            );
            assert_eq!(result.unwrap_err().to_string(), "item 3");
            assert!(threads > 1 || done.into_inner() == 4, "no item after the error");
        }
    }
}
