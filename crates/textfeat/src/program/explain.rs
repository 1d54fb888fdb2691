//! `textfeat explain`: what a model makes of a text, for a person.

use std::path::Path;

use anyhow::Result;
use stage::{CommonArgs, Console, Outcome};
use textfeat::Explanation;

use super::model_file;

pub(super) fn run(model: &Path, text: &str, common: &CommonArgs) -> Result<Outcome> {
    let console = common.console();
    let model = model_file::read(model)?;
    if common.dry_run {
        console.result(format!("would explain {} bytes of text", text.len()))?;
        return Ok(Outcome::Done);
    }
    let explanation = model.explain(text);
    print(&console, &explanation)?;
    console.json_result(&serde_json::to_value(&explanation)?)?;
    Ok(Outcome::Done)
}

fn print(console: &Console, explanation: &Explanation) -> Result<()> {
    let Explanation {
        known,
        stop_words,
        unknown,
        ..
    } = explanation;
    let width = |of: fn(&textfeat::KnownWord) -> &str, title: &str| {
        known
            .iter()
            .map(|k| of(k).chars().count())
            .chain([title.len()])
            .max()
            .unwrap_or_default()
    };
    let (word, term) = (width(|k| &k.word, "word"), width(|k| &k.term, "stem"));
    if !explanation.is_known {
        console.result("no known word: the vector is zero")?;
    }
    if !known.is_empty() {
        console.result(format!(
            "{:word$}  {:term$}  column  count     idf  weight",
            "word", "stem"
        ))?;
    }
    for k in known {
        console.result(format!(
            "{:word$}  {:term$}  {:6}  {:5}  {:6.3}  {:6.3}",
            k.word, k.term, k.column, k.count, k.idf, k.weight
        ))?;
    }
    if !stop_words.is_empty() {
        console.result(format!("left out: {}", stop_words.join(", ")))?;
    }
    for u in unknown {
        let meant = if u.nearest.is_empty() {
            String::new()
        } else {
            format!(", did you mean {}?", u.nearest.join(" or "))
        };
        let kin = if u.kin.is_empty() {
            String::new()
        } else {
            format!("; placed near {}", u.kin.join(", "))
        };
        console.result(format!("unknown: {}{meant}{kin}", u.word))?;
    }
    Ok(())
}
