//! Images and vectors to checksummed, memory-mapped shards, and back.
//!
//! [`pack`] joins what `ingest` and `textfeat` wrote, shard by shard, into files laid out as [`mod@format`]
//! says, raw or compressed. [`Dataset`] maps them and gives any sample of a [`Split`], without copying where it is raw; [`Epochs`] and [`Balanced`]
//! say in which order training sees them, and a [`Loader`] fills batches ahead in that order. [`verify`] reads every byte again and names what is damaged; [`inspect`] shows
//! what is inside; [`export`] writes what other tools read.
//!
//! ```no_run
//! use dataset::{Dataset, Epochs, Split};
//!
//! let data = Dataset::open("data/dataset".as_ref())?;
//! let mut epochs = Epochs::new(7, data.len(Split::Train));
//! for position in 0..1000 {
//!     let Some(sample) = data.sample(Split::Train, epochs.at(position)) else { break };
//!     println!("{} {}", sample.id, sample.captions[0]);
//! }
//! # Ok::<(), dataset::DatasetError>(())
//! ```

#[cfg(target_endian = "big")]
compile_error!("shards hold little-endian floats that are used in place");

mod balance;
pub mod bench;
mod codec;
mod compress;
mod dataset;
mod epochs;
mod error;
pub mod export;
mod filter;
#[cfg(test)]
mod fixture;
mod folder;
pub mod format;
mod hold_out;
pub mod inspect;
pub mod loader;
mod map;
pub mod pack;
mod parse;
mod shard;
mod shuffle;
mod split;
mod sums;
pub mod verify;
mod work;

pub use balance::Balanced;
pub use compress::Compression;
pub use dataset::{Dataset, Sample};
pub use epochs::Epochs;
pub use error::DatasetError;
pub use hold_out::HoldOut;
pub use loader::{Batch, BatchBuffer, CaptionRule, LoadPlan, Loader, MemoryBuffer, Order, Share};
pub use split::Split;
pub use work::Ended;
