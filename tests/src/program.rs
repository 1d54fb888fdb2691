//! A program about to run.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::{Finished, Running, place};

/// A command line, built up word by word. It runs without input, colour or settings of the user's.
#[derive(Debug)]
pub struct Program {
    name: String,
    words: Vec<OsString>,
    envs: Vec<(OsString, OsString)>,
    folder: PathBuf,
}

impl Program {
    /// A program of the house, such as `ingest`.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self::at(&place::program(name))
    }

    /// Any other program or script.
    #[must_use]
    pub fn at(path: &Path) -> Self {
        let name = path
            .file_name()
            .unwrap_or(path.as_os_str())
            .to_string_lossy()
            .into_owned();
        Self {
            name,
            words: vec![path.into()],
            envs: Vec::new(),
            folder: std::env::temp_dir(),
        }
    }

    /// One more argument.
    #[must_use]
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.words.push(arg.as_ref().to_owned());
        self
    }

    /// More arguments.
    #[must_use]
    pub fn args<A: AsRef<OsStr>>(self, args: impl IntoIterator<Item = A>) -> Self {
        args.into_iter().fold(self, Self::arg)
    }

    /// An environment variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.envs.push((name.into(), value.as_ref().to_owned()));
        self
    }

    /// The folder to run in; else the system's temporary one.
    #[must_use]
    pub fn within(mut self, folder: &Path) -> Self {
        folder.clone_into(&mut self.folder);
        self
    }

    /// No file that it writes may grow beyond `blocks` of 512 bytes: a disk that fills up, as far as the
    /// program can tell.
    #[must_use]
    pub fn with_files_up_to(mut self, blocks: u32) -> Self {
        // Ignored, the signal becomes the error EFBIG of the write.
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"");
        let shell = ["sh", "-c", &script, "sh"].map(OsString::from);
        self.words.splice(0..0, shell);
        self
    }

    /// It gets no more than so many KiB of address space: a machine with little memory, as far as the program can tell.
    #[must_use]
    pub fn with_address_space(mut self, kib: u64) -> Self {
        let script = format!("ulimit -v {kib}; exec \"$@\"");
        let shell = ["sh", "-c", &script, "sh"].map(OsString::from);
        self.words.splice(0..0, shell);
        self
    }

    /// Nothing that it says on stderr finds room: a log on a full disk.
    #[must_use]
    pub fn with_full_stderr(mut self) -> Self {
        let shell = ["sh", "-c", "exec \"$@\" 2>/dev/full", "sh"].map(OsString::from);
        self.words.splice(0..0, shell);
        self
    }

    /// It is started with SIGHUP ignored, as `nohup` does.
    #[must_use]
    pub fn under_nohup(mut self) -> Self {
        let shell = ["sh", "-c", "trap '' HUP; exec \"$@\"", "sh"].map(OsString::from);
        self.words.splice(0..0, shell);
        self
    }

    /// Runs it to its end.
    ///
    /// # Panics
    /// It cannot be started.
    #[must_use]
    pub fn run(self) -> Finished {
        self.start().wait()
    }

    /// Starts it, to be stopped or waited for.
    ///
    /// # Panics
    /// It cannot be started.
    #[must_use]
    pub fn start(self) -> Running {
        let Self {
            name,
            words,
            envs,
            folder,
        } = self;
        let mut command = Command::new(&words[0]);
        command
            .args(&words[1..])
            .envs(envs)
            .env("NO_COLOR", "1")
            .current_dir(folder);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let line = words
            .iter()
            .map(|w| w.to_string_lossy())
            .collect::<Vec<_>>()
            .join(" ");
        match spawn(&mut command) {
            Ok(child) => Running::new(name, line, child),
            Err(e) => panic!("{line}: cannot be started: {e}"),
        }
    }
}

static SPAWNING: Mutex<()> = Mutex::new(());

/// Keeps other threads of this test from starting programs. A script written meanwhile is safe to run: a
/// child that is just being started would hold its file open, and the system refuses to run such a file.
pub(crate) fn hold_spawning() -> MutexGuard<'static, ()> {
    SPAWNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts a child process.
pub(crate) fn spawn(command: &mut Command) -> io::Result<Child> {
    let _alone = hold_spawning();
    command.spawn()
}
