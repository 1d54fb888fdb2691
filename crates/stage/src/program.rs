//! The frame of a program: common flags, one place for errors, exit codes.

use std::io;
use std::process::ExitCode;

use clap::{ArgAction, Args, Parser};

use crate::Console;
use crate::console::say;

/// Exit code when the work failed.
pub const EXIT_FAILED: u8 = 1;
/// Exit code when the command line makes no sense.
pub const EXIT_USAGE: u8 = 2;
/// Exit code when the user stopped the work and it was saved.
pub const EXIT_INTERRUPTED: u8 = 130;

/// Flags that every program of the house takes.
#[derive(Debug, Clone, Args)]
pub struct CommonArgs {
    /// Threads to use [default: all cores]
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,
    /// Do the work again even where it is done
    #[arg(long, global = true)]
    pub force: bool,
    /// Say what would be done, and do nothing
    #[arg(long, global = true)]
    pub dry_run: bool,
    /// End stdout with one line of JSON, the result for a program
    #[arg(long, global = true)]
    pub json: bool,
    /// Say only warnings and errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
}

impl CommonArgs {
    /// The console these flags ask for.
    #[must_use]
    pub fn console(&self) -> Console {
        let verbosity = if self.quiet {
            -1
        } else {
            i8::try_from(self.verbose).unwrap_or(i8::MAX)
        };
        Console::new(verbosity, self.json)
    }

    /// Gives rayon's global pool `--jobs` threads.
    ///
    /// # Errors
    /// The threads cannot be started.
    pub fn limit_threads(&self) -> anyhow::Result<()> {
        if let Some(jobs) = self.jobs {
            rayon::ThreadPoolBuilder::new()
                .num_threads(usize::from(jobs))
                .build_global()?;
        }
        Ok(())
    }
}

/// How the work ended, short of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All done: exit 0.
    Done,
    /// Stopped by the user after saving: exit 130.
    Interrupted,
}

/// An error of the command line that only shows after parsing: exit 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct UsageError(pub String);

/// Parses the command line, does the work, prints an error with its hint, gives the exit code.
pub fn run<A: Parser>(work: impl FnOnce(A) -> anyhow::Result<Outcome>) -> ExitCode {
    match work(A::parse()) {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Interrupted) => ExitCode::from(EXIT_INTERRUPTED),
        // Whoever closed the pipe has read enough.
        Err(e) if is_broken_pipe(&e) => ExitCode::SUCCESS,
        Err(e) => {
            say(&format!("error: {e:#}"));
            ExitCode::from(if e.is::<UsageError>() {
                EXIT_USAGE
            } else {
                EXIT_FAILED
            })
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe)
}
