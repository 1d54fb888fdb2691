//! The fusion generator, the projection discriminator, their losses and penalties against PyTorch
//! (`fixtures/make_torch_fusion.py`).
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::collections::BTreeMap;

use gan::networks::{Grown, Params, Pass};
use gan::recipe::Precision;
use gan::train::step::{Batch, Trainer};
use gan::{Device, Recipe};
use safetensors::SafeTensors;
use tch::Tensor;

const RECIPE: &str = "
[train]
resolution = 32
batch = 4
[networks]
generator = \"fusion\"
discriminator = \"projection\"
z_dim = 5
text_dim = 3
width = 4
max_width = 6
[objective]
loss = \"non_saturating\"
wrong_text = 0.5
[penalty]
r1 = 0.7
every = 2
[adam]
lr = 2e-3
beta1 = 0.0
beta2 = 0.99
eps = 1e-3
";

const RELATIVISTIC: [&str; 3] = ["objective.loss=relativistic", "penalty.r2=0.3", "penalty.every=1"];

const AUGMENTED: [&str; 5] = [
    RELATIVISTIC[0],
    RELATIVISTIC[1],
    RELATIVISTIC[2],
    "networks.conditioning_augmentation=true",
    "networks.smooth_skip=true",
];

const GROWING: [&str; 7] = [
    RELATIVISTIC[0],
    RELATIVISTIC[1],
    RELATIVISTIC[2],
    "networks.smooth_skip=true",
    "growth.first_resolution=16",
    "growth.stable_kimg=0.004",
    "growth.fade_kimg=0.016",
];

const SKIPS: [&str; 2] = ["growth.skips=true", "growth.min_width=3"];

/// The tensors of one training, whose names begin with `prefix`.
fn fixture(prefix: &str) -> BTreeMap<String, Tensor> {
    let file = include_bytes!("fixtures/torch_fusion.safetensors");
    let tensors = SafeTensors::deserialize(file).unwrap();
    let of = |(name, view): (String, safetensors::tensor::TensorView<'_>)| {
        let name = name.strip_prefix(prefix)?.strip_prefix('.')?.to_owned();
        let values: Vec<f32> = bytemuck::pod_collect_to_vec(view.data());
        let shape: Vec<i64> = view.shape().iter().map(|&d| d as i64).collect();
        Some((name, Tensor::from_slice(&values).reshape(shape)))
    };
    tensors.tensors().into_iter().filter_map(of).collect()
}

fn trainer(fixture: &BTreeMap<String, Tensor>, set: &[&str]) -> Trainer {
    let set: Vec<String> = set.iter().map(|&pair| pair.to_owned()).collect();
    let recipe = Recipe::parse(RECIPE, "test", &set).unwrap();
    let trainer = Trainer::new(&recipe, 7, Device::CPU);
    trainer.generator.params().load(fixture, "before.g.").unwrap();
    trainer.discriminator.params().load(fixture, "before.d.").unwrap();
    trainer
}

fn batch(fixture: &BTreeMap<String, Tensor>, step: u64) -> (Batch, Tensor) {
    let get = |name: &str| fixture[&format!("step{step}.{name}")].shallow_clone();
    let (images, texts) = (get("images"), get("texts"));
    (Batch { images, texts }, get("z"))
}

fn assert_close(found: &Tensor, expected: &Tensor, tolerance: f64, name: &str) {
    assert_eq!(found.size(), expected.size(), "{name}");
    let error = (found - expected).abs().max().double_value(&[]);
    assert!(error <= tolerance, "{name}: off by {error}");
}

fn three_steps_are_pytorchs(prefix: &str, set: &[&str]) {
    let fixture = fixture(prefix);
    let trainer = trainer(&fixture, set);
    for step in 0..3 {
        let (batch, z) = batch(&fixture, step);
        let measures = trainer.step(&batch, &z, step).unwrap();
        let expected = fixture["losses"].get(step as i64);
        for (i, wanted) in (0..).zip(["d_loss", "g_loss"]) {
            let found = measures.iter().find(|(name, _)| *name == wanted).unwrap().1;
            assert_close(found, &expected.get(i), 1e-4, &format!("{wanted} of step {step}"));
        }
    }
    let check = |params: &Params, prefix: &str| {
        for (name, tensor) in params.named() {
            assert_close(tensor, &fixture[&format!("{prefix}{name}")], 2e-4, name);
        }
    };
    check(trainer.generator.params(), "after.g.");
    check(trainer.discriminator.params(), "after.d.");
}

#[test]
fn the_generator_draws_what_pytorch_draws() {
    let fixture = fixture("logistic");
    let (batch, z) = batch(&fixture, 0);
    let pass = Pass::training(Precision::Fp32);
    let fakes = trainer(&fixture, &[]).generator.forward(&z, &batch.texts, pass);
    assert_close(&fakes, &fixture["step0.fakes"], 1e-5, "fakes");
}

#[test]
fn three_steps_of_the_logistic_loss_with_a_lazy_r1_are_pytorchs() {
    three_steps_are_pytorchs("logistic", &[]);
}

#[test]
fn three_steps_of_the_relativistic_loss_with_r1_and_r2_are_pytorchs() {
    three_steps_are_pytorchs("relativistic", &RELATIVISTIC);
}

#[test]
fn three_steps_with_conditioning_augmentation_and_smooth_skips_are_pytorchs() {
    three_steps_are_pytorchs("augmented", &AUGMENTED);
}

#[test]
fn three_steps_of_growth_from_16_to_32_pixels_are_pytorchs() {
    three_steps_are_pytorchs("growing", &GROWING);
}

#[test]
fn three_steps_of_growth_by_skips_are_pytorchs() {
    three_steps_are_pytorchs("skips", &[&GROWING[..], &SKIPS].concat());
}

#[test]
fn growing_by_skips_changes_no_image_and_no_logit() {
    let recipe = Recipe::parse(RECIPE, "test", &with_skips()).unwrap();
    let trainer = Trainer::new(&recipe, 7, Device::CPU);
    let (batch, z) = batch(&fixture("growing"), 0);
    let pass = Pass::training(Precision::Fp32);
    let at = |side, alpha| {
        trainer.generator.grow(Grown { side, alpha });
        trainer.discriminator.grow(Grown { side, alpha });
    };
    let draw = || trainer.generator.forward(&z, &batch.texts, pass);
    let judge = |images: &Tensor| trainer.discriminator.forward(images, &batch.texts, pass);
    at(16, 1.0);
    let small = draw();
    let logits = judge(&batch.images);
    for alpha in [0.0, 0.5, 1.0] {
        at(32, alpha);
        let smooth = small
            .atanh()
            .upsample_bilinear2d([32, 32], false, None, None)
            .tanh();
        assert_close(&draw(), &smooth, 1e-4, "images");
        let doubled = batch.images.upsample_nearest2d([32, 32], None, None);
        assert_close(&judge(&doubled), &logits, 1e-5, "logits");
    }
}

#[test]
fn networks_that_take_over_smaller_ones_draw_and_judge_as_those_do() {
    let with: Vec<String> = GROWING.iter().map(|&pair| pair.to_owned()).collect();
    for mut set in [with, with_skips()] {
        set.push("growth.stable_kimg=1.0".to_owned());
        let large = Recipe::parse(RECIPE, "test", &set).unwrap();
        let small = Trainer::new(&large.at_side(16), 7, Device::CPU);
        let fixture = fixture("growing");
        let (batch, z) = batch(&fixture, 0);
        for step in 0..2 {
            let _ = small.step(&batch, &z, step).unwrap();
        }
        let large = Trainer::new(&large, 7, Device::CPU);
        let drawn_and_judged = |trainer: &Trainer| {
            let grown = Grown { side: 16, alpha: 1.0 };
            trainer.generator.grow(grown);
            trainer.discriminator.grow(grown);
            let pass = Pass::training(Precision::Fp32);
            let logits = trainer.discriminator.forward(&batch.images, &batch.texts, pass);
            (trainer.generator.forward(&z, &batch.texts, pass), logits)
        };
        let (images, logits) = drawn_and_judged(&small);
        assert!(!drawn_and_judged(&large).0.equal(&images));
        large.take_over(&small).unwrap();
        let (taken, judged) = drawn_and_judged(&large);
        assert!(taken.equal(&images) && judged.equal(&logits));
        // And are moved as those are, so that each weight has its own moments.
        for trainer in [&small, &large] {
            for step in 2..4 {
                let _ = trainer.step(&batch, &z, step).unwrap();
            }
        }
        let (images, logits) = drawn_and_judged(&small);
        let (taken, judged) = drawn_and_judged(&large);
        assert!(taken.equal(&images) && judged.equal(&logits));
        let drawn = |trainer: &Trainer| {
            trainer.average.grow(Grown { side: 16, alpha: 1.0 });
            trainer
                .average
                .forward(&z, &batch.texts, Pass::training(Precision::Fp32))
        };
        assert!(drawn(&small).equal(&drawn(&large)));
        assert!(small.take_over(&large).is_err());
    }
}

#[test]
fn growing_by_skips_leaves_the_optimizers_as_they_are() {
    let state_after_the_first_step = |set: &[String]| {
        let recipe = Recipe::parse(RECIPE, "test", set).unwrap();
        let trainer = Trainer::new(&recipe, 7, Device::CPU);
        let fixture = fixture("growing");
        for step in 0..2 {
            let (batch, z) = batch(&fixture, step);
            let _ = trainer.step(&batch, &z, step).unwrap();
        }
        let steps = trainer.state();
        let steps = steps.iter().filter(|(name, _)| name.starts_with("adam_g.step."));
        steps.map(|(_, step)| step.double_value(&[])).fold(0.0, f64::max)
    };
    assert_eq!(state_after_the_first_step(&with_skips()), 2.0);
    let without: Vec<String> = GROWING.iter().map(|&pair| pair.to_owned()).collect();
    assert_eq!(state_after_the_first_step(&without), 1.0);
}

fn with_skips() -> Vec<String> {
    let set = GROWING.iter().chain(&SKIPS);
    set.map(|&pair| pair.to_owned()).collect()
}

#[test]
fn while_it_grows_pictures_have_the_full_side_and_d_takes_them() {
    let fixture = fixture("growing");
    let trainer = trainer(&fixture, &GROWING);
    let (batch, z) = batch(&fixture, 0);
    let coarse = Grown { side: 16, alpha: 1.0 };
    trainer.generator.grow(coarse);
    trainer.discriminator.grow(coarse);
    let drawn = trainer.generator.forward(&z, &batch.texts, Pass::DRAWING);
    assert_eq!(drawn.size(), [4, 3, 32, 32]);
    let pooled = drawn.avg_pool2d([2, 2], [2, 2], [0, 0], false, true, None);
    let judge = |images: &Tensor| trainer.discriminator.forward(images, &batch.texts, Pass::DRAWING);
    assert_close(&judge(&drawn), &judge(&pooled), 1e-5, "logits");
    let made = trainer
        .generator
        .forward(&z, &batch.texts, Pass::training(Precision::Fp32));
    assert_eq!(made.size(), [4, 3, 16, 16]);
}

#[test]
fn the_plain_squared_loss_moves_g_towards_the_photos_and_leaves_d_alone() {
    let fixture = fixture("logistic");
    let trainer = trainer(&fixture, &["objective.loss=mse"]);
    let (batch, z) = batch(&fixture, 0);
    let before: Vec<Tensor> = trainer
        .discriminator
        .params()
        .weights()
        .iter()
        .map(Tensor::copy)
        .collect();
    let mut losses = Vec::new();
    for step in 0..10 {
        let measures = trainer.step(&batch, &z, step).unwrap();
        let names: Vec<_> = measures.iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["g_loss"]);
        losses.push(measures.iter().next().unwrap().1.double_value(&[]));
    }
    let fakes = &fixture["step0.fakes"];
    let first = (fakes - &batch.images)
        .square()
        .mean(tch::Kind::Float)
        .double_value(&[]);
    assert!((losses[0] - first).abs() < 1e-5, "{} {first}", losses[0]);
    assert!(losses[9] < 0.99 * losses[0], "{losses:?}");
    let after = trainer.discriminator.params().weights();
    assert!(
        before
            .iter()
            .zip(after)
            .all(|(before, after)| before.equal(after))
    );
}

#[test]
fn half_precision_gives_nearly_the_same_images_and_f32_gradients() {
    let fixture = fixture("logistic");
    let trainer = trainer(&fixture, &["train.precision=bf16"]);
    let (batch, z) = batch(&fixture, 0);
    let pass = Pass::training(Precision::Bf16);
    let fakes = trainer.generator.forward(&z, &batch.texts, pass);
    assert_eq!(fakes.kind(), tch::Kind::Float);
    let off = (&fakes - &fixture["step0.fakes"])
        .abs()
        .mean(tch::Kind::Float)
        .double_value(&[]);
    assert!(off > 0.0 && off < 0.02, "off by {off} in the mean");
    for step in 0..3 {
        let measures = trainer.step(&batch, &z, step).unwrap();
        assert!(
            measures
                .iter()
                .all(|(_, value)| value.double_value(&[]).is_finite())
        );
    }
    assert!(
        trainer
            .generator
            .params()
            .weights()
            .iter()
            .all(|w| w.kind() == tch::Kind::Float)
    );
}
