//! `textfeat count` and `textfeat merge`: counting on several machines.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail};
use serde_json::json;
use stage::atomic;
use stage::{CommonArgs, Console, Interrupt, Outcome, Progress, UsageError};
use textfeat::{Analyzer, Counter, Counts, CountsFile, MAX_COUNTS_BYTES, Method, Settings};

use super::catalogue::{Caption, Ingested, document};
use super::lines::Lines;
use super::{model_file, parallel};

/// What the name of a file of counts ends with.
pub(super) const EXTENSION: &str = "counts";
/// Lines that are in memory at a time, and that a thread takes at a time.
const BATCH: usize = 1 << 15;
const BLOCK: usize = 512;

/// What to count, before anything is read.
pub(super) struct Request {
    /// A folder that `ingest` wrote, or a text file.
    pub(super) texts: PathBuf,
    pub(super) out: PathBuf,
    pub(super) settings: Settings,
    /// Captions that make up a document of a catalogue.
    pub(super) fit_on: Vec<Caption>,
    /// Of a catalogue, the shards whose number leaves this rest by that divisor.
    pub(super) part: Option<Part>,
}

/// Which of several machines this is: the `index`-th, counted from 0, of `of`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) index: u32,
    pub(super) of: u32,
}

impl Part {
    /// From `I/N`, counted from 1.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let parsed = text.split_once('/').and_then(|(index, of)| {
            let (index, of): (u32, u32) = (index.parse().ok()?, of.parse().ok()?);
            (1..=of).contains(&index).then(|| Self { index: index - 1, of })
        });
        parsed.ok_or_else(|| "expected I/N with I from 1 to N, such as 2/4".to_owned())
    }

    fn takes(self, shard: u32) -> bool {
        shard % self.of == self.index
    }
}

pub(super) fn run(request: &Request, common: &CommonArgs) -> Result<Outcome> {
    let console = common.console();
    let threads = parallel::threads(common.jobs);
    let Request { texts, out, .. } = request;
    if common.dry_run {
        console.result(format!("would count {} into {}", texts.display(), out.display()))?;
        return Ok(Outcome::Done);
    }
    let interrupt = Interrupt::install()?;
    let counted = if texts.is_dir() {
        let names = request.fit_on.iter().map(|caption| caption.name());
        let name = names.collect::<Vec<_>>().join(",");
        count_catalogue(request, threads, &console, &interrupt)?.map(|counts| (name, counts))
    } else {
        count_lines(request, threads, &interrupt)?.map(|counts| ("line".to_owned(), counts))
    };
    let Some((document, counts)) = counted else {
        console.info("interrupted; nothing is written");
        return Ok(Outcome::Interrupted);
    };
    let file = CountsFile::new(&request.settings, document, counts)?;
    write(out, &file, &console)?;
    Ok(Outcome::Done)
}

/// Counts the train split of a catalogue, or this machine's part of it.
fn count_catalogue(
    request: &Request,
    threads: usize,
    console: &Console,
    interrupt: &Interrupt,
) -> Result<Option<Counts>> {
    let ingested = Ingested::open(&request.texts)?;
    let mut shards = ingested.shards()?;
    shards.retain(|&shard| request.part.is_none_or(|part| part.takes(shard)));
    count_shards(
        &ingested,
        &shards,
        &request.settings,
        &request.fit_on,
        threads,
        console,
        interrupt,
    )
}

/// Counts the train split of these shards; counts merge exactly, in any order. `None` if the user stopped it.
pub(super) fn count_shards(
    ingested: &Ingested,
    shards: &[u32],
    settings: &Settings,
    fit_on: &[Caption],
    threads: usize,
    console: &Console,
    interrupt: &Interrupt,
) -> Result<Option<Counts>> {
    let analyzer = Analyzer::new(settings);
    let progress = Progress::new(console, "counting", "shards", 0, shards.len() as u64);
    let counters = parallel::each(
        threads,
        shards,
        || Counter::new(&analyzer),
        |counter, _, &shard| {
            if interrupt.requested() {
                return Ok(());
            }
            for product in ingested.products(shard)?.iter().filter(|p| p.is_train) {
                counter.add_parts(document(product, fit_on));
            }
            progress.inc(1);
            Ok(())
        },
    );
    progress.finish();
    let counters = counters?;
    if interrupt.requested() {
        return Ok(None);
    }
    Ok(Some(sum(counters)))
}

fn count_lines(request: &Request, threads: usize, interrupt: &Interrupt) -> Result<Option<Counts>> {
    if request.part.is_some() {
        return Err(UsageError(format!(
            "{}: expected the folder of a catalogue with --part, found no folder\nhint: cut the text file itself into parts, for instance with split",
            request.texts.display()
        ))
        .into());
    }
    let mut lines = Lines::open(&request.texts)?;
    let analyzer = Analyzer::new(&request.settings);
    let mut counts = Counts::default();
    loop {
        let batch = lines.batch(BATCH)?;
        if batch.is_empty() {
            return Ok(Some(counts));
        }
        if interrupt.requested() {
            return Ok(None);
        }
        let blocks: Vec<&[String]> = batch.chunks(BLOCK).collect();
        let counters = parallel::each(
            threads,
            &blocks,
            || Counter::new(&analyzer),
            |counter, _, block| {
                block.iter().for_each(|text| counter.add(text));
                Ok(())
            },
        )?;
        counts.merge(sum(counters));
    }
}

fn sum(counters: Vec<Counter<'_>>) -> Counts {
    let mut counts = Counts::default();
    for counter in counters {
        counts.merge(counter.finish());
    }
    counts
}

/// Sums up files of counts, and writes the sum or the model of it.
pub(super) fn merge(
    files: &[PathBuf],
    out: &Path,
    settings: &Settings,
    common: &CommonArgs,
) -> Result<Outcome> {
    let console = common.console();
    if settings.method == Method::Lsa {
        let message = "expected --method terms, found lsa: counts merge, but the directions of an LSA model come from the documents' rows\n\
                       hint: run `textfeat fit --method lsa` where the whole catalogue is";
        return Err(UsageError(message.to_owned()).into());
    }
    if common.dry_run {
        console.result(format!(
            "would merge {} files into {}",
            files.len(),
            out.display()
        ))?;
        return Ok(Outcome::Done);
    }
    let mut merged: Option<CountsFile> = None;
    for path in files {
        let file = read(path)?;
        match &mut merged {
            None => merged = Some(file),
            Some(sum) => sum.merge(file).map_err(|e| anyhow!("{}: {e}", path.display()))?,
        }
    }
    let merged = merged.ok_or_else(|| anyhow!("expected files of counts, found none"))?;
    if is_counts(out) {
        write(out, &merged, &console)?;
        return Ok(Outcome::Done);
    }
    let model = merged
        .model(settings)
        .map_err(|e| anyhow!("cannot fit on the counts: {e}"))?;
    model_file::write(out, &model)?;
    let terms = model.vocabulary().terms().len();
    console.result(format!(
        "{}: {terms} terms fitted on {} documents",
        out.display(),
        model.documents()
    ))?;
    console.json_result(&json!({ "documents": model.documents(), "terms": terms }))?;
    Ok(Outcome::Done)
}

/// Whether the name is one of a file of counts.
pub(super) fn is_counts(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == EXTENSION)
}

fn write(path: &Path, file: &CountsFile, console: &Console) -> Result<()> {
    let bytes = file.to_bytes().map_err(|e| anyhow!("{}: {e}", path.display()))?;
    atomic::write(path, &bytes)?;
    let (documents, terms) = (file.counts().documents(), file.counts().terms().count());
    console.result(format!(
        "{}: {terms} terms of {documents} documents",
        path.display()
    ))?;
    console.json_result(&json!({ "documents": documents, "terms": terms, "bytes": bytes.len() }))?;
    Ok(())
}

fn read(path: &Path) -> Result<CountsFile> {
    let shown = path.display();
    let size = fs::metadata(path)
        .map_err(|e| anyhow!("{shown}: cannot read: {e}\nhint: name files that `textfeat count` wrote"))?;
    if size.len() > MAX_COUNTS_BYTES as u64 {
        bail!(
            "{shown}: expected counts of at most {MAX_COUNTS_BYTES} bytes, found {}\nhint: name a file that `textfeat count` wrote",
            size.len()
        );
    }
    let bytes = fs::read(path).map_err(|e| anyhow!("{shown}: cannot read: {e}"))?;
    CountsFile::from_bytes(&bytes).map_err(|e| anyhow!("{shown}: {e}"))
}
