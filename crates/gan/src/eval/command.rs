//! `gan eval`: prepares an evaluator, measures a run, writes the report.

use std::path::{Path, PathBuf};

use clap::Args;
use dataset::{Dataset, Split};
use serde_json::json;
use stage::program::UsageError;
use stage::{CommonArgs, Console, Outcome, Progress};

use super::asked::Scope;
use super::drawer::{Drawer, with_model};
use super::drawn::Drawn;
use super::evaluator::{self, Evaluator, EvaluatorRecipe};
use super::inception::Inception;
use super::looked::{Looked, kept_beside};
use super::photos::Photos;
use super::reference::{Known, OF_A_CAPTION, Reference};
use super::report::{Document, Report, read_comparable};
use super::{colour_accuracy, judge, table, to_jsonl, unseen_captions};
use crate::picture::{Row, draw_grid, from_tensor};
use crate::{Device, GanError, LoadedModel, train};

/// A model of a run that can be measured, and what is written of it into the run's folder.
#[derive(Debug, Clone, Copy)]
pub struct Measured {
    model: &'static str,
    /// Name of the report.
    pub report: &'static str,
    /// Name of the sheet of pictures beside the training photos nearest to them.
    pub nearest: &'static str,
}

/// The model that the training left.
pub const LAST: Measured = Measured {
    model: train::MODEL,
    report: "eval.json",
    nearest: "nearest.png",
};

/// The best one on the way, by the light evaluation.
pub const BEST: Measured = Measured {
    model: train::BEST,
    report: "eval-best.json",
    nearest: "nearest-best.png",
};

/// What to measure, and with what.
#[derive(Debug, Args)]
pub struct EvalArgs {
    /// Folder of the run
    #[arg(long, value_name = "DIR", required_unless_present = "prepare")]
    run: Option<PathBuf>,
    /// Measure the best model that the training kept, best.safetensors, and not the last; writes eval-best.json
    #[arg(long, requires = "run")]
    best: bool,
    /// Folder that `dataset pack` wrote
    #[arg(long, default_value = "data/dataset", value_name = "DIR")]
    data: PathBuf,
    /// Train the evaluator of the data, unless it is there
    #[arg(long)]
    prepare: bool,
    /// The evaluator's file [default: DATA.evaluator.safetensors, beside the data's folder]
    #[arg(long, value_name = "FILE")]
    evaluator: Option<PathBuf>,
    /// Attributes that the evaluator names [default: article_type, base_colour, gender, master_category, or what there is]
    #[arg(long, value_name = "NAME,...", value_delimiter = ',', requires = "prepare")]
    attributes: Vec<String>,
    /// Passes over the train split in the evaluator's training [default: 16]
    #[arg(long, value_name = "N", requires = "prepare")]
    epochs: Option<f64>,
    /// Seed of noise and choices, and of the evaluator's training
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Products of the test split to measure with, at most [default: all]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(8..))]
    products: Option<u32>,
    /// Ask only for captions that no product of the train split has
    #[arg(long)]
    unseen: bool,
    /// Ask only for captions that name an article type and a colour which no product of train has together (or whatever the
    /// evaluator's first two attributes are); `dataset pack --hold-out` makes such products
    #[arg(long)]
    unseen_pairs: bool,
    /// An earlier eval.json to set beside this one, by the same evaluator
    #[arg(long, value_name = "FILE")]
    against: Option<PathBuf>,
    /// A TorchScript Inception for standard FID (docs/evaluation.md says what it must be)
    #[arg(long, value_name = "FILE", requires = "run")]
    inception: Option<PathBuf>,
    /// Pictures for standard FID, at most [default: 50,000 of train captions and 30,000 of test captions]
    #[arg(long, value_name = "N", requires = "inception", value_parser = clap::value_parser!(u32).range(2..))]
    inception_pictures: Option<u32>,
    /// Unseen captions whose colours are named by a program, at most
    #[arg(long, default_value_t = 200, value_name = "N")]
    captions: usize,
    /// Write those captions, for `gen grid --captions`
    #[arg(long, value_name = "FILE.jsonl")]
    captions_out: Option<PathBuf>,
}

impl EvalArgs {
    fn evaluator_path(&self) -> PathBuf {
        self.evaluator
            .clone()
            .unwrap_or_else(|| default_evaluator(&self.data))
    }
}

/// Where the evaluator of a data set lies: `data/dataset.evaluator.safetensors` for `data/dataset`.
#[must_use]
pub fn default_evaluator(data: &Path) -> PathBuf {
    let mut name = data.file_name().unwrap_or_default().to_owned();
    name.push(".evaluator.safetensors");
    data.with_file_name(name)
}

/// Does what the command line asks for.
///
/// # Errors
/// Whatever the work meets, with its hint.
pub fn run(
    args: &EvalArgs,
    common: &CommonArgs,
    device: Device,
    console: &Console,
) -> anyhow::Result<Outcome> {
    if args.epochs.is_some_and(|e| !e.is_finite() || e <= 0.0) {
        return Err(UsageError("--epochs: expected a number above 0".to_owned()).into());
    }
    let path = args.evaluator_path();
    if common.dry_run {
        if args.prepare {
            console.result(format!(
                "would train an evaluator on {} into {}",
                args.data.display(),
                path.display()
            ))?;
        }
        if let Some(run) = &args.run {
            console.result(format!("would measure {} by {}", run.display(), path.display()))?;
        }
        return Ok(Outcome::Done);
    }
    let data = Dataset::open(&args.data)?;
    let evaluator = if args.prepare {
        Some(prepare(args, common, &data, device, console)?)
    } else if path.exists() || args.evaluator.is_some() {
        Some(Evaluator::read_file(&path, device)?)
    } else {
        None
    };
    match (&args.run, evaluator) {
        (Some(run), evaluator) => measure(args, run, &data, evaluator.as_ref(), device, console),
        (None, Some(evaluator)) => {
            evaluator
                .lines()
                .iter()
                .try_for_each(|line| console.result(line))?;
            let about = &evaluator.about;
            console.json_result(&json!({ "evaluator": path, "hash": evaluator.hash, "about": about }))?;
            Ok(Outcome::Done)
        }
        (None, None) => Err(UsageError("expected --run or --prepare".to_owned()).into()),
    }
}

/// Trains the evaluator, unless the file holds just this one.
fn prepare(
    args: &EvalArgs,
    common: &CommonArgs,
    data: &Dataset,
    device: Device,
    console: &Console,
) -> anyhow::Result<Evaluator> {
    let path = args.evaluator_path();
    let recipe = EvaluatorRecipe::of(data, device, args.seed).ok_or_else(|| GanError::Data {
        path: args.data.clone(),
        expected: "images of at least 16 pixels".to_owned(),
        found: format!("{} pixels", data.resolution()),
        hint: "ingest again with a larger --size",
    })?;
    let recipe = EvaluatorRecipe {
        epochs: args.epochs.unwrap_or(recipe.epochs),
        ..recipe
    };
    if path.exists() && !common.force {
        let found = Evaluator::read_file(&path, device)?;
        let names: Vec<&String> = found.about.attributes.iter().map(|a| &a.name).collect();
        let named = args.attributes.is_empty() || args.attributes.iter().eq(names);
        // Another machine may be fast at another precision: an evaluator that is there is used.
        let same = EvaluatorRecipe {
            bf16: recipe.bf16,
            ..found.about.recipe.clone()
        } == recipe;
        if found.is_of(data) && named && same {
            console.info(format!(
                "{}: evaluator {:.16} is there: nothing to do",
                path.display(),
                found.hash
            ));
            return Ok(found);
        }
        return Err(GanError::File {
            path,
            expected: "no evaluator, or that of these data and settings".to_owned(),
            found: format!("evaluator {:.16} of other {}", found.hash, if found.is_of(data) { "settings" } else { "data" }),
            hint: "--force trains it anew, after which no earlier figures can be compared; --evaluator names another file",
        }
        .into());
    }
    let begun = std::time::Instant::now();
    let mut evaluator = evaluator::train(data, &args.data, &recipe, &args.attributes, device, console)?;
    evaluator.save(&path)?;
    console.info(format!(
        "{}: evaluator {:.16}, trained on {} photos in {:.0} s; on {} held-out ones:",
        path.display(),
        evaluator.hash,
        evaluator.about.trained_on,
        begun.elapsed().as_secs_f64(),
        evaluator.about.held_out.products,
    ));
    Ok(evaluator)
}

fn measure(
    args: &EvalArgs,
    run: &Path,
    data: &Dataset,
    evaluator: Option<&Evaluator>,
    device: Device,
    console: &Console,
) -> anyhow::Result<Outcome> {
    let against = match (&args.against, evaluator) {
        (Some(path), Some(evaluator)) => Some((path, read_comparable(path, &evaluator.hash)?)),
        (Some(_), None) => {
            return Err(UsageError("--against: there is no evaluator yet; add --prepare".to_owned()).into());
        }
        (None, _) => None,
    };
    let inception = args
        .inception
        .as_deref()
        .map(|path| Inception::read(path, device))
        .transpose()?;
    let measured = if args.best { BEST } else { LAST };
    let path = run.join(measured.model);
    if args.best && run.is_dir() && !path.exists() {
        return Err(GanError::File {
            path,
            expected: "the best model of a run that measured itself".to_owned(),
            found: "none".to_owned(),
            hint: "a training keeps one where its data have an evaluator and train.eval_kimg is not 0",
        }
        .into());
    }
    let loaded = LoadedModel::read(&path, device)?;
    if loaded.model.data != data.content_hash() {
        return Err(GanError::Data {
            path: args.data.clone(),
            expected: "the dataset the model was trained on".to_owned(),
            found: "another one".to_owned(),
            hint: "name it with --data",
        }
        .into());
    }
    let mut document = Document {
        model: loaded.hash.clone(),
        images_seen: loaded.images_seen,
        data: data.content_hash().to_owned(),
        colour: None,
        report: None,
        inception: Vec::new(),
    };
    // Where colours are not all there is to measure, data may well be without them.
    let nothing_else = evaluator.is_none() && inception.is_none();
    match unseen_captions(&loaded.model, data, &args.data, args.captions) {
        Ok(cases) => {
            if let Some(path) = &args.captions_out {
                stage::atomic::write(path, to_jsonl(&cases).as_bytes())?;
            }
            let colour = with_model(&loaded, device, |drawer| {
                colour_accuracy(drawer, data, &cases, args.seed)
            });
            document.colour = Some(colour?);
        }
        Err(e) if nothing_else || args.captions_out.is_some() => return Err(e.into()),
        Err(e) => console.detail(format!("colours by a program: {e}")),
    }
    let report = run.join(measured.report);
    with_model(&loaded, device, |drawer| -> anyhow::Result<()> {
        if let Some(evaluator) = evaluator {
            let sheet = run.join(measured.nearest);
            document.report = Some(full(args, &sheet, data, evaluator, drawer, console)?);
            // Standard FID takes hours: what is known by now is not lost with it.
            document.write(&report)?;
        }
        if let Some(inception) = &inception {
            let most = args.inception_pictures.map(|n| n as usize);
            document.inception = inception.measure(drawer, data, most, args.seed, console)?;
            document.write(&report)?;
        }
        Ok(())
    })?;
    tell(&document, console)?;
    if evaluator.is_none() {
        console.info("`gan eval --prepare` trains an evaluator, which measures far more");
    }
    let value = serde_json::to_value(&document)?;
    if let Some((path, earlier)) = against {
        table::against(&value, &earlier, path)
            .iter()
            .try_for_each(|line| console.result(line))?;
    }
    console.json_result(&value)?;
    Ok(Outcome::Done)
}

/// All measures by an evaluator, and the sheet of nearest photos.
fn full(
    args: &EvalArgs,
    sheet: &Path,
    data: &Dataset,
    evaluator: &Evaluator,
    drawer: &Drawer<'_>,
    console: &Console,
) -> anyhow::Result<Report> {
    let scope = Scope {
        split: Split::Test,
        products: args.products.map(|n| n as usize),
        unseen: args.unseen,
        unseen_pairs: args.unseen_pairs,
        one_each: false,
        seed: args.seed,
    };
    let known = |photos: Photos<'_>| {
        let path = kept_beside(&args.evaluator_path(), photos.resolution);
        Looked::of(photos, evaluator, &path, console)
    };
    let reference = Reference::new(
        data,
        &args.data,
        evaluator,
        scope,
        Known::All(&known),
        drawer.resolution,
        drawer.device,
    )?;
    let total = reference.asked.len() + OF_A_CAPTION * reference.shared.len();
    let progress = Progress::new(console, "draw", "images", 0, total as u64);
    let drawn = Drawn::of(drawer, &reference, &|n| progress.inc(n))?;
    progress.finish();
    let report = judge::full(&reference, &drawn)?;
    let rows = report.memorisation.worst.iter().map(|pair| {
        let mirrored = if pair.mirrored { " mirrored" } else { "" };
        let caption = format!("{:.2} to {}{mirrored}: {}", pair.distance, pair.id, pair.caption);
        let images = from_tensor(&judge::side_by_side(&reference, &drawn, pair)?)?;
        Ok(Row { caption, images })
    });
    let rows = rows.collect::<Result<Vec<_>, GanError>>()?;
    if let Err(e) = draw_grid(&rows).write_png(sheet, &[]) {
        console.warn(format!("the sheet of nearest photos is missing: {e}"));
    }
    Ok(report)
}

/// The results for a person.
fn tell(document: &Document, console: &Console) -> anyhow::Result<()> {
    if let Some(report) = &document.report {
        table::class_lines(&report.light)
            .iter()
            .for_each(|line| console.detail(line));
        table::lines(report)
            .iter()
            .try_for_each(|line| console.result(line))?;
    }
    if let Some(colour) = &document.colour {
        for (name, [asked, hits]) in &colour.by_colour {
            console.detail(format!("{name}: {hits} of {asked}"));
        }
        console.result(format!(
            "colour as asked: {} of {} unseen captions ({:.1} %); their real images: {:.1} %",
            colour.right,
            colour.captions,
            100.0 * colour.share,
            100.0 * colour.real_share,
        ))?;
    }
    table::inception_lines(&document.inception)
        .iter()
        .try_for_each(|line| console.result(line))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_evaluator_lies_beside_its_data() {
        let path = default_evaluator(Path::new("data/dataset/"));
        assert_eq!(path, Path::new("data/dataset.evaluator.safetensors"));
    }
}
