//! `textfeat bench`: how long fit and transform take.

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use anyhow::Result;
use rayon::prelude::*;
use serde_json::json;
use stage::{CommonArgs, Outcome};
use textfeat::{Analyzer, Counter, Settings, TextModel};

use super::lines::Lines;

pub(super) fn run(file: &Path, settings: Settings, common: &CommonArgs) -> Result<Outcome> {
    let console = common.console();
    let lines = Lines::open(file)?;
    if common.dry_run {
        console.result(format!("would time fit and transform of {}", file.display()))?;
        return Ok(Outcome::Done);
    }
    let documents = lines.collect::<Result<Vec<_>>>()?;

    let begun = Instant::now();
    let analyzer = Analyzer::new(&settings);
    let counter = (documents.par_iter())
        .fold(Counter::default, |mut counter, text| {
            counter.add(&analyzer, text);
            counter
        })
        .reduce(Counter::default, |mut a, b| {
            a.merge(b);
            a
        });
    let model = TextModel::from_counts(settings, &counter)?;
    let fit = begun.elapsed().as_secs_f64();
    documents.par_iter().for_each_init(
        || vec![0.0; model.dims()],
        |vector, text| {
            black_box(model.transform_into(text, vector));
        },
    );
    let seconds = begun.elapsed().as_secs_f64();

    let (count, transform) = (documents.len(), seconds - fit);
    console.result(format!(
        "{count} documents in {seconds:.3} s: fit {fit:.3} s, transform {transform:.3} s"
    ))?;
    console.json_result(&json!({
        "seconds": seconds,
        "fit_seconds": fit,
        "transform_seconds": transform,
        "documents": count,
        "documents_per_second": count as f64 / seconds,
        "terms": model.vocabulary().terms().len(),
        "threads": rayon::current_num_threads(),
    }))?;
    Ok(Outcome::Done)
}
