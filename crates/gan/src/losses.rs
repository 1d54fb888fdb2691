//! Losses as pure functions of D's logits. A logit is what D says before the sigmoid, shape `[n]`.

use tch::{Kind, Reduction, Tensor};

use crate::recipe::Loss;

/// What D says of real images with texts that are not theirs, and what it counts.
pub struct WrongTexts {
    /// Its logits, `[n]`.
    pub logits: Tensor,
    /// 1 for each text that is really wrong, 0 for one that fits by chance, `[n]`.
    pub usable: Tensor,
    /// What the sum over the usable ones is divided by, a scalar: how many there are, at least 1.
    pub count: Tensor,
}

/// What D says, `[n]` each: all at once or, where a loss judges each image by itself, reals and fakes in turns.
#[derive(Clone, Copy, Default)]
pub struct Judged<'a> {
    /// Of real images with their texts.
    pub real: Option<&'a Tensor>,
    /// Of fakes with the texts of the real images.
    pub fake: Option<&'a Tensor>,
    /// Of real images with wrong texts (matching-aware: Reed et al. 2016).
    pub wrong: Option<&'a WrongTexts>,
}

/// D's loss, a scalar, and its parts by name.
pub struct DiscriminatorLoss {
    /// What D is moved by.
    pub total: Tensor,
    /// What it is made of.
    pub parts: Vec<(&'static str, Tensor)>,
}

/// D's loss on what it judged; that of reals and of fakes in turns is the sum of both, parts by part. Of all that D is to
/// refuse, images with wrong texts have the weight `wrong_weight`, 0..=1, and fakes the rest; 0 where none are shown in a step.
///
/// | loss | D's |
/// | --- | --- |
/// | `bce` | the half sum of cross-entropies, as in the article |
/// | `non_saturating` | `softplus(-real) + softplus(fake)` |
/// | `relativistic` | `softplus(fake - real)`: each real image against the fake of its own text; nothing in turns |
/// | `wasserstein` | `fake - real`, the means of both |
/// | `mse` | zero: there is no game |
pub fn discriminator(loss: Loss, judged: Judged<'_>, wrong_weight: f64) -> DiscriminatorLoss {
    let refused = |fake: &dyn Fn(&Tensor) -> Tensor, wrong: &dyn Fn(&WrongTexts) -> Tensor| {
        let fake = judged.fake.map(|logits| fake(logits) * (1.0 - wrong_weight));
        sum([fake, judged.wrong.map(|w| wrong(w) * wrong_weight)])
    };
    let (real, fake) = match loss {
        Loss::Bce | Loss::NonSaturating => {
            let wrong = |w: &WrongTexts| bce_fake_weighted(&w.logits, &w.usable, &w.count);
            (judged.real.map(bce_real), refused(&bce_fake, &wrong))
        }
        Loss::Relativistic => {
            let pairs = judged.real.and_then(|real| {
                let against = |other: &Tensor| (other - real).softplus();
                refused(&|fake| against(fake).mean(Kind::Float), &|w| {
                    weighted_mean(&against(&w.logits), &w.usable, &w.count)
                })
            });
            return DiscriminatorLoss {
                total: pairs.unwrap_or_else(|| Tensor::from(0.0_f32)),
                parts: Vec::new(),
            };
        }
        Loss::Wasserstein => {
            let wrong = |w: &WrongTexts| weighted_mean(&w.logits, &w.usable, &w.count);
            let real = judged.real.map(|logits| -logits.mean(Kind::Float));
            (real, refused(&|fake| fake.mean(Kind::Float), &wrong))
        }
        Loss::Mse => (None, None),
    };
    let both = sum([&real, &fake].map(|side| side.as_ref().map(Tensor::shallow_clone)));
    let half = if loss == Loss::Bce { 0.5 } else { 1.0 };
    let named = [("d_real_loss", real), ("d_fake_loss", fake)];
    DiscriminatorLoss {
        total: both.map_or_else(|| Tensor::from(0.0_f32), |both| both * half),
        parts: named
            .into_iter()
            .filter_map(|(name, side)| Some((name, side?)))
            .collect(),
    }
}

/// The sum of those that are there.
fn sum(terms: [Option<Tensor>; 2]) -> Option<Tensor> {
    match terms {
        [Some(a), Some(b)] => Some(a + b),
        [a, b] => a.or(b),
    }
}

/// G's loss by D's logits of its fakes. `relativistic` alone also asks for those of the real images of the same texts.
pub fn generator(loss: Loss, fake: &Tensor, real: impl FnOnce() -> Tensor) -> Tensor {
    match loss {
        Loss::Bce | Loss::NonSaturating => bce_real(fake),
        Loss::Relativistic => (real() - fake).softplus().mean(Kind::Float),
        Loss::Wasserstein => -fake.mean(Kind::Float),
        Loss::Mse => fake.zeros_like().mean(Kind::Float),
    }
}

/// The zero-centred gradient penalty without its weight: the mean over the batch of the squared length of D's
/// gradient at each image (Mescheder et al. 2018, equation 9), from `gradients` `[n, 3, r, r]`.
pub fn squared_length(gradients: &Tensor) -> Tensor {
    gradients
        .square()
        .sum_dim_intlist([1, 2, 3].as_slice(), false, Kind::Float)
        .mean(Kind::Float)
}

/// The gradient penalty of WGAN-GP without its weight: the mean over the batch of `(length - 1)²`, where length is that
/// of D's gradient at each image (Gulrajani et al. 2017, equation 3), from `gradients` `[n, 3, r, r]`.
pub fn length_from_one(gradients: &Tensor) -> Tensor {
    let squares = gradients
        .square()
        .sum_dim_intlist([1, 2, 3].as_slice(), false, Kind::Float);
    // A root at 0 has no slope to learn from, but an infinite one.
    ((squares + 1e-12).sqrt() - 1.0).square().mean(Kind::Float)
}

/// Mean squared difference of generated images to the real ones of their texts, both in -1..=1.
pub fn mse(fakes: &Tensor, reals: &Tensor) -> Tensor {
    fakes.mse_loss(reals, Reduction::Mean)
}

/// Binary cross-entropy of logits towards a label of 1 ("real") in nats: `-ln sigmoid(x)`, the mean over the
/// batch. As `softplus(-x)`, which is finite where the sigmoid has become 0.
pub fn bce_real(logits: &Tensor) -> Tensor {
    bce(logits, 1.0)
}

/// Binary cross-entropy of logits towards a label of 0 ("fake") in nats: `-ln (1 - sigmoid(x))`.
pub fn bce_fake(logits: &Tensor) -> Tensor {
    bce(logits, 0.0)
}

/// [`bce_fake`] with a weight in 0..=1 for each logit: the weighted sum by `count`, a scalar.
pub fn bce_fake_weighted(logits: &Tensor, weights: &Tensor, count: &Tensor) -> Tensor {
    let each =
        logits.binary_cross_entropy_with_logits::<&Tensor>(&logits.zeros_like(), None, None, Reduction::None);
    weighted_mean(&each, weights, count)
}

fn weighted_mean(each: &Tensor, weights: &Tensor, count: &Tensor) -> Tensor {
    (each * weights).sum(each.kind()) / count
}

/// Mean absolute difference of generated images to the real ones of their texts, both in -1..=1.
pub fn reconstruction(fakes: &Tensor, reals: &Tensor) -> Tensor {
    fakes.l1_loss(reals, Reduction::Mean)
}

/// How alike the images of one text are: the mean over the batch of `|z - z'| / |x - x'|`, mean absolute differences of
/// two noises `[n, z_len]` and of their images `[n, 3, r, r]` (Mao et al. 2019, equation 2, whose inverse it is).
pub fn mode_seeking(images: [&Tensor; 2], noises: [&Tensor; 2]) -> Tensor {
    let apart = |[a, b]: [&Tensor; 2]| {
        (a - b)
            .abs()
            .flatten(1, -1)
            .mean_dim([1].as_slice(), false, Kind::Float)
    };
    (apart(noises) / (apart(images) + 1e-5)).mean(Kind::Float)
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

    /// D's, where it sees a real image as .9 and a fake as .2.
    fn articles_loss() -> Tensor {
        let (real, fake) = (seen_as(0.9), seen_as(0.2));
        let judged = Judged {
            real: Some(&real),
            fake: Some(&fake),
            wrong: None,
        };
        discriminator(Loss::Bce, judged, 0.0).total
    }

    #[test]
    fn the_articles_worked_figures_in_nats() {
        let (real, fake) = (bce_real(&seen_as(0.9)), bce_fake(&seen_as(0.2)));
        assert!((value(&real) - 0.105_360_5).abs() < 1e-6);
        assert!((value(&fake) - 0.223_143_6).abs() < 1e-6);
        assert!((value(&articles_loss()) - 0.1643).abs() < 5e-5);
        // The article rounds to 2.3026.
        assert!((value(&bce_real(&seen_as(0.1))) - std::f64::consts::LN_10).abs() < 1e-6);
    }

    #[test]
    fn the_articles_printed_figures_are_base_ten() {
        let base_ten = |t: &Tensor| value(t) / std::f64::consts::LN_10;
        let (real, fake) = (bce_real(&seen_as(0.9)), bce_fake(&seen_as(0.2)));
        assert!((base_ten(&real) - 0.0458).abs() < 5e-5);
        assert!((base_ten(&fake) - 0.0969).abs() < 5e-5);
        assert!((base_ten(&articles_loss()) - 0.0713).abs() < 5e-5);
        assert!((base_ten(&bce_real(&seen_as(0.1))) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn certainty_gives_large_finite_losses() {
        let sure = Tensor::from_slice(&[200.0_f32]);
        assert!((value(&bce_fake(&sure)) - 200.0).abs() < 1e-3);
        assert!((value(&bce_real(&-&sure)) - 200.0).abs() < 1e-3);
    }

    #[test]
    fn wasserstein_is_the_difference_of_means_and_wrong_texts_are_fakes() {
        let (real, fake) = (
            Tensor::from_slice(&[3.0_f32, 1.0]),
            Tensor::from_slice(&[-1.0_f32, 0.0]),
        );
        let mut judged = Judged {
            real: Some(&real),
            fake: Some(&fake),
            wrong: None,
        };
        let d_loss = |judged, weight| value(&discriminator(Loss::Wasserstein, judged, weight).total);
        assert_eq!(d_loss(judged, 0.0), -2.5);
        let wrong = WrongTexts {
            logits: Tensor::from_slice(&[4.0_f32, 9.0]),
            usable: Tensor::from_slice(&[1.0_f32, 0.0]),
            count: Tensor::from(1.0_f32),
        };
        judged.wrong = Some(&wrong);
        assert_eq!(d_loss(judged, 0.5), -2.0 - 0.25 + 2.0);
        let g_loss = generator(Loss::Wasserstein, &fake, || real.shallow_clone());
        assert_eq!(value(&g_loss), 0.5);
    }

    #[test]
    fn in_turns_reals_and_fakes_lose_what_they_lose_together() {
        let (real, fake) = (
            Tensor::from_slice(&[2.0_f32, -1.0]),
            Tensor::from_slice(&[0.5_f32, -3.0]),
        );
        let wrong = WrongTexts {
            logits: Tensor::from_slice(&[1.0_f32, 0.25]),
            usable: Tensor::from_slice(&[1.0_f32, 1.0]),
            count: Tensor::from(2.0_f32),
        };
        let reals = Judged {
            real: Some(&real),
            fake: None,
            wrong: Some(&wrong),
        };
        let fakes = Judged {
            fake: Some(&fake),
            ..Judged::default()
        };
        let together = Judged {
            fake: Some(&fake),
            ..reals
        };
        for loss in [Loss::Bce, Loss::NonSaturating, Loss::Wasserstein] {
            let of = |judged| discriminator(loss, judged, 0.25);
            let [both, reals, fakes] = [of(together), of(reals), of(fakes)];
            assert!((value(&both.total) - value(&reals.total) - value(&fakes.total)).abs() < 1e-6);
            // Wrong texts are judged with the reals, and count among the fakes.
            let names = |loss: &DiscriminatorLoss| loss.parts.iter().map(|p| p.0).collect::<Vec<_>>();
            assert_eq!(names(&reals), ["d_real_loss", "d_fake_loss"]);
            assert_eq!(names(&fakes), ["d_fake_loss"]);
            let fake_loss = value(&reals.parts[1].1) + value(&fakes.parts[0].1);
            assert!((value(&both.parts[1].1) - fake_loss).abs() < 1e-6);
        }
        let pairs = |judged| value(&discriminator(Loss::Relativistic, judged, 0.25).total);
        assert!(pairs(together) > 0.0 && pairs(fakes) == 0.0);
    }

    #[test]
    fn the_penalty_of_wgan_gp_is_least_at_gradients_of_length_one() {
        let gradients =
            |length: f64| Tensor::full([2, 3, 1, 1], length / 3.0_f64.sqrt(), tch::kind::FLOAT_CPU);
        for (length, expected) in [(1.0, 0.0), (3.0, 4.0), (0.0, 1.0)] {
            assert!((value(&length_from_one(&gradients(length))) - expected).abs() < 1e-5);
        }
        let flat = gradients(0.0).set_requires_grad(true);
        length_from_one(&flat).backward();
        assert!(value(&flat.grad().abs().max()).is_finite());
    }

    #[test]
    fn images_that_noise_moves_less_are_more_alike() {
        let images = |a: f64, b: f64| Tensor::from_slice(&[a, b]).view([2, 1, 1, 1]);
        let noises =
            [Tensor::from_slice(&[0.0, 1.0]), Tensor::from_slice(&[2.0, 4.0])].map(|z| z.view([2, 1]));
        // Noises differ by 2 and by 3, images by 0.5 and by 1.
        let found = mode_seeking([&images(0.0, 1.0), &images(0.5, 0.0)], [&noises[0], &noises[1]]);
        assert!((value(&found) - f64::midpoint(4.0, 3.0)).abs() < 1e-3);
        let still = images(1.0, 1.0).set_requires_grad(true);
        mode_seeking([&still, &images(1.0, 1.0)], [&noises[0], &noises[1]]).backward();
        assert!(value(&still.grad().abs().max()).is_finite());
    }

    #[test]
    fn weights_choose_what_counts() {
        let logits = Tensor::from_slice(&[0.0_f64, 100.0]);
        let one = Tensor::from(1.0_f64);
        let first = bce_fake_weighted(&logits, &Tensor::from_slice(&[1.0_f64, 0.0]), &one);
        assert!((value(&first) - std::f64::consts::LN_2).abs() < 1e-9);
        let none = bce_fake_weighted(&logits, &Tensor::from_slice(&[0.0_f64, 0.0]), &one);
        assert_eq!(value(&none), 0.0);
    }
}
