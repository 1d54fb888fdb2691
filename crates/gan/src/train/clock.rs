//! The time that a training takes, without what is done beside it, and the memory.

use std::time::{Duration, Instant};

/// A clock that stands still while something else is done.
pub struct Clock {
    begun: Instant,
    aside: Duration,
}

impl Clock {
    /// A clock that runs from now on.
    #[must_use]
    pub fn start() -> Self {
        Self {
            begun: Instant::now(),
            aside: Duration::ZERO,
        }
    }

    /// Seconds of training.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.begun.elapsed().saturating_sub(self.aside).as_secs_f64()
    }

    /// Does something that is no training: its time does not count.
    pub fn aside<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        let done = work();
        self.aside += begun.elapsed();
        done
    }
}

/// Memory that this process holds, in MiB, where the system tells it.
#[must_use]
pub fn memory_mib() -> Option<f64> {
    // "VmRSS:    123456 kB"
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: f64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kib / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_aside_takes_no_time() {
        let mut clock = Clock::start();
        let long = Duration::from_millis(60);
        clock.aside(|| std::thread::sleep(long));
        assert!(clock.begun.elapsed() >= long);
        assert!(clock.seconds() < clock.begun.elapsed().as_secs_f64() - 0.05);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_memory_of_this_process_is_more_than_a_mebibyte() {
        assert!(memory_mib().is_some_and(|mib| mib > 1.0));
    }
}
