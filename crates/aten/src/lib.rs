//! The few libtorch calls that tch lacks, behind a safe face.
//!
//! The C++ files beside it are the only ones of the house and this crate their only caller: each function checks shapes and
//! counts, passes tensor pointers, and turns a C++ exception into an [`AtenError`].
#![allow(unsafe_code)]

mod blur;
mod conv;
mod cuda;
mod graph;
mod host;
mod norm_act;

use std::ffi::{CStr, c_char};

use tch::Tensor;

pub use blur::blur;
pub use conv::{Windows, weight_like};
pub use cuda::{has_cuda_driver, load_cuda};
pub use graph::Graph;
pub use host::{HostArray, upload};
pub use norm_act::{NormAct, Running};

mod ffi {
    use std::ffi::{c_char, c_int, c_void};

    /// A tensor as C++ sees it: `at::Tensor`, which is also what tch's pointers point to.
    pub(crate) type Ptr = *mut torch_sys::C_tensor;

    unsafe extern "C" {
        pub(crate) fn aten_free(message: *mut c_char);
        pub(crate) fn aten_version() -> *const c_char;
        pub(crate) fn aten_set_flush_denormal(on: bool) -> bool;
        pub(crate) fn aten_keep_memory() -> bool;
        pub(crate) fn aten_tune_cuda();
        pub(crate) fn aten_device_memory(device: c_int, free: *mut u64, total: *mut u64) -> *mut c_char;
        pub(crate) fn aten_upload(input: Ptr, device: c_int, output: *mut Ptr) -> *mut c_char;
        pub(crate) fn aten_pinned(input: Ptr, output: *mut Ptr) -> *mut c_char;
        pub(crate) fn aten_has_cuda_driver() -> bool;
        pub(crate) fn aten_load_cuda(path: *const c_char) -> *mut c_char;
        pub(crate) fn aten_graph_available() -> bool;
        pub(crate) fn aten_graph_begin(device: c_int, graph: *mut *mut c_void) -> *mut c_char;
        pub(crate) fn aten_graph_end(graph: *mut c_void) -> *mut c_char;
        pub(crate) fn aten_graph_replay(graph: *mut c_void) -> *mut c_char;
        pub(crate) fn aten_graph_free(graph: *mut c_void);
        pub(crate) fn aten_fused_adam(
            params: *const Ptr,
            grads: *const Ptr,
            exp_avgs: *const Ptr,
            exp_avg_sqs: *const Ptr,
            steps: *const Ptr,
            n: usize,
            lr: f64,
            beta1: f64,
            beta2: f64,
            eps: f64,
        ) -> *mut c_char;
        pub(crate) fn aten_foreach_lerp(
            targets: *const Ptr,
            ends: *const Ptr,
            n: usize,
            weight: f64,
        ) -> *mut c_char;
        pub(crate) fn aten_leaky_relu(input: Ptr, slope: f64, output: *mut Ptr) -> *mut c_char;
        pub(crate) fn aten_channels_last(input: Ptr, output: *mut Ptr) -> *mut c_char;
        pub(crate) fn aten_conv(
            x: Ptr,
            weight: Ptr,
            bias: Ptr,
            transposed: bool,
            stride: i64,
            padding: i64,
            output: *mut Ptr,
        ) -> *mut c_char;
        pub(crate) fn aten_weight_like(weight: Ptr, x: Ptr, output: *mut Ptr) -> *mut c_char;
        pub(crate) fn aten_blur(x: Ptr, output: *mut Ptr) -> *mut c_char;
        pub(crate) fn aten_norm_act(
            x: Ptr,
            scale: Ptr,
            shift: Ptr,
            running_mean: Ptr,
            running_var: Ptr,
            training: bool,
            momentum: f64,
            eps: f64,
            slope: f64,
            output: *mut Ptr,
        ) -> *mut c_char;
    }
}

/// What libtorch said when a call failed, or a list of the wrong length.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("libtorch, {call}: {message}")]
pub struct AtenError {
    call: &'static str,
    message: String,
}

/// The rates of an Adam step (Kingma and Ba 2015, algorithm 1).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamRates {
    /// Step size α.
    pub lr: f64,
    /// Decay of the first moment.
    pub beta1: f64,
    /// Decay of the second moment.
    pub beta2: f64,
    /// Added to the root of the second moment.
    pub eps: f64,
}

/// The tensors of an Adam step, one of each for a parameter, in the same order.
#[derive(Clone, Copy)]
pub struct AdamTensors<'a> {
    /// Parameters; changed in place.
    pub params: &'a [Tensor],
    /// Their gradients.
    pub grads: &'a [Tensor],
    /// First moments; changed in place.
    pub exp_avgs: &'a [Tensor],
    /// Second moments; changed in place.
    pub exp_avg_sqs: &'a [Tensor],
    /// Steps taken, a float scalar each, on the parameter's device; raised by one.
    pub steps: &'a [Tensor],
}

/// The version of libtorch the program was built against, such as `2.11.0`.
#[must_use]
pub fn version() -> String {
    // SAFETY: a static string of the C++ side.
    unsafe { CStr::from_ptr(ffi::aten_version()) }
        .to_string_lossy()
        .into_owned()
}

/// Lets the CPU treat denormal numbers as zero in the threads of libtorch, where it can; says whether it can.
#[must_use]
pub fn set_flush_denormal(on: bool) -> bool {
    // SAFETY: no pointers.
    unsafe { ffi::aten_set_flush_denormal(on) }
}

/// Lets the allocator keep large blocks of memory for the next step, where it can; says whether it can. For programs that
/// do nothing but compute: blocks of up to 32 MB are not given back to the system.
#[must_use]
pub fn keep_memory() -> bool {
    // SAFETY: no pointers.
    unsafe { ffi::aten_keep_memory() }
}

/// Lets CUDA devices multiply f32 values by their first 10 bits of mantissa (TF32), and cuDNN try its
/// kernels and keep the fastest. For programs whose shapes stay the same. Sums may then differ from run to run.
pub fn tune_cuda() {
    // SAFETY: no pointers.
    unsafe { ffi::aten_tune_cuda() }
}

/// Memory of a CUDA device in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceMemory {
    /// What no program holds.
    pub free: u64,
    /// All of it.
    pub total: u64,
}

/// The memory of CUDA device number `device`.
///
/// # Errors
/// There is no such device.
pub fn device_memory(device: usize) -> Result<DeviceMemory, AtenError> {
    let mut memory = DeviceMemory { free: 0, total: 0 };
    if device as i64 >= tch::Cuda::device_count() {
        return Err(AtenError {
            call: "device_memory",
            message: format!("expected one of {} CUDA devices", tch::Cuda::device_count()),
        });
    }
    // SAFETY: two places for numbers that live.
    let message =
        unsafe { ffi::aten_device_memory(device as i32, &raw mut memory.free, &raw mut memory.total) };
    outcome("device_memory", message)?;
    Ok(memory)
}

/// One Adam step over all parameters in a single call (`at::_fused_adam_`), without weight decay.
///
/// # Errors
/// Lists of different lengths, or tensors whose shapes, types or devices do not fit.
pub fn fused_adam(tensors: AdamTensors<'_>, rates: AdamRates) -> Result<(), AtenError> {
    let AdamTensors {
        params,
        grads,
        exp_avgs,
        exp_avg_sqs,
        steps,
    } = tensors;
    let n = params.len();
    if [grads, exp_avgs, exp_avg_sqs, steps]
        .iter()
        .any(|list| list.len() != n)
    {
        return Err(lengths("fused_adam"));
    }
    let (p, g, m, v, s) = (
        ptrs(params),
        ptrs(grads),
        ptrs(exp_avgs),
        ptrs(exp_avg_sqs),
        ptrs(steps),
    );
    let AdamRates {
        lr,
        beta1,
        beta2,
        eps,
    } = rates;
    // SAFETY: five arrays of n live tensors; C++ neither keeps nor frees them.
    let message = unsafe {
        ffi::aten_fused_adam(
            p.as_ptr(),
            g.as_ptr(),
            m.as_ptr(),
            v.as_ptr(),
            s.as_ptr(),
            n,
            lr,
            beta1,
            beta2,
            eps,
        )
    };
    outcome("fused_adam", message)
}

/// Moves each target towards its end by `weight`: `target += weight * (end - target)`, in one call.
///
/// # Errors
/// Lists of different lengths, or tensors whose shapes, types or devices do not fit.
pub fn foreach_lerp(targets: &[Tensor], ends: &[Tensor], weight: f64) -> Result<(), AtenError> {
    if targets.len() != ends.len() {
        return Err(lengths("foreach_lerp"));
    }
    let (t, e) = (ptrs(targets), ptrs(ends));
    // SAFETY: two arrays of as many live tensors; C++ neither keeps nor frees them.
    let message = unsafe { ffi::aten_foreach_lerp(t.as_ptr(), e.as_ptr(), t.len(), weight) };
    outcome("foreach_lerp", message)
}

/// `max(x, slope * x)` for a slope below 1, differentiable; tch's own leaky_relu has no slope but 0.01.
///
/// # Errors
/// The tensor is not of a floating type.
pub fn leaky_relu(input: &Tensor, slope: f64) -> Result<Tensor, AtenError> {
    let mut output = std::ptr::null_mut();
    // SAFETY: the input lives; the output is a new tensor that tch owns from here on.
    let message = unsafe { ffi::aten_leaky_relu(input.as_ptr().cast_mut(), slope, &raw mut output) };
    outcome("leaky_relu", message)?;
    // SAFETY: no message, so C++ has set the pointer to a tensor of its own.
    Ok(unsafe { Tensor::from_ptr(output) })
}

/// The same values of a `[n, c, h, w]` tensor with the channels innermost in memory.
///
/// # Errors
/// The tensor has not four dimensions.
pub fn channels_last(input: &Tensor) -> Result<Tensor, AtenError> {
    let mut output = std::ptr::null_mut();
    // SAFETY: the input lives; the output is a new tensor that tch owns from here on.
    let message = unsafe { ffi::aten_channels_last(input.as_ptr().cast_mut(), &raw mut output) };
    outcome("channels_last", message)?;
    // SAFETY: no message, so C++ has set the pointer to a tensor of its own.
    Ok(unsafe { Tensor::from_ptr(output) })
}

fn ptrs(tensors: &[Tensor]) -> Vec<ffi::Ptr> {
    tensors.iter().map(|t| t.as_ptr().cast_mut()).collect()
}

fn lengths(call: &'static str) -> AtenError {
    AtenError {
        call,
        message: "expected lists of one length, found different lengths".to_owned(),
    }
}

fn outcome(call: &'static str, message: *mut c_char) -> Result<(), AtenError> {
    if message.is_null() {
        return Ok(());
    }
    // SAFETY: a C string made by strdup on the C++ side, freed once, here.
    let text = unsafe { CStr::from_ptr(message) }.to_string_lossy().into_owned();
    unsafe { ffi::aten_free(message) };
    // Further lines are a C++ stack trace.
    let message = text.lines().next().unwrap_or_default().to_owned();
    Err(AtenError { call, message })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use tch::{Device, Kind};

    fn zeros(n: i64) -> Tensor {
        Tensor::zeros([n], (Kind::Float, Device::Cpu))
    }

    #[test]
    fn the_first_adam_step_moves_by_the_rate() {
        let rates = AdamRates {
            lr: 0.1,
            beta1: 0.5,
            beta2: 0.999,
            eps: 1e-8,
        };
        let (params, grads) = ([zeros(3)], [Tensor::from_slice(&[2.0_f32, -5.0, 1e-3])]);
        let (m, v, steps) = ([zeros(3)], [zeros(3)], [Tensor::from(0_f32)]);
        let tensors = AdamTensors {
            params: &params,
            grads: &grads,
            exp_avgs: &m,
            exp_avg_sqs: &v,
            steps: &steps,
        };
        fused_adam(tensors, rates).unwrap();
        let moved: Vec<f32> = Vec::try_from(&params[0]).unwrap();
        assert!(
            moved
                .iter()
                .zip([-0.1_f32, 0.1, -0.1])
                .all(|(a, b)| (a - b).abs() < 1e-5),
            "{moved:?}"
        );
        assert_eq!(steps[0].double_value(&[]), 1.0);
    }

    #[test]
    fn a_gradient_in_another_memory_layout_moves_the_same_weights() {
        let rates = AdamRates {
            lr: 0.1,
            beta1: 0.5,
            beta2: 0.999,
            eps: 1e-3,
        };
        let grad = Tensor::arange(48, (Kind::Float, Device::Cpu)).reshape([2, 6, 2, 2]) * 1e-3;
        let moved = |grad: Tensor| {
            let like = || [Tensor::zeros([2, 6, 2, 2], (Kind::Float, Device::Cpu))];
            let (params, m, v, steps) = (like(), like(), like(), [Tensor::from(0_f32)]);
            let grads = [grad];
            let tensors = AdamTensors {
                params: &params,
                grads: &grads,
                exp_avgs: &m,
                exp_avg_sqs: &v,
                steps: &steps,
            };
            fused_adam(tensors, rates).unwrap();
            let [params] = params;
            params
        };
        assert!(moved(grad.copy()).equal(&moved(channels_last(&grad).unwrap())));
    }

    #[test]
    fn lists_that_do_not_fit_are_errors_and_not_crashes() {
        assert!(foreach_lerp(&[zeros(3)], &[], 0.5).is_err());
        let error = foreach_lerp(&[zeros(3)], &[zeros(2)], 0.5).unwrap_err();
        assert!(
            error.to_string().starts_with("libtorch, foreach_lerp: "),
            "{error}"
        );
        assert!(channels_last(&zeros(3)).is_err());
    }

    #[test]
    fn gradients_and_moments_of_other_shapes_are_errors_and_nothing_moves() {
        let rates = AdamRates {
            lr: 0.1,
            beta1: 0.5,
            beta2: 0.999,
            eps: 1e-8,
        };
        let params = [Tensor::ones([3], (Kind::Float, Device::Cpu))];
        let step = || [Tensor::from(0_f32)];
        let refused = |grad: i64, m: i64, v: i64, steps: [Tensor; 1], expected: &str| {
            let tensors = AdamTensors {
                params: &params,
                grads: &[zeros(grad) + 1.0],
                exp_avgs: &[zeros(m)],
                exp_avg_sqs: &[zeros(v)],
                steps: &steps,
            };
            let error = fused_adam(tensors, rates).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
            assert_eq!(params[0].sum(Kind::Float).double_value(&[]), 3.0);
        };
        let shapes = "expected gradients and moments of their parameters' shapes";
        refused(2, 3, 3, step(), shapes);
        refused(3, 2, 3, step(), shapes);
        refused(3, 3, 4, step(), shapes);
        refused(3, 3, 3, [zeros(2)], "expected one step count a parameter");
    }

    #[test]
    fn channels_last_keeps_values_and_moves_them() {
        let x = Tensor::arange(24, (Kind::Float, Device::Cpu)).reshape([1, 2, 3, 4]);
        let y = channels_last(&x).unwrap();
        assert_eq!(y.stride(), [24, 1, 8, 2]);
        assert!(x.equal(&y));
    }

    #[test]
    fn leaky_relu_has_its_slope_and_a_gradient() {
        let x = Tensor::from_slice(&[-2.0_f32, 3.0]).set_requires_grad(true);
        let y = leaky_relu(&x, 0.2).unwrap();
        y.sum(Kind::Float).backward();
        assert_eq!(Vec::<f32>::try_from(&y).unwrap(), [-0.4, 3.0]);
        assert_eq!(Vec::<f32>::try_from(x.grad()).unwrap(), [0.2, 1.0]);
        assert!(leaky_relu(&Tensor::from_slice(&[1_i64]), 0.2).is_err());
    }

    #[test]
    fn a_device_that_is_not_there_has_no_memory() {
        let error = device_memory(99).unwrap_err().to_string();
        assert!(error.contains("device_memory: expected one of"), "{error}");
    }

    #[test]
    fn the_version_is_the_one_that_tch_is_for() {
        assert!(version().starts_with("2.11."), "{}", version());
    }
}
