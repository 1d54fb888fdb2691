//! `textfeat transform`: texts in, vectors out.

use std::io::{self, Write};
use std::path::Path;

use anyhow::Result;
use serde::Serialize;
use serde_json::json;
use stage::atomic::AtomicFile;
use stage::{CommonArgs, Outcome};

use super::lines::Lines;
use super::{model_file, parallel};

/// Texts in memory at a time.
const BATCH: usize = 4096;
/// Texts that a thread takes at a time.
const BLOCK: usize = 256;

/// A text's line of output.
#[derive(Serialize)]
struct Line<'a> {
    text: &'a str,
    /// Whether any word of it is known; else the vector is zero.
    known: bool,
    vector: &'a [f32],
}

pub(super) fn run(model: &Path, file: &Path, out: Option<&Path>, common: &CommonArgs) -> Result<Outcome> {
    let console = common.console();
    let model = model_file::read(model)?;
    let mut lines = Lines::open(file)?;
    if common.dry_run {
        let to = out.map_or_else(|| "stdout".to_owned(), |out| out.display().to_string());
        console.result(format!(
            "would write a vector of {} values for each line of {} to {to}",
            model.dims(),
            file.display()
        ))?;
        return Ok(Outcome::Done);
    }
    let threads = parallel::threads(common.jobs);
    let mut sink = out.map(AtomicFile::create).transpose()?;
    let (mut texts, mut without) = (0, 0);
    loop {
        let batch = lines.batch(BATCH)?;
        if batch.is_empty() {
            break;
        }
        let blocks: Vec<&[String]> = batch.chunks(BLOCK).collect();
        let done = parallel::each(
            threads,
            &blocks,
            || (model.transformer(), Vec::new()),
            |(transformer, done), at, block| {
                for (i, text) in block.iter().enumerate() {
                    let mut vector = vec![0.0; model.dims()];
                    let known = transformer.transform_into(text, &mut vector);
                    done.push((at * BLOCK + i, vector, known));
                }
                Ok(())
            },
        )?;
        let mut vectors: Vec<(usize, Vec<f32>, bool)> = done.into_iter().flat_map(|(_, done)| done).collect();
        vectors.sort_unstable_by_key(|&(at, ..)| at);
        texts += batch.len();
        without += vectors.iter().filter(|(_, _, known)| !known).count();
        let mut stdout = io::stdout().lock();
        for (text, (_, vector, known)) in batch.iter().zip(&vectors) {
            match &mut sink {
                Some(file) => file.put(&le_bytes(vector))?,
                None => {
                    let line = Line {
                        text,
                        known: *known,
                        vector,
                    };
                    writeln!(stdout, "{}", serde_json::to_string(&line)?)?;
                }
            }
        }
    }
    if let (Some(file), Some(path)) = (sink, out) {
        file.commit()?;
        console.result(format!(
            "{}: {texts} texts of {} values, {without} of zeros",
            path.display(),
            model.dims()
        ))?;
    }
    console.json_result(&json!({ "texts": texts, "dims": model.dims(), "without_known_word": without }))?;
    Ok(Outcome::Done)
}

/// A vector as little-endian f32.
pub(super) fn le_bytes(vector: &[f32]) -> Vec<u8> {
    vector.iter().flat_map(|value| value.to_le_bytes()).collect()
}
