//! Batch normalisation, an affine map and a leaky ReLU in one call.

use tch::Tensor;

use crate::{AtenError, ffi, outcome};

/// The mean and variance of every channel over the batches seen lately, `[c]` in f32.
#[derive(Clone, Copy)]
pub struct Running<'a> {
    /// Mean; moved in training.
    pub mean: &'a Tensor,
    /// Variance; moved in training.
    pub var: &'a Tensor,
}

/// How a batch is normalised, and what comes after.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NormAct {
    /// Normalise by the batch's own statistics, which then move the running ones; else by the running ones.
    pub training: bool,
    /// Share of the running statistics that a batch replaces.
    pub momentum: f64,
    /// Added to the variance.
    pub eps: f64,
    /// Slope of the activation below zero: 0 for a ReLU, 1 for none.
    pub slope: f64,
}

impl NormAct {
    /// `act(norm(x) * scale + shift)` for `x` `[n, c, h, w]` in f32 or bf16, with `scale` and `shift` `[n, c]`, or `[1, c]`
    /// for all samples alike, in f32. Differentiable once, with regard to all three. On the CPU the result does not
    /// depend on the number of threads.
    ///
    /// # Errors
    /// Shapes or types that do not fit.
    pub fn forward(
        &self,
        x: &Tensor,
        scale: &Tensor,
        shift: &Tensor,
        running: Running<'_>,
    ) -> Result<Tensor, AtenError> {
        let ptr = |t: &Tensor| t.as_ptr().cast_mut();
        let mut output = std::ptr::null_mut();
        // SAFETY: the inputs live; the output is a new tensor that tch owns from here on.
        let message = unsafe {
            ffi::aten_norm_act(
                ptr(x),
                ptr(scale),
                ptr(shift),
                ptr(running.mean),
                ptr(running.var),
                self.training,
                self.momentum,
                self.eps,
                self.slope,
                &raw mut output,
            )
        };
        outcome("norm_act", message)?;
        // SAFETY: no message, so C++ has set the pointer to a tensor of its own.
        Ok(unsafe { Tensor::from_ptr(output) })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use tch::{Device, Kind};

    const OPTIONS: (Kind, Device) = (Kind::Double, Device::Cpu);
    const HOW: NormAct = NormAct {
        training: true,
        momentum: 0.1,
        eps: 1e-5,
        slope: 0.2,
    };

    /// Values without a seed of their own: a tensor of normals that is the same in every run.
    fn values(shape: &[i64], phase: f64) -> Tensor {
        let n: i64 = shape.iter().product();
        let places = Tensor::arange(n, OPTIONS);
        ((&places * 0.7 + phase).sin() + (places * 1.3 + phase).cos() * 0.5).reshape(shape)
    }

    struct Case {
        x: Tensor,
        scale: Tensor,
        shift: Tensor,
        mean: Tensor,
        var: Tensor,
    }

    impl Case {
        fn new(samples: i64, kind: Kind) -> Self {
            let leaf = |t: Tensor, kind| t.to_kind(kind).set_requires_grad(true);
            Self {
                // The same values in both types, so that no activation changes sides.
                x: leaf((values(&[5, 6, 3, 70], 0.1) + 2.0).to_kind(Kind::BFloat16), kind),
                scale: leaf(values(&[samples, 6], 0.5), Kind::Float),
                shift: leaf(values(&[samples, 6], 0.9), Kind::Float),
                mean: values(&[6], 0.3).to_kind(Kind::Float),
                var: (values(&[6], 0.4).abs() + 0.5).to_kind(Kind::Float),
            }
        }

        const fn running(&self) -> Running<'_> {
            Running {
                mean: &self.mean,
                var: &self.var,
            }
        }

        /// Output, gradients of x, scale and shift, running mean and variance.
        fn results(&self, y: &Tensor) -> Vec<Tensor> {
            let weights = values(&y.size(), 1.7)
                .to_kind(Kind::BFloat16)
                .to_kind(Kind::Float);
            (y.to_kind(Kind::Float) * weights).sum(Kind::Float).backward();
            let f = |t: &Tensor| t.detach().to_kind(Kind::Float).copy();
            let grads = [&self.x, &self.scale, &self.shift].map(|t| f(&t.grad()));
            [f(y)]
                .into_iter()
                .chain(grads)
                .chain([f(&self.mean), f(&self.var)])
                .collect()
        }

        fn fused(samples: i64, kind: Kind, how: NormAct) -> Vec<Tensor> {
            let case = Self::new(samples, kind);
            let y = how
                .forward(&case.x, &case.scale, &case.shift, case.running())
                .unwrap();
            assert_eq!(y.kind(), kind);
            case.results(&y)
        }

        fn chained(samples: i64, how: NormAct) -> Vec<Tensor> {
            let case = Self::new(samples, Kind::Float);
            let NormAct {
                training,
                momentum,
                eps,
                slope,
            } = how;
            let none = None::<&Tensor>;
            let normalised = case.x.batch_norm(
                none,
                none,
                Some(&case.mean),
                Some(&case.var),
                training,
                momentum,
                eps,
                false,
            );
            let by_place = |t: &Tensor| t.unsqueeze(-1).unsqueeze(-1);
            let y = normalised * by_place(&case.scale) + by_place(&case.shift);
            let y = crate::leaky_relu(&y, slope).unwrap();
            case.results(&y)
        }
    }

    #[test]
    fn it_is_the_chain_of_calls_and_so_are_its_gradients() {
        for samples in [1, 5] {
            for training in [true, false] {
                for slope in [0.0, 0.2, 1.0] {
                    let how = NormAct {
                        training,
                        momentum: 0.1,
                        eps: 1e-5,
                        slope,
                    };
                    let chained = Case::chained(samples, how);
                    for (kind, tolerance) in [(Kind::Float, 1e-5), (Kind::BFloat16, 2e-2)] {
                        let names = ["y", "dx", "dscale", "dshift", "mean", "var"];
                        for ((found, expected), name) in
                            Case::fused(samples, kind, how).iter().zip(&chained).zip(names)
                        {
                            let largest = expected.abs().max().double_value(&[]);
                            let error = (found - expected).abs().max().double_value(&[]);
                            assert!(
                                error <= tolerance * largest.max(1.0),
                                "{name}, {samples} samples, training {training}, slope {slope}, {kind:?}: {error} of {largest}"
                            );
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn it_does_not_depend_on_the_number_of_threads() {
        let threads = tch::get_num_threads();
        tch::set_num_threads(1);
        let alone = Case::fused(5, Kind::Float, HOW);
        tch::set_num_threads(2);
        let together = Case::fused(5, Kind::Float, HOW);
        tch::set_num_threads(threads);
        assert!(alone.iter().zip(&together).all(|(a, b)| a.equal(b)));
    }

    #[test]
    fn a_derivative_of_a_derivative_is_refused_and_not_wrong() {
        let case = Case::new(5, Kind::Float);
        let y = HOW
            .forward(&case.x, &case.scale, &case.shift, case.running())
            .unwrap();
        let loss = y.square().sum(Kind::Float);
        let gradients = |again| Tensor::f_run_backward(&[&loss], &[&case.x], true, again);
        assert!(gradients(false).is_ok());
        let error = gradients(true).unwrap_err().to_string();
        assert!(error.contains("expected one derivative of norm_act"), "{error}");
    }

    #[test]
    fn shapes_that_do_not_fit_are_errors() {
        let case = Case::new(1, Kind::Float);
        let error = |x: &Tensor, scale: &Tensor| {
            HOW.forward(x, scale, &case.shift, case.running())
                .unwrap_err()
                .to_string()
        };
        assert!(error(&case.x.select(0, 0), &case.scale).contains("expected values of [n, c, h, w]"));
        assert!(error(&case.x, &case.scale.narrow(1, 0, 5)).contains("expected scale and shift of [n, c]"));
    }
}
