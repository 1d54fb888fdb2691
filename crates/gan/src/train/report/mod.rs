//! `report.html`: a run at a glance, one file that asks for nothing from outside.
//!
//! It is made from what lies in the run folder alone, at each grid of a training and by `gan report`.

mod chart;
mod page;
mod pictures;
pub mod warnings;

use std::path::{Path, PathBuf};

use stage::atomic;

use self::pictures::Picture;
use self::warnings::{Findings, Warning};
use super::run_folder::CONFIG;
use super::stats::{self, Line};
use crate::GanError;
use crate::model;
use crate::recipe::Recipe;

/// Name of the report in a run folder.
pub const FILE: &str = "report.html";

/// What a report tells.
pub(crate) struct Run {
    name: String,
    recipe: Recipe,
    lines: Vec<Line>,
    findings: Findings,
    grids: Vec<Picture>,
    photos: Option<Picture>,
    best: Option<Best>,
}

/// The best model, as its file tells.
struct Best {
    score: f64,
    kimg: f64,
}

impl Best {
    /// That of the model at `path`; `None` where there is none.
    fn read(path: &Path) -> Option<Self> {
        let about = model::about(path)?;
        Some(Self {
            score: about.get("score")?.as_f64()?,
            kimg: about.get("images_seen")?.as_u64()? as f64 / 1000.0,
        })
    }
}

/// Writes the report of a run folder, and says where it is and what looks wrong.
///
/// # Errors
/// There is no run in the folder, or a file cannot be read or written.
pub fn write(dir: &Path) -> Result<(PathBuf, Vec<Warning>), GanError> {
    let run = Run::read(dir)?;
    let path = dir.join(FILE);
    atomic::write(&path, page::html(&run).as_bytes())?;
    Ok((path, run.findings.wrong))
}

impl Run {
    fn read(dir: &Path) -> Result<Self, GanError> {
        let config = dir.join(CONFIG);
        if !config.exists() {
            return Err(GanError::Run {
                path: dir.to_owned(),
                message: format!("expected the folder of a run, found no {CONFIG}"),
                hint: "name a folder that `gan train --run` wrote to",
            });
        }
        let recipe = Recipe::read(&config, &[])?;
        let lines = stats::read(dir)?;
        let name = dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
        let name = name
            .file_name()
            .unwrap_or(name.as_os_str())
            .to_string_lossy()
            .into_owned();
        Ok(Self {
            name,
            findings: warnings::examine(&lines, recipe.objective.loss),
            grids: pictures::grids(dir)?,
            photos: pictures::picture(&dir.join(super::PHOTOS), 0)?,
            best: Best::read(&dir.join(super::BEST)),
            recipe,
            lines,
        })
    }
}

/// Text as HTML, within a tag too.
fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}
