//! `textfeat bench`: how long fit and transform take.

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use anyhow::Result;
use serde_json::json;
use stage::{CommonArgs, Outcome};
use textfeat::{Analyzer, Counter, Counts, Settings, TextModel};

use super::lines::Lines;
use super::parallel;

/// Documents that a thread takes at a time.
const BLOCK: usize = 512;

pub(super) fn run(file: &Path, settings: Settings, common: &CommonArgs) -> Result<Outcome> {
    let console = common.console();
    let lines = Lines::open(file)?;
    if common.dry_run {
        console.result(format!("would time fit and transform of {}", file.display()))?;
        return Ok(Outcome::Done);
    }
    let documents = lines.collect::<Result<Vec<_>>>()?;

    let threads = parallel::threads(common.jobs);
    let blocks: Vec<&[String]> = documents.chunks(BLOCK).collect();

    let begun = Instant::now();
    let analyzer = Analyzer::new(&settings);
    let counters = parallel::each(
        threads,
        &blocks,
        || Counter::new(&analyzer),
        |counter, _, block| {
            block.iter().for_each(|text| counter.add(text));
            Ok(())
        },
    )?;
    let mut counts = Counts::default();
    counters
        .into_iter()
        .for_each(|counter| counts.merge(counter.finish()));
    let model = TextModel::from_counts(settings, &counts)?;
    let fit = begun.elapsed().as_secs_f64();
    parallel::each(
        threads,
        &blocks,
        || (model.transformer(), vec![0.0; model.dims()]),
        |(transformer, vector), _, block| {
            for text in *block {
                black_box(transformer.transform_into(text, vector));
            }
            Ok(())
        },
    )?;
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
        "threads": threads,
    }))?;
    Ok(Outcome::Done)
}
