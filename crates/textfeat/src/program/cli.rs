//! Arguments, and which command they name.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use stage::{CommonArgs, Outcome, UsageError};
use textfeat::{Cutoff, Language, Settings};

use super::catalogue::Caption;
use super::fit::Request;
use super::{bench, coverage, explain, fit, transform};

/// Turns texts into vectors: TF-IDF over a fitted vocabulary of stemmed words
#[derive(Debug, Parser)]
#[command(name = "textfeat", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: CommonArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Fit on the train split of an ingested catalogue and write the features of every caption
    Fit {
        /// The folder that `ingest` wrote
        ingested: PathBuf,
        /// The folder to write to
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// Captions that make up a product's document in the fit; features are made of all of them
        #[arg(
            long,
            value_enum,
            value_name = "CAPTION,...",
            value_delimiter = ',',
            default_value = "title,attributes,short"
        )]
        fit_on: Vec<Caption>,
        #[command(flatten)]
        settings: SettingsArgs,
    },
    /// Turn texts, one a line, into vectors: one line of JSON each, or raw f32 with --out
    Transform {
        /// text.model, or the folder that holds it
        model: PathBuf,
        /// Texts, one a line; `-` is stdin
        #[arg(default_value = "-")]
        file: PathBuf,
        /// Write little-endian f32 to this file, `dims` a text
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Show what a model makes of a text: stems, weights, unknown words and what may have been meant
    Explain {
        /// text.model, or the folder that holds it
        model: PathBuf,
        /// The text
        text: String,
    },
    /// Count how many words of a catalogue's captions a model knows
    Coverage {
        /// text.model, or the folder that holds it
        model: PathBuf,
        /// What `ingest captions DUMP --out FILE.jsonl` wrote; `-` is stdin
        file: PathBuf,
    },
    /// Time fit and transform of a text file, one document a line; reading the file is not counted
    Bench {
        /// Documents, one a line; `-` is stdin
        file: PathBuf,
        #[command(flatten)]
        settings: SettingsArgs,
    },
}

/// [`textfeat::Method`] as a flag.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum MethodName {
    #[default]
    Terms,
    Lsa,
}

/// The settings of a fit as flags.
#[derive(Debug, Args)]
struct SettingsArgs {
    /// terms: the most frequent terms get a column each; lsa: directions in a space of words, pairs of words and
    /// runs of letters, in which an unseen word lies near its kin
    #[arg(long, value_enum, value_name = "METHOD", default_value_t)]
    method: MethodName,
    /// Length of a vector
    #[arg(long, value_name = "N", default_value_t = 256)]
    dims: usize,
    /// Terms that an LSA model knows, the most frequent ones
    #[arg(long, value_name = "N", default_value_t = Settings::default().features)]
    features: usize,
    /// Leave out terms in fewer documents: a number, or a share such as 0.01
    #[arg(long, value_name = "DF", default_value = "1", value_parser = cutoff)]
    min_df: Cutoff,
    /// Leave out terms in more documents: a number, or a share such as 0.9
    #[arg(long, value_name = "DF", default_value = "1.0", value_parser = cutoff)]
    max_df: Cutoff,
    /// Take runs of up to N words as terms too [default: 1, with lsa 2]
    #[arg(long, value_name = "N")]
    ngrams: Option<usize>,
    /// Where the search for an LSA model's directions starts
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Language of the texts: stemmer, stop words and protected words
    #[arg(long, value_name = "NAME", default_value = "english", value_parser = languages())]
    language: Language,
    /// Count stop words too
    #[arg(long)]
    keep_stop_words: bool,
    /// Count plain numbers too
    #[arg(long)]
    keep_numbers: bool,
    /// A word found n times counts 1 + ln n
    #[arg(long)]
    sublinear: bool,
    /// ln(n / df) + 1 instead of the smooth inverse document frequency
    #[arg(long)]
    plain_idf: bool,
}

/// Does what the arguments say.
pub(crate) fn run(cli: Cli) -> anyhow::Result<Outcome> {
    let common = &cli.common;
    match cli.command {
        Command::Fit {
            ingested,
            out,
            fit_on,
            settings,
        } => fit::run(
            Request {
                ingested,
                out,
                settings: settings.checked()?,
                fit_on,
            },
            common,
        ),
        Command::Transform { model, file, out } => transform::run(&model, &file, out.as_deref(), common),
        Command::Explain { model, text } => explain::run(&model, &text, common),
        Command::Coverage { model, file } => coverage::run(&model, &file, common),
        Command::Bench { file, settings } => bench::run(&file, settings.checked()?, common),
    }
}

impl SettingsArgs {
    fn checked(&self) -> Result<Settings, UsageError> {
        let base = match self.method {
            MethodName::Terms => Settings::default(),
            MethodName::Lsa => Settings::lsa(),
        };
        let settings = Settings {
            dims: self.dims,
            features: self.features,
            seed: self.seed,
            min_df: self.min_df,
            max_df: self.max_df,
            ngrams: self.ngrams.unwrap_or(base.ngrams),
            language: self.language,
            stop_words: !self.keep_stop_words,
            numbers: self.keep_numbers,
            sublinear: self.sublinear,
            smooth_idf: !self.plain_idf,
            ..base
        };
        settings
            .check()
            .map_err(|e| UsageError(format!("{e}\nhint: see `textfeat fit --help`")))?;
        Ok(settings)
    }
}

fn languages() -> impl TypedValueParser<Value = Language> {
    PossibleValuesParser::new(Language::all().map(Language::name))
        .map(|name| Language::by_name(&name).unwrap_or_default())
}

/// A number with a point is a share, one without a number of documents.
fn cutoff(text: &str) -> Result<Cutoff, String> {
    let parsed = if text.contains('.') {
        text.parse().ok().map(Cutoff::Share)
    } else {
        text.parse().ok().map(Cutoff::Documents)
    };
    parsed.ok_or_else(|| "expected a number of documents such as 2, or a share such as 0.01".to_owned())
}
