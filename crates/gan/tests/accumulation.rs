//! A batch taken in parts moves the networks as the whole batch does.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;

use gan::random::{Random, Stream};
use gan::train::step::{Batch, Trainer};
use gan::{Device, Recipe};
use tch::{Kind, Tensor};

const DIMS: i64 = 12;
const BATCH: i64 = 16;

/// Networks without BatchNorm, and everything that a step draws or compares over its batch. Adam's first moment is the
/// gradient itself.
const RECIPE: &str = "
[train]
resolution = 16
batch = 16
[networks]
generator = \"progan\"
discriminator = \"progan\"
z_dim = 8
text_dim = 4
width = 8
max_width = 8
[growth]
first_resolution = 16
[objective]
loss = \"non_saturating\"
wrong_text = 0.5
wrong_text_max_cosine = 0.1
reconstruction = 0.5
mode_seeking = 0.1
[augment]
translation = 0.2
cutout = 0.3
[penalty]
r1 = 1.0
drift = 0.1
[adam]
beta1 = 0.0
";

/// The gradients of the first step and its measures, with the batch in so many parts.
fn first_step(text: &str, parts: usize, set: &[&str]) -> (Vec<(String, Tensor)>, BTreeMap<String, f64>) {
    let mut set: Vec<String> = set.iter().map(|&pair| pair.to_owned()).collect();
    set.push(format!("train.accumulate={parts}"));
    let recipe = Recipe::parse(text, "test", &set).unwrap();
    let trainer = Trainer::new(&recipe, DIMS as usize, Device::CPU);
    let side = recipe.train.resolution as i64;
    let normals = |stream, shape: &[i64]| Random::new(9, stream, 0).normal_tensor(shape, tch::Device::Cpu);
    let texts = normals(Stream::Captions, &[BATCH, DIMS]);
    let lengths = texts
        .square()
        .sum_dim_intlist([1].as_slice(), true, Kind::Float)
        .sqrt();
    let batch = Batch {
        images: normals(Stream::Samples, &[BATCH, 3, side, side]).tanh(),
        texts: texts / lengths,
    };
    let z = normals(Stream::Noise, &[BATCH, recipe.networks.z_dim as i64]);
    let measures = trainer.step(&batch, &z, 0).unwrap();
    let measures = measures
        .iter()
        .map(|(name, value)| (name.to_owned(), value.double_value(&[])));
    let gradients = trainer
        .state()
        .into_iter()
        .filter(|(name, _)| name.contains(".exp_avg."));
    (gradients.collect(), measures.collect())
}

fn the_same_in_parts(set: &[&str]) {
    let (whole, measures) = first_step(RECIPE, 1, set);
    assert!(
        whole.len() > 20
            && whole
                .iter()
                .any(|(_, gradient)| gradient.abs().max().double_value(&[]) > 1e-3)
    );
    for parts in [2, 4] {
        let (found, measured) = first_step(RECIPE, parts, set);
        for ((name, found), (same, whole)) in found.iter().zip(&whole) {
            assert_eq!(name, same);
            let largest = whole.abs().max().double_value(&[]);
            let error = (found - whole).abs().max().double_value(&[]);
            assert!(
                error <= 1e-4 * largest + 1e-8,
                "{name} in {parts} parts: off by {error} of {largest}"
            );
        }
        assert!(measured.keys().eq(measures.keys()));
        for (name, value) in &measures {
            let error = (measured[name] - value).abs();
            assert!(
                error <= 1e-4 * value.abs().max(1.0),
                "{name} in {parts} parts: off by {error} of {value}"
            );
        }
    }
}

#[test]
fn gradients_and_measures_are_those_of_the_whole_batch() {
    the_same_in_parts(&[]);
    the_same_in_parts(&["objective.loss=relativistic", "penalty.r2=0.5"]);
    the_same_in_parts(&[
        "objective.loss=wasserstein",
        "penalty.r1=0",
        "penalty.gradient_penalty=10",
    ]);
}

#[test]
fn batch_norm_sees_the_parts_and_so_they_count() {
    let dcgan =
        "[train]\nresolution = 32\nbatch = 16\n[networks]\nz_dim = 8\nwidth = 4\n[adam]\nbeta1 = 0.0\n";
    let ((whole, _), (parts, _)) = (first_step(dcgan, 1, &[]), first_step(dcgan, 4, &[]));
    let differ = |((_, a), (_, b)): (&(String, Tensor), &(String, Tensor))| !a.allclose(b, 1e-3, 1e-6, false);
    assert!(whole.iter().zip(&parts).any(differ));
}

#[test]
fn parts_that_are_not_equal_are_refused() {
    for parts in ["0", "3", "16"] {
        let dcgan = "[train]\nresolution = 32\nbatch = 16\n";
        let error = Recipe::parse(dcgan, "test", &[format!("train.accumulate={parts}")]).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("train.accumulate: expected a value that divides"),
            "{error}"
        );
    }
}
