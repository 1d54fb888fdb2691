//! The gradient penalty of WGAN-GP, at images between real ones and fakes of the same texts.

use tch::{Kind, Tensor};

use super::gradients;
use crate::networks::{Discriminator, Pass};
use crate::random::Random;
use crate::recipe::Precision;
use crate::{GanError, losses};

/// Where on the line from a real image to its fake the penalty of each of `n` images is taken, `[n, 1, 1, 1]` in 0..1.
pub(super) fn places(random: &mut Random, n: usize) -> Tensor {
    let places: Vec<f32> = (0..n).map(|_| random.unit() as f32).collect();
    Tensor::from_slice(&places).view([-1, 1, 1, 1])
}

/// The penalty without its weight, a scalar that can be differentiated. Each image lies at its place on the line from
/// a real one to its fake, both `[n, 3, r, r]` (Gulrajani et al. 2017, algorithm 1).
///
/// # Errors
/// libtorch refuses a call.
pub(super) fn between(
    d: &dyn Discriminator,
    reals: &Tensor,
    fakes: &Tensor,
    texts: &Tensor,
    places: &Tensor,
) -> Result<Tensor, GanError> {
    let places = aten::upload(places, reals.device());
    let (reals, fakes) = (reals.detach(), fakes.detach());
    let images = (&reals + (fakes - &reals) * places).set_requires_grad(true);
    // Gradients of gradients need all their digits.
    let logits = d.forward(&images, texts, Pass::training(Precision::Fp32));
    let gradients = gradients(&logits.sum(Kind::Float), &[images], true)?;
    Ok(losses::length_from_one(&gradients[0]))
}
