//! `textfeat vocabulary` and `textfeat tokens`: to scikit-learn and from it.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use anyhow::{Result, anyhow, bail};
use serde_json::json;
use stage::{CommonArgs, Outcome, atomic};
use textfeat::{MAX_VOCABULARY_BYTES, VocabularyFile};

use super::lines::Lines;
use super::model_file;

/// Writes the vocabulary of a model as JSON to a file, or to stdout.
pub(super) fn export(model: &Path, out: Option<&Path>, common: &CommonArgs) -> Result<Outcome> {
    let console = common.console();
    let read = model_file::read(model)?;
    let file = VocabularyFile::of(&read).map_err(|e| anyhow!("{}: {e}", model.display()))?;
    let text = serde_json::to_string_pretty(&file)? + "\n";
    let terms = read.vocabulary().terms().len();
    let Some(out) = out else {
        if !common.dry_run {
            io::stdout().write_all(text.as_bytes())?;
        }
        return Ok(Outcome::Done);
    };
    if common.dry_run {
        console.result(format!("would write {terms} terms to {}", out.display()))?;
        return Ok(Outcome::Done);
    }
    atomic::write(out, text.as_bytes())?;
    console.result(format!("{}: {terms} terms", out.display()))?;
    console.json_result(&json!({ "terms": terms }))?;
    Ok(Outcome::Done)
}

/// Makes a model of the JSON of a vocabulary.
pub(super) fn import(file: &Path, out: &Path, common: &CommonArgs) -> Result<Outcome> {
    let (console, shown) = (common.console(), file.display());
    let size = fs::metadata(file)
        .map_err(|e| anyhow!("{shown}: cannot read: {e}"))?
        .len();
    if size > MAX_VOCABULARY_BYTES as u64 {
        bail!(
            "{shown}: expected a vocabulary of at most {MAX_VOCABULARY_BYTES} bytes, found {size}\nhint: set max_features"
        );
    }
    let bytes = fs::read(file).map_err(|e| anyhow!("{shown}: cannot read: {e}"))?;
    let read: VocabularyFile = serde_json::from_slice(&bytes).map_err(|e| {
        anyhow!("{shown}: expected the JSON of a vocabulary, found something else: {e}\nhint: the README of textfeat says how to write it")
    })?;
    let model = read.into_model().map_err(|e| anyhow!("{shown}: {e}"))?;
    let terms = model.vocabulary().terms().len();
    if common.dry_run {
        console.result(format!(
            "would write a model of {terms} terms to {}",
            out.display()
        ))?;
        return Ok(Outcome::Done);
    }
    model_file::write(out, &model)?;
    console.result(format!("{}: {terms} terms", out.display()))?;
    console.json_result(&json!({ "terms": terms, "dims": model.dims() }))?;
    Ok(Outcome::Done)
}

/// Writes the stems of each text as a line, a space between two.
pub(super) fn tokens(model: &Path, file: &Path, common: &CommonArgs) -> Result<Outcome> {
    let model = model_file::read(model)?;
    if common.dry_run {
        let shown = file.display();
        common
            .console()
            .result(format!("would write the stems of each line of {shown}"))?;
        return Ok(Outcome::Done);
    }
    // Runs of words and of letters are made of the stems by whoever reads them.
    let mut analyzer = model.analyzer().clone();
    (analyzer.ngrams, analyzer.letters) = (1, None);
    let mut stdout = io::BufWriter::new(io::stdout().lock());
    for line in Lines::open(file)? {
        writeln!(stdout, "{}", analyzer.terms(&line?).join(" "))?;
    }
    stdout.flush()?;
    Ok(Outcome::Done)
}
