//! Runs that are refused before anything is written, over the built program.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use harness::run_folder::weights;
use harness::{Chain, Program};

#[test]
fn a_run_of_another_recipe_or_without_resume_is_refused_and_untouched() {
    let chain = Chain::packed(90);
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
fn recipes_and_data_that_do_not_fit_are_refused_before_anything_is_written() {
    let chain = Chain::packed(90);
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
    let chain = Chain::packed(90);
    let _ = chain.train("run").run().success();
    let _ = chain.synth(95).arg("--force").run().success();
    let _ = chain.preprocess();
    let other = chain.train("run").arg("--resume").run().fails(1);
    let _ = other
        .stderr_contains("expected a run on this dataset, found one on other data")
        .hints();
}
