//! Measures of what a trained model draws, each beside what real images get from the same measure.
//!
//! An [`evaluator`] is trained once on real photos. A [`reference`](mod@reference) holds what it sees in them and the captions to
//! [ask](asked) for; a [`drawer`] draws these; [`judge`] turns both into a [`report`], by the formulas of [`measures`].
//! [`light`] is the same on a few hundred pictures, for use during a training; [`inception`] is FID as papers have it.
//! Colours are also named without anything learnt: [`colour`].

pub mod asked;
pub mod colour;
pub mod colour_names;
pub mod command;
pub mod drawer;
pub mod drawn;
pub mod evaluator;
pub mod inception;
pub mod judge;
pub mod light;
pub mod looked;
pub mod measures;
pub mod naming;
pub mod photos;
pub mod reference;
pub mod report;
pub mod rivals;
pub mod table;
pub mod unseen;

pub use colour::{ColourReport, colour_accuracy};
pub use drawer::Drawer;
pub use evaluator::Evaluator;
pub use light::LightEvaluation;
pub use report::{Light, Report};
pub use unseen::{Case, to_jsonl, unseen_captions};
