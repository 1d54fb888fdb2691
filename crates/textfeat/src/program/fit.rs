//! `textfeat fit`: the stage from `data/ingested` to `data/features`.
//!
//! Statistics come from the train split alone. A product is one document there, made of its `title`,
//! `attributes` and `short` captions unless `--fit-on` says otherwise. The `full` caption is left out: most
//! of its words praise the product and show in no picture (*comfort, style, look, durability*), and being
//! many they would push colours and garments out of the vocabulary.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Result, anyhow};
use serde::{Deserialize, Serialize};
use serde_json::json;
use stage::atomic::{self, AtomicFile};
use stage::folder::{self, Summary};
use stage::shards::shard_file;
use stage::{
    CommonArgs, Console, Interrupt, Outcome, Progress, ShardRecord, StageFolder, StageKey, StageRecord,
    Standing,
};
use textfeat::lsa::Rows;
use textfeat::{LsaFit, Method, Settings, Snowball, TextModel, Transformer};

use super::catalogue::{CAPTIONS, Caption, Ingested, document};
use super::count::count_shards;
use super::transform::le_bytes;
use super::{model_file, parallel};

const STAGE: &str = "textfeat";
const FORMAT_VERSION: u32 = 1;

/// What the result depends on, beside the catalogue.
#[derive(Serialize)]
struct StageSettings {
    #[serde(flatten)]
    text: Settings,
    stemmer: &'static str,
    captions: usize,
    fit_on: Vec<Caption>,
}

/// What to do, before anything is read.
pub(super) struct Request {
    /// The folder that `ingest` wrote.
    pub(super) ingested: PathBuf,
    /// The folder to write to.
    pub(super) out: PathBuf,
    pub(super) settings: Settings,
    /// Captions that make up a document of the fit.
    pub(super) fit_on: Vec<Caption>,
    /// A model to make features with, in place of a fit.
    pub(super) model: Option<PathBuf>,
}

/// Work that makes sense.
struct Plan {
    ingested: Ingested,
    shards: Vec<u32>,
    request: Request,
    key: StageKey,
    threads: usize,
    /// The model that was given.
    model: Option<TextModel>,
}

/// What a shard adds to the counts of the stage.
#[derive(Debug, Default, Clone, Copy, Serialize, Deserialize)]
struct Tally {
    products: u64,
    train: u64,
    captions: u64,
    captions_without_known_word: u64,
}

pub(super) fn run(request: Request, common: &CommonArgs) -> Result<Outcome> {
    let console = common.console();
    let plan = Plan::new(request, parallel::threads(common.jobs))?;
    let out = plan.request.out.as_path();
    if common.dry_run {
        let standing = folder::standing(out, &plan.key)?;
        say_standing(&console, out, &standing, common.force);
        let todo = if matches!(standing, Standing::Done(_)) && !common.force {
            "nothing to do".to_owned()
        } else {
            format!(
                "would write features of {} shards to {}",
                plan.shards.len(),
                out.display()
            )
        };
        console.result(todo)?;
        return Ok(Outcome::Done);
    }
    let (folder, standing) = StageFolder::open(out, plan.key.clone(), common.force)?;
    say_standing(&console, out, &standing, false);
    if let Standing::Done(record) = standing {
        report(&console, out, &record, "unchanged")?;
        return Ok(Outcome::Done);
    }
    let interrupt = Interrupt::install()?;
    match plan.carry_out(folder, &console, &interrupt)? {
        Some(record) => {
            report(&console, out, &record, "written")?;
            Ok(Outcome::Done)
        }
        None => {
            console.info("interrupted; the same command goes on from here");
            Ok(Outcome::Interrupted)
        }
    }
}

impl Plan {
    fn new(mut request: Request, threads: usize) -> Result<Self> {
        let ingested = Ingested::open(&request.ingested)?;
        let shards = ingested.shards()?;
        let model = request.model.as_deref().map(model_file::read).transpose()?;
        if let Some(model) = &model {
            request.settings = *model.settings();
            request.fit_on.clear();
        }
        let stage_settings = StageSettings {
            text: request.settings,
            stemmer: Snowball::VERSION,
            captions: CAPTIONS,
            fit_on: request.fit_on.clone(),
        };
        let mut key = StageKey::new(STAGE, FORMAT_VERSION, &stage_settings)?
            .with_input("ingested", ingested.content_hash());
        if let Some(model) = &model {
            key = key.with_input("model", blake3::hash(&model.to_bytes()?).to_hex().to_string());
        }
        Ok(Self {
            ingested,
            shards,
            request,
            key,
            threads,
            model,
        })
    }

    /// Does what is missing; `None` if the user stopped it.
    fn carry_out(
        &self,
        folder: StageFolder,
        console: &Console,
        interrupt: &Interrupt,
    ) -> Result<Option<StageRecord>> {
        let begun = Instant::now();
        let model = match &self.model {
            Some(given) => Some(given.clone()),
            None => self.fit(console, interrupt)?,
        };
        let Some(model) = model else {
            return Ok(None);
        };
        let bytes = model.to_bytes()?;
        let output = atomic::write(&self.request.out.join(model_file::NAME), &bytes)?;
        let fit_seconds = begun.elapsed().as_secs_f64();
        say_terms(console, &model);

        let begun = Instant::now();
        let Some(shards) = self.write_features(&folder, &model, console, interrupt)? else {
            return Ok(None);
        };
        let transform_seconds = begun.elapsed().as_secs_f64();

        let mut sum = Tally::default();
        for shard in &shards {
            let counts: Tally = serde_json::from_value(shard.detail.clone())?;
            sum.products += counts.products;
            sum.train += counts.train;
            sum.captions += counts.captions;
            sum.captions_without_known_word += counts.captions_without_known_word;
        }
        let counts = [
            ("products", sum.products),
            ("train", sum.train),
            ("captions", sum.captions),
            ("captions_without_known_word", sum.captions_without_known_word),
            ("terms", model.vocabulary().terms().len() as u64),
        ];
        let timings = [("fit", fit_seconds), ("transform", transform_seconds)];
        let summary = Summary {
            counts: counts.map(|(name, count)| (name.to_owned(), count)).into(),
            rejects: BTreeMap::new(),
            timings: timings.map(|(name, seconds)| (name.to_owned(), seconds)).into(),
            outputs: [(model_file::NAME.to_owned(), output)].into(),
        };
        Ok(Some(folder.finish(&shards, summary)?))
    }

    /// Counts the train split; an LSA model reads it once more.
    fn fit(&self, console: &Console, interrupt: &Interrupt) -> Result<Option<TextModel>> {
        let settings = self.request.settings;
        let (ingested, fit_on) = (&self.ingested, &self.request.fit_on);
        let counted = count_shards(
            ingested,
            &self.shards,
            &settings,
            fit_on,
            self.threads,
            console,
            interrupt,
        )?;
        let Some(counts) = counted else {
            return Ok(None);
        };
        let wrong = |e| anyhow!("cannot fit on the captions of the train split: {e}");
        if settings.method == Method::Terms {
            return TextModel::from_counts(settings, &counts).map(Some).map_err(wrong);
        }
        let fit = LsaFit::new(settings, &counts).map_err(wrong)?;
        drop(counts);
        let progress = Progress::new(console, "reading", "shards", 0, self.shards.len() as u64);
        let read = parallel::each(
            self.threads,
            &self.shards,
            || (fit.reader(), Vec::new()),
            |(reader, read), at, &shard| {
                if interrupt.requested() {
                    return Ok(());
                }
                let mut rows = Rows::default();
                for product in self.ingested.products(shard)?.iter().filter(|p| p.is_train) {
                    let parts: Vec<&str> = document(product, &self.request.fit_on).collect();
                    fit.add(reader, &parts, &mut rows);
                }
                read.push((at, rows));
                progress.inc(1);
                Ok(())
            },
        );
        progress.finish();
        let mut read: Vec<_> = read?.into_iter().flat_map(|(_, read)| read).collect();
        if interrupt.requested() {
            return Ok(None);
        }
        read.sort_unstable_by_key(|&(at, _)| at);
        let mut rows = Rows::default();
        for (_, part) in read {
            rows.append(&part);
        }
        console.detail(format!(
            "looking for {} directions in {} documents",
            settings.dims,
            rows.len()
        ));
        Ok(Some(fit.finish(&rows, self.threads)))
    }

    /// Writes and commits the features of every shard that is not finished; gives the records of all.
    fn write_features(
        &self,
        folder: &StageFolder,
        model: &TextModel,
        console: &Console,
        interrupt: &Interrupt,
    ) -> Result<Option<Vec<ShardRecord>>> {
        let done = folder.done();
        let progress = Progress::new(
            console,
            "transforming",
            "shards",
            done.len() as u64,
            self.shards.len() as u64,
        );
        let records = parallel::each(
            self.threads,
            &self.shards,
            || (model.transformer(), Vec::new()),
            |(transformer, records), at, shard| {
                if let Some(record) = done.get(shard) {
                    records.push((at, record.clone()));
                } else if !interrupt.requested() {
                    records.push((at, self.write_shard(folder, transformer, *shard)?));
                    progress.inc(1);
                }
                Ok(())
            },
        );
        progress.finish();
        let mut records: Vec<_> = records?.into_iter().flat_map(|(_, records)| records).collect();
        records.sort_unstable_by_key(|&(at, _)| at);
        let all = records.len() == self.shards.len();
        Ok(all.then(|| records.into_iter().map(|(_, record)| record).collect()))
    }

    fn write_shard(
        &self,
        folder: &StageFolder,
        transformer: &mut Transformer<'_>,
        shard: u32,
    ) -> Result<ShardRecord> {
        let name = shard_file("features", shard, "f32");
        let mut file = AtomicFile::create(&self.request.out.join(&name))?;
        let mut counts = Tally::default();
        let mut vector = vec![0.0; self.request.settings.dims];
        for product in self.ingested.products(shard)? {
            counts.products += 1;
            counts.train += u64::from(product.is_train);
            for caption in &product.captions {
                let known = transformer.transform_into(caption, &mut vector);
                counts.captions += 1;
                counts.captions_without_known_word += u64::from(!known);
                file.put(&le_bytes(&vector))?;
            }
        }
        let outputs = [(name, file.commit()?)].into();
        Ok(folder.commit_shard(shard, outputs, serde_json::to_value(counts)?)?)
    }
}

fn say_standing(console: &Console, out: &Path, standing: &Standing, force: bool) {
    let out = out.display();
    match standing {
        Standing::Done(_) if force => {
            console.info(format!("{out}: finished, and to be done again (--force)"))
        }
        Standing::Done(_) => console.info(format!("{out}: already done with these settings and inputs")),
        Standing::Fresh => {}
        Standing::Changed(changes) => {
            console.info(format!("{out}: to be done anew, because of a change"));
            changes
                .iter()
                .for_each(|change| console.info(format!("  {change}")));
        }
        Standing::Resumed(shards) => console.info(format!("{out}: going on, {shards} shards are finished")),
    }
}

fn say_terms(console: &Console, model: &TextModel) {
    let terms = model.vocabulary().terms();
    if terms.len() < model.dims() && model.settings().method == Method::Terms {
        console.info(format!(
            "the captions hold {} terms: the last {} columns stay zero",
            terms.len(),
            model.dims() - terms.len()
        ));
    }
    let mut frequent: Vec<_> = terms.iter().collect();
    frequent.sort_by_key(|term| std::cmp::Reverse(term.tf));
    let words: Vec<_> = frequent
        .iter()
        .map(|term| term.word.as_str())
        .filter(|word| !word.is_empty())
        .collect();
    console.detail(format!("terms, the most frequent first: {}", words.join(" ")));
}

fn report(console: &Console, out: &Path, record: &StageRecord, status: &str) -> Result<()> {
    let count = |name: &str| record.counts.get(name).copied().unwrap_or_default();
    let fitted = if record.inputs.contains_key("model") {
        "of a given model".to_owned()
    } else {
        format!("fitted on {} of the train split", count("train"))
    };
    console.result(format!(
        "{}: features of {} captions of {} products, {} terms {fitted}; {} captions without a known word",
        out.display(),
        count("captions"),
        count("products"),
        count("terms"),
        count("captions_without_known_word"),
    ))?;
    let mut result = json!(record.counts);
    result["status"] = json!(status);
    console.json_result(&result)?;
    Ok(())
}
