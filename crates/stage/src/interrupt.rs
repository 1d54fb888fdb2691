//! Ctrl-C finishes the unit of work in hand and saves; a second one leaves at once.

use std::fs;
use std::io;
use std::os::raw::c_int;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::console::say;
use crate::program::EXIT_INTERRUPTED;

/// What comes this soon after the first is the same request: `timeout`, `just` and the like pass a signal on to programs that
/// had it from the system already.
const ECHO: Duration = Duration::from_secs(1);

/// Whether the user has asked to stop. Clones share the answer.
#[derive(Debug, Clone, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Listens from now on, once a process, for Ctrl-C, SIGTERM and a terminal that is closed. Under `nohup` the last is
    /// ignored still.
    ///
    /// # Errors
    /// The system refuses a handler or a thread.
    pub fn install() -> io::Result<Self> {
        let mut wanted = vec![SIGINT, SIGTERM];
        if !ignored(SIGHUP) {
            wanted.push(SIGHUP);
        }
        let mut signals = Signals::new(wanted)?;
        let asked = Self::default();
        let told = asked.clone();
        let listen = move || {
            let mut first: Option<Instant> = None;
            for _ in signals.forever() {
                match first {
                    None => {
                        first = Some(Instant::now());
                        told.request();
                        say("stopping: finishing the work in hand and saving (once more to leave at once)");
                    }
                    Some(first) if first.elapsed() < ECHO => {}
                    // Files are renamed into place whole, so any moment will do. Libraries are not taken down first:
                    // other threads are still at work in them.
                    Some(_) => signal_hook::low_level::exit(i32::from(EXIT_INTERRUPTED)),
                }
            }
        };
        let _ = thread::Builder::new().name("signals".to_owned()).spawn(listen)?;
        Ok(asked)
    }

    /// True once the user has asked to stop.
    #[must_use]
    pub fn requested(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    /// Asks to stop, as Ctrl-C does.
    pub fn request(&self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Whether the process was started with a signal ignored, as `nohup` does. Where the system does not tell, it counts as ignored:
/// then it does what it did before.
fn ignored(signal: c_int) -> bool {
    let mask = fs::read_to_string("/proc/self/status").ok().and_then(|status| {
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
        u64::from_str_radix(mask.trim(), 16).ok()
    });
    mask.is_none_or(|mask| mask >> (signal - 1) & 1 == 1)
}
