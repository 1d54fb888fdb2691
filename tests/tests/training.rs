//! Training over the built program: exact resume, damaged and foreign runs, refusals.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use harness::{Chain, Program};
use serde_json::Value;

fn prepared() -> Chain {
    let chain = Chain::drawn(90);
    let _ = chain.preprocess();
    chain
}

fn checkpoints(run: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(run.join("checkpoints")) else {
        return Vec::new();
    };
    let mut paths: Vec<_> = entries.map(|e| e.unwrap().path()).collect();
    paths.retain(|p| p.extension().is_some_and(|e| e == "safetensors"));
    paths.sort();
    paths
}

/// Every tensor of the newest checkpoint, bit for bit. What is measured in seconds is left out.
fn weights(run: &Path) -> Vec<(String, Vec<u8>)> {
    let bytes = fs::read(checkpoints(run).last().unwrap()).unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let mut all: Vec<_> = tensors
        .tensors()
        .into_iter()
        .map(|(name, t)| (name, t.data().to_vec()))
        .collect();
    all.sort();
    all
}

/// The lines of `stats.jsonl` without what is measured in seconds.
fn stats(run: &Path) -> Vec<Value> {
    let text = fs::read_to_string(run.join("stats.jsonl")).unwrap();
    let line = |line: &str| {
        let mut value: Value = serde_json::from_str(line).unwrap();
        let object = value.as_object_mut().unwrap();
        object.remove("images_per_second");
        object.remove("seconds");
        object.remove("memory_mib");
        value
    };
    text.lines().map(line).collect()
}

#[test]
fn a_run_killed_and_resumed_has_the_weights_of_an_unbroken_one_to_the_bit() {
    let chain = prepared();
    let unbroken = chain.train("unbroken").arg("--json").run().success();
    assert_eq!(unbroken.stdout_json()["step"], 48);

    let broken = chain.path("broken");
    for wanted in [1, 2] {
        let mut running = chain.train("broken").arg("--resume").start();
        // Killed some time after a checkpoint: the steps since then are lost and come again.
        if running.until(|| checkpoints(&broken).len() >= wanted) {
            let _ = running.kill();
        }
    }
    let resumed = chain.train("broken").args(["--resume", "--json"]).run().success();
    assert_eq!(resumed.stdout_json()["step"], 48);
    assert!(
        weights(&broken) == weights(&chain.path("unbroken")),
        "weights, moments and averages"
    );
    assert_eq!(stats(&broken), stats(&chain.path("unbroken")));
    let grid = |run: &str| fs::read(chain.path(run).join("fakes-000000.png")).unwrap();
    assert!(grid("broken") == grid("unbroken"));
}

/// A recipe of the other parts: penalties at some steps, augmentation, dropout, texts that come in and have noise of their
/// own, half precision.
const OTHER_PARTS: &[&str] = &[
    "networks.generator=fusion",
    "networks.discriminator=projection",
    "networks.conditioning_augmentation=true",
    "networks.smooth_skip=true",
    "objective.loss=relativistic",
    "objective.wrong_text=0.25",
    "objective.wrong_text_kimg=0.2",
    "objective.text_warm_up_kimg=0.12",
    "penalty.r1=0.5",
    "penalty.r2=0.5",
    "penalty.every=5",
    "augment.flip=true",
    "augment.translation=0.125",
    "augment.cutout=0.25",
    "augment.caption_dropout=0.1",
    "augment.word_dropout=0.1",
    "train.precision=bf16",
];

#[test]
fn a_run_of_the_other_parts_goes_on_to_the_weights_of_an_unbroken_one_to_the_bit() {
    let chain = prepared();
    let train = |run: &str, kimg: &str| {
        let set = OTHER_PARTS.iter().copied().chain([kimg]);
        let set: Vec<&str> = set.flat_map(|pair| ["--set", pair]).collect();
        let _ = chain.train(run).args(&set).arg("--resume").run().success();
    };
    train("unbroken", "train.kimg=0.288");
    // Stopped after 12 and 24 of 36 steps, between two penalties.
    for kimg in ["train.kimg=0.096", "train.kimg=0.192", "train.kimg=0.288"] {
        train("broken", kimg);
    }
    let (broken, unbroken) = (chain.path("broken"), chain.path("unbroken"));
    assert!(
        weights(&broken) == weights(&unbroken),
        "weights, moments and averages"
    );
    let penalties = stats(&unbroken)
        .iter()
        .filter(|line| line["r1"].is_number())
        .count();
    assert!(penalties > 1 && penalties < stats(&unbroken).len(), "{penalties}");
    assert_eq!(stats(&broken), stats(&unbroken));
}

/// A recipe that grows from 4 to 32 pixels: 4 pixels for 24 images, then 16 of fading and 24 more at each, with a line of
/// statistics a step.
const GROWING: &[&str] = &[
    "networks.generator=progan",
    "networks.discriminator=progan",
    "networks.max_width=16",
    "train.tick_kimg=0.001",
    "growth.fade_kimg=0.016",
    "growth.stable_kimg=0.024",
    "growth.batch={ 4 = 8, 8 = 6, 16 = 4, 32 = 3 }",
    "objective.loss=wasserstein",
    "objective.wrong_text=0.5",
    "penalty.gradient_penalty=10",
    "penalty.drift=0.001",
    "adam.beta1=0",
    "augment.flip=true",
    "augment.translation=0.125",
    "ema.decay=0.9",
];

/// The networks of the house's recipe, growing from 8 to 32 pixels in the same way.
const GROWING_FUSION: &[&str] = &[
    "networks.generator=fusion",
    "networks.discriminator=projection",
    "networks.max_width=16",
    "networks.smooth_skip=true",
    "train.tick_kimg=0.001",
    "growth.first_resolution=8",
    "growth.fade_kimg=0.016",
    "growth.stable_kimg=0.024",
    "growth.batch={ 8 = 8, 16 = 4, 32 = 4 }",
    "objective.loss=relativistic",
    "objective.wrong_text=0.25",
    "objective.wrong_text_kimg=0.03",
    "penalty.r1=0.05",
    "penalty.r2=0.05",
    "penalty.every=2",
    "adam.beta1=0",
];

#[test]
fn a_growing_run_stopped_within_fades_and_at_boundaries_ends_with_the_weights_of_an_unbroken_one() {
    let said = "growth, in pixels from kimg: 4 from 0 (batch 8), 8 from 0.024 (batch 6)";
    // At the end of 4 pixels; within the fade to 8, to 16 and to 32.
    let stops = [
        ("train.kimg=0.024", 4, 1.0),
        ("train.kimg=0.03", 8, 0.0),
        ("train.kimg=0.076", 16, 0.625),
        ("train.kimg=0.116", 32, 0.6875),
        ("train.kimg=0.2", 32, 1.0),
    ];
    grows_as_well_when_stopped(GROWING, said, &stops);
}

#[test]
fn the_houses_networks_grow_and_go_on_within_fades_as_if_never_stopped() {
    let said = "growth, in pixels from kimg: 8 from 0 (batch 8), 16 from 0.024 (batch 4)";
    let stops = [
        ("train.kimg=0.024", 8, 1.0),
        ("train.kimg=0.03", 16, 0.25),
        ("train.kimg=0.076", 32, 0.5),
        ("train.kimg=0.12", 32, 1.0),
    ];
    grows_as_well_when_stopped(GROWING_FUSION, said, &stops);
}

/// A run with these settings, stopped at each of `stops` (the length, and the pixels and the fade that it has reached), ends as
/// one that was never stopped, which says `said` of its growth.
fn grows_as_well_when_stopped(settings: &[&str], said: &str, stops: &[(&str, u32, f64)]) {
    let chain = prepared();
    let train = |run: &str, kimg: &str| {
        let set = settings.iter().copied().chain([kimg]);
        let set: Vec<&str> = set.flat_map(|pair| ["--set", pair]).collect();
        chain
            .train(run)
            .args(&set)
            .args(["--resume", "--json"])
            .run()
            .success()
    };
    let (last, _, _) = stops.last().unwrap();
    let _ = train("unbroken", last).stderr_contains(said);
    for &(kimg, pixels, alpha) in stops {
        let _ = train("broken", kimg);
        let lines = stats(&chain.path("broken"));
        let last = lines.last().unwrap();
        assert_eq!(last["resolution"], f64::from(pixels), "{kimg}: {last}");
        assert_eq!(last["alpha"], alpha, "{kimg}: {last}");
        // A model of any moment draws pictures of the full size.
        let drawn = Program::new("gen")
            .arg("sample")
            .arg(chain.path("broken"))
            .args([
                "red shirt",
                "-n",
                "1",
                "--allow-unknown",
                "--force",
                "--device",
                "cpu",
                "--out",
            ])
            .arg(chain.path("pictures"));
        let _ = drawn.run().success();
    }
    let (broken, unbroken) = (chain.path("broken"), chain.path("unbroken"));
    assert!(
        weights(&broken) == weights(&unbroken),
        "weights, moments and averages"
    );
    assert_eq!(stats(&broken), stats(&unbroken));
}

#[test]
fn a_dataset_of_1024_pixels_serves_a_growth_from_4_pixels_and_a_step_at_1024() {
    let chain = Chain::drawn(12);
    let ingest = Program::new("ingest").arg(chain.path("dump")).arg("--out");
    let ingest = ingest.arg(chain.path("ingested")).args(["--size", "1024"]);
    for stage in [ingest, chain.textfeat(), chain.pack()] {
        let _ = stage.run().success();
    }
    for (run, set) in [
        (
            "small",
            ["train.resolution=8", "networks.max_width=16", "train.kimg=0.05"],
        ),
        (
            "large",
            [
                "train.resolution=1024",
                "networks.max_width=4",
                "train.kimg=0.002",
            ],
        ),
    ] {
        let first = format!(
            "growth.first_resolution={}",
            if run == "small" { 4 } else { 1024 }
        );
        let set = GROWING
            .iter()
            .copied()
            .chain(["networks.width=1", "growth.batch={ 1024 = 2 }", first.as_str()])
            .chain(set);
        let set: Vec<&str> = set.flat_map(|pair| ["--set", pair]).collect();
        let _ = chain.train(run).args(&set).run().success();
        let lines = stats(&chain.path(run));
        let resolution: f64 = if run == "small" { 8.0 } else { 1024.0 };
        assert_eq!(lines.last().unwrap()["resolution"], resolution);
    }
}

#[test]
fn ctrl_c_saves_and_a_finished_run_has_nothing_to_do() {
    let chain = prepared();
    let run = chain.path("run");
    let mut running = chain.train("run").args(["--set", "train.kimg=100"]).start();
    assert!(running.until(|| !checkpoints(&run).is_empty()));
    // A signal that is passed on to a program that had it already asks for nothing more.
    running.interrupt();
    running.interrupt();
    let stopped = running.wait().ends(Some(130));
    let _ = stopped.stdout_contains("stopped and saved");
    assert!(run.join("model.safetensors").exists());

    // Length is no part of what a run is: it may be shortened or prolonged.
    let _ = chain
        .train("run")
        .args(["--resume", "--set", "train.kimg=0.008"])
        .run()
        .success()
        .stdout_contains("nothing to do");
}

#[test]
fn a_terminal_that_is_closed_has_the_run_saved_but_not_under_nohup() {
    let chain = prepared();
    let train = |run: &str| chain.train(run).args(["--set", "train.kimg=100"]);
    let mut running = train("run").start();
    assert!(running.until(|| !checkpoints(&chain.path("run")).is_empty()));
    running.hang_up();
    let _ = running
        .wait()
        .ends(Some(130))
        .stdout_contains("stopped and saved");

    let run = chain.path("kept");
    let mut running = train("kept").under_nohup().start();
    assert!(running.until(|| !checkpoints(&run).is_empty()));
    running.hang_up();
    let now = checkpoints(&run);
    assert!(running.until(|| checkpoints(&run) != now), "it goes on");
    let _ = running.kill();
}

#[test]
fn ctrl_c_twice_leaves_at_once_also_where_nobody_hears_it() {
    let chain = prepared();
    // A step of many seconds.
    let long = ["networks.width=128", "train.batch=1024", "train.kimg=100"];
    let train = |run: &str| {
        let set = long.iter().flat_map(|pair| ["--set", pair]);
        chain.train(run).args(set)
    };
    let twice = |run: &str, train: Program| {
        let mut running = train.start();
        assert!(running.until(|| chain.path(run).join("config.toml").exists()));
        running.interrupt();
        thread::sleep(Duration::from_millis(1_100));
        running.interrupt();
        let stopped = running.wait().ends(Some(130));
        assert!(
            !stopped.stderr.contains("error:") && !stopped.stdout.contains("saved"),
            "{}",
            stopped.stderr
        );
        assert!(stats(&chain.path(run)).is_empty(), "the first step was not over");
    };
    twice("heard", train("heard"));
    #[cfg(target_os = "linux")]
    twice("unheard", train("unheard").with_full_stderr());
}

#[test]
fn a_model_that_is_missing_or_behind_is_written_by_a_run_with_nothing_to_do() {
    let chain = prepared();
    let run = chain.path("run");
    let short = ["--resume", "--set", "train.kimg=0.096"];
    let _ = chain.train("run").args(short).run().success();
    let behind = fs::read(run.join("model.safetensors")).unwrap();
    let _ = chain.train("run").arg("--resume").run().success();
    let last = fs::read(run.join("model.safetensors")).unwrap();
    for end in ["missing", "behind"] {
        fs::remove_file(run.join("model.safetensors")).unwrap();
        if end == "behind" {
            fs::write(run.join("model.safetensors"), &behind).unwrap();
        }
        let again = chain.train("run").arg("--resume").run().success();
        let _ = again.stdout_contains("nothing to do");
        assert!(fs::read(run.join("model.safetensors")).unwrap() == last, "{end}");
    }
}

#[test]
fn a_run_whose_checkpoints_are_gone_is_not_begun_anew_unasked() {
    let chain = prepared();
    let run = chain.path("run");
    let _ = chain.train("run").run().success();
    let files = ["model.safetensors", "stats.jsonl", "config.toml"].map(|name| run.join(name));
    let before = files.each_ref().map(|file| fs::read(file).unwrap());
    fs::remove_dir_all(run.join("checkpoints")).unwrap();
    for flags in [&[][..], &["--resume"]] {
        let refused = chain.train("run").args(flags).run().fails(1).hints();
        let _ = refused
            .stderr_contains("expected the checkpoints of the run that made model.safetensors, found none");
    }
    assert!(files.each_ref().map(|file| fs::read(file).unwrap()) == before);
    let _ = chain.train("run").arg("--force").run().success();
}

#[test]
fn a_slow_run_is_saved_by_the_clock() {
    let chain = prepared();
    let long = ["--set", "train.kimg=100", "--set", "train.checkpoint_kimg=100"];
    let mut running = chain
        .train("run")
        .args(long)
        .args(["--set", "train.checkpoint_minutes=0.001"])
        .start();
    assert!(
        running.until(|| !checkpoints(&chain.path("run")).is_empty()),
        "a checkpoint before the first kimg"
    );
    let _ = running.kill();
}

#[test]
fn a_run_of_another_recipe_or_without_resume_is_refused_and_untouched() {
    let chain = prepared();
    let _ = chain.train("run").run().success();
    let before = weights(&chain.path("run"));
    let _ = chain
        .train("run")
        .run()
        .fails(1)
        .stderr_contains("expected a new folder, found a run")
        .hints();
    let other = chain
        .train("run")
        .args(["--resume", "--set", "adam.lr=0.1"])
        .run()
        .fails(1);
    let _ = other.stderr_contains("adam.lr: 0.0002 -> 0.1").hints();
    assert!(before == weights(&chain.path("run")));
}

#[test]
fn a_damaged_checkpoint_is_passed_over_for_the_one_before() {
    let chain = prepared();
    let _ = chain.train("unbroken").run().success();
    let _ = chain
        .train("run")
        .args(["--set", "train.kimg=0.192"])
        .run()
        .success();
    let newest = checkpoints(&chain.path("run")).pop().unwrap();
    let mut bytes = fs::read(&newest).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    fs::write(&newest, &bytes).unwrap();
    let resumed = chain.train("run").arg("--resume").run().success();
    let _ = resumed.stderr_contains("warning: passed over:");
    assert!(weights(&chain.path("run")) == weights(&chain.path("unbroken")));

    // A damaged one of a later step is no reason to drop the one just written.
    let newest = checkpoints(&chain.path("run")).pop().unwrap();
    fs::write(&newest, b"cut").unwrap();
    let shorter = ["--resume", "--set", "train.kimg=0.36", "--set", "train.keep=1"];
    let _ = chain.train("run").args(shorter).run().success();
    assert_eq!(checkpoints(&chain.path("run")).len(), 1);
    let _ = chain.train("run").arg("--resume").run().success();
    assert!(weights(&chain.path("run")) == weights(&chain.path("unbroken")));

    for path in checkpoints(&chain.path("run")) {
        fs::write(path, b"cut").unwrap();
    }
    let _ = chain
        .train("run")
        .arg("--resume")
        .run()
        .fails(1)
        .stderr_contains("expected a safetensors file")
        .hints();
}

#[test]
fn recipes_and_data_that_do_not_fit_are_refused_before_anything_is_written() {
    let chain = prepared();
    let refused = |set: &str, says: &str| {
        let _ = chain
            .train("run")
            .args(["--set", set])
            .run()
            .fails(1)
            .stderr_contains(says)
            .hints();
    };
    refused(
        "train.resolution=48",
        "train.resolution: expected a value 32, 64, 128 or 256, found 48",
    );
    refused(
        "train.resolution=64",
        "expected images of 64 pixels or a multiple",
    );
    let grown = [
        "networks.generator=progan",
        "networks.discriminator=progan",
        "penalty.r1=1",
        "train.resolution=1024",
    ];
    let _ = chain
        .train("run")
        .args(grown.map(|pair| ["--set", pair]).as_flattened())
        .run()
        .fails(1)
        .stderr_contains("expected images of 1024 pixels or a multiple (train.resolution), found 32 pixels")
        .hints();
    refused("adam.rate=1", "unknown field `rate`");
    refused(
        "networks.generator=progan",
        "networks.discriminator: expected a value \"progan\"",
    );
    refused(
        "growth.fade_kimg=1",
        "networks.generator: expected a value \"fusion\" or \"progan\" with a section [growth]",
    );
    refused("train.batch=many", "invalid type: string");
    assert!(!chain.path("run").exists());
    let _ = chain.train("run").args(["--device", "cuda:77"]).run().fails(2);
    let train = Program::new("gan")
        .args(["train", "none.toml", "--run"])
        .arg(chain.path("run"));
    let _ = train
        .run()
        .fails(1)
        .stderr_contains("none.toml: cannot read")
        .hints();
}

#[test]
fn a_run_on_other_data_is_refused() {
    let chain = prepared();
    let _ = chain.train("run").run().success();
    let _ = chain.synth(95).arg("--force").run().success();
    let _ = chain.preprocess();
    let other = chain.train("run").arg("--resume").run().fails(1);
    let _ = other
        .stderr_contains("expected a run on this dataset, found one on other data")
        .hints();
}

#[test]
fn a_full_disk_stops_the_run_and_keeps_the_last_checkpoint() {
    let chain = prepared();
    let _ = chain
        .train("run")
        .args(["--set", "train.kimg=0.096"])
        .run()
        .success();
    let before = checkpoints(&chain.path("run"));
    // Statistics fit into 64 blocks, a checkpoint does not.
    let full = chain
        .train("run")
        .arg("--resume")
        .with_files_up_to(64)
        .run()
        .fails(1);
    let _ = full.stderr_contains("no space left on the device").hints();
    assert_eq!(checkpoints(&chain.path("run")), before);
    let _ = chain.train("run").arg("--resume").run().success();
    let _ = chain.train("unbroken").run().success();
    assert!(weights(&chain.path("run")) == weights(&chain.path("unbroken")));
}
