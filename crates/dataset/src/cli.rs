//! Arguments to a checked plan, the plan to work, the work to lines of result.

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::{io, thread};

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use dataset::bench::bench;
use dataset::export::{ExportPlan, Target};
use dataset::inspect::{Overview, SampleView, write_png};
use dataset::pack::PackPlan;
use dataset::verify::verify;
use dataset::{Compression, Dataset, Ended, HoldOut, Split};
use serde_json::json;
use stage::{CommonArgs, Console, Interrupt, Outcome, StageRecord, Standing, UsageError};

/// Pack images, texts and vectors into checksummed shards; verify and inspect them.
#[derive(Debug, Parser)]
#[command(name = "dataset", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: CommonArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Join an ingested folder and the features made from it into shards
    Pack {
        /// Folder that `ingest` wrote
        #[arg(long, value_name = "INGESTED")]
        images: PathBuf,
        /// Folder that `textfeat fit` wrote from it
        #[arg(long, value_name = "FEATURES")]
        features: PathBuf,
        /// Folder for the data set
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// Compress images and vectors, zstd or zstd:LEVEL with a level from 1 to 19: a fifth of the bytes, more work to read
        /// [default: raw]
        #[arg(long, value_name = "zstd[:LEVEL]")]
        compress: Option<Compression>,
        /// Put products that have all these attributes into the test split, wherever they were: pairs that training shall not
        /// see; may be given again
        #[arg(long, value_name = "NAME=VALUE,...")]
        hold_out: Vec<HoldOut>,
    },
    /// Write the data set as other tools read it
    Export {
        /// Folder that `dataset pack` wrote
        dir: PathBuf,
        /// webdataset (tar archives), safetensors, or imagefolder (PNGs and metadata.jsonl)
        #[arg(long, value_name = "FORMAT")]
        to: Target,
        /// Folder for the export
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// Write this split alone: train, val or test; may be given again [default: all]
        #[arg(long, value_name = "SPLIT", value_parser = split)]
        split: Vec<Split>,
        /// Add each product's vectors as KEY.npy to webdataset; safetensors always has them
        #[arg(long)]
        vectors: bool,
    },
    /// Read every byte again and name what is damaged
    Verify {
        /// Folder that `dataset pack` wrote
        dir: PathBuf,
        #[command(flatten)]
        repair: Repair,
    },
    /// Measure how fast shuffled batches are loaded, beside a plain copy of as many bytes
    Bench {
        /// Folder that `dataset pack` wrote
        dir: PathBuf,
        /// Samples a batch
        #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=1 << 16))]
        batch: u32,
        /// Batches a round
        #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..))]
        batches: u64,
    },
    /// Show what is inside: the whole, or one sample
    Inspect {
        /// Folder that `dataset pack` wrote
        dir: PathBuf,
        #[command(flatten)]
        choice: Choice,
    },
}

/// Whether and from what to make damaged files again.
#[derive(Debug, Args)]
struct Repair {
    /// Make damaged shards again, from the very folders that the data set was packed from
    #[arg(long, requires_all = ["images", "features"])]
    repair: bool,
    /// Folder that `ingest` wrote
    #[arg(long, value_name = "INGESTED", requires = "repair")]
    images: Option<PathBuf>,
    /// Folder that `textfeat fit` wrote from it
    #[arg(long, value_name = "FEATURES", requires = "repair")]
    features: Option<PathBuf>,
}

/// Which sample to show; none of them shows the whole.
#[derive(Debug, Args)]
struct Choice {
    /// Show a sample of this shard [default: 0]
    #[arg(long, value_name = "K")]
    shard: Option<usize>,
    /// Show the sample at this place in the shard [default: 0]
    #[arg(long, value_name = "I")]
    index: Option<usize>,
    /// Write the sample's image here
    #[arg(long, value_name = "FILE")]
    png: Option<PathBuf>,
}

pub(crate) fn run(cli: Cli) -> Result<Outcome> {
    cli.common.limit_threads()?;
    let console = cli.common.console();
    match cli.command {
        Command::Pack {
            images,
            features,
            out,
            compress,
            hold_out,
        } => pack(
            &PackPlan::new(&images, &features, &out)?
                .compressed(compress)?
                .holding_out(hold_out)?,
            &out,
            &cli.common,
            &console,
        ),
        Command::Export {
            dir,
            to,
            out,
            split,
            vectors,
        } => {
            if vectors && to == Target::Imagefolder {
                let said = "--vectors: expected webdataset or safetensors, found imagefolder, which has no place for them";
                return Err(UsageError(said.to_owned()).into());
            }
            let plan = ExportPlan::new(&dir, to, &split, vectors, &out)?;
            export(&plan, to, &out, &cli.common, &console)
        }
        Command::Verify { dir, repair } => check(&dir, &repair, &cli.common, &console),
        Command::Bench { dir, batch, batches } => measure(&dir, batch, batches, &cli.common, &console),
        Command::Inspect { dir, choice } => inspect(&dir, &choice, &cli.common, &console),
    }
}

/// The split of that name.
fn split(name: &str) -> Result<Split, String> {
    Split::from_name(name).ok_or_else(|| "expected train, val or test".to_owned())
}

fn pack(plan: &PackPlan, out: &Path, common: &CommonArgs, console: &Console) -> Result<Outcome> {
    if common.dry_run {
        return dry_run("pack", plan.shards(), plan.standing()?, out, common, console);
    }
    let ended = plan.run(common.force, console, &Interrupt::install()?)?;
    let Some((record, already)) = finished(ended, out, "packed", "packs", console) else {
        return Ok(Outcome::Interrupted);
    };
    let StageRecord { counts, settings, .. } = &*record;
    let count = |name: &str| counts.get(name).copied().unwrap_or(0);
    console.result(format!(
        "packed {} products (train {}, val {}, test {}) of {} pixels with {} captions of {} values into {} shards",
        count("products"),
        count("train"),
        count("val"),
        count("test"),
        settings["resolution"],
        settings["captions"],
        settings["dims"],
        settings["shards"],
    ))?;
    console.json_result(&json!({ "already": already, "counts": counts, "settings": settings }))?;
    Ok(Outcome::Done)
}

fn export(
    plan: &ExportPlan,
    to: Target,
    out: &Path,
    common: &CommonArgs,
    console: &Console,
) -> Result<Outcome> {
    if common.dry_run {
        return dry_run("export", plan.shards(), plan.standing()?, out, common, console);
    }
    let ended = plan.run(common.force, console, &Interrupt::install()?)?;
    let Some((record, already)) = finished(ended, out, "exported", "exports", console) else {
        return Ok(Outcome::Interrupted);
    };
    let (files, bytes) = (
        record.outputs.len(),
        record.outputs.values().map(|file| file.bytes).sum::<u64>(),
    );
    console.result(format!(
        "exported {} products as {to} into {files} files, {:.1} MB",
        plan.products(),
        bytes as f64 / 1e6
    ))?;
    console.json_result(&json!({
        "already": already, "counts": record.counts, "settings": record.settings, "files": files, "bytes": bytes,
    }))?;
    Ok(Outcome::Done)
}

/// The record and whether it was there before; `None` where the user stopped the work.
fn finished(
    ended: Ended,
    out: &Path,
    done: &str,
    does: &str,
    console: &Console,
) -> Option<(Box<StageRecord>, bool)> {
    match ended {
        Ended::Already(record) => {
            let out = out.display();
            console.info(format!(
                "{out}: already {done} from the same inputs; --force {does} again"
            ));
            Some((record, true))
        }
        Ended::Finished(record) => Some((record, false)),
        Ended::Interrupted { done, total } => {
            console.info(format!(
                "stopped: {done} of {total} shards are finished; the same command goes on"
            ));
            None
        }
    }
}

fn dry_run(
    verb: &str,
    total: u32,
    standing: Standing,
    out: &Path,
    common: &CommonArgs,
    console: &Console,
) -> Result<Outcome> {
    let (missing, why) = match standing {
        _ if common.force => (total, "--force".to_owned()),
        Standing::Done(_) => (0, format!("already {verb}ed from the same inputs")),
        Standing::Fresh => (total, "nothing is there yet".to_owned()),
        Standing::Changed(changes) => (total, changes.join("; ")),
        Standing::Resumed(done) => (
            total.saturating_sub(u32::try_from(done)?),
            format!("{done} shards are finished"),
        ),
    };
    console.result(format!(
        "would {verb} {missing} of {total} shards into {}: {why}",
        out.display()
    ))?;
    let mut result = json!({ "shards": total, "why": why });
    result[format!("would_{verb}")] = json!(missing);
    console.json_result(&result)?;
    Ok(Outcome::Done)
}

fn check(dir: &Path, repair: &Repair, common: &CommonArgs, console: &Console) -> Result<Outcome> {
    if common.dry_run {
        console.result(format!("would read every byte of {}", dir.display()))?;
        return Ok(Outcome::Done);
    }
    let mut report = verify(dir)?;
    for fault in &report.faults {
        console.result(fault.to_string())?;
    }
    let mut repaired = Vec::new();
    if let (Some(images), Some(features), false) =
        (&repair.images, &repair.features, report.damaged.is_empty())
    {
        repaired = PackPlan::new(images, features, dir)?.repair(&report.damaged)?;
        for name in &repaired {
            console.result(format!("repaired: {}", dir.join(name).display()))?;
        }
        report = verify(dir)?;
    }
    let faults: Vec<String> = report.faults.iter().map(ToString::to_string).collect();
    if faults.is_empty() {
        let megabytes = report.bytes as f64 / 1e6;
        let (products, shards) = (report.products, report.shards);
        console.result(format!(
            "{products} products in {shards} shards, {megabytes:.1} MB: all checksums hold"
        ))?;
    }
    console.json_result(&json!({
        "shards": report.shards, "products": report.products, "bytes": report.bytes, "faults": faults,
        "repaired": repaired,
    }))?;
    anyhow::ensure!(faults.is_empty(), "{}: the data set is damaged", dir.display());
    Ok(Outcome::Done)
}

fn measure(dir: &Path, batch: u32, batches: u64, common: &CommonArgs, console: &Console) -> Result<Outcome> {
    let threads = common.jobs.map_or_else(thread::available_parallelism, |jobs| {
        NonZero::new(usize::from(jobs)).ok_or_else(|| io::ErrorKind::InvalidInput.into())
    })?;
    if common.dry_run {
        console.result(format!("would load batches of {batch} from {}", dir.display()))?;
        return Ok(Outcome::Done);
    }
    let report = bench(dir, batch as usize, batches, threads.get())?;
    console.result(format!(
        "{:.0} images/s, {:.2} GB/s with {} threads",
        report.images_per_second, report.gigabytes_per_second, report.threads
    ))?;
    console.result(format!(
        "plain copy of as many bytes: {:.2} GB/s by one thread ({:.2}x), {:.2} GB/s by {} ({:.2}x)",
        report.memcpy_gigabytes_per_second,
        report.of_memcpy,
        report.memcpy_threads_gigabytes_per_second,
        report.threads,
        report.of_memcpy_threads
    ))?;
    console.json_result(&serde_json::to_value(&report)?)?;
    Ok(Outcome::Done)
}

fn inspect(dir: &Path, choice: &Choice, common: &CommonArgs, console: &Console) -> Result<Outcome> {
    let data = Dataset::open(dir)?;
    let overview = Overview::of(&data);
    if choice.shard.is_none() && choice.index.is_none() && choice.png.is_none() {
        let Overview {
            products,
            splits,
            shards,
            resolution,
            captions,
            dims,
            compress,
            content_hash,
        } = &overview;
        console.result(format!("products    {products} in {} shards", shards.len()))?;
        for split in Split::ALL {
            console.result(format!(
                "  {split:<9} {}",
                splits.get(split.name()).copied().unwrap_or(0)
            ))?;
        }
        console.result(format!("resolution  {resolution} x {resolution} RGB"))?;
        console.result(format!("captions    {captions} a product, {dims} values each"))?;
        let stored = compress.map_or_else(|| "raw".to_owned(), |compress| compress.to_string());
        console.result(format!("stored      {stored}"))?;
        console.result(format!("text model  {} bytes", data.text_model().len()))?;
        console.result(format!("content     {content_hash}"))?;
        console.json_result(&serde_json::to_value(&overview)?)?;
        return Ok(Outcome::Done);
    }
    let (shard, index) = (choice.shard.unwrap_or(0), choice.index.unwrap_or(0));
    let sample = data.sample_at(shard, index).ok_or_else(|| {
        UsageError(match overview.shards.get(shard) {
            Some(size) => {
                format!("--index: expected a number below {size}, the size of shard {shard}, found {index}")
            }
            None => {
                let shards = overview.shards.len();
                format!("--shard: expected a number below {shards}, the number of shards, found {shard}")
            }
        })
    })?;
    let view = SampleView::of(&data, &sample)?;
    show(&view, console)?;
    if let Some(path) = &choice.png {
        if common.dry_run {
            console.info(format!("would write {}", path.display()));
        } else {
            write_png(path, data.resolution(), &sample.image()?)?;
            console.info(format!("wrote {}", path.display()));
        }
    }
    console.json_result(&serde_json::to_value(&view)?)?;
    Ok(Outcome::Done)
}

fn show(view: &SampleView<'_>, console: &Console) -> Result<()> {
    let [x, y, w, h] = view.content_box;
    console.result(format!(
        "product {} ({}), photo {w} x {h} at {x}, {y}",
        view.id, view.split
    ))?;
    for (name, value) in view.attributes {
        console.result(format!("  {name}: {value}"))?;
    }
    for (number, caption) in view.captions.iter().enumerate() {
        console.result(format!("caption {number}: {}", caption.text))?;
        let entries: Vec<String> = caption
            .vector
            .iter()
            .map(|(column, value)| format!("{column}:{value:.3}"))
            .collect();
        let vector = if entries.is_empty() {
            "zeros".to_owned()
        } else {
            entries.join(" ")
        };
        console.result(format!("  vector: {vector}"))?;
    }
    Ok(())
}
