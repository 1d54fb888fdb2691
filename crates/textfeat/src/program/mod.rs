//! The program around the library: arguments, files, threads, the stage `textfeat`.

mod bench;
mod catalogue;
mod cli;
mod coverage;
mod explain;
mod fit;
mod lines;
mod model_file;
mod parallel;
mod transform;

pub(crate) use cli::run;
