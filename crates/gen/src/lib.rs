//! A trained generator at work.
//!
//! [`request`] turns captions into what is to be drawn, [`Artist`] is a model with its text model and draws,
//! [`sample`] writes single pictures with a [`manifest`], [`grid`] one captioned sheet. One file,
//! `model.safetensors`, is all that is needed.

pub mod artist;
pub mod cli;
pub mod error;
pub mod grid;
pub mod manifest;
pub mod request;
pub mod sample;

pub use artist::Artist;
pub use error::GenerateError;
pub use request::Request;
