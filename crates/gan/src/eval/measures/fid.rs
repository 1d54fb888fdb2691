//! Fréchet distance between two sets of features, each taken for a Gaussian (Heusel et al. 2017, equation 6).

use tch::{Device, Kind, Tensor};

use super::doubles;

/// Sums from which mean and covariance follow: features are added batch by batch and not kept.
pub struct Moments {
    n: f64,
    sum: Tensor,
    products: Tensor,
}

impl Moments {
    /// Nothing yet, of features of `dims` values.
    #[must_use]
    pub fn new(dims: usize) -> Self {
        let zeros = |shape: &[i64]| Tensor::zeros(shape, (Kind::Double, Device::Cpu));
        let d = dims as i64;
        Self {
            n: 0.0,
            sum: zeros(&[d]),
            products: zeros(&[d, d]),
        }
    }

    /// Of all features `[n, d]` at once.
    #[must_use]
    pub fn of(features: &Tensor) -> Self {
        let mut moments = Self::new(features.size()[1] as usize);
        moments.add(features);
        moments
    }

    /// Adds features `[n, d]`.
    pub fn add(&mut self, features: &Tensor) {
        let x = doubles(features);
        self.n += x.size()[0] as f64;
        self.sum += x.sum_dim_intlist([0].as_slice(), false, Kind::Double);
        self.products += x.tr().matmul(&x);
    }

    /// Rows added.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.n as usize
    }

    fn mean(&self) -> Tensor {
        &self.sum / self.n
    }

    /// The unbiased covariance.
    fn covariance(&self) -> Tensor {
        let mean = self.mean();
        (&self.products - mean.outer(&mean) * self.n) / (self.n - 1.0)
    }
}

/// `|μ₁ - μ₂|² + tr(C₁ + C₂ - 2 (C₁ C₂)^½)`, at least 0 but for rounding. Its bias falls with the number of features:
/// compare only distances of equal numbers.
///
/// The trace of the root is the sum of the roots of the eigenvalues of `C₁^½ C₂ C₁^½`, which is symmetric: no complex
/// numbers come up, and none are dropped.
#[must_use]
pub fn frechet(a: &Moments, b: &Moments) -> f64 {
    let scalar = |x: Tensor| x.double_value(&[]);
    let gap = a.mean() - b.mean();
    let (ca, cb) = (a.covariance(), b.covariance());
    let (values, vectors) = ca.linalg_eigh("L");
    let root = (&vectors * values.clamp_min(0.0).sqrt()).matmul(&vectors.tr());
    let inner = root.matmul(&cb).matmul(&root);
    let inner = (&inner + inner.tr()) * 0.5;
    let roots = inner.linalg_eigvalsh("L").clamp_min(0.0).sqrt();
    scalar(gap.dot(&gap)) + scalar(ca.trace()) + scalar(cb.trace()) - 2.0 * scalar(roots.sum(Kind::Double))
}
