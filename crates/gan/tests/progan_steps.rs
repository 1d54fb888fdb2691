//! Growing from 4x4 to 1024x1024: a step at each resolution, and going on from a saved state to the bit.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::time::Instant;

use gan::networks::grown::fade_reals;
use gan::random::{Random, Stream};
use gan::recipe::Recipe;
use gan::schedule::Schedule;
use gan::train::step::{Batch, Trainer};
use gan::weights_file;
use gan::{Device, Model};
use tch::{Kind, Tensor};

const DIMS: i64 = 12;

/// Tiny networks; four images of fading at each resolution and four more, so that with a batch of 1 or 2 there are steps
/// in the middle of a fade.
const RECIPE: &str = "
[train]
resolution = 1024
batch = 4
[networks]
generator = \"progan\"
discriminator = \"progan\"
z_dim = 8
text_dim = 4
width = 4
max_width = 8
[growth]
fade_kimg = 0.004
stable_kimg = 0.004
batch = { 256 = 2, 512 = 2, 1024 = 1 }
lr = { 1024 = 0.0015 }
[objective]
loss = \"wasserstein\"
wrong_text = 0.5
[penalty]
gradient_penalty = 10.0
drift = 0.001
[adam]
lr = 1e-3
beta1 = 0.0
beta2 = 0.99
[ema]
decay = 0.999
";

const R1: [&str; 4] = [
    "objective.loss=non_saturating",
    "penalty.gradient_penalty=0",
    "penalty.drift=0",
    "penalty.r1=1",
];

fn recipe(set: &[&str]) -> Recipe {
    let set: Vec<String> = set.iter().map(|&pair| pair.to_owned()).collect();
    Recipe::parse(RECIPE, "test", &set).unwrap()
}

/// What a step would be shown: made up, of the size that it asks for.
fn batch(recipe: &Recipe, step: u64) -> (Batch, Tensor) {
    let now = Schedule::of(recipe).at(step);
    let (n, side) = (now.batch as i64, now.grown.side as i64);
    let normals = |stream, shape: &[i64]| Random::new(9, stream, step).normal_tensor(shape, tch::Device::Cpu);
    // Small pictures made large: a thousand times as many random numbers would take longer than the step.
    let small = normals(Stream::Samples, &[n, 3, side.min(64), side.min(64)]).tanh();
    let images = fade_reals(
        &small.upsample_nearest2d([side, side], None, None),
        now.grown,
        false,
    );
    let texts = normals(Stream::Captions, &[n, DIMS]);
    let lengths = texts
        .square()
        .sum_dim_intlist([1].as_slice(), true, Kind::Float)
        .sqrt();
    let texts = texts / lengths;
    let z = normals(Stream::Noise, &[n, recipe.networks.z_dim as i64]);
    (Batch { images, texts }, z)
}

fn train(trainer: &Trainer, recipe: &Recipe, steps: std::ops::Range<u64>) {
    for step in steps {
        let (batch, z) = batch(recipe, step);
        for (name, value) in trainer.step(&batch, &z, step).unwrap().iter() {
            assert!(
                value.double_value(&[]).is_finite(),
                "step {step}: {name} is {value}"
            );
        }
    }
}

/// The most memory this process has held since [`forget_peak`], in MiB; `None` where the system does not tell.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024)
}

fn forget_peak() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// A trainer with weights, moments and average as `other` would be read back from its checkpoint.
fn resumed(recipe: &Recipe, other: &Trainer, dir: &std::path::Path) -> Trainer {
    let path = dir.join("checkpoint.safetensors");
    weights_file::write(&path, "checkpoint", serde_json::Map::new(), &other.state()).unwrap();
    let trainer = Trainer::new(recipe, DIMS as usize, Device::CPU);
    trainer
        .load(&weights_file::read(&path, "checkpoint").unwrap().1)
        .unwrap();
    trainer
}

fn assert_same(a: &Trainer, b: &Trainer) {
    let (a, b) = (a.state(), b.state());
    assert!(a.keys().eq(b.keys()));
    for (name, tensor) in &a {
        assert!(tensor.equal(&b[name]), "{name}");
    }
}

#[test]
fn a_step_at_each_resolution_up_to_1024_moves_the_grown_part_alone() {
    for set in [&[][..], &R1[..]] {
        let recipe = recipe(set);
        let schedule = Schedule::of(&recipe);
        let trainer = Trainer::new(&recipe, DIMS as usize, Device::CPU);
        let mut side = 4;
        let mut step = 0;
        while side <= 1024 {
            let now = schedule.at(step);
            // In the middle of a fade, and at 4 pixels at the start.
            if now.grown.side < side || side > 4 && now.grown.alpha == 0.0 {
                step += 1;
                continue;
            }
            let before: Vec<Tensor> = trainer
                .generator
                .params()
                .weights()
                .iter()
                .map(Tensor::copy)
                .collect();
            forget_peak();
            let started = Instant::now();
            train(&trainer, &recipe, step..step + 1);
            eprintln!(
                "{side}x{side}, batch {}, alpha {}: {:.2} s, at most {} MiB",
                now.batch,
                now.grown.alpha,
                started.elapsed().as_secs_f64(),
                peak().map_or("?".to_owned(), |mib| mib.to_string()),
            );
            assert!(peak().is_none_or(|mib| mib < 4096), "memory at {side} pixels");
            for ((name, after), before) in trainer.generator.params().named().zip(&before) {
                let of: Option<usize> = name.split('.').next().and_then(|first| first.parse().ok());
                // Coarse pictures count while new blocks are faded in, those of before no more.
                let rgb = name.contains("to_rgb");
                let faded_out =
                    rgb && of.is_some_and(|of| of * 2 < side || of * 2 == side && now.grown.alpha == 1.0);
                let took_part = of.is_none_or(|of| of <= side) && !faded_out;
                assert_eq!(
                    !after.equal(before),
                    took_part,
                    "{name} at {side} pixels, alpha {}",
                    now.grown.alpha
                );
            }
            let grown = trainer.average.forward(
                &Tensor::zeros([1, 8], tch::kind::FLOAT_CPU),
                &Tensor::zeros([1, DIMS], tch::kind::FLOAT_CPU),
                gan::networks::Pass::DRAWING,
            );
            assert_eq!(grown.size(), [1, 3, 1024, 1024]);
            side *= 2;
        }
    }
}

#[test]
fn a_training_goes_on_from_any_state_to_the_weights_of_an_unbroken_one() {
    tch::set_num_threads(1);
    let dir = tempfile::tempdir().unwrap();
    // 4 pixels for 8 images, 8 for 20, of which 12 are faded; batches of 3, 2 and 5.
    let set = [
        "train.resolution=16",
        "growth.fade_kimg=0.012",
        "growth.stable_kimg=0.008",
        "growth.batch={ 4 = 3, 8 = 2, 16 = 5 }",
    ];
    let recipe = recipe(&set);
    let schedule = Schedule::of(&recipe);
    let new = |step: &u64| schedule.at(*step).is_new;
    assert_eq!((0..40).filter(new).collect::<Vec<_>>(), [3, 13]);
    let fresh = || Trainer::new(&recipe, DIMS as usize, Device::CPU);
    let unbroken = fresh();
    train(&unbroken, &recipe, 0..20);
    // Within a fade, right before and right after a boundary, and where nothing is faded.
    for stops in [vec![5, 15], vec![3, 13], vec![4, 14], vec![2, 12, 19]] {
        let mut trainer = fresh();
        let mut from = 0;
        for stop in stops {
            train(&trainer, &recipe, from..stop);
            trainer = resumed(&recipe, &trainer, dir.path());
            from = stop;
        }
        train(&trainer, &recipe, from..20);
        assert_same(&trainer, &unbroken);
    }
}

#[test]
fn optimizers_begin_anew_at_each_resolution() {
    let set = ["train.resolution=8", "growth.stable_kimg=0.02"];
    let recipe = recipe(&set);
    let trainer = Trainer::new(&recipe, DIMS as usize, Device::CPU);
    let steps = || trainer.state()["adam_g.step.1"].double_value(&[]);
    train(&trainer, &recipe, 0..5);
    assert_eq!(steps(), 5.0);
    train(&trainer, &recipe, 5..7);
    assert_eq!(steps(), 2.0);
}

#[test]
fn a_model_saved_within_a_fade_draws_as_the_training_does() {
    let set = ["train.resolution=16", "growth.fade_kimg=0.1"];
    let recipe = recipe(&set);
    let trainer = Trainer::new(&recipe, DIMS as usize, Device::CPU);
    train(&trainer, &recipe, 0..10);
    let images_seen = Schedule::of(&recipe).images_seen(10);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("model.safetensors");
    let model = Model {
        recipe,
        dims: DIMS as usize,
        text_model: Vec::new(),
        data: String::new(),
    };
    model.save(trainer.average.as_ref(), images_seen, &path).unwrap();
    let loaded = gan::LoadedModel::read(&path, Device::CPU).unwrap();
    let (batch, z) = batch(&model.recipe, 9);
    let drawn = loaded.draw(&batch.texts, &z);
    assert_eq!(drawn.size(), [4, 3, 16, 16]);
    let expected = gan::networks::draw(trainer.average.as_ref(), &z, &batch.texts);
    assert!(drawn.equal(&expected));
    // At 8 pixels, so every pixel stands four times.
    let coarse = drawn.avg_pool2d([2, 2], [2, 2], [0, 0], false, true, None);
    assert!(
        coarse
            .upsample_nearest2d([16, 16], None, None)
            .allclose(&drawn, 1e-6, 1e-6, false)
    );
}
