//! What a generator is told: noise and text together.

use tch::{Kind, Tensor};

use super::super::{Params, Shape};
use super::{TextProjection, leaky_relu};

/// Noise and text to a condition, in f32.
///
/// With conditioning augmentation (Zhang et al. 2017, section 3.2) the text becomes a normal distribution, from which its
/// part of the condition is drawn, by as many more values of z: then the neighbourhood of a text is drawn for, and not
/// the points alone at which a catalogue has texts.
pub struct Condition {
    mean: TextProjection,
    log_variance: Option<TextProjection>,
    z_dim: i64,
    text_dim: i64,
}

impl Condition {
    /// For z, texts and conditions of `shape`.
    pub fn new(params: &mut Params, shape: Shape) -> Self {
        let Shape { dims, text_dim, .. } = shape;
        let mean = TextProjection::new(params, "text", dims, text_dim);
        let augmented = shape.conditioning_augmentation;
        Self {
            mean,
            log_variance: augmented.then(|| TextProjection::new(params, "text_log_variance", dims, text_dim)),
            z_dim: shape.z_dim as i64,
            text_dim: text_dim as i64,
        }
    }

    /// z `[n, z_len]` and texts `[n, dims]` to `[n, z_dim + text_dim]`.
    pub fn forward(&self, z: &Tensor, texts: &Tensor) -> Tensor {
        let mean = leaky_relu(&self.mean.forward(texts)); // [n, text_dim]
        let Some(log_variance) = &self.log_variance else {
            return Tensor::cat(&[z, &mean], 1);
        };
        let (plain, noise) = (z.narrow(1, 0, self.z_dim), z.narrow(1, self.z_dim, self.text_dim));
        let deviation = (log_variance.forward(texts) * 0.5).exp();
        Tensor::cat(&[plain, mean + deviation * noise], 1)
    }

    /// How far the texts' distributions are from standard normals: the Kullback-Leibler divergence in nats, the mean
    /// over batch and values. `None` where texts are points.
    pub fn divergence(&self, texts: &Tensor) -> Option<Tensor> {
        let log_variance = self.log_variance.as_ref()?.forward(texts);
        let mean = leaky_relu(&self.mean.forward(texts));
        let each = log_variance.exp() + mean.square() - 1.0 - &log_variance;
        Some(each.mean(Kind::Float) * 0.5)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Device;

    fn condition(conditioning_augmentation: bool) -> (Condition, Params) {
        let shape = Shape {
            resolution: 32,
            first_resolution: 32,
            skips: false,
            dims: 4,
            z_dim: 2,
            text_dim: 3,
            conditioning_augmentation,
            smooth_skip: false,
            width: 2,
            min_width: 1,
            max_width: 8,
        };
        let mut params = Params::new(Device::Cpu, 1, 1);
        (Condition::new(&mut params, shape), params)
    }

    fn normals(shape: [i64; 2]) -> Tensor {
        tch::manual_seed(3);
        Tensor::randn(shape, (Kind::Float, Device::Cpu))
    }

    #[test]
    fn without_augmentation_noise_and_text_stand_side_by_side() {
        let (plain, _) = condition(false);
        let (z, texts) = (normals([5, 2]), normals([5, 4]));
        let made = plain.forward(&z, &texts);
        assert_eq!(made.size(), [5, 5]);
        assert!(made.narrow(1, 0, 2).equal(&z));
        assert!(plain.divergence(&texts).is_none());
    }

    #[test]
    fn a_text_is_a_normal_distribution_of_which_noise_draws() {
        let (augmented, params) = condition(true);
        let texts = normals([1, 4]).expand([20_000, 4], false);
        let made = augmented.forward(&normals([20_000, 5]), &texts).narrow(1, 2, 3);
        let still = augmented.forward(
            &Tensor::zeros([1, 5], (Kind::Float, Device::Cpu)),
            &texts.narrow(0, 0, 1),
        );
        let off = made.mean_dim([0].as_slice(), false, Kind::Float) - still.narrow(1, 2, 3).squeeze_dim(0);
        let variance = made.var_dim([0].as_slice(), true, false);
        let log_variance = augmented
            .log_variance
            .as_ref()
            .map(|p| p.forward(&texts.narrow(0, 0, 1)).exp());
        let expected = log_variance.map(|v| v.squeeze_dim(0));
        assert!((off.square() / &variance).max().double_value(&[]) < 0.01);
        assert!(expected.is_some_and(|e| (variance / e - 1.0).abs().max().double_value(&[]) < 0.05));
        // A distribution that is a standard normal already costs nothing.
        tch::no_grad(|| {
            params
                .weights()
                .iter()
                .for_each(|w| _ = w.shallow_clone().zero_())
        });
        let divergence = augmented.divergence(&texts).map(|d| d.double_value(&[]));
        assert_eq!(divergence, Some(0.0));
    }

    #[test]
    fn the_divergence_is_that_of_two_normals() {
        let (augmented, params) = condition(true);
        let set =
            |i: usize, value: f64| _ = tch::no_grad(|| params.weights()[i].shallow_clone().fill_(value));
        // Texts of length 1 are scaled by 2: means of 0.5, log variances of 1.
        set(0, 0.25);
        set(1, 0.5);
        let texts = Tensor::from_slice(&[1.0_f32, 0.0, 0.0, 0.0]).view([1, 4]);
        let expected = 0.5 * (1.0_f64.exp() + 0.25 - 1.0 - 1.0);
        let found = augmented
            .divergence(&texts)
            .map_or(f64::NAN, |d| d.double_value(&[]));
        assert!((found - expected).abs() < 1e-6, "{found}");
    }
}
