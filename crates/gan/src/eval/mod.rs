//! Measures of what a trained model draws, each beside what real images get from the same measure.

pub mod colour;
pub mod colour_names;
pub mod unseen;

pub use colour::{ColourReport, colour_accuracy};
pub use unseen::{Case, to_jsonl, unseen_captions};
