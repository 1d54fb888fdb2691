//! The program: `gan train | eval | report | bench | doctor`.

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use serde_json::json;
use stage::{CommonArgs, Console, Interrupt, Outcome};

use crate::device::DeviceChoice;
use crate::recipe::Recipe;
use crate::train::{self, TrainPlan};
use crate::{bench, doctor, eval};

/// Trains a text-conditional image generator on a dataset.
#[derive(Debug, Parser)]
#[command(name = "gan", version)]
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
    /// Train by a recipe, or go on with a training
    Train(TrainArgs),
    /// Measure what a run's model draws
    Eval(eval::command::EvalArgs),
    /// Write report.html of a run anew, from what is in its folder
    Report(ReportArgs),
    /// Measure the rate of training on made-up data
    Bench(BenchArgs),
    /// Say what this machine offers and what to do about what is missing
    Doctor,
}

#[derive(Debug, Args)]
struct RecipeArgs {
    /// Recipe, such as configs/dcgan.toml
    config: PathBuf,
    /// Set a key of the recipe, such as train.kimg=100
    #[arg(long = "set", value_name = "SECTION.KEY=VALUE")]
    set: Vec<String>,
    /// Seed of weights, order, captions and noise [short for --set train.seed=N]
    #[arg(long)]
    seed: Option<u64>,
}

#[derive(Debug, Args)]
struct TrainArgs {
    #[command(flatten)]
    recipe: RecipeArgs,
    /// Folder that `dataset pack` wrote
    #[arg(long, default_value = "data/dataset", value_name = "DIR")]
    data: PathBuf,
    /// Folder of this run
    #[arg(long, value_name = "DIR")]
    run: PathBuf,
    /// Begin with what the run in this folder has learnt, such as the one at half the resolution that the recipe grows from
    #[arg(long, value_name = "RUN")]
    from: Option<PathBuf>,
    /// Go on with the run that is in the folder, if there is one
    #[arg(long)]
    resume: bool,
}

#[derive(Debug, Args)]
struct ReportArgs {
    /// Folder of the run
    #[arg(long, value_name = "DIR")]
    run: PathBuf,
}

#[derive(Debug, Args)]
struct BenchArgs {
    #[command(flatten)]
    recipe: RecipeArgs,
    /// Steps to measure, after some to warm up
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..))]
    steps: u64,
}

impl RecipeArgs {
    fn read(&self) -> anyhow::Result<Recipe> {
        let mut set = self.set.clone();
        set.extend(self.seed.map(|seed| format!("train.seed={seed}")));
        Ok(Recipe::read(&self.config, &set)?)
    }
}

/// Does what the command line asks for.
///
/// # Errors
/// Whatever the work meets, with its hint.
pub fn run(cli: Cli) -> anyhow::Result<Outcome> {
    let console = cli.common.console();
    cli.common.limit_threads()?;
    if let Some(jobs) = cli.common.jobs {
        tch::set_num_threads(i32::from(jobs));
    }
    // Denormal numbers are slow and worth nothing to a network.
    let _ = aten::set_flush_denormal(true);
    // Steps need the same memory again and again.
    let _ = aten::keep_memory();
    aten::tune_cuda();
    match &cli.command {
        Command::Train(args) => train(&cli, args, &console),
        Command::Eval(args) => eval::command::run(args, &cli.common, cli.device.find()?, &console),
        Command::Report(args) => report(args, cli.common.dry_run, &console),
        Command::Bench(args) => measure(&cli, args, &console),
        Command::Doctor => {
            let findings = doctor::examine();
            findings
                .lines()
                .iter()
                .try_for_each(|line| console.result(line))?;
            console.json_result(&serde_json::to_value(&findings)?)?;
            Ok(Outcome::Done)
        }
    }
}

fn train(cli: &Cli, args: &TrainArgs, console: &Console) -> anyhow::Result<Outcome> {
    let plan = TrainPlan {
        recipe: args.recipe.read()?,
        data: args.data.clone(),
        run: args.run.clone(),
        from: args.from.clone(),
        device: cli.device.find()?,
        resume: args.resume,
        force: cli.common.force,
    };
    if cli.common.dry_run {
        console.result(format!(
            "would train {} steps into {}:",
            plan.recipe.steps(),
            plan.run.display()
        ))?;
        console.result(plan.recipe.to_toml()?.trim_end())?;
        return Ok(Outcome::Done);
    }
    let interrupt = Interrupt::install().context("cannot listen for Ctrl-C")?;
    let report = train::train(&plan, console, &interrupt)?;
    let kimg = report.images_seen as f64 / 1000.0;
    let said = match (report.outcome, report.steps_now) {
        (Outcome::Interrupted, _) => "stopped and saved; --resume goes on",
        (Outcome::Done, 0) => "was trained before: nothing to do",
        (Outcome::Done, _) => "trained",
    };
    let rate = report.images_per_second;
    console.result(format!(
        "{}: {said}, {kimg:.1} kimg, {rate:.1} images/s",
        report.model.display()
    ))?;
    if let Some(best) = report.best {
        let path = plan.run.join(train::BEST);
        let kimg = plan.recipe.images_in(best.step) as f64 / 1000.0;
        console.result(format!(
            "{}: the best, score {:.1} at {kimg:.1} kimg",
            path.display(),
            best.score
        ))?;
    }
    console.json_result(&json!({
        "step": report.step, "kimg": kimg, "images_per_second": rate, "model": report.model,
        "best_step": report.best.map(|b| b.step), "best_score": report.best.map(|b| b.score),
    }))?;
    Ok(report.outcome)
}

fn report(args: &ReportArgs, dry_run: bool, console: &Console) -> anyhow::Result<Outcome> {
    if dry_run {
        let path = args.run.join(train::report::FILE);
        console.result(format!("would write {}", path.display()))?;
        return Ok(Outcome::Done);
    }
    let (path, warnings) = train::report::write(&args.run)?;
    console.result(path.display().to_string())?;
    for warning in &warnings {
        console.result(format!("{}: {}", warning.title, warning.seen))?;
        for remedy in warning.remedies {
            console.result(format!("  to try: {remedy}"))?;
        }
    }
    console.json_result(&json!({ "report": path, "warnings": warnings }))?;
    Ok(Outcome::Done)
}

fn measure(cli: &Cli, args: &BenchArgs, console: &Console) -> anyhow::Result<Outcome> {
    let recipe = args.recipe.read()?;
    if cli.common.dry_run {
        console.result(format!(
            "would time {} steps at {} pixels",
            args.steps, recipe.train.resolution
        ))?;
        return Ok(Outcome::Done);
    }
    let device = cli.device.find()?;
    let report = train::memory::caught(&recipe, || bench::bench(&recipe, args.steps, device))?;
    console.result(format!(
        "{:.1} images/s over {} steps of {} at {} pixels",
        report.images_per_second, report.steps, report.batch, recipe.train.resolution
    ))?;
    console.json_result(&serde_json::to_value(&report)?)?;
    Ok(Outcome::Done)
}
