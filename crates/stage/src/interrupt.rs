//! Ctrl-C finishes the unit of work in hand and saves; a second one leaves at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::program::EXIT_INTERRUPTED;

/// Whether the user has asked to stop. Clones share the answer.
#[derive(Debug, Clone, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Listens for Ctrl-C and SIGTERM from now on, once a process.
    ///
    /// # Errors
    /// A handler is already set, or the system refuses one.
    pub fn install() -> Result<Self, ctrlc::Error> {
        let asked = Self::default();
        let flag = asked.clone();
        ctrlc::set_handler(move || {
            if flag.0.swap(true, Ordering::SeqCst) {
                // Safe at any moment: files are renamed into place whole.
                std::process::exit(i32::from(EXIT_INTERRUPTED));
            }
            eprintln!("stopping: finishing the work in hand and saving (once more to leave at once)");
        })?;
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
