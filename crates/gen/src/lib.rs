//! A trained generator at work.
//!
//! [`request`] turns captions, of the command line or a [file](captions), into what is to be drawn, [`words`] tells which of
//! their words a model does not know, [`Artist`] is a model with its text model and draws. [`plan`] says which pictures are
//! missing, [`sample`] writes them with a [`manifest`], [`grid`] writes one captioned sheet. One file, `model.safetensors` or
//! `best.safetensors`, is all that is needed.

pub mod artist;
pub mod captions;
pub mod cli;
pub mod error;
pub mod grid;
pub mod manifest;
pub mod place;
pub mod plan;
pub mod request;
pub mod sample;
pub mod stem;
pub mod variety;
pub mod words;

pub use artist::Artist;
pub use error::GenerateError;
pub use request::Request;
pub use variety::Variety;
