//! What a CUDA device computes is what the CPU computes. For a machine that has one:
//! `cargo test --workspace --test cuda -- --ignored`.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;

use gan::random::{Random, Stream};
use gan::train::memory;
use gan::train::step::{Batch, Trainer};
use gan::{Device, DeviceChoice, GanError, Recipe, bench};
use stage::Console;
use tch::Kind;

const DIMS: i64 = 16;
const SIDE: i64 = 32;
/// More than are taken before the device repeats recorded ones by itself.
const STEPS: u64 = 12;

const RECIPES: [(&str, &str); 3] = [
    (
        "dcgan",
        "[networks]\nwidth = 8\n[objective]\nwrong_text = 0.5\n[augment]\ncutout = 0.25\n",
    ),
    (
        "fusion",
        "[networks]\ngenerator = \"fusion\"\ndiscriminator = \"projection\"\nwidth = 8\n\
         [objective]\nloss = \"non_saturating\"\nwrong_text = 0.5\nmode_seeking = 0.1\n[penalty]\nr1 = 0.5\nevery = 2\n",
    ),
    (
        "progan",
        "[networks]\ngenerator = \"progan\"\ndiscriminator = \"progan\"\nwidth = 8\nmax_width = 16\n\
         [objective]\nloss = \"wasserstein\"\n[penalty]\ngradient_penalty = 10.0\ndrift = 0.001\n",
    ),
];

fn recipe(text: &str, set: &[&str]) -> Recipe {
    let text = format!("[train]\nresolution = {SIDE}\nbatch = 8\n{text}");
    let set: Vec<String> = set.iter().map(|&pair| pair.to_owned()).collect();
    Recipe::parse(&text, "test", &set).unwrap()
}

/// The measures of each step, from the same weights, images, texts and noise on any device.
fn measured(recipe: &Recipe, device: Device) -> Vec<BTreeMap<String, f64>> {
    let trainer = Trainer::new(recipe, DIMS as usize, device);
    let mut random = Random::new(1, Stream::Noise, 99);
    let mut steps = Vec::new();
    for step in 0..STEPS {
        let mut normal = |shape: &[i64]| random.normal_tensor(shape, device.tch());
        let texts = normal(&[8, DIMS]);
        let length = texts
            .square()
            .sum_dim_intlist([1].as_slice(), true, Kind::Float)
            .sqrt();
        let batch = Batch {
            images: normal(&[8, 3, SIDE, SIDE]).tanh(),
            texts: texts / length,
        };
        let z = normal(&[8, recipe.networks.z_dim as i64]);
        let measures = trainer.step(&batch, &z, step).unwrap();
        assert_eq!(trainer.take_notice(), None);
        let values = measures
            .iter()
            .map(|(name, value)| (name.to_owned(), value.double_value(&[])));
        steps.push(values.collect());
    }
    steps
}

#[test]
#[ignore = "needs a CUDA device"]
fn steps_measure_what_they_measure_on_the_cpu() {
    let cuda = DeviceChoice::Cuda(0).find().unwrap();
    for (name, text) in RECIPES {
        for (precision, tolerance) in [("fp32", 0.02), ("bf16", 0.1)] {
            let on = |device| measured(&recipe(text, &[&format!("train.precision={precision}")]), device);
            // Rounding grows from step to step.
            for (step, (found, expected)) in on(cuda).iter().zip(on(Device::CPU)).take(3).enumerate() {
                assert!(found.keys().eq(expected.keys()), "{name}");
                for (measure, expected) in expected {
                    let found = found[&measure];
                    let error = (found - expected).abs() / expected.abs().max(1.0);
                    println!(
                        "{name} {precision} step {step} {measure}: {found:.5}, on the CPU {expected:.5}"
                    );
                    assert!(
                        error <= tolerance,
                        "{name} {precision} {step} {measure}: {found}, on the CPU {expected}"
                    );
                }
            }
        }
    }
}

#[test]
#[ignore = "needs a CUDA device"]
fn steps_that_the_device_repeats_are_those_that_it_is_asked_for() {
    let cuda = DeviceChoice::Cuda(0).find().unwrap();
    for (name, text) in &RECIPES[..2] {
        let text = text.replace("cutout = 0.25", "");
        let with = |graphs: &str| measured(&recipe(&text, &[graphs]), cuda);
        let (repeated, asked) = (with("train.cuda_graphs=true"), with("train.cuda_graphs=false"));
        for (step, (found, expected)) in repeated.iter().zip(asked).enumerate() {
            assert!(found.keys().eq(expected.keys()), "{name}");
            for (measure, expected) in expected {
                let found = found[&measure];
                println!("{name} step {step} {measure}: {found:.6}, asked for {expected:.6}");
                let error = (found - expected).abs() / expected.abs().max(1.0);
                assert!(
                    error <= 0.02,
                    "{name} {step} {measure}: {found}, asked for {expected}"
                );
            }
        }
    }
}

#[test]
#[ignore = "needs a CUDA device"]
fn too_large_a_batch_is_told_with_one_that_fits() {
    let cuda = DeviceChoice::Cuda(0).find().unwrap();
    let set = ["train.resolution=256", "train.batch=4096", "networks.width=64"];
    let recipe = recipe(RECIPES[0].1, &set);
    let failed = memory::caught(&recipe, || bench::bench(&recipe, 1, cuda)).unwrap_err();
    let advised = memory::advised(failed, &recipe, cuda, &Console::new(0, false));
    println!("{advised}");
    assert!(
        matches!(advised, GanError::OutOfMemory { fits: Some(2..), .. }),
        "{advised}"
    );
}
