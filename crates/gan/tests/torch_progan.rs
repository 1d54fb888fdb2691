//! The growing networks in the middle of a fade, WGAN-GP, drift and the constant decay of the average against PyTorch
//! (`fixtures/make_torch_progan.py`).
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::collections::BTreeMap;

use gan::networks::grown::fade_reals;
use gan::networks::{Grown, Params, Pass};
use gan::recipe::Precision;
use gan::schedule::Schedule;
use gan::train::step::{Batch, Trainer};
use gan::{Device, Recipe};
use safetensors::SafeTensors;
use tch::{Kind, Tensor};

/// At 16x16 with alpha .3 at step 4 and .4 at step 5.
const RECIPE: &str = "
[train]
resolution = 32
batch = 4
[networks]
generator = \"progan\"
discriminator = \"progan\"
z_dim = 5
text_dim = 3
width = 1
max_width = 6
[growth]
first_resolution = 8
stable_kimg = 0.004
fade_kimg = 0.04
[objective]
loss = \"wasserstein\"
wrong_text = 0.5
[penalty]
gradient_penalty = 10.0
drift = 0.001
[adam]
lr = 2e-3
beta1 = 0.0
beta2 = 0.99
eps = 1e-3
[ema]
decay = 0.75
";

fn fixture() -> BTreeMap<String, Tensor> {
    let file = include_bytes!("fixtures/torch_progan.safetensors");
    let tensors = SafeTensors::deserialize(file).unwrap();
    let of = |(name, view): (String, safetensors::tensor::TensorView<'_>)| {
        let values: Vec<f32> = bytemuck::pod_collect_to_vec(view.data());
        let shape: Vec<i64> = view.shape().iter().map(|&d| d as i64).collect();
        (name, Tensor::from_slice(&values).reshape(shape))
    };
    tensors.tensors().into_iter().map(of).collect()
}

fn trainer(fixture: &BTreeMap<String, Tensor>) -> Trainer {
    let trainer = Trainer::new(&Recipe::parse(RECIPE, "test", &[]).unwrap(), 7, Device::CPU);
    for (params, prefix) in parts(&trainer) {
        params.load(fixture, &format!("before.{prefix}")).unwrap();
    }
    trainer
}

fn parts(trainer: &Trainer) -> [(&Params, &'static str); 3] {
    [
        (trainer.generator.params(), "g."),
        (trainer.discriminator.params(), "d."),
        (trainer.average.params(), "ema."),
    ]
}

fn assert_close(found: &Tensor, expected: &Tensor, tolerance: f64, name: &str) {
    assert_eq!(found.size(), expected.size(), "{name}");
    let error = (found - expected).abs().max().double_value(&[]);
    assert!(error <= tolerance, "{name}: off by {error}");
}

#[test]
fn both_networks_in_the_middle_of_a_fade_are_pytorchs() {
    let fixture = fixture();
    let trainer = trainer(&fixture);
    for (step, alpha) in [(4, 0.3), (5, 0.4)] {
        let grown = Grown { side: 16, alpha };
        let recipe = Recipe::parse(RECIPE, "test", &[]).unwrap();
        assert_eq!(Schedule::of(&recipe).at(step).grown, grown);
    }
    let grown = Grown { side: 16, alpha: 0.3 };
    trainer.generator.grow(grown);
    trainer.discriminator.grow(grown);
    let get = |name: &str| fixture[&format!("step4.{name}")].shallow_clone();
    let pass = Pass::training(Precision::Fp32);
    let fakes = trainer.generator.forward(&get("z"), &get("texts"), pass);
    assert_close(&fakes, &get("fakes"), 1e-5, "fakes");
    let logits = trainer.discriminator.forward(&get("images"), &get("texts"), pass);
    assert_close(&logits, &get("logits"), 1e-5, "logits");
    // For people the same pictures at full size, every pixel four times, and no value that is no colour.
    let drawn = trainer.generator.forward(&get("z"), &get("texts"), Pass::DRAWING);
    let expected = get("fakes")
        .clamp(-1.0, 1.0)
        .upsample_nearest2d([32, 32], None, None);
    assert_close(&drawn, &expected, 1e-5, "drawn");
    // D looks at pictures of full size as at those of the side that is grown to.
    let large = get("images").upsample_nearest2d([32, 32], None, None);
    let logits = trainer.discriminator.forward(&large, &get("texts"), pass);
    assert_close(&logits, &get("logits"), 1e-5, "logits of large images");
}

#[test]
fn two_steps_of_wgan_gp_in_the_middle_of_a_fade_are_pytorchs() {
    let fixture = fixture();
    let trainer = trainer(&fixture);
    for step in [4, 5] {
        let get = |name: &str| fixture[&format!("step{step}.{name}")].shallow_clone();
        let batch = Batch {
            images: get("images"),
            texts: get("texts"),
        };
        let measures = trainer.step(&batch, &get("z"), step).unwrap();
        let expected = fixture["losses"].get(step as i64 - 4);
        for (i, wanted) in (0..).zip(["d_loss", "g_loss", "gradient_penalty"]) {
            let found = measures.iter().find(|(name, _)| *name == wanted).unwrap().1;
            assert_close(found, &expected.get(i), 1e-4, &format!("{wanted} of step {step}"));
        }
    }
    for (params, prefix) in parts(&trainer) {
        for (name, tensor) in params.named() {
            assert_close(tensor, &fixture[&format!("after.{prefix}{name}")], 2e-4, name);
        }
    }
}

#[test]
fn faded_reals_are_theirs_crossed_with_their_coarse_selves() {
    let fixture = fixture();
    let images = &fixture["step4.images"];
    let coarse = images
        .avg_pool2d([2, 2], [2, 2], [0, 0], false, true, None)
        .upsample_nearest2d([16, 16], None, None);
    let grown = Grown { side: 16, alpha: 0.3 };
    assert_close(
        &fade_reals(images, grown, false),
        &(coarse * 0.7 + images * 0.3),
        1e-6,
        "faded",
    );
}

#[test]
fn half_precision_gives_nearly_the_same_images() {
    let fixture = fixture();
    let trainer = trainer(&fixture);
    trainer.generator.grow(Grown { side: 16, alpha: 0.3 });
    let get = |name: &str| fixture[&format!("step4.{name}")].shallow_clone();
    let pass = Pass::training(Precision::Bf16);
    let fakes = trainer.generator.forward(&get("z"), &get("texts"), pass);
    assert_eq!(fakes.kind(), Kind::Float);
    let off = (&fakes - get("fakes")).abs().mean(Kind::Float).double_value(&[]);
    assert!(off > 0.0 && off < 0.03, "off by {off} in the mean");
}
