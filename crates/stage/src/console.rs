//! Results to stdout, everything else to stderr.

use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};

/// A verbosity at which not even warnings are said.
const SILENT: i8 = i8::MIN;

/// Where a program speaks. Cheap to copy.
#[derive(Debug, Clone, Copy)]
pub struct Console {
    /// `-q` is below 0, the default 0, `-v` above.
    pub verbosity: i8,
    /// Results are one line of JSON for a program to read.
    pub json: bool,
    terminal: bool,
}

impl Console {
    /// A console at the given verbosity; bars are drawn only where stderr is a terminal.
    #[must_use]
    pub fn new(verbosity: i8, json: bool) -> Self {
        Self {
            verbosity,
            json,
            terminal: io::stderr().is_terminal(),
        }
    }

    /// A console that says nothing on stderr: for tests and for use as a library.
    #[must_use]
    pub const fn silent() -> Self {
        Self {
            verbosity: SILENT,
            json: false,
            terminal: false,
        }
    }

    /// Whether stderr is a terminal.
    #[must_use]
    pub const fn is_terminal(&self) -> bool {
        self.terminal
    }

    /// A line of the result for a person, on stdout; nothing under `--json`.
    ///
    /// # Errors
    /// stdout is full. Whoever closed the pipe has read enough, and the work goes on.
    pub fn result(&self, line: impl AsRef<str>) -> io::Result<()> {
        if self.json {
            Ok(())
        } else {
            heard(writeln!(io::stdout(), "{}", printable(line.as_ref())))
        }
    }

    /// The result for a program: the last line of stdout under `--json`, else nothing.
    ///
    /// # Errors
    /// As [`Console::result`].
    pub fn json_result(&self, value: &serde_json::Value) -> io::Result<()> {
        if self.json {
            heard(writeln!(io::stdout(), "{value}"))
        } else {
            Ok(())
        }
    }

    /// Says what happens, on stderr, unless `-q`.
    pub fn info(&self, line: impl AsRef<str>) {
        if self.verbosity >= 0 {
            say(line.as_ref());
        }
    }

    /// Says details, on stderr, with `-v`.
    pub fn detail(&self, line: impl AsRef<str>) {
        if self.verbosity > 0 {
            say(line.as_ref());
        }
    }

    /// Says what the user should know even with `-q`.
    pub fn warn(&self, line: impl AsRef<str>) {
        if self.verbosity > SILENT {
            say(&format!("warning: {}", line.as_ref()));
        }
    }
}

fn heard(written: io::Result<()>) -> io::Result<()> {
    written.or_else(|e| match e.kind() {
        io::ErrorKind::BrokenPipe => Ok(()),
        _ => Err(e),
    })
}

/// A closed or full stderr is no reason to stop the work.
pub(crate) fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{}", printable(line));
}

/// The text with control characters escaped, line breaks and tabs left: names of files and of products are anybody's, and a
/// terminal obeys what they hold.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    let obeyed = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    if !text.contains(obeyed) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if obeyed(c) {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn a_terminal_obeys_no_name() {
        assert_eq!(printable("a\u{1b}[2J\u{9b}31m\r"), "a\\u{1b}[2J\\u{9b}31m\\r");
        assert_eq!(printable("two\nlines\tof caf\u{e9}"), "two\nlines\tof caf\u{e9}");
    }
}
