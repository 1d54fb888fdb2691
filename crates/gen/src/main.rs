//! See [`generate::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    stage::program::run(generate::cli::run)
}
