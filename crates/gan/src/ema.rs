//! The moving average of the generator, which samples are drawn from.

use tch::Tensor;

use crate::GanError;
use crate::networks::Params;
use crate::recipe::EmaRecipe;

/// How much of the average one step replaces: `1 - 0.5^(batch / half-life)`, where the half-life in images is
/// never above `ramp_up` of the images seen so far (StyleGAN2-ADA's schedule); or always what the recipe's `decay` leaves.
#[must_use]
pub fn weight(recipe: &EmaRecipe, batch: usize, images_seen: u64) -> f64 {
    if let Some(decay) = recipe.decay {
        return 1.0 - decay;
    }
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
pub fn update(average: &Params, generator: &Params, weight: f64) -> Result<(), GanError> {
    let _no_grad = tch::no_grad_guard();
    let all = |params: &Params| -> Vec<Tensor> {
        params
            .weights()
            .iter()
            .chain(params.buffers())
            .map(Tensor::detach)
            .collect()
    };
    Ok(aten::foreach_lerp(&all(average), &all(generator), weight)?)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use tch::Device;

    const RECIPE: EmaRecipe = EmaRecipe {
        half_life_kimg: 20.0,
        ramp_up: 0.05,
        decay: None,
    };

    #[test]
    fn the_half_life_ramps_up_to_its_value() {
        // 1280 images seen: a half-life of 64 images, which is the batch.
        assert!((weight(&RECIPE, 64, 1280) - 0.5).abs() < 1e-12);
        let late = weight(&RECIPE, 64, 10_000_000);
        assert!((late - (1.0 - 0.5_f64.powf(64.0 / 20_000.0))).abs() < 1e-15);
        assert_eq!(weight(&RECIPE, 64, 0), 1.0);
        let constant = EmaRecipe {
            decay: Some(0.75),
            ..RECIPE
        };
        assert_eq!(weight(&constant, 4, 0), 0.25);
    }

    #[test]
    fn an_update_moves_weights_and_buffers_by_the_weight() {
        let params = |seed| {
            let mut params = Params::new(Device::Cpu, seed, 1);
            let _ = params.weight("w".to_owned(), &[3, 2], 0.0, 1.0);
            let _ = params.buffer("b".to_owned(), &[2], 0.0);
            params
        };
        let (a, g) = (params(1), params(2));
        let _ = g.buffers()[0].shallow_clone().fill_(8.0);
        let before: Vec<Tensor> = a.weights().iter().map(Tensor::copy).collect();
        update(&a, &g, 0.25).unwrap();
        let expected = before[0].lerp(&g.weights()[0], 0.25);
        assert!(a.weights()[0].allclose(&expected, 1e-6, 1e-7, false));
        assert_eq!(a.buffers()[0].double_value(&[0]), 2.0);
    }
}
