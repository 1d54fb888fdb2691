//! The program `textfeat`: features of a catalogue's captions, and a look into a model.

mod program;

use std::process::ExitCode;

fn main() -> ExitCode {
    stage::program::run(program::run)
}
