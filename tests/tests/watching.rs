//! Watching a run: what TensorBoard reads, the report, the light evaluation and the best model.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use harness::{Chain, Program, place};
use serde_json::Value;

/// [`Chain::packed`] with an evaluator of the data.
fn with_evaluator() -> Chain {
    let chain = Chain::packed(400);
    let prepare = Program::new("gan").args(["eval", "--prepare", "--epochs", "2", "--jobs", "1"]);
    let prepare = prepare
        .args(["--device", "cpu", "--data"])
        .arg(chain.path("dataset"));
    let _ = prepare.run().success();
    chain
}

/// What TensorBoard finds; `None`, said aloud, where it is not installed.
fn read_by_tensorboard(run: &Path) -> Option<Vec<Value>> {
    let python = place::repository().join(".venv/bin/python");
    let installed = python.exists() && {
        let asked = Program::at(&python).args(["-c", "import tensorboard, PIL"]).run();
        asked.code == Some(0)
    };
    if !installed {
        eprintln!(
            "skipped: no tensorboard in {}; ./justw setup installs it",
            python.display()
        );
        return None;
    }
    let script = place::repository().join("tests/tests/read_events.py");
    let read = Program::at(&python).arg(script).arg(run).run().success();
    Some(
        read.stdout
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect(),
    )
}

fn stats(run: &Path) -> Vec<BTreeMap<String, f64>> {
    let text = fs::read_to_string(run.join("stats.jsonl")).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Every point of a reader as (tag, step), sorted; points that stand twice stay twice.
fn points(found: &[Value], reader: &str) -> Vec<(String, u64)> {
    let of_reader = found
        .iter()
        .filter(|v| v["reader"] == reader && v["tag"].is_string());
    let mut points: Vec<_> = of_reader
        .map(|v| (v["tag"].as_str().unwrap().to_owned(), v["step"].as_u64().unwrap()))
        .collect();
    points.sort();
    points
}

#[test]
fn tensorboard_reads_every_figure_and_grid_once_after_kills_and_rewritten_ends() {
    let chain = Chain::packed(90);
    let run = chain.path("run");
    let checkpoints = || fs::read_dir(run.join("checkpoints")).map_or(0, Iterator::count);
    // Killed a while after a checkpoint, so that points after it are told twice.
    let mut running = chain
        .train("run")
        .args(["--set", "train.tick_kimg=0.008"])
        .start();
    let mut ticks = 0;
    let beyond = running.until(|| {
        ticks = fs::read_to_string(run.join("stats.jsonl")).map_or(0, |text| text.lines().count());
        checkpoints() > 0 && ticks % 12 > 3
    });
    let killed = running.kill();
    eprintln!("killed after {ticks} ticks: {beyond} ({:?})", killed.code);
    let again = ["--resume", "--set", "train.tick_kimg=0.008"];
    let _ = chain.train("run").args(again).run().success();

    let lines = stats(&run);
    assert_eq!(lines.len(), 48);
    let Some(found) = read_by_tensorboard(&run) else {
        return;
    };
    let steps: Vec<u64> = (1..=48).collect();
    for reader in ["accumulator", "file"] {
        let of_loss = points(&found, reader)
            .into_iter()
            .filter(|(tag, _)| tag == "loss/d_loss");
        let of_loss: Vec<u64> = of_loss.map(|(_, step)| step).collect();
        assert_eq!(of_loss, steps, "{reader}");
    }
    // The values are those of stats.jsonl, as 32-bit floats.
    for (tag, name) in [
        ("loss/g_loss", "g_loss"),
        ("logit/d_logit_val", "d_logit_val"),
        ("speed/images_per_second", "images_per_second"),
    ] {
        let values: Vec<f64> = found
            .iter()
            .filter(|v| v["reader"] == "accumulator" && v["tag"] == tag)
            .map(|v| v["value"].as_f64().unwrap())
            .collect();
        let expected: Vec<f64> = lines.iter().map(|line| f64::from(line[name] as f32)).collect();
        assert_eq!(values, expected, "{tag}");
    }
    let pictures: Vec<&Value> = found.iter().filter(|v| v["picture"] == "fakes").collect();
    let at: Vec<u64> = pictures.iter().map(|v| v["step"].as_u64().unwrap()).collect();
    assert_eq!(at, [24, 48]);
}

#[test]
fn a_run_measures_itself_and_keeps_its_best_and_a_resumed_one_the_same_to_the_byte() {
    let chain = with_evaluator();
    let often = ["--set", "train.eval_kimg=0.064"];
    let unbroken = chain.train("unbroken").args(often).arg("--json").run().success();
    let found = unbroken.stdout_json();
    let run = chain.path("unbroken");
    let scores: Vec<(f64, f64)> = stats(&run)
        .iter()
        .filter_map(|line| Some((line["step"], *line.get("score")?)))
        .collect();
    let at: Vec<f64> = scores.iter().map(|s| s.0).collect();
    assert_eq!(at, [8.0, 16.0, 24.0, 32.0, 40.0, 48.0]);
    let best = scores
        .iter()
        .copied()
        .reduce(|a, b| if b.1 > a.1 { b } else { a })
        .unwrap();
    assert_eq!(found["best_step"].as_f64(), Some(best.0));
    assert_eq!(found["best_score"].as_f64(), Some(best.1));
    let line = stats(&run).pop().unwrap();
    for name in [
        "kid",
        "kid_real",
        "r_precision",
        "diversity",
        "accuracy.gender",
        "accuracy_chance.gender",
        "share_right.base_colour",
    ] {
        assert!(line.contains_key(name), "{name}: {line:?}");
    }

    // The file is a model like any other, with its score.
    let bytes = fs::read(run.join("best.safetensors")).unwrap();
    let (_, header) = safetensors::SafeTensors::read_metadata(&bytes).unwrap();
    let sealed: Value = serde_json::from_str(&header.metadata().as_ref().unwrap()["atelier"]).unwrap();
    assert_eq!(sealed["about"]["score"].as_f64(), Some(best.1));
    assert_eq!(sealed["about"]["step"].as_f64(), Some(best.0));
    let sample = Program::new("gen")
        .arg("sample")
        .arg(run.join("best.safetensors"));
    let _ = sample
        .args(["red shirt", "--out"])
        .arg(chain.path("pictures"))
        .run()
        .success();

    // It can be measured as the last can, each into files of its own.
    let eval = |flags: &[&str]| {
        let eval = Program::new("gan").args(["eval", "--products", "8", "--device", "cpu", "--data"]);
        eval.arg(chain.path("dataset")).arg("--run").arg(&run).args(flags)
    };
    let _ = eval(&[]).run().success();
    let _ = eval(&["--best"]).run().success();
    let measured =
        |name: &str| -> Value { serde_json::from_slice(&fs::read(run.join(name)).unwrap()).unwrap() };
    let of_best = measured("eval-best.json");
    assert_eq!(of_best["model"], blake3::hash(&bytes).to_hex().as_str());
    assert_ne!(of_best["model"], measured("eval.json")["model"]);
    assert!(run.join("nearest-best.png").exists());

    // Killed between two evaluations, again and again.
    let broken = chain.path("broken");
    let ticks = || fs::read_to_string(broken.join("stats.jsonl")).map_or(0, |text| text.lines().count());
    for wanted in [4, 8, 10] {
        let mut running = chain.train("broken").args(often).arg("--resume").start();
        if running.until(|| ticks() >= wanted) {
            let _ = running.kill();
        }
    }
    let resumed = chain
        .train("broken")
        .args(often)
        .args(["--resume", "--json"])
        .run()
        .success();
    assert_eq!(resumed.stdout_json()["best_score"], found["best_score"]);
    assert!(fs::read(broken.join("best.safetensors")).unwrap() == bytes);
    let lines = |run: &Path| {
        let without = |mut line: BTreeMap<String, f64>| {
            line.retain(|name, _| !matches!(name.as_str(), "images_per_second" | "seconds" | "memory_mib"));
            line
        };
        stats(run).into_iter().map(without).collect::<Vec<_>>()
    };
    assert_eq!(lines(&broken), lines(&run));
}

#[test]
fn without_an_evaluator_a_run_says_once_how_to_make_one_and_goes_on() {
    let chain = Chain::packed(90);
    let finished = chain.train("run").run().success();
    let said = finished.stderr.matches("gan eval --prepare").count();
    assert_eq!(said, 1, "{}", finished.stderr);
    assert!(!chain.path("run").join("best.safetensors").exists());
    let best = Program::new("gan").args(["eval", "--best", "--device", "cpu", "--data"]);
    let best = best
        .arg(chain.path("dataset"))
        .arg("--run")
        .arg(chain.path("run"));
    let refused = best.run().fails(1).hints();
    let _ = refused.stderr_contains("expected the best model of a run that measured itself, found none");
    let never = chain
        .train("never")
        .args(["--set", "train.eval_kimg=0"])
        .run()
        .success();
    assert!(!never.stderr.contains("gan eval --prepare"), "{}", never.stderr);
}

#[test]
fn a_report_is_one_file_that_asks_for_nothing_and_can_be_made_anew() {
    let chain = with_evaluator();
    let _ = chain
        .train("run")
        .args(["--set", "train.eval_kimg=0.128"])
        .run()
        .success();
    let path = chain.path("run").join("report.html");
    let html = fs::read_to_string(&path).unwrap();
    for part in [
        "Real and drawn",
        "Curves",
        "Configuration",
        "Share right",
        "D on fixed images",
        "KID",
        "images/s",
    ] {
        assert!(html.contains(part), "{part}");
    }
    assert!(!html.contains("://"), "a request to outside");
    // The sheets of both grids and of the photos.
    assert_eq!(html.matches("data:image/png;base64,").count(), 2);
    fs::remove_file(&path).unwrap();
    let report = Program::new("gan")
        .args(["report", "--json", "--run"])
        .arg(chain.path("run"));
    let found = report.run().success().stdout_json();
    assert!(found["warnings"].is_array(), "{found}");
    assert!(fs::read_to_string(&path).unwrap() == html);

    let none = Program::new("gan")
        .args(["report", "--run"])
        .arg(chain.path("dump"));
    let _ = none
        .run()
        .fails(1)
        .stderr_contains("found no config.toml")
        .hints();
}
