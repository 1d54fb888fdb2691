//! `textfeat bench`: how long it takes to fit on documents and to transform them, which reads each once.

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use anyhow::Result;
use serde_json::json;
use stage::{CommonArgs, Outcome};
use textfeat::lsa::Rows;
use textfeat::{Analyzer, Counter, Counts, LsaFit, Method, Settings, TextModel};

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
        || Counter::recording(&analyzer),
        |counter, _, block| {
            block.iter().for_each(|text| counter.add(text));
            Ok(())
        },
    )?;
    let mut counts = Counts::default();
    let mut records = Vec::new();
    for counter in counters {
        let (counted, record) = counter.finish_recorded();
        counts.merge(counted);
        records.push(record);
    }
    let model = match settings.method {
        Method::Terms => TextModel::from_counts(settings, &counts)?,
        Method::Lsa => {
            let fit = LsaFit::new(settings, &counts)?;
            let parts = parallel::each(threads, &records, Rows::default, |rows, _, record| {
                fit.add_record(record, rows);
                Ok(())
            })?;
            let mut rows = Rows::default();
            parts.iter().for_each(|part| rows.append(part));
            fit.finish(&rows, threads)
        }
    };
    let fit = begun.elapsed().as_secs_f64();
    parallel::each(
        threads,
        &records,
        || (),
        |(), _, record| {
            model.transform_record(record, |vector, _| _ = black_box(vector));
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
        "selected": model.vocabulary().terms().iter().map(|t| t.term.as_str()).collect::<Vec<_>>(),
        "threads": threads,
    }))?;
    Ok(Outcome::Done)
}
