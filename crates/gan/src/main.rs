//! See [`gan::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    stage::program::run(gan::cli::run)
}
