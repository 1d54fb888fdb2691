//! Results to stdout, everything else to stderr.

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
    /// stdout is closed or full.
    pub fn result(&self, line: impl AsRef<str>) -> io::Result<()> {
        if self.json {
            Ok(())
        } else {
            writeln!(io::stdout(), "{}", line.as_ref())
        }
    }

    /// The result for a program: the last line of stdout under `--json`, else nothing.
    ///
    /// # Errors
    /// stdout is closed or full.
    pub fn json_result(&self, value: &serde_json::Value) -> io::Result<()> {
        if self.json {
            writeln!(io::stdout(), "{value}")
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

/// A closed stderr is no reason to stop the work.
fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
