//! The program `dataset`: pack, verify and inspect.

use std::process::ExitCode;

mod cli;

fn main() -> ExitCode {
    stage::program::run(cli::run)
}
