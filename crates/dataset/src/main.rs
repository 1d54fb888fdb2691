//! The program `dataset`: pack, verify, inspect and measure.

use std::process::ExitCode;

mod cli;

fn main() -> ExitCode {
    stage::program::run(cli::run)
}
