//! A blur of maps in one call.

use tch::Tensor;

use crate::{AtenError, ffi, outcome};

/// Each map of `x` `[n, c, h, w]` under the binomial kernel `[1, 2, 1] / 4` in both directions, the border repeated; the
/// channels come out innermost. Differentiable any number of times. On the CPU values of f32 and bf16 are read once and
/// rounded once, and the result does not depend on the number of threads.
///
/// # Errors
/// The tensor has not four dimensions, or is empty.
pub fn blur(x: &Tensor) -> Result<Tensor, AtenError> {
    let mut output = std::ptr::null_mut();
    // SAFETY: the input lives; the output is a new tensor that tch owns from here on.
    let message = unsafe { ffi::aten_blur(x.as_ptr().cast_mut(), &raw mut output) };
    outcome("blur", message)?;
    // SAFETY: no message, so C++ has set the pointer to a tensor of its own.
    Ok(unsafe { Tensor::from_ptr(output) })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use tch::{Device, Kind};

    const OPTIONS: (Kind, Device) = (Kind::Float, Device::Cpu);

    /// Values without a seed of their own, which bf16 holds too.
    fn values(shape: &[i64], phase: f64) -> Tensor {
        let n: i64 = shape.iter().product();
        let values = (Tensor::arange(n, OPTIONS) * 0.7 + phase).sin().reshape(shape);
        values.to_kind(Kind::BFloat16).to_kind(Kind::Float)
    }

    /// Padding and two means.
    fn chain(x: &Tensor) -> Tensor {
        let mean = |x: &Tensor| x.avg_pool2d([2, 2], [1, 1], [0, 0], false, true, None);
        mean(&mean(&x.replication_pad2d([1, 1, 1, 1])))
    }

    /// Output, the gradient of x, and the gradient of that gradient's length.
    fn results(shape: &[i64], kind: Kind, blur: impl Fn(&Tensor) -> Tensor) -> Vec<Tensor> {
        let x = values(shape, 0.1).to_kind(kind).set_requires_grad(true);
        let y = blur(&x);
        assert_eq!(y.kind(), kind);
        let loss = (y.square() * values(shape, 1.7).to_kind(kind)).sum(Kind::Float);
        let once = Tensor::run_backward(&[&loss], &[&x], true, true);
        let length = once[0].square().sum(Kind::Float);
        let twice = Tensor::run_backward(&[&length], &[&x], false, false);
        let all = [y].into_iter().chain(once).chain(twice);
        all.map(|t| t.detach().to_kind(Kind::Float)).collect()
    }

    #[test]
    fn it_is_padding_and_two_means_and_so_are_its_gradients() {
        for shape in [
            [2, 3, 6, 5],
            [1, 17, 4, 9],
            [2, 5, 1, 1],
            [2, 4, 1, 3],
            [3, 2, 2, 1],
        ] {
            let expected = results(&shape, Kind::Float, chain);
            // There is no kernel for f64, whose output goes the long way; the gradients are our own.
            for (kind, tolerance) in [(Kind::Float, 1e-6), (Kind::Double, 1e-6), (Kind::BFloat16, 2e-2)] {
                let found = results(&shape, kind, |x| blur(x).unwrap());
                for ((found, expected), name) in found.iter().zip(&expected).zip(["y", "dx", "ddx"]) {
                    let error = (found - expected).abs().max().double_value(&[]);
                    let largest = expected.abs().max().double_value(&[]).max(1.0);
                    assert!(
                        error <= tolerance * largest,
                        "{name} of {shape:?} in {kind:?}: {error}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_type_without_a_kernel_goes_the_long_way() {
        let x = values(&[2, 3, 4, 5], 0.4).to_kind(Kind::Double);
        assert!(blur(&x).unwrap().equal(&chain(&x)));
    }

    #[test]
    fn it_does_not_depend_on_the_number_of_threads() {
        let threads = tch::get_num_threads();
        let [alone, together] = [1, 2].map(|n| {
            tch::set_num_threads(n);
            blur(&values(&[5, 6, 8, 8], 0.2)).unwrap()
        });
        tch::set_num_threads(threads);
        assert!(alone.equal(&together));
    }

    #[test]
    fn what_is_no_map_is_an_error() {
        let error = |x: &Tensor| blur(x).unwrap_err().to_string();
        assert!(error(&values(&[3, 4], 0.0)).contains("expected values of [n, c, h, w]"));
        assert!(error(&Tensor::zeros([0, 3, 4, 4], OPTIONS)).contains("expected values of [n, c, h, w]"));
    }
}
