//! A run that was killed, stopped or damaged goes on to what an unbroken one ends with.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;

use harness::Chain;
use harness::run_folder::{checkpoints, stats, weights};

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
