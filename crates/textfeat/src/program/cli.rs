//! Arguments, and which command they name.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use stage::{CommonArgs, Outcome};

use super::catalogue::Caption;
use super::count::Part;
use super::fit::Request;
use super::settings::{AnalysisArgs, SettingsArgs, WeightArgs};
use super::{bench, count, coverage, explain, fit, transform, vocabulary};

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
        /// Make the features with this model instead of fitting one: of `textfeat merge`, of `vocabulary import`
        #[arg(long, value_name = "MODEL", conflicts_with_all = ["fit_on", "AnalysisArgs", "WeightArgs"])]
        model: Option<PathBuf>,
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
    /// Count the terms of texts, for `merge`: of the train split of a catalogue, or of a text file
    Count {
        /// The folder that `ingest` wrote, or a file of texts, one a line; `-` is stdin
        texts: PathBuf,
        /// The file to write to; by custom its name ends in .counts
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Captions that make up a product's document
        #[arg(
            long,
            value_enum,
            value_name = "CAPTION,...",
            value_delimiter = ',',
            default_value = "title,attributes,short"
        )]
        fit_on: Vec<Caption>,
        /// Count the I-th of N parts of a catalogue: its shards whose number leaves the rest I - 1 by N
        #[arg(long, value_name = "I/N", value_parser = Part::parse)]
        part: Option<Part>,
        #[command(flatten)]
        analysis: AnalysisArgs,
    },
    /// Sum up counts of several machines, and fit on the sum: the model is that of one fit, to the bit
    Merge {
        /// Files that `count` or `merge` wrote
        #[arg(required = true)]
        counts: Vec<PathBuf>,
        /// The model to write; if the name ends in .counts, the sum
        #[arg(long, value_name = "MODEL|COUNTS")]
        out: PathBuf,
        #[command(flatten)]
        weights: WeightArgs,
    },
    /// Move a vocabulary with its weights to scikit-learn's TfidfVectorizer, or from it
    Vocabulary {
        #[command(subcommand)]
        command: VocabularyCommand,
    },
    /// Write the tokens of texts as a model counts them, stems without stop words: a text a line, for scikit-learn
    Tokens {
        /// text.model, or the folder that holds it
        model: PathBuf,
        /// Texts, one a line; `-` is stdin
        #[arg(default_value = "-")]
        file: PathBuf,
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

#[derive(Debug, Subcommand)]
enum VocabularyCommand {
    /// Write the vocabulary of a model as JSON
    Export {
        /// text.model, or the folder that holds it
        model: PathBuf,
        /// The file to write to [default: stdout]
        file: Option<PathBuf>,
    },
    /// Make a model of the JSON of a vocabulary
    Import {
        /// The JSON
        file: PathBuf,
        /// The model to write
        #[arg(long, value_name = "MODEL")]
        out: PathBuf,
    },
}

/// Does what the arguments say.
pub(crate) fn run(cli: Cli) -> anyhow::Result<Outcome> {
    let common = &cli.common;
    match cli.command {
        Command::Fit {
            ingested,
            out,
            fit_on,
            model,
            settings,
        } => fit::run(
            Request {
                ingested,
                out,
                settings: settings.checked()?,
                fit_on,
                model,
            },
            common,
        ),
        Command::Count {
            texts,
            out,
            fit_on,
            part,
            analysis,
        } => count::run(
            &count::Request {
                texts,
                out,
                settings: analysis.checked()?,
                fit_on,
                part,
            },
            common,
        ),
        Command::Merge { counts, out, weights } => count::merge(&counts, &out, &weights.checked()?, common),
        Command::Vocabulary {
            command: VocabularyCommand::Export { model, file },
        } => vocabulary::export(&model, file.as_deref(), common),
        Command::Vocabulary {
            command: VocabularyCommand::Import { file, out },
        } => vocabulary::import(&file, &out, common),
        Command::Tokens { model, file } => vocabulary::tokens(&model, &file, common),
        Command::Transform { model, file, out } => transform::run(&model, &file, out.as_deref(), common),
        Command::Explain { model, text } => explain::run(&model, &text, common),
        Command::Coverage { model, file } => coverage::run(&model, &file, common),
        Command::Bench { file, settings } => bench::run(&file, settings.checked()?, common),
    }
}
