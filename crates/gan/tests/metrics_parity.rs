//! The measures against numpy, scipy and scikit-learn (`fixtures/make_metrics.py`).
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use gan::eval::measures::kid::mmd2;
use gan::eval::measures::pyramid::laplacian;
use gan::eval::measures::swd::{normalised, patches_at, sliced_wasserstein};
use gan::eval::measures::{
    Accuracy, Moments, frechet, lattices, mean_pairwise, nearest, precision_recall, r_precision, speckle,
};
use safetensors::{Dtype, SafeTensors};
use tch::Tensor;

fn get(name: &str) -> Tensor {
    let file = SafeTensors::deserialize(include_bytes!("fixtures/metrics.safetensors")).unwrap();
    let view = file.tensor(name).unwrap();
    let shape: Vec<i64> = view.shape().iter().map(|&d| d as i64).collect();
    let flat = match view.dtype() {
        Dtype::F64 => Tensor::from_slice(&bytemuck::pod_collect_to_vec::<u8, f64>(view.data())),
        _ => Tensor::from_slice(&bytemuck::pod_collect_to_vec::<u8, f32>(view.data())),
    };
    flat.reshape(shape)
}

fn numbers(name: &str) -> Vec<f64> {
    Vec::try_from(get(name).flatten(0, -1)).unwrap()
}

fn indices(name: &str) -> Vec<usize> {
    numbers(name).into_iter().map(|v| v as usize).collect()
}

fn assert_close(found: f64, name: &str, place: usize, tolerance: f64) {
    let expected = numbers(name)[place];
    assert!(
        (found - expected).abs() <= tolerance * expected.abs().max(1e-3),
        "{name}[{place}]: {found}, not {expected}"
    );
}

#[test]
fn kid_is_that_of_scikit_learns_kernel() {
    assert_close(mmd2(&get("real"), &get("drawn")), "mmd2", 0, 1e-9);
}

#[test]
fn fid_is_that_of_scipys_matrix_root_even_of_singular_covariances() {
    let (real, drawn) = (get("real"), get("drawn"));
    let distance = |a: &Tensor, b: &Tensor| frechet(&Moments::of(a), &Moments::of(b));
    assert_close(distance(&real, &drawn), "frechet", 0, 1e-8);
    assert_close(
        distance(&real.narrow(0, 0, 5), &drawn.narrow(0, 0, 4)),
        "frechet_singular",
        0,
        1e-5,
    );
    assert!(distance(&real, &real).abs() < 1e-9);
    let mut by_parts = Moments::new(6);
    real.split(7, 0).iter().for_each(|part| by_parts.add(part));
    assert_eq!(by_parts.count(), 50);
    assert!((frechet(&by_parts, &Moments::of(&drawn)) - distance(&real, &drawn)).abs() < 1e-9);
}

#[test]
fn precision_and_recall_are_those_of_scikit_learns_neighbours() {
    let found = precision_recall(&get("real"), &get("drawn"), 3);
    assert_close(found.precision, "precision", 0, 1e-12);
    assert_close(found.recall, "recall", 0, 1e-12);
}

#[test]
fn distances_within_a_set_and_to_the_nearest_are_those_of_scipy_and_scikit_learn() {
    assert_close(mean_pairwise(&get("real")), "mean_pairwise", 0, 1e-9);
    for (i, found) in nearest(&get("drawn"), &get("real")).iter().enumerate() {
        assert_close(found.distance, "nearest_distance", i, 1e-9);
        assert_eq!(found.index, indices("nearest_index")[i]);
    }
}

#[test]
fn accuracies_are_those_of_scikit_learn() {
    let pairs: Vec<_> = indices("asked").into_iter().zip(indices("found")).collect();
    let accuracy = Accuracy::of(&pairs).unwrap();
    assert_close(accuracy.plain, "plain", 0, 1e-12);
    assert_close(accuracy.balanced, "balanced", 0, 1e-12);
}

#[test]
fn r_precision_is_that_of_ranking_by_scikit_learns_cosines() {
    let others: Vec<Vec<usize>> = indices("others").chunks(5).map(<[usize]>::to_vec).collect();
    let found = r_precision(&get("pictures"), &get("captions"), &indices("own"), &others);
    assert_close(found, "r_precision", 0, 1e-12);
}

#[test]
fn swd_is_that_of_scipys_pyramid() {
    let corners: Vec<[i64; 2]> = indices("corners")
        .chunks(2)
        .map(|c| [c[0] as i64, c[1] as i64])
        .collect();
    let directions: Vec<Tensor> = get("directions").unbind(0);
    let levels = |name| laplacian(&get(name), 16);
    let (a, b) = (levels("images_a"), levels("images_b"));
    assert_eq!(a.len(), 3);
    for (i, (a, b)) in a.iter().zip(&b).enumerate() {
        let (a, b) = (patches_at(a, &corners), patches_at(b, &corners));
        assert_close(sliced_wasserstein(&a, &b, &directions), "swd", i, 1e-4);
        let plain = sliced_wasserstein(&normalised(&a), &normalised(&b), &directions);
        assert_close(plain, "swd_normalised", i, 1e-4);
    }
}

#[test]
fn lattices_are_those_of_numpys_transforms_and_speckle_that_of_scipys_median() {
    let images = get("images_c");
    let found = lattices(&images);
    assert_eq!(found.len(), 2);
    for (i, value) in found.iter().flat_map(|l| [l.x, l.y]).enumerate() {
        assert_close(value, "lattice", i, 1e-6);
    }
    assert_close(speckle(&images), "speckle", 0, 1e-9);
}
