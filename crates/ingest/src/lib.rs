//! From a product dump to squared images and a catalogue of texts.
//!
//! In the order in which data flows: a [`source`] reads the dump's bytes, be it a folder or an archive; a
//! [`layout`] finds the products in it and their texts; [`decode`] makes pixels of a photo's bytes and [`fit`]
//! squares them on their [`background`]; [`captions`] makes captions of the texts. Products that cannot be
//! used become [`rejects`]. Once all shards are made, [`groups`] decides what the split must not part and, by
//! [`near`], what must not be tested, and the catalogue is written. [`run`] is the stage from end to end.
//!
//! [`preview`] shows the captions of a dump without its pictures, for a look before the work.
//! [`synth`] draws a dump of made-up products, for trying all of this without anybody's photos.

pub mod background;
pub mod captions;
mod catalogue;
pub mod cli;
pub mod decode;
mod encoding;
pub mod error;
pub mod fit;
pub mod groups;
pub mod layout;
pub mod near;
mod part;
pub mod plan;
pub mod preview;
pub mod rejects;
pub mod run;
mod shard;
pub mod source;
pub mod synth;
mod table;

pub use error::IngestError;
pub use plan::Plan;
pub use run::STAGE;
