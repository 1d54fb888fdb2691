//! A look at a dump's captions before the work: what each product would be called, and how much the four captions
//! yield. Texts are read as an ingest reads them, with or without pictures; no picture is decoded.

use std::collections::BTreeMap;
use std::path::PathBuf;

use rayon::prelude::*;
use serde::Serialize;
use serde_json::json;
use stage::atomic::AtomicFile;
use stage::{Console, Interrupt, Outcome, StageError};

use crate::captions::{self, Captions};
use crate::layout::{self, ColumnFlags, Entry, Layout, LayoutChoice, Survey, Wants};
use crate::rejects::{self, Flaw, Reason, Reject};

/// Products whose captions are made at a time.
const CHUNK: usize = 4096;
/// Names of the captions, in the catalogue's order.
const NAMES: [&str; 4] = ["full", "title", "attributes", "short"];

/// What to look at.
#[derive(Debug, Clone)]
pub struct Request {
    /// The dump: a folder, an archive or a table.
    pub dump: PathBuf,
    /// How it is laid out.
    pub layout: LayoutChoice,
    /// The columns of a table, where flags name them.
    pub columns: ColumnFlags,
    /// Where all captions go, if anywhere.
    pub out: Option<PathBuf>,
    /// How many products to show.
    pub show: usize,
    /// Only say what would be done.
    pub dry_run: bool,
}

/// A product's line of the file.
#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    /// In the catalogue's order; see `data/README.md`.
    captions: [&'a str; 4],
}

/// Reads the dump's texts, shows some captions, tells what they yield, and writes them where asked.
///
/// # Errors
/// The dump cannot be used, or the file cannot be written.
pub fn run(request: &Request, console: &Console, interrupt: &Interrupt) -> anyhow::Result<Outcome> {
    let (choice, columns) = (request.layout, &request.columns);
    let layout = layout::open(&request.dump, choice, columns, Wants::Texts, console)?;
    if request.dry_run {
        let to = request
            .out
            .as_ref()
            .map(|out| format!(" and write them to {}", out.display()));
        console.info(format!(
            "would look at the captions of {}{}",
            request.dump.display(),
            to.unwrap_or_default()
        ));
        return Ok(Outcome::Done);
    }
    let Survey {
        entries,
        mut rejects,
        further,
        unpictured,
    } = layout.survey(console)?;
    let mut file = request.out.as_deref().map(AtomicFile::create).transpose()?;
    let mut yields = [(); 4].map(|()| Yield::default());
    let (mut shown, mut products, mut cut) = (Vec::new(), 0_usize, 0_u64);
    // Evenly over the dump, for its parts often differ.
    let step = entries.len().div_ceil(request.show.max(1)).max(1);
    for (number, chunk) in entries.chunks(CHUNK).enumerate() {
        if interrupt.requested() {
            return Ok(Outcome::Interrupted);
        }
        let made: Vec<Result<(Captions, bool), Reject>> = chunk
            .par_iter()
            .map(|entry| captions_of(layout.as_ref(), entry))
            .collect();
        for (at, (entry, made)) in (number * CHUNK..).zip(chunk.iter().zip(made)) {
            let captions = match made {
                Ok((captions, was_cut)) => {
                    cut += u64::from(was_cut);
                    captions
                }
                Err(reject) => {
                    rejects.push(reject);
                    continue;
                }
            };
            products += 1;
            for (each, text) in yields.iter_mut().zip(captions.all()) {
                each.add(text);
            }
            if let Some(file) = &mut file {
                file.put(&line(&entry.id, &captions)?)?;
            }
            if shown.len() < request.show && at >= shown.len() * step {
                shown.push((entry.id.clone(), captions));
            }
        }
    }
    if let Some(file) = file {
        file.commit()?;
    }
    rejects.sort();
    for (id, captions) in &shown {
        console.result(id)?;
        for (name, text) in NAMES.iter().zip(captions.all()) {
            console.result(format!("  {name:10}  {text}"))?;
        }
    }
    console.result(format!(
        "{} products seen = {products} with captions + {} rejected; {unpictured} of them have no picture",
        products + rejects.len(),
        rejects.len()
    ))?;
    for line in rejects::summary(&rejects) {
        console.result(line)?;
    }
    for (count, what) in [
        (
            further,
            "records say more of a product that another record tells of",
        ),
        (cut, "products had a text above the limit, which was cut"),
    ] {
        if count > 0 {
            console.result(format!("{count} {what}"))?;
        }
    }
    console.result("caption     empty    words: median  90 %  longest")?;
    let mut told = BTreeMap::new();
    for (name, each) in NAMES.iter().zip(&mut yields) {
        let told_of_one = each.told(products);
        console.result(format!(
            "{name:10}  {:5.1} %  {:13}  {:4}  {:7}",
            told_of_one.empty * 100.0,
            told_of_one.median,
            told_of_one.nine_tenths,
            told_of_one.longest
        ))?;
        told.insert(*name, told_of_one);
    }
    console.json_result(&json!({
        "products": products,
        "rejected": rejects.len(),
        "rejects": rejects::by_reason(&rejects),
        "without_picture": unpictured,
        "further_records": further,
        "texts_cut": cut,
        "captions": told,
    }))?;
    Ok(Outcome::Done)
}

fn captions_of(layout: &dyn Layout, entry: &Entry) -> Result<(Captions, bool), Reject> {
    let texts = layout
        .texts(entry)
        .map_err(|(flaw, path)| flaw.of(&entry.id, &path))?;
    let (captions, cut) = captions::build(&texts);
    if captions.is_empty() {
        let flaw = Flaw::new(Reason::NoText, "neither a title nor an attribute");
        return Err(flaw.of(&entry.id, &entry.image));
    }
    Ok((captions, cut || texts.cut))
}

fn line(id: &str, captions: &Captions) -> Result<Vec<u8>, StageError> {
    let line = Line {
        id,
        captions: captions.all(),
    };
    let mut line = serde_json::to_vec(&line).map_err(|source| StageError::Settings {
        stage: crate::STAGE,
        source,
    })?;
    line.push(b'\n');
    Ok(line)
}

/// What one of the captions yields over all products.
#[derive(Debug, Default)]
struct Yield {
    /// Words of each caption that is not empty.
    words: Vec<u32>,
}

/// The same in figures; lengths in words, of the captions that are not empty.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
struct Told {
    /// Share of products, 0 to 1.
    empty: f64,
    median: u32,
    nine_tenths: u32,
    longest: u32,
}

impl Yield {
    fn add(&mut self, text: &str) {
        if !text.is_empty() {
            let words = text.split_whitespace().count();
            self.words.push(u32::try_from(words).unwrap_or(u32::MAX));
        }
    }

    fn told(&mut self, products: usize) -> Told {
        self.words.sort_unstable();
        let at = |tenths: usize| {
            let place = (self.words.len() * tenths).div_ceil(10).saturating_sub(1);
            self.words.get(place).copied().unwrap_or_default()
        };
        Told {
            empty: (products - self.words.len()) as f64 / products.max(1) as f64,
            median: at(5),
            nine_tenths: at(9),
            longest: at(10),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_yield_counts_empty_ones_apart() {
        let mut all = Yield::default();
        for words in (1..=10).chain([0, 0]) {
            all.add(&"word ".repeat(words));
        }
        let told = all.told(12);
        assert_eq!((told.median, told.nine_tenths, told.longest), (5, 9, 10));
        assert!((told.empty - 2.0 / 12.0).abs() < 1e-9);
        let nothing = Yield::default().told(0);
        assert_eq!((nothing.empty, nothing.median, nothing.longest), (0.0, 0, 0));
    }
}
