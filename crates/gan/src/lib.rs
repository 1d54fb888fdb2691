//! A text-conditional image generator: networks, losses, the training loop, evaluation.
//!
//! In the order in which data flow: a [`Recipe`] says what is trained; [`train`] shows the samples of a
//! [`dataset::Dataset`] to the [`networks`] step by step, seen through [`augment`], moved by [`losses`], [`adam`] and [`ema`]; the run folder
//! gets statistics, grids ([`picture`]), checkpoints and a [`Model`]; [`eval`] measures what a model draws.
//! All randomness comes from (seed, step): [`random`].

pub mod adam;
pub mod augment;
pub mod bench;
pub mod cli;
pub mod device;
pub mod doctor;
pub mod ema;
pub mod error;
pub mod eval;
pub mod losses;
pub mod model;
pub mod networks;
pub mod picture;
pub mod random;
pub mod recipe;
pub mod schedule;
pub mod train;
pub mod weights_file;

pub use device::{Device, DeviceChoice};
pub use error::GanError;
pub use model::{LoadedModel, Model};
pub use recipe::Recipe;
