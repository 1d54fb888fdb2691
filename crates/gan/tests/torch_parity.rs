//! Networks, losses, the six-step training and Adam against PyTorch (`fixtures/make_torch.py`).
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::collections::BTreeMap;

use gan::networks::{Params, Pass};
use gan::recipe::Precision;
use gan::train::stats::Measures;
use gan::train::step::{Batch, Trainer};
use gan::{Device, Recipe};
use safetensors::SafeTensors;
use tch::Tensor;

const RECIPE: &str = "
[train]
resolution = 32
batch = 4
[networks]
z_dim = 5
text_dim = 3
width = 2
[objective]
wrong_text = 0.5
[adam]
lr = 2e-3
";

fn fixture() -> BTreeMap<String, Tensor> {
    let file = include_bytes!("fixtures/torch_dcgan.safetensors");
    let tensors = SafeTensors::deserialize(file).unwrap();
    let tensor = |view: &safetensors::tensor::TensorView<'_>| {
        let values: Vec<f32> = bytemuck::pod_collect_to_vec(view.data());
        let shape: Vec<i64> = view.shape().iter().map(|&d| d as i64).collect();
        Tensor::from_slice(&values).reshape(shape)
    };
    tensors
        .tensors()
        .iter()
        .map(|(name, view)| (name.clone(), tensor(view)))
        .collect()
}

fn trainer(fixture: &BTreeMap<String, Tensor>) -> Trainer {
    let trainer = Trainer::new(&Recipe::parse(RECIPE, "test", &[]).unwrap(), 7, Device::CPU);
    trainer.generator.params().load(fixture, "before.g.").unwrap();
    trainer.discriminator.params().load(fixture, "before.d.").unwrap();
    trainer
}

fn assert_close(found: &Tensor, expected: &Tensor, tolerance: f64, name: &str) {
    assert_eq!(found.size(), expected.size(), "{name}");
    let error = (found - expected).abs().max().double_value(&[]);
    assert!(error <= tolerance, "{name}: off by {error}");
}

/// D's loss, its two parts, G's loss.
fn losses(measures: &Measures) -> Tensor {
    let of = |wanted: &str| measures.iter().find(|(name, _)| *name == wanted).unwrap().1;
    Tensor::stack(&["d_loss", "d_real_loss", "d_fake_loss", "g_loss"].map(of), 0)
}

fn batch(fixture: &BTreeMap<String, Tensor>, step: usize) -> (Batch, Tensor) {
    let get = |name: &str| fixture[&format!("step{step}.{name}")].shallow_clone();
    (
        Batch {
            images: get("images"),
            texts: get("texts"),
        },
        get("z"),
    )
}

#[test]
fn the_generator_draws_what_pytorch_draws() {
    let fixture = fixture();
    let (batch, z) = batch(&fixture, 0);
    let fakes = trainer(&fixture)
        .generator
        .forward(&z, &batch.texts, Pass::training(Precision::Fp32));
    assert_close(&fakes, &fixture["step0.fakes"], 1e-5, "fakes");
}

#[test]
fn three_steps_give_pytorchs_losses_weights_and_statistics() {
    let fixture = fixture();
    let trainer = trainer(&fixture);
    for step in 0..3 {
        let (batch, z) = batch(&fixture, step);
        let measures = trainer.step(&batch, &z, 0).unwrap();
        let expected = fixture["losses"].get(step as i64);
        assert_close(
            &losses(&measures),
            &expected,
            2e-5,
            &format!("losses of step {step}"),
        );
    }
    let check = |params: &Params, prefix: &str| {
        for (name, tensor) in params.named() {
            assert_close(tensor, &fixture[&format!("{prefix}{name}")], 5e-5, name);
        }
    };
    check(trainer.generator.params(), "after.g.");
    check(trainer.discriminator.params(), "after.d.");
    let (batch, z) = batch(&fixture, 0);
    let fakes = trainer.generator.forward(&z, &batch.texts, Pass::DRAWING);
    assert_close(
        &fakes,
        &fixture["eval.fakes"],
        1e-4,
        "fakes by the running statistics",
    );
}

#[test]
fn discriminators_weights_have_no_gradient_after_a_step_and_learn_again() {
    let fixture = fixture();
    let trainer = trainer(&fixture);
    let (batch, z) = batch(&fixture, 0);
    let _ = trainer.step(&batch, &z, 0).unwrap();
    assert!(
        trainer
            .discriminator
            .params()
            .weights()
            .iter()
            .all(|w| w.requires_grad() && !w.grad().defined())
    );
}
