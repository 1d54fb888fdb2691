//! How far the work is: a bar on a terminal, a plain line now and then elsewhere.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{HumanCount, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::Console;
use crate::console::say;

/// Time between plain lines.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// Progress over `total` units, shared by threads.
pub struct Progress {
    bar: ProgressBar,
    plain: Option<Plain>,
}

struct Plain {
    label: String,
    unit: &'static str,
    total: u64,
    start_at: u64,
    done: AtomicU64,
    begun: Instant,
    last_line: Mutex<Instant>,
}

impl Progress {
    /// Begins at `done` of `total` units; the rate counts only what is done from now on.
    #[must_use]
    pub fn new(console: &Console, label: &str, unit: &'static str, done: u64, total: u64) -> Self {
        if console.verbosity < 0 {
            return Self {
                bar: ProgressBar::hidden(),
                plain: None,
            };
        }
        if console.is_terminal() && std::env::var_os("TERM").is_none_or(|t| t != "dumb") {
            let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(5));
            let template = format!(
                "{{prefix}} [{{bar:30}}] {{human_pos}}/{{human_len}} {unit} {{per_sec:>}} ETA {{eta}} {{msg}}"
            );
            // indicatif takes NO_COLOR into account; the style here has no colour anyway.
            if let Ok(style) = ProgressStyle::with_template(&template) {
                bar.set_style(style.progress_chars("=> "));
            }
            bar.set_prefix(label.to_owned());
            bar.set_position(done);
            bar.reset_eta();
            return Self { bar, plain: None };
        }
        let now = Instant::now();
        let plain = Plain {
            label: label.to_owned(),
            unit,
            total,
            start_at: done,
            done: AtomicU64::new(done),
            begun: now,
            last_line: Mutex::new(now),
        };
        Self {
            bar: ProgressBar::hidden(),
            plain: Some(plain),
        }
    }

    /// `n` more units are done.
    pub fn inc(&self, n: u64) {
        self.bar.inc(n);
        if let Some(plain) = &self.plain {
            plain.done.fetch_add(n, Ordering::Relaxed);
            plain.line_if_due("");
        }
    }

    /// So many units are done now: fewer than before where work has to be done again.
    pub fn set(&self, done: u64) {
        self.bar.set_position(done);
        if let Some(plain) = &self.plain {
            plain.done.store(done, Ordering::Relaxed);
        }
    }

    /// A short remark at the end of the bar, such as the latest losses.
    pub fn note(&self, text: &str) {
        self.bar.set_message(text.to_owned());
        if let Some(plain) = &self.plain {
            plain.line_if_due(text);
        }
    }

    /// A line of its own that does not tear the bar.
    pub fn println(&self, console: &Console, line: &str) {
        self.bar.suspend(|| console.info(line));
    }

    /// The work is over; the bar goes, a summary is the caller's to give.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Plain {
    fn line_if_due(&self, note: &str) {
        let now = Instant::now();
        {
            let mut last = self.last_line.lock().unwrap_or_else(PoisonError::into_inner);
            if now.duration_since(*last) < LINE_EVERY {
                return;
            }
            *last = now;
        }
        let done = self.done.load(Ordering::Relaxed);
        let rate = done.saturating_sub(self.start_at) as f64 / now.duration_since(self.begun).as_secs_f64();
        let left = if rate > 0.0 {
            self.total.saturating_sub(done) as f64 / rate
        } else {
            0.0
        };
        let Self {
            label, unit, total, ..
        } = self;
        say(&format!(
            "{label}: {}/{} {unit} ({:.0} %), {rate:.1}/s, ETA {} {note}",
            HumanCount(done),
            HumanCount(*total),
            100.0 * done as f64 / (*total).max(1) as f64,
            HumanDuration(Duration::from_secs_f64(left.min(1e9))),
        ));
    }
}
