//! What every stage of atelier shares.
//!
//! A stage is a function of its inputs and settings: [`key::StageKey`] names both and has a fingerprint.
//! [`folder::StageFolder`] is the folder it writes to: it knows whether the work is done, changed or half
//! done, and commits it shard by shard. The proof of a finished stage is its [`record::StageRecord`],
//! `stage.json`, written last. All files are written beside their final name and renamed ([`atomic`]).
//!
//! A program around a stage is [`program::run`]: arguments, [`console::Console`] for results and logs,
//! [`progress::Progress`] for the wait, [`interrupt::Interrupt`] for Ctrl-C, and one exit code. Libraries that
//! panic on bad input are kept at arm's length by [`guarded`]; [`parquet`] looks at a table before polars does,
//! and [`lines`] reads texts.
//!
//! Errors, here and in every crate of the house, end their text with a line `hint: ...` where there is
//! something the user can do.

pub mod atomic;
pub mod console;
pub mod error;
pub mod folder;
pub mod guard;
pub mod interrupt;
pub mod key;
pub mod lines;
pub mod parquet;
pub mod program;
pub mod progress;
pub mod record;
pub mod shards;

pub use console::Console;
pub use error::StageError;
pub use folder::{StageFolder, Standing};
pub use guard::guarded;
pub use interrupt::Interrupt;
pub use key::StageKey;
pub use lines::Lines;
pub use program::{CommonArgs, Outcome, UsageError};
pub use progress::Progress;
pub use record::{OutputFile, StageRecord};
pub use shards::{ShardRecord, shard_of};
