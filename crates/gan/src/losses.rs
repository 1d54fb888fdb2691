//! Losses as pure functions of D's logits. A logit is what D says before the sigmoid, shape `[n]`.

use tch::{Reduction, Tensor};

/// Binary cross-entropy of logits towards a label of 1 ("real") in nats: `-ln sigmoid(x)`, the mean over the
/// batch. As `softplus(-x)`, which is finite where the sigmoid has become 0.
pub fn bce_real(logits: &Tensor) -> Tensor {
    bce(logits, 1.0)
}

/// Binary cross-entropy of logits towards a label of 0 ("fake") in nats: `-ln (1 - sigmoid(x))`.
pub fn bce_fake(logits: &Tensor) -> Tensor {
    bce(logits, 0.0)
}

/// [`bce_fake`] with a weight in 0..=1 for each logit, the mean over those of weight above 0; 0 if there are none.
pub fn bce_fake_weighted(logits: &Tensor, weights: &Tensor) -> Tensor {
    let each =
        logits.binary_cross_entropy_with_logits::<&Tensor>(&logits.zeros_like(), None, None, Reduction::None);
    (each * weights).sum(logits.kind()) / weights.sum(logits.kind()).clamp_min(1.0)
}

/// D's loss of the article: the half sum of the losses on real and on generated images.
pub fn half_sum(real: &Tensor, fake: &Tensor) -> Tensor {
    (real + fake) * 0.5
}

/// Mean absolute difference of generated images to the real ones of their texts, both in -1..=1.
pub fn reconstruction(fakes: &Tensor, reals: &Tensor) -> Tensor {
    fakes.l1_loss(reals, Reduction::Mean)
}

fn bce(logits: &Tensor, label: f64) -> Tensor {
    let labels = logits.full_like(label);
    logits.binary_cross_entropy_with_logits::<&Tensor>(&labels, None, None, Reduction::Mean)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The logit of a probability, as a batch of one.
    fn seen_as(p: f64) -> Tensor {
        Tensor::from_slice(&[(p / (1.0 - p)).ln()])
    }

    fn value(t: &Tensor) -> f64 {
        t.double_value(&[])
    }

    #[test]
    fn the_articles_worked_figures_in_nats() {
        let (real, fake) = (bce_real(&seen_as(0.9)), bce_fake(&seen_as(0.2)));
        assert!((value(&real) - 0.105_360_5).abs() < 1e-6);
        assert!((value(&fake) - 0.223_143_6).abs() < 1e-6);
        assert!((value(&half_sum(&real, &fake)) - 0.1643).abs() < 5e-5);
        // The article rounds to 2.3026.
        assert!((value(&bce_real(&seen_as(0.1))) - std::f64::consts::LN_10).abs() < 1e-6);
    }

    #[test]
    fn the_articles_printed_figures_are_base_ten() {
        let base_ten = |t: &Tensor| value(t) / std::f64::consts::LN_10;
        let (real, fake) = (bce_real(&seen_as(0.9)), bce_fake(&seen_as(0.2)));
        assert!((base_ten(&real) - 0.0458).abs() < 5e-5);
        assert!((base_ten(&fake) - 0.0969).abs() < 5e-5);
        assert!((base_ten(&half_sum(&real, &fake)) - 0.0713).abs() < 5e-5);
        assert!((base_ten(&bce_real(&seen_as(0.1))) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn certainty_gives_large_finite_losses() {
        let sure = Tensor::from_slice(&[200.0_f32]);
        assert!((value(&bce_fake(&sure)) - 200.0).abs() < 1e-3);
        assert!((value(&bce_real(&-&sure)) - 200.0).abs() < 1e-3);
    }

    #[test]
    fn weights_choose_what_counts() {
        let logits = Tensor::from_slice(&[0.0_f64, 100.0]);
        let first = bce_fake_weighted(&logits, &Tensor::from_slice(&[1.0_f64, 0.0]));
        assert!((value(&first) - std::f64::consts::LN_2).abs() < 1e-9);
        let none = bce_fake_weighted(&logits, &Tensor::from_slice(&[0.0_f64, 0.0]));
        assert_eq!(value(&none), 0.0);
    }
}
