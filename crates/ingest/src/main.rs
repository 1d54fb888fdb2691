//! A product dump to squared images and a catalogue of texts.

use std::process::ExitCode;

fn main() -> ExitCode {
    stage::program::run(ingest::cli::run)
}
