//! Libraries that panic where their input is bad, at arm's length.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Calls `work`, which panics on bad input and leaves nothing half changed behind. On this thread such a panic is not told
/// on stderr: it is an answer, not a fault of the program.
///
/// # Errors
/// The panic's words.
pub fn guarded<R>(work: impl FnOnce() -> R) -> Result<R, String> {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| {
        let told = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !GUARDED.get() {
                told(panic);
            }
        }));
    });
    let before = GUARDED.replace(true);
    let done = panic::catch_unwind(AssertUnwindSafe(work));
    GUARDED.set(before);
    done.map_err(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        text.unwrap_or("a panic without words").to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::panic)]
    fn a_panic_becomes_its_words_and_the_next_call_is_as_the_first() {
        let found = "a page of -1 bytes";
        assert_eq!(guarded(|| -> u8 { panic!("{found}") }), Err(found.to_owned()));
        assert_eq!(guarded(|| -> u8 { panic!("plain") }), Err("plain".to_owned()));
        assert_eq!(guarded(|| 7), Ok(7));
        assert!(!GUARDED.get());
    }
}
