//! What an ingest is to do, checked: the only thing that leaves the command line.

use std::path::PathBuf;

use serde::Serialize;

use crate::fit::Fit;
use crate::layout::{ColumnFlags, LayoutChoice};

/// One ingest.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The dump: a folder, an archive or a table.
    pub dump: PathBuf,
    /// Where to write.
    pub out: PathBuf,
    /// How the dump is laid out.
    pub layout: LayoutChoice,
    /// The columns of a table, where flags name them.
    pub columns: ColumnFlags,
    /// Side of the squared images, in pixels.
    pub size: u32,
    /// How photos are made square.
    pub fit: Fit,
    /// Number of logical shards, at least 1.
    pub shards: u32,
    /// Redo finished work.
    pub force: bool,
    /// Only say what would be done.
    pub dry_run: bool,
}

/// The settings that decide the result, as `stage.json` keeps them.
#[derive(Debug, Serialize)]
pub(crate) struct Settings {
    pub(crate) layout: &'static str,
    pub(crate) size: u32,
    pub(crate) fit: Fit,
    pub(crate) shards: u32,
    #[serde(flatten)]
    pub(crate) columns: ColumnFlags,
}
