//! A program that has ended, and what must hold of it.

use std::time::Duration;

use serde_json::Value;

/// Exit code and output of a program. Each expectation panics with both where it does not hold.
#[derive(Debug)]
pub struct Finished {
    pub(crate) name: String,
    pub(crate) line: String,
    /// The exit code; `None` after a signal.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// From start to end.
    pub elapsed: Duration,
}

impl Finished {
    /// It ended well.
    pub fn success(self) -> Self {
        self.ends(Some(0))
    }

    /// It ended with `code` and said why: an error on stderr, without a panic.
    pub fn fails(self, code: i32) -> Self {
        let finished = self.ends(Some(code));
        finished.must(
            finished.stderr.contains("error: "),
            "a line `error: ...` on stderr",
        );
        finished
    }

    /// It ended with this code, or by a signal.
    pub fn ends(self, code: Option<i32>) -> Self {
        self.must(self.code == code, &format!("exit code {code:?}"));
        self.must(!self.stderr.contains("panicked at"), "no panic");
        self
    }

    /// Its stderr holds `text`.
    pub fn stderr_contains(self, text: &str) -> Self {
        self.must(self.stderr.contains(text), &format!("`{text}` on stderr"));
        self
    }

    /// Its stdout holds `text`.
    pub fn stdout_contains(self, text: &str) -> Self {
        self.must(self.stdout.contains(text), &format!("`{text}` on stdout"));
        self
    }

    /// Its error ends with advice.
    pub fn hints(self) -> Self {
        self.stderr_contains("\nhint: ")
    }

    /// It took less than `seconds`.
    pub fn within_seconds(self, seconds: f64) -> Self {
        self.must(
            self.elapsed.as_secs_f64() < seconds,
            &format!("an end within {seconds} s"),
        );
        self
    }

    /// The last line of stdout as JSON: the result of a program run with `--json`.
    ///
    /// # Panics
    /// It is not JSON.
    #[must_use]
    pub fn stdout_json(&self) -> Value {
        let last = self.stdout.lines().last().unwrap_or_default();
        serde_json::from_str(last).unwrap_or_else(|e| {
            self.must(false, &format!("a last line of JSON on stdout ({e})"));
            Value::Null
        })
    }

    /// A number of the JSON result.
    ///
    /// # Panics
    /// There is no such number.
    #[must_use]
    pub fn count(&self, key: &str) -> u64 {
        self.stdout_json()[key].as_u64().unwrap_or_else(|| {
            self.must(false, &format!("a count `{key}` in the result"));
            0
        })
    }

    fn must(&self, holds: bool, expected: &str) {
        let Self {
            name,
            line,
            code,
            stdout,
            stderr,
            elapsed,
        } = self;
        assert!(
            holds,
            "{name}: expected {expected}\n  command: {line}\n  exit code: {code:?} after {elapsed:.1?}\n\
             --- stdout\n{stdout}\n--- stderr\n{stderr}"
        );
    }
}
