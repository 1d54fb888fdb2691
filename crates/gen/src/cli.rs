//! The program: `gen sample | grid`.

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use gan::DeviceChoice;
use serde_json::json;
use stage::{CommonArgs, Interrupt, Outcome, UsageError};

use crate::manifest::{self, Manifest};
use crate::plan::Plan;
use crate::request::{Defaults, Requests};
use crate::words::{Unknown, counted};
use crate::{Artist, Request, Variety, grid, place, request, sample};

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
    /// Write single pictures and a manifest of them; what is there already is not drawn again
    Sample(SampleArgs),
    /// Write one sheet, a row of pictures under each caption
    Grid(GridArgs),
}

#[derive(Debug, Args)]
struct WhatArgs {
    /// model.safetensors (the last) or best.safetensors of a run, or the run's folder, which means the last
    model: PathBuf,
    /// What to draw, such as "red summer dress"
    captions: Vec<String>,
    /// More captions: in FILE.jsonl a JSON object {"id", "caption"} a line, and "seed" and "variety" where wanted, so that a
    /// manifest is drawn again; in any other file a caption a line; `-` is JSON lines on stdin
    #[arg(long = "captions", value_name = "FILE")]
    captions_file: Option<PathBuf>,
    /// Seed of the first picture of each caption; the next ones count up
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How far the pictures of a caption may differ: the scale of the noise, 0 (one picture, whatever the seed) to 1.5
    #[arg(long, value_name = "X", default_value_t = Variety::default())]
    variety: Variety,
    /// Draw captions without any known word too
    #[arg(long)]
    allow_unknown: bool,
    /// Leave out captions without any known word, and draw the others
    #[arg(long, conflicts_with = "allow_unknown")]
    skip_unknown: bool,
}

#[derive(Debug, Args)]
struct SampleArgs {
    #[command(flatten)]
    what: WhatArgs,
    /// Pictures of each caption [default: 16, and 1 where a file names seeds]
    #[arg(short = 'n', long = "count", value_parser = clap::value_parser!(u64).range(1..=100_000))]
    count: Option<u64>,
    /// Folder for the pictures
    #[arg(long, default_value = "pictures", value_name = "DIR")]
    out: PathBuf,
}

#[derive(Debug, Args)]
struct GridArgs {
    #[command(flatten)]
    what: WhatArgs,
    /// Pictures in a row [default: 8, and 1 where a file names seeds]
    #[arg(short = 'n', long = "count", value_parser = clap::value_parser!(u64).range(1..=64))]
    count: Option<u64>,
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

impl WhatArgs {
    /// The captions asked for, and how many pictures of each: `count`, or else `default`.
    fn requests(&self, count: Option<u64>, default: u64) -> anyhow::Result<(Vec<Request>, u64)> {
        if self.captions.is_empty() && self.captions_file.is_none() {
            return Err(UsageError(
                "expected captions\nhint: gen sample MODEL \"red summer dress\", or --captions FILE.jsonl"
                    .to_owned(),
            )
            .into());
        }
        let defaults = Defaults {
            seed: self.seed,
            variety: self.variety,
        };
        let found = request::collect(&self.captions, self.captions_file.as_deref(), defaults)?;
        let count = count_of(count, default, &found)?;
        Ok((found.requests, count))
    }
}

/// Pictures of each caption: one where a line names the seed of its picture.
fn count_of(asked: Option<u64>, default: u64, found: &Requests) -> Result<u64, UsageError> {
    match (asked, &found.seeded) {
        (Some(n), Some(place)) if n > 1 => Err(UsageError(format!(
            "-n: expected 1 picture of each caption, since {place} names the seed of its picture, found {n}\n\
             hint: leave -n out, or take the seeds out of the file"
        ))),
        (Some(n), _) => Ok(n),
        (None, Some(_)) => Ok(1),
        (None, None) => Ok(default),
    }
}

/// A model, and the captions that it is to draw.
struct Prepared {
    artist: Artist,
    requests: Vec<Request>,
    /// Captions that were left out for want of a known word.
    skipped: usize,
}

/// Loads the model and has it look at the words.
fn prepare(cli: &Cli, what: &WhatArgs, mut requests: Vec<Request>) -> anyhow::Result<Prepared> {
    let console = cli.common.console();
    let artist = Artist::load(&what.model, cli.device.find()?)?;
    let unknown = Unknown::find(artist.texts(), &requests);
    let mut skipped = 0;
    if let Some(first) = unknown.captions.first().filter(|_| !what.allow_unknown) {
        skipped = unknown.captions.len();
        if !what.skip_unknown || skipped == requests.len() {
            return Err(unknown.refusal(artist.texts(), &requests).into());
        }
        console.warn(format!(
            "left out for want of a known word: {}, the first in {}",
            counted(skipped, "caption"),
            requests[*first].place
        ));
        unknown.leave_out(&mut requests);
    }
    for line in unknown.told(artist.texts()) {
        console.warn(line);
    }
    Ok(Prepared {
        artist,
        requests,
        skipped,
    })
}

fn draw_samples(cli: &Cli, args: &SampleArgs) -> anyhow::Result<Outcome> {
    let console = cli.common.console();
    let (requests, count) = args.what.requests(args.count, 16)?;
    place::check_folder(&args.out)?;
    let prepared = prepare(cli, &args.what, requests)?;
    let plan = Plan {
        model: prepared.artist.model_hash(),
        requests: &prepared.requests,
        count,
        dir: &args.out,
        force: cli.common.force,
    };
    let out = args.out.display().to_string();
    let mut result = json!({
        "out": out, "manifest": args.out.join(manifest::FILE).display().to_string(), "model": plan.model,
        "skipped_unknown": prepared.skipped,
    });
    if cli.common.dry_run {
        let there = plan.there(&Manifest::read(&args.out)?)?.len() as u64;
        let missing = plan.total() - there;
        console.result(format!(
            "would write {} to {out}{}",
            counted(missing as usize, "picture"),
            beside(there)
        ))?;
        result["dry_run"] = json!(true);
        result["would_draw"] = json!(missing);
        result["there"] = json!(there);
        console.json_result(&result)?;
        return Ok(Outcome::Done);
    }
    let interrupt = Interrupt::install().context("cannot listen for Ctrl-C")?;
    let done = sample::write(&plan, &prepared.artist, &console, &interrupt)?;
    if done.outcome == Outcome::Interrupted {
        console.info(format!(
            "stopped with {} of {} pictures; the same command goes on",
            done.drawn + done.there,
            plan.total()
        ));
    }
    console.result(format!(
        "{out}: {} drawn{}",
        counted(done.drawn as usize, "picture"),
        beside(done.there)
    ))?;
    result["drawn"] = json!(done.drawn);
    result["there"] = json!(done.there);
    result["pictures"] = json!(done.drawn + done.there);
    console.json_result(&result)?;
    Ok(done.outcome)
}

fn beside(there: u64) -> String {
    match there {
        0 => String::new(),
        n => format!(" beside {} there already", counted(n as usize, "picture")),
    }
}

fn draw_sheet(cli: &Cli, args: &GridArgs) -> anyhow::Result<Outcome> {
    let console = cli.common.console();
    let out = args.out.display().to_string();
    if !args
        .out
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("png"))
    {
        let message = format!("--out: expected a name that ends in .png, found {out}\nhint: --out grid.png");
        return Err(UsageError(message).into());
    }
    let (mut requests, count) = args.what.requests(args.count, 8)?;
    place::check_file(&args.out)?;
    let limit = usize::from(args.rows);
    if requests.len() > limit {
        console.warn(format!(
            "{} captions, of which the first {limit} are drawn; --rows takes more",
            requests.len()
        ));
        requests.truncate(limit);
    }
    let prepared = prepare(cli, &args.what, requests)?;
    let rows = prepared.requests.len();
    let mut result = json!({
        "out": out, "rows": rows, "model": prepared.artist.model_hash(), "skipped_unknown": prepared.skipped,
    });
    if cli.common.dry_run {
        console.result(format!("would write {rows} rows to {out}"))?;
        result["dry_run"] = json!(true);
        console.json_result(&result)?;
        return Ok(Outcome::Done);
    }
    grid::write(&prepared.artist, &prepared.requests, count, &args.out)?;
    console.result(&out)?;
    console.json_result(&result)?;
    Ok(Outcome::Done)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_caption_whose_seed_is_named_has_one_picture() {
        let found = |seeded: Option<&str>| Requests {
            requests: Vec::new(),
            seeded: seeded.map(str::to_owned),
        };
        let (plain, seeded) = (found(None), found(Some("c.jsonl:3")));
        for (asked, of, count) in [
            (None, &plain, 16),
            (Some(3), &plain, 3),
            (None, &seeded, 1),
            (Some(1), &seeded, 1),
        ] {
            assert_eq!(count_of(asked, 16, of).unwrap(), count);
        }
        let error = count_of(Some(2), 16, &seeded).unwrap_err().to_string();
        assert!(
            error.contains("c.jsonl:3 names the seed") && error.contains("\nhint: "),
            "{error}"
        );
    }
}
