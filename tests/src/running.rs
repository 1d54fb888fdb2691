//! A program at work.

use std::io::Read;
use std::process::{Child, Command};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::Finished;
use crate::program::spawn;

/// Longer than this nothing in these tests takes, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(600);
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// A program that was started and not yet waited for. Dropped, it is killed.
pub struct Running {
    name: String,
    line: String,
    child: Child,
    begun: Instant,
    stdout: Option<JoinHandle<String>>,
    stderr: Option<JoinHandle<String>>,
}

impl Running {
    pub(crate) fn new(name: String, line: String, mut child: Child) -> Self {
        let stdout = child.stdout.take().map(collect);
        let stderr = child.stderr.take().map(collect);
        Self {
            name,
            line,
            child,
            begun: Instant::now(),
            stdout,
            stderr,
        }
    }

    /// Sends SIGKILL, which no program can prepare for, and waits for the end.
    ///
    /// # Panics
    /// The signal cannot be sent.
    #[must_use]
    pub fn kill(mut self) -> Finished {
        self.child
            .kill()
            .unwrap_or_else(|e| panic!("{}: cannot be killed: {e}", self.line));
        self.wait()
    }

    /// Sends SIGINT, as Ctrl-C does.
    ///
    /// # Panics
    /// There is no `kill` to send it with.
    pub fn interrupt(&self) {
        self.signal("INT");
    }

    /// Sends SIGHUP, as a terminal that is closed does.
    ///
    /// # Panics
    /// There is no `kill` to send it with.
    pub fn hang_up(&self) {
        self.signal("HUP");
    }

    fn signal(&self, name: &str) {
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(format!("kill -{name} {}", self.child.id()));
        let sent = spawn(&mut shell).and_then(|mut child| child.wait());
        assert!(
            sent.as_ref().is_ok_and(|s| s.success()),
            "{}: SIG{name} cannot be sent: {sent:?}",
            self.line
        );
    }

    /// Waits until `true_now` holds or the program has ended; says whether it still runs.
    ///
    /// # Panics
    /// Neither happens.
    #[must_use]
    pub fn until(&mut self, mut true_now: impl FnMut() -> bool) -> bool {
        while !true_now() {
            if self.ended() {
                return false;
            }
            assert!(
                self.begun.elapsed() < PATIENCE,
                "{}: what was waited for never came",
                self.line
            );
            thread::sleep(LOOK_EVERY);
        }
        !self.ended()
    }

    /// Waits for the end.
    ///
    /// # Panics
    /// It does not come.
    #[must_use]
    pub fn wait(mut self) -> Finished {
        while !self.ended() {
            assert!(
                self.begun.elapsed() < PATIENCE,
                "{}: still running after {PATIENCE:?}",
                self.line
            );
            thread::sleep(LOOK_EVERY);
        }
        let status = self.child.wait().unwrap_or_else(|e| panic!("{}: {e}", self.line));
        let elapsed = self.begun.elapsed();
        let text =
            |stream: Option<JoinHandle<String>>| stream.and_then(|s| s.join().ok()).unwrap_or_default();
        Finished {
            name: self.name.clone(),
            line: self.line.clone(),
            code: status.code(),
            stdout: text(self.stdout.take()),
            stderr: text(self.stderr.take()),
            elapsed,
        }
    }

    fn ended(&mut self) -> bool {
        self.child
            .try_wait()
            .unwrap_or_else(|e| panic!("{}: {e}", self.line))
            .is_some()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Already ended is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads a pipe as it fills, so that the program never waits for its reader.
fn collect(mut pipe: impl Read + Send + 'static) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // A pipe that breaks ends the text; the exit code tells the rest.
        let _ = pipe.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}
