//! Networks that grow, over the built programs.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use harness::run_folder::{stats, weights};
use harness::{Chain, Program};

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
    let by_skips = [GROWING_FUSION, &["growth.skips=true"]].concat();
    grows_as_well_when_stopped(&by_skips, said, &stops);
}

/// A run with these settings, stopped at each of `stops` (the length, and the pixels and the fade that it has reached), ends as
/// one that was never stopped, which says `said` of its growth.
fn grows_as_well_when_stopped(settings: &[&str], said: &str, stops: &[(&str, u32, f64)]) {
    let chain = Chain::packed(90);
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
    let chain = Chain::packed_at(12, 1024);
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
