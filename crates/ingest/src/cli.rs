//! The command line: parsed, checked, made a [`Plan`], and the result told.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use serde_json::json;
use stage::{CommonArgs, Console, Interrupt, Outcome, StageRecord, UsageError};

use crate::fit::Fit;
use crate::layout::{ColumnFlags, LayoutChoice};
use crate::plan::Plan;
use crate::preview;
use crate::rejects::{self, Reject};
use crate::run::{self, Ended};
use crate::synth;

/// A product dump to squared images and a catalogue of texts
#[derive(Debug, Parser)]
#[command(
    name = "ingest",
    version,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true
)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// Folder of the dump, its .zip, a table of pictures, or a .tar or folder of them
    #[arg(required = true)]
    dump: Option<PathBuf>,
    /// Folder to write to
    #[arg(long, value_name = "DIR", required = true)]
    out: Option<PathBuf>,
    /// Side of the squared images in pixels
    #[arg(long, default_value_t = 128, value_parser = clap::value_parser!(u32).range(8..=2048))]
    size: u32,
    /// How photos are made square
    #[arg(long, value_enum, default_value_t = Fit::Pad)]
    fit: Fit,
    /// Number of logical shards, the same for all stages
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=65536))]
    shards: u32,
    #[command(flatten)]
    reading: ReadingArgs,
    #[command(flatten)]
    common: CommonArgs,
}

/// How to read a dump, as flags.
#[derive(Debug, Args)]
pub struct ReadingArgs {
    /// How the dump is laid out
    #[arg(long, value_enum, default_value_t = LayoutChoice::Auto)]
    layout: LayoutChoice,
    /// Column of a table that holds the pictures' paths, relative to the table
    #[arg(long, value_name = "NAME")]
    image_column: Option<String>,
    /// Columns of a table that hold captions, the title first
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    caption_columns: Vec<String>,
    /// Column of a table that holds the ids
    #[arg(long, value_name = "NAME")]
    id_column: Option<String>,
}

impl ReadingArgs {
    fn columns(self) -> ColumnFlags {
        ColumnFlags {
            image_column: self.image_column,
            caption_columns: self.caption_columns,
            id_column: self.id_column,
        }
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show the captions of a dump and what they yield; no picture is read, and none is needed
    Captions {
        /// Folder of the dump, its .zip, or a table
        dump: PathBuf,
        /// Write the captions of all products to this file, one line of JSON each
        #[arg(long, value_name = "FILE.jsonl")]
        out: Option<PathBuf>,
        /// Products to show
        #[arg(long, value_name = "N", default_value_t = 3)]
        show: usize,
        #[command(flatten)]
        reading: ReadingArgs,
    },
    /// Draw a made-up catalogue in the form of a dump
    Synth(synth::SynthArgs),
}

/// Does what the command line asks.
///
/// # Errors
/// The command line makes no sense, or the work fails.
pub fn run(cli: Cli) -> anyhow::Result<Outcome> {
    let console = cli.common.console();
    cli.common.limit_threads()?;
    let interrupt = Interrupt::install()?;
    match cli.command {
        Some(Command::Synth(args)) => synth::run(&args, &cli.common, &interrupt),
        Some(Command::Captions {
            dump,
            out,
            show,
            reading,
        }) => {
            let request = preview::Request {
                dump,
                layout: reading.layout,
                columns: reading.columns(),
                out,
                show,
                dry_run: cli.common.dry_run,
            };
            preview::run(&request, &console, &interrupt)
        }
        None => ingest(&plan(cli)?, &console, &interrupt),
    }
}

fn plan(cli: Cli) -> Result<Plan, UsageError> {
    let Cli {
        dump: Some(dump),
        out: Some(out),
        size,
        fit,
        shards,
        reading,
        common,
        ..
    } = cli
    else {
        return Err(UsageError(
            "expected a dump and --out\nhint: ingest DUMP --out DIR".to_owned(),
        ));
    };
    if let (Ok(a), Ok(b)) = (dump.canonicalize(), out.canonicalize())
        && a.starts_with(&b)
    {
        let wrong = if a == b {
            "the dump and --out are one folder"
        } else {
            "the dump lies within --out, where files of an earlier run are removed"
        };
        return Err(UsageError(format!(
            "{}: {wrong}\nhint: choose another --out",
            out.display()
        )));
    }
    Ok(Plan {
        dump,
        out,
        layout: reading.layout,
        columns: reading.columns(),
        size,
        fit,
        shards,
        force: common.force,
        dry_run: common.dry_run,
    })
}

fn ingest(plan: &Plan, console: &Console, interrupt: &Interrupt) -> anyhow::Result<Outcome> {
    match run::run(plan, console, interrupt)? {
        Ended::Finished(record, rejects) => {
            tell(plan, &record, &rejects, console)?;
            Ok(Outcome::Done)
        }
        Ended::Interrupted(shards) => {
            console.info(format!(
                "stopped with {shards} of {} shards saved; the same command goes on",
                plan.shards
            ));
            Ok(Outcome::Interrupted)
        }
        Ended::DryRun => {
            console.json_result(&json!({ "stage": run::STAGE, "dry_run": true }))?;
            Ok(Outcome::Done)
        }
    }
}

fn tell(plan: &Plan, record: &StageRecord, rejects: &[Reject], console: &Console) -> anyhow::Result<()> {
    let count = |name: &str| record.counts.get(name).copied().unwrap_or_default();
    console.result(format!(
        "{} products seen = {} ingested + {} rejected",
        count("seen"),
        count("ingested"),
        count("rejected")
    ))?;
    if rejects.is_empty() {
        for (reason, n) in &record.rejects {
            console.result(format!("  {reason}: {n}"))?;
        }
    }
    for line in rejects::summary(rejects) {
        console.result(line)?;
    }
    console.result(format!(
        "train {}, val {}, test {}; {} with the picture of another product",
        count("train"),
        count("val"),
        count("test"),
        count("duplicates")
    ))?;
    for (name, what) in [
        (
            "near_duplicates",
            "look like one that is learnt from, and are not held out",
        ),
        ("texts_cut", "had a text above the limit, which was cut"),
        (
            "profiles_ignored",
            "have a photo whose colour profile cannot be used; it is taken for sRGB",
        ),
    ] {
        if count(name) > 0 {
            console.result(format!("{} products {what}", count(name)))?;
        }
    }
    if count("further_records") > 0 {
        console.result(format!(
            "{} records say more of a product that another record tells of",
            count("further_records")
        ))?;
    }
    let mut result = json!({ "stage": run::STAGE, "out": plan.out, "rejects": record.rejects });
    if let Some(result) = result.as_object_mut() {
        result.extend(record.counts.iter().map(|(name, &n)| (name.clone(), n.into())));
    }
    console.json_result(&result)?;
    Ok(())
}
