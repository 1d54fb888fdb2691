//! `textfeat coverage`: how many words of a catalogue's captions a model knows, before anything is trained on them.

use std::path::Path;

use anyhow::{Result, anyhow};
use serde::{Deserialize, Serialize};
use serde_json::json;
use stage::{CommonArgs, Outcome};
use textfeat::{Stemmer, TextModel, Tokenizer, WordFilter};

use super::lines::Lines;
use super::{model_file, parallel};

/// Lines in memory at a time.
const BATCH: usize = 16 << 10;
/// Lines that a thread takes at a time.
const BLOCK: usize = 512;
/// The captions of a product, in the catalogue's order.
const NAMES: [&str; 4] = ["full", "title", "attributes", "short"];

/// A line of the file that `ingest captions` writes.
#[derive(Deserialize)]
struct Product {
    captions: [String; 4],
}

/// What is known of one of the captions over all products.
#[derive(Debug, Clone, Copy, Default)]
struct Covered {
    captions: u64,
    /// Words that count: no stop words, no plain numbers.
    words: u64,
    known_words: u64,
    /// Captions with none of them.
    none_known: u64,
}

/// The same in shares, 0 to 1.
#[derive(Serialize)]
struct Told {
    /// Of the words, those that are known.
    known: f64,
    /// Of the captions that are not empty, those without a known word.
    none_known: f64,
    captions: u64,
    words: u64,
}

pub(super) fn run(model: &Path, file: &Path, common: &CommonArgs) -> Result<Outcome> {
    let console = common.console();
    let model = model_file::read(model)?;
    let mut lines = Lines::open(file)?;
    if common.dry_run {
        console.result(format!("would count the known words of {}", file.display()))?;
        return Ok(Outcome::Done);
    }
    let threads = parallel::threads(common.jobs);
    let mut covered = [Covered::default(); 4];
    let (mut products, mut batch) = (0, lines.batch(BATCH)?);
    while !batch.is_empty() {
        let blocks: Vec<&[String]> = batch.chunks(BLOCK).collect();
        let counted = parallel::each(
            threads,
            &blocks,
            || [Covered::default(); 4],
            |covered, at, block| {
                for (number, line) in (products + at * BLOCK + 1..).zip(*block) {
                    let product: Product = serde_json::from_str(line).map_err(|e| {
                        anyhow!(
                            "{}: line {number}: expected {{\"id\": ..., \"captions\": [4 texts]}}, found {e}\nhint: `ingest captions DUMP --out FILE.jsonl` writes such a file",
                            file.display()
                        )
                    })?;
                    for (covered, caption) in covered.iter_mut().zip(&product.captions) {
                        covered.add(&model, caption);
                    }
                }
                Ok(())
            },
        )?;
        for of_thread in counted {
            for (sum, part) in covered.iter_mut().zip(of_thread) {
                sum.merge(part);
            }
        }
        products += batch.len();
        batch = lines.batch(BATCH)?;
    }

    console.result(format!("{products} products"))?;
    console.result("caption     words known    captions without a known word")?;
    let mut told = serde_json::Map::new();
    for (name, covered) in NAMES.iter().zip(covered) {
        let shares = covered.told();
        console.result(format!(
            "{name:10}  {:9.1} %  {:8.2} %",
            shares.known * 100.0,
            shares.none_known * 100.0
        ))?;
        told.insert((*name).to_owned(), serde_json::to_value(shares)?);
    }
    console.json_result(&json!({ "products": products, "captions": told }))?;
    Ok(Outcome::Done)
}

impl Covered {
    fn add(&mut self, model: &TextModel, caption: &str) {
        if caption.is_empty() {
            return;
        }
        let analyzer = model.analyzer();
        let (mut words, mut known) = (0, 0);
        for word in analyzer.tokenizer.tokens(caption) {
            if analyzer.filter.keeps(&word) {
                words += 1;
                known += u64::from(model.vocabulary().column(&analyzer.stemmer.stem(&word)).is_some());
            }
        }
        self.captions += 1;
        self.words += words;
        self.known_words += known;
        self.none_known += u64::from(known == 0);
    }

    fn merge(&mut self, other: Self) {
        self.captions += other.captions;
        self.words += other.words;
        self.known_words += other.known_words;
        self.none_known += other.none_known;
    }

    fn told(self) -> Told {
        let share = |part: u64, whole: u64| part as f64 / whole.max(1) as f64;
        Told {
            known: share(self.known_words, self.words),
            none_known: share(self.none_known, self.captions),
            captions: self.captions,
            words: self.words,
        }
    }
}
