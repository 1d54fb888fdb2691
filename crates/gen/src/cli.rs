//! The program: `gen sample | grid`.

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use gan::DeviceChoice;
use serde_json::json;
use stage::{CommonArgs, Interrupt, Outcome, UsageError};

use crate::{Artist, Request, grid, request, sample};

/// Draws captions with a trained model.
#[derive(Debug, Parser)]
#[command(name = "gen", version)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: CommonArgs,
    /// Where to compute: auto, cpu, cuda or cuda:N
    #[arg(long, global = true, default_value = "auto", value_name = "DEVICE")]
    device: DeviceChoice,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write single pictures and a manifest of them
    Sample(SampleArgs),
    /// Write one sheet, a row of pictures under each caption
    Grid(GridArgs),
}

#[derive(Debug, Args)]
struct WhatArgs {
    /// model.safetensors, or the run folder that holds it
    model: PathBuf,
    /// What to draw, such as "red summer dress"
    captions: Vec<String>,
    /// More captions: a JSON object {"id", "caption"} a line
    #[arg(long = "captions", value_name = "FILE.jsonl")]
    captions_file: Option<PathBuf>,
    /// Seed of the first picture of each caption; the next ones count up
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Draw captions without any known word too
    #[arg(long)]
    allow_unknown: bool,
}

#[derive(Debug, Args)]
struct SampleArgs {
    #[command(flatten)]
    what: WhatArgs,
    /// Pictures of each caption
    #[arg(short = 'n', long = "count", default_value_t = 16, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    count: u64,
    /// Folder for the pictures
    #[arg(long, default_value = "pictures", value_name = "DIR")]
    out: PathBuf,
}

#[derive(Debug, Args)]
struct GridArgs {
    #[command(flatten)]
    what: WhatArgs,
    /// Pictures in a row
    #[arg(short = 'n', long = "count", default_value_t = 8, value_parser = clap::value_parser!(u64).range(1..=64))]
    count: u64,
    /// Captions on the sheet, at most
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u16).range(1..=100))]
    rows: u16,
    /// The sheet
    #[arg(long, default_value = "pictures/grid.png", value_name = "FILE.png")]
    out: PathBuf,
}

/// Does what the command line asks for.
///
/// # Errors
/// Whatever the work meets, with its hint.
pub fn run(cli: Cli) -> anyhow::Result<Outcome> {
    if let Some(jobs) = cli.common.jobs {
        tch::set_num_threads(i32::from(jobs));
    }
    match &cli.command {
        Command::Sample(args) => draw_samples(&cli, args),
        Command::Grid(args) => draw_sheet(&cli, args),
    }
}

/// Loads the model and checks the words of at most `limit` captions.
fn prepare(cli: &Cli, what: &WhatArgs, limit: usize) -> anyhow::Result<(Artist, Vec<Request>)> {
    if what.captions.is_empty() && what.captions_file.is_none() {
        return Err(UsageError(
            "expected captions\nhint: gen sample MODEL \"red summer dress\", or --captions FILE.jsonl"
                .to_owned(),
        )
        .into());
    }
    let mut requests = request::collect(&what.captions, what.captions_file.as_deref())?;
    let console = cli.common.console();
    if requests.len() > limit {
        console.warn(format!(
            "{} captions, of which the first {limit} are drawn; --rows takes more",
            requests.len()
        ));
        requests.truncate(limit);
    }
    let artist = Artist::load(&what.model, cli.device.find()?)?;
    artist.check_words(&requests, what.allow_unknown, |text| console.warn(text))?;
    Ok((artist, requests))
}

fn draw_samples(cli: &Cli, args: &SampleArgs) -> anyhow::Result<Outcome> {
    let console = cli.common.console();
    let (artist, requests) = prepare(cli, &args.what, usize::MAX)?;
    if cli.common.dry_run {
        let pictures = requests.len() as u64 * args.count;
        console.result(format!(
            "would write {pictures} pictures to {}",
            args.out.display()
        ))?;
        return Ok(Outcome::Done);
    }
    let interrupt = Interrupt::install().context("cannot listen for Ctrl-C")?;
    let (outcome, entries) = sample::write(
        &artist,
        &requests,
        args.count,
        args.what.seed,
        &args.out,
        &console,
        &interrupt,
    )?;
    console.result(format!("{}: {} pictures", args.out.display(), entries.len()))?;
    console.json_result(&json!({
        "out": args.out, "pictures": entries.len(), "model": artist.model_hash(),
    }))?;
    Ok(outcome)
}

fn draw_sheet(cli: &Cli, args: &GridArgs) -> anyhow::Result<Outcome> {
    let console = cli.common.console();
    let (artist, requests) = prepare(cli, &args.what, usize::from(args.rows))?;
    if cli.common.dry_run {
        console.result(format!(
            "would write {} rows to {}",
            requests.len(),
            args.out.display()
        ))?;
        return Ok(Outcome::Done);
    }
    grid::write(&artist, &requests, args.count, args.what.seed, &args.out)?;
    console.result(args.out.display().to_string())?;
    console.json_result(&json!({ "out": args.out, "rows": requests.len(), "model": artist.model_hash() }))?;
    Ok(Outcome::Done)
}
