//! The projection of text vectors.

use tch::Tensor;

use super::super::Params;

/// The projection of text vectors, a linear map in f32.
///
/// A text vector has length 1 over hundreds of values, z has values of variance 1: joined as they are, the text
/// would be lost in the noise. So vectors are scaled by the root of their dimension and weights drawn from
/// N(0, 1 / d_in), which gives the projected values variance 1 as well.
pub struct TextProjection {
    weight: Tensor,
    scale: f64,
}

impl TextProjection {
    /// From `d_in` to `d_out` values.
    pub fn new(params: &mut Params, name: &str, d_in: usize, d_out: usize) -> Self {
        let scale = (d_in as f64).sqrt();
        let shape = [d_out as i64, d_in as i64];
        Self {
            weight: params.weight(format!("{name}.weight"), &shape, 0.0, 1.0 / scale),
            scale,
        }
    }

    /// `[n, d_in]` rows of length 1 (or 0) to `[n, d_out]`.
    pub fn forward(&self, texts: &Tensor) -> Tensor {
        (texts * self.scale).linear::<&Tensor>(&self.weight, None)
    }
}
