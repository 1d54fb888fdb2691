//! Runs that begin with what another one has learnt (`gan train --from`).
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;

use harness::run_folder::{stats, weights};
use harness::{Chain, Program};
use serde_json::Value;

/// The networks of the house's recipe at 32 pixels, for 12 steps of 8 images.
const SMALL: &[&str] = &[
    "train.resolution=32",
    "train.kimg=0.096",
    "train.tick_kimg=0.008",
    "networks.generator=fusion",
    "networks.discriminator=projection",
    "networks.width=16",
    "networks.smooth_skip=true",
    "growth.first_resolution=32",
    "growth.stable_kimg=0.096",
    "growth.fade_kimg=0.016",
    "growth.skips=true",
    "objective.loss=relativistic",
    "penalty.r1=0.05",
    "penalty.r2=0.05",
    "adam.beta1=0",
];

/// The same grown to 64 pixels, where the new block is as wide as `networks.width` has it.
const LARGE: &[&str] = &["train.resolution=64", "networks.width=8", "train.kimg=0.16"];

fn train(chain: &Chain, run: &str, settings: &[&[&str]]) -> Program {
    let set = settings.concat();
    let set: Vec<&str> = set.into_iter().flat_map(|pair| ["--set", pair]).collect();
    chain.train(run).args(&set)
}

#[test]
fn a_run_begun_with_another_of_its_recipe_ends_as_that_one_would_have() {
    let chain = Chain::packed(90);
    let half = ["train.kimg=0.192"];
    let _ = train(&chain, "half", &[&half]).run().success();
    let _ = train(&chain, "whole", &[]).run().success();
    let from = train(&chain, "on", &[])
        .arg("--from")
        .arg(chain.path("half"))
        .run()
        .success();
    let _ = from.stderr_contains("learnt in 24 steps");
    assert!(weights(&chain.path("on")) == weights(&chain.path("whole")));
    let whole = stats(&chain.path("whole"));
    let step = |line: &Value| line["step"].as_u64().unwrap();
    let second_half: Vec<Value> = whole.into_iter().filter(|line| step(line) > 24).collect();
    assert_eq!(stats(&chain.path("on")), second_half);
    assert!(chain.path("on").join("reals.png").exists());
}

#[test]
fn a_run_stopped_before_it_took_over_what_another_learnt_does_not_begin_with_nothing() {
    let chain = Chain::packed(90);
    let _ = train(&chain, "half", &[&["train.kimg=0.192"]]).run().success();
    let half = chain.path("half");
    let from_half = || train(&chain, "on", &[]).arg("--resume").arg("--from").arg(&half);
    let _ = from_half().run().success();
    let on = chain.path("on");
    let whole = weights(&on);
    // What a kill between the recipe and the first checkpoint leaves.
    for entry in fs::read_dir(&on).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        match name.as_str() {
            "config.toml" | "from.txt" => (),
            _ if path.is_dir() => fs::remove_dir_all(&path).unwrap(),
            _ => fs::remove_file(&path).unwrap(),
        }
    }
    let alone = train(&chain, "on", &[]).arg("--resume").run().fails(1).hints();
    let _ = alone.stderr_contains(&format!("expected --from {}", half.display()));
    let _ = from_half().run().success().stderr_contains("learnt in 24 steps");
    assert!(weights(&on) == whole);
    // Begun anew with nothing, it is no run of another any more.
    let _ = train(&chain, "on", &[]).arg("--force").run().success();
    assert!(!on.join("from.txt").exists());
    // Stopped while that run was being removed for one that begins with another.
    fs::create_dir(on.join("fakes-000009.png")).unwrap();
    let anew = train(&chain, "on", &[]).arg("--force").arg("--from").arg(&half);
    let _ = anew.run().fails(1).stderr_contains("cannot remove");
    fs::remove_dir(on.join("fakes-000009.png")).unwrap();
    let alone = train(&chain, "on", &[]).arg("--resume").run().fails(1).hints();
    let _ = alone.stderr_contains(&format!("expected --from {}", half.display()));
    let _ = from_half().run().success();
    assert!(weights(&on) == whole);
}

#[test]
fn a_finished_run_is_grown_to_twice_its_side() {
    let chain = Chain::packed_at(60, 64);
    let _ = train(&chain, "small", &[SMALL]).run().success();
    let small = chain.path("small");
    let grow = |run: &str, kimg: &str| {
        let train = train(&chain, run, &[SMALL, LARGE, &[kimg]]).arg("--resume");
        train.arg("--from").arg(&small).run().success()
    };
    let grown = grow("grown", "train.kimg=0.16");
    let grown = grown.stderr_contains("64 from 0.096");
    let _ = grown.stderr_contains("learnt in 12 steps");
    let lines = stats(&chain.path("grown"));
    let reached: Vec<(u64, f64)> = lines
        .iter()
        .map(|line| {
            (
                line["step"].as_u64().unwrap(),
                line["resolution"].as_f64().unwrap(),
            )
        })
        .collect();
    assert_eq!(reached[0], (13, 64.0));
    assert_eq!(reached.last(), Some(&(20, 64.0)));
    // It goes on by itself, and the run that it began with is no longer needed.
    let _ = grow("broken", "train.kimg=0.12");
    fs::remove_dir_all(&small).unwrap();
    let _ = grow("broken", "train.kimg=0.16").stderr_contains("goes on");
    assert!(weights(&chain.path("broken")) == weights(&chain.path("grown")));
    let drawn = Program::new("gen").arg("sample").arg(chain.path("grown"));
    let drawn = drawn.args([
        "red shirt",
        "-n",
        "1",
        "--allow-unknown",
        "--device",
        "cpu",
        "--out",
    ]);
    let _ = drawn.arg(chain.path("pictures")).run().success();
}

#[test]
fn what_a_run_cannot_begin_with_is_refused_and_nothing_is_touched() {
    let chain = Chain::packed_at(60, 64);
    let _ = train(&chain, "small", &[SMALL]).run().success();
    let refused = |run: &str, from: &str, settings: &[&[&str]], says: &str| {
        let train = train(&chain, run, settings).arg("--from").arg(chain.path(from));
        let _ = train.run().fails(1).stderr_contains(says).hints();
        assert!(!chain.path(run).exists());
    };
    refused(
        "new",
        "nowhere",
        &[SMALL, LARGE],
        "nowhere: expected a run to begin with, found no config.toml",
    );
    let wide: &[&str] = &["networks.width=16"];
    refused("new", "small", &[SMALL, LARGE, wide], "networks.width: 16 -> 32");
    let early: &[&str] = &["growth.stable_kimg=0.08"];
    refused(
        "new",
        "small",
        &[SMALL, LARGE, early],
        "after 12 steps, 0.096 kimg: expected networks of 64 pixels, 50 % of the fade, found networks of 32 pixels",
    );
    let batch: &[&str] = &["train.batch=4"];
    refused(
        "new",
        "small",
        &[SMALL, LARGE, batch],
        "expected steps of 4 images, found steps of 8",
    );
    let short: &[&str] = &["train.kimg=0.09"];
    refused(
        "new",
        "small",
        &[SMALL, LARGE, short],
        "expected a training that goes further, found train.kimg = 0.09",
    );
    let first: &[&str] = &["growth.first_resolution=8"];
    refused(
        "new",
        "small",
        &[SMALL, LARGE, first],
        "growth.first_resolution: 32 -> 8",
    );
    // A run that is there stays where what is to begin in its place cannot.
    let _ = train(&chain, "other", &[SMALL]).run().success();
    let before = weights(&chain.path("other"));
    let in_its_place = train(&chain, "other", &[SMALL, LARGE, early])
        .arg("--force")
        .arg("--from")
        .arg(chain.path("small"));
    let _ = in_its_place.run().fails(1);
    assert!(weights(&chain.path("other")) == before);
    // Not even with --force, which would remove what it begins with.
    let before = weights(&chain.path("small"));
    let itself = train(&chain, "small", &[SMALL])
        .arg("--force")
        .arg("--from")
        .arg(chain.path("small"));
    let _ = itself
        .run()
        .fails(1)
        .stderr_contains("expected another run than the one that begins");
    assert!(weights(&chain.path("small")) == before);

    // Other texts make another text model.
    let _ = chain.textfeat().args(["--dims", "32", "--force"]).run().success();
    let _ = chain.pack().arg("--force").run().success();
    refused(
        "new",
        "small",
        &[SMALL, LARGE],
        "small: expected the text model of the data, found another",
    );
}
