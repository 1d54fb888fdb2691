//! Whole ingests of made-up dumps, by the library and by the program.
#![allow(clippy::unwrap_used, clippy::expect_used, unreachable_pub)]

mod archives;
mod bad_input;
mod dump;
mod layouts;
mod program;
mod real;
mod results;
mod zipped;
