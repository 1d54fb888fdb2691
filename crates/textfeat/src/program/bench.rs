//! `textfeat bench`: how long it takes to fit on documents and to transform them, which reads each once.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
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
        || (Counter::recording(&analyzer), Vec::new()),
        |(counter, taken), at, block| {
            block.iter().for_each(|text| counter.add(text));
            taken.push(at);
            Ok(())
        },
    )?;
    let mut counts = Counts::default();
    let (mut records, mut blocks_of) = (Vec::new(), Vec::new());
    for (counter, taken) in counters {
        let (counted, record) = counter.finish_recorded();
        counts.merge(counted);
        records.push(record);
        blocks_of.push(taken);
    }
    let model = match settings.method {
        Method::Terms => TextModel::from_counts(settings, &counts)?,
        Method::Lsa => {
            let fit = LsaFit::new(settings, &counts)?;
            let parts = parallel::each(threads, &records, Vec::new, |parts, at, record| {
                let mut rows = Rows::default();
                fit.add_record(record, &mut rows);
                parts.push((at, rows));
                Ok(())
            })?;
            let rows = in_order(parts.into_iter().flatten(), &blocks_of);
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
        "model": blake3::hash(&model.to_bytes()?).to_hex().to_string(),
        "threads": threads,
    }))?;
    Ok(Outcome::Done)
}

/// The rows in the order of the documents, whichever thread took which block: sums of 32 bits depend on it.
fn in_order(parts: impl Iterator<Item = (usize, Rows)>, blocks_of: &[Vec<usize>]) -> Rows {
    let mut blocks = Vec::new();
    for (record, rows) in parts {
        let mut next = 0;
        let rows = Arc::new(rows);
        for &block in &blocks_of[record] {
            // Only the last block of all is shorter.
            let end = (next + BLOCK).min(rows.len());
            blocks.push((block, Arc::clone(&rows), next..end));
            next = end;
        }
    }
    blocks.sort_unstable_by_key(|&(block, ..)| block);
    let mut all = Rows::default();
    for (_, rows, range) in blocks {
        all.append_some(&rows, range);
    }
    all
}
