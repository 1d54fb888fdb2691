//! The program around the library: arguments, files, threads, the stage `textfeat`.

mod bench;
mod catalogue;
mod cli;
mod count;
mod coverage;
mod explain;
mod fit;
mod lines;
mod model_file;
mod parallel;
mod settings;
mod transform;
mod vocabulary;

pub(crate) use cli::run;
