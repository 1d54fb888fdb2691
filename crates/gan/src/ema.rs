//! The moving average of the generator, which samples are drawn from.

use tch::Tensor;

use crate::GanError;
use crate::networks::{Generator, Params};
use crate::recipe::EmaRecipe;

/// How much of the average one step replaces: `1 - 0.5^(batch / half-life)`, where the half-life in images is
/// never above `ramp_up` of the images seen so far (StyleGAN2-ADA's schedule).
#[must_use]
pub fn weight(recipe: &EmaRecipe, batch: usize, images_seen: u64) -> f64 {
    let half_life = (recipe.half_life_kimg * 1000.0)
        .min(images_seen as f64 * recipe.ramp_up)
        .max(1e-8);
    1.0 - 0.5_f64.powf(batch as f64 / half_life)
}

/// Moves the average towards the generator by `weight`: weights and BatchNorm's running statistics, so that they
/// belong together.
///
/// # Errors
/// The two networks differ in shape.
pub fn update(average: &Generator, generator: &Generator, weight: f64) -> Result<(), GanError> {
    let _no_grad = tch::no_grad_guard();
    let all = |params: &Params| -> Vec<Tensor> {
        params
            .weights()
            .iter()
            .chain(params.buffers())
            .map(Tensor::detach)
            .collect()
    };
    Ok(aten::foreach_lerp(
        &all(average.params()),
        &all(generator.params()),
        weight,
    )?)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::networks::Shape;
    use tch::Device;

    const RECIPE: EmaRecipe = EmaRecipe {
        half_life_kimg: 20.0,
        ramp_up: 0.05,
    };

    #[test]
    fn the_half_life_ramps_up_to_its_value() {
        // 1280 images seen: a half-life of 64 images, which is the batch.
        assert!((weight(&RECIPE, 64, 1280) - 0.5).abs() < 1e-12);
        let late = weight(&RECIPE, 64, 10_000_000);
        assert!((late - (1.0 - 0.5_f64.powf(64.0 / 20_000.0))).abs() < 1e-15);
        assert_eq!(weight(&RECIPE, 64, 0), 1.0);
    }

    #[test]
    fn an_update_moves_weights_and_buffers_by_the_weight() {
        let shape = Shape {
            resolution: 32,
            dims: 5,
            z_dim: 3,
            text_dim: 2,
            width: 2,
        };
        let (a, g) = (
            Generator::new(shape, 1, Device::Cpu),
            Generator::new(shape, 2, Device::Cpu),
        );
        let _ = g.params().buffers()[0].shallow_clone().fill_(8.0);
        let before: Vec<Tensor> = a.params().weights().iter().map(Tensor::copy).collect();
        update(&a, &g, 0.25).unwrap();
        let expected = before[0].lerp(&g.params().weights()[0], 0.25);
        assert!(a.params().weights()[0].allclose(&expected, 1e-6, 1e-7, false));
        assert_eq!(a.params().buffers()[0].double_value(&[0]), 2.0);
    }
}
