//! A run that was killed, stopped or damaged goes on to what an unbroken one ends with.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;

use harness::place::repository;
use harness::run_folder::{checkpoints, stats, weights};
use harness::{Chain, Program};

#[test]
fn a_run_killed_and_resumed_has_the_weights_of_an_unbroken_one_to_the_bit() {
    let chain = Chain::packed(90);
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
    let chain = Chain::packed(90);
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

/// What makes a recipe small enough for 48 steps in seconds, and leaves it the parts that it has.
const SMALL: &[&str] = &[
    "train.resolution=32",
    "train.batch=8",
    "train.kimg=0.384",
    "train.tick_kimg=0.008",
    "train.checkpoint_kimg=0.064",
    "train.precision=fp32",
    "networks.z_dim=8",
    "networks.width=4",
    "networks.max_width=16",
    "objective.wrong_text_kimg=0.2",
];

/// The same for one that grows: from 16 pixels to 32 after ten steps, which fade in until long after its end.
const SMALL_GROWTH: &[&str] = &[
    "growth.first_resolution=16",
    "growth.stable_kimg=0.08",
    "growth.fade_kimg=0.64",
    "growth.min_width=1",
    "growth.batch={ 32 = 8 }",
];

#[test]
fn a_run_of_every_recipe_killed_and_resumed_has_the_weights_of_an_unbroken_one_to_the_bit() {
    let chain = Chain::packed(90);
    let recipes = fs::read_dir(repository().join("configs")).unwrap();
    let recipes: Vec<_> = recipes.map(|entry| entry.unwrap().path()).collect();
    assert!(recipes.len() >= 6, "{recipes:?}");
    for recipe in recipes {
        let name = recipe.file_stem().unwrap().to_string_lossy().into_owned();
        let grows = fs::read_to_string(&recipe).unwrap().contains("[growth]");
        let train = |run: &str| -> Program {
            let set = SMALL.iter().chain(SMALL_GROWTH.iter().filter(|_| grows));
            let train = chain.train_by(&recipe, &format!("{name}-{run}"));
            train
                .args(set.flat_map(|pair| ["--set", pair]))
                .args(["--jobs", "1", "--resume"])
        };
        let [broken, unbroken] = ["broken", "unbroken"].map(|run| chain.path(&format!("{name}-{run}")));
        let _ = train("unbroken").run().success();
        // The second checkpoint is of a moment within the fade, where there is one.
        let mut running = train("broken").start();
        if running.until(|| checkpoints(&broken).len() >= 2) {
            let _ = running.kill();
        }
        let _ = train("broken").run().success();
        assert!(
            weights(&broken) == weights(&unbroken),
            "{name}: weights, moments and averages"
        );
        assert_eq!(stats(&broken), stats(&unbroken), "{name}");
        let alpha = stats(&broken).last().and_then(|line| line["alpha"].as_f64());
        assert_eq!(
            alpha.map(|alpha| 0.0 < alpha && alpha < 1.0),
            grows.then_some(true),
            "{name}"
        );
    }
}

#[test]
fn a_damaged_checkpoint_is_passed_over_for_the_one_before() {
    let chain = Chain::packed(90);
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
fn a_full_disk_stops_the_run_and_keeps_the_last_checkpoint() {
    let chain = Chain::packed(90);
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
