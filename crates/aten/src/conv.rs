//! Convolutions that take the faster of two ways.

use tch::Tensor;

use crate::{AtenError, ffi, outcome};

/// Where a convolution takes its windows, or, transposed, puts them: each `stride` places apart, from `padding` places
/// outside of the map on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Windows {
    /// Places from one window to the next.
    pub stride: i64,
    /// Places around the map that count as zeros.
    pub padding: i64,
    /// From the smaller map to the larger.
    pub transposed: bool,
}

impl Windows {
    /// The convolution of `x` `[n, c_in, h, w]` with `weight` `[c_out, c_in, k, k]` (transposed: `[c_in, c_out, k, k]`) and a
    /// bias `[c_out]`, all of one type. On the CPU, small maps go as products of matrices, for which libtorch's own way
    /// leaves most of the processor idle. Can be differentiated as often as any.
    ///
    /// # Errors
    /// Shapes or types that do not fit.
    pub fn convolve(self, x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Result<Tensor, AtenError> {
        let ptr = |t: &Tensor| t.as_ptr().cast_mut();
        let mut output = std::ptr::null_mut();
        // SAFETY: the inputs live, a missing bias is null; the output is a new tensor that tch owns from here on.
        let message = unsafe {
            ffi::aten_conv(
                ptr(x),
                ptr(weight),
                bias.map_or(std::ptr::null_mut(), ptr),
                self.transposed,
                self.stride,
                self.padding,
                &raw mut output,
            )
        };
        outcome("convolve", message)?;
        // SAFETY: no message, so C++ has set the pointer to a tensor of its own.
        Ok(unsafe { Tensor::from_ptr(output) })
    }
}

/// `weight` `[a, b, k, k]` in the type of `x` and with b innermost in memory, which [`Windows::convolve`] takes as it is. One
/// copy for both, and none where it is so already.
///
/// # Errors
/// The weight has not four dimensions.
pub fn weight_like(weight: &Tensor, x: &Tensor) -> Result<Tensor, AtenError> {
    let mut output = std::ptr::null_mut();
    // SAFETY: the inputs live; the output is a new tensor that tch owns from here on.
    let message =
        unsafe { ffi::aten_weight_like(weight.as_ptr().cast_mut(), x.as_ptr().cast_mut(), &raw mut output) };
    outcome("weight_like", message)?;
    // SAFETY: no message, so C++ has set the pointer to a tensor of its own.
    Ok(unsafe { Tensor::from_ptr(output) })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use tch::{Device, Kind};

    fn values(shape: &[i64], phase: f64) -> Tensor {
        let n: i64 = shape.iter().product();
        let places = Tensor::arange(n, (Kind::Double, Device::Cpu));
        ((&places * 0.7 + phase).sin() + (places * 1.3 + phase).cos() * 0.5).reshape(shape)
    }

    /// Side of x, side of the kernel, stride, padding, transposed: what the networks have, and maps that no kernel fits evenly.
    const CASES: [(i64, i64, Windows); 9] = {
        const fn at(stride: i64, padding: i64, transposed: bool) -> Windows {
            Windows {
                stride,
                padding,
                transposed,
            }
        }
        [
            (8, 4, at(2, 1, false)),
            (4, 4, at(2, 1, true)),
            (4, 3, at(1, 1, false)),
            (4, 4, at(1, 0, false)),
            (1, 4, at(1, 0, true)),
            (2, 4, at(2, 1, false)),
            (7, 3, at(2, 0, false)),
            (3, 5, at(1, 2, false)),
            (3, 3, at(2, 1, true)),
        ]
    };

    /// Output and the gradients of x, weight and bias, and of the length of x's gradient once more.
    fn results(kind: Kind, side: i64, k: i64, windows: Windows, own: bool) -> Vec<Tensor> {
        let (c_in, c_out) = (6, 5);
        let shape = if windows.transposed {
            [c_in, c_out, k, k]
        } else {
            [c_out, c_in, k, k]
        };
        // The same values in both types.
        let rounded = |t: Tensor| t.to_kind(Kind::BFloat16).to_kind(kind);
        let leaf = |t: Tensor| rounded(t).set_requires_grad(true);
        let (x, weight, bias) = (
            leaf(values(&[3, c_in, side, side], 0.1)),
            leaf(values(&shape, 0.5)),
            leaf(values(&[c_out], 0.9)),
        );
        let Windows {
            stride,
            padding,
            transposed,
        } = windows;
        let y = if own {
            windows
                .convolve(&x, &weight_like(&weight, &x).unwrap(), Some(&bias))
                .unwrap()
        } else if transposed {
            x.conv_transpose2d(&weight, Some(&bias), stride, padding, 0, 1, 1)
        } else {
            x.conv2d(&weight, Some(&bias), stride, padding, 1, 1)
        };
        let loss = (&y * rounded(values(&y.size(), 1.7))).sum(Kind::Float);
        let inputs = [&x, &weight, &bias];
        let once = Tensor::run_backward(&[&loss], &inputs, true, false);
        let squared = (&y.square() * rounded(values(&y.size(), 0.3))).sum(Kind::Float);
        let gradient = Tensor::run_backward(&[&squared], &[&x], true, true);
        let length = gradient[0].square().sum(Kind::Float);
        let twice = Tensor::run_backward(&[&length], &[&x, &weight], false, false);
        let all = [y].into_iter().chain(once).chain(twice);
        all.map(|t| t.detach().to_kind(Kind::Float)).collect()
    }

    #[test]
    fn both_ways_give_the_same_and_so_do_their_gradients() {
        for (side, k, windows) in CASES {
            let expected = results(Kind::Float, side, k, windows, false);
            for (kind, tolerance) in [(Kind::Float, 1e-5), (Kind::BFloat16, 3e-2)] {
                let names = ["y", "dx", "dweight", "dbias", "ddx", "ddweight"];
                let found = results(kind, side, k, windows, true);
                for ((found, expected), name) in found.iter().zip(&expected).zip(names) {
                    assert_eq!(found.size(), expected.size(), "{name}, {side}, {k}, {windows:?}");
                    let largest = expected.abs().max().double_value(&[]);
                    let error = (found - expected).abs().max().double_value(&[]);
                    assert!(
                        error <= tolerance * largest.max(1.0),
                        "{name}, side {side}, kernel {k}, {windows:?}, {kind:?}: {error} of {largest}"
                    );
                }
            }
        }
    }

    #[test]
    fn shapes_that_do_not_fit_are_errors() {
        let windows = Windows {
            stride: 2,
            padding: 1,
            transposed: false,
        };
        let error = |x: &[i64], weight: &[i64]| {
            windows
                .convolve(&values(x, 0.0), &values(weight, 0.0), None)
                .unwrap_err()
                .to_string()
        };
        assert!(error(&[2, 3, 8, 8], &[4, 5, 4, 4]).starts_with("libtorch, convolve: "));
        assert!(error(&[2, 3, 8, 8], &[4, 3]).contains("expected a weight of [c, c, k, k]"));
        assert!(
            error(&[2, 3, 1, 1], &[4, 3, 4, 4]).starts_with("libtorch, convolve: "),
            "a window that does not fit"
        );
    }
}
