//! Work that a CUDA device repeats without the program: hundreds of kernels that were recorded once, started by one call.

use std::ffi::c_void;
use std::ptr::NonNull;

use crate::{AtenError, ffi, outcome};

/// Recorded work. Replayed, it reads and writes the very memory of the tensors that it was recorded with: what it works on is
/// changed by copying into them, and what it made lies in the tensors that it returned, until the next replay.
pub struct Graph(NonNull<c_void>);

/// Ends a recording, also when the work panics.
struct Recording(Option<NonNull<c_void>>);

impl Drop for Recording {
    fn drop(&mut self) {
        if let Some(graph) = self.0.take() {
            // SAFETY: a graph that is being recorded; it is ended and freed once, and what the end says is of no use any more.
            unsafe {
                let message = ffi::aten_graph_end(graph.as_ptr());
                if !message.is_null() {
                    ffi::aten_free(message);
                }
                ffi::aten_graph_free(graph.as_ptr());
            }
        }
    }
}

impl Graph {
    /// Whether the CUDA half is loaded ([`crate::load_cuda`]) and was built with CUDA's headers, without which nothing can be
    /// recorded.
    #[must_use]
    pub fn is_available() -> bool {
        // SAFETY: no pointers.
        unsafe { ffi::aten_graph_available() }
    }

    /// Records what `work` asks CUDA device `device` to do, and does not do it. The same work must have been done before, so
    /// that libraries have chosen their kernels; it must not ask for values of tensors, nor copy from the host.
    ///
    /// # Errors
    /// The work asks for what cannot be recorded, or fails.
    pub fn record<T, E: From<AtenError>>(
        device: usize,
        work: impl FnOnce() -> Result<T, E>,
    ) -> Result<(Self, T), E> {
        let mut graph = std::ptr::null_mut();
        // SAFETY: a place for a pointer that lives.
        let message = unsafe { ffi::aten_graph_begin(device as i32, &raw mut graph) };
        outcome("graph_begin", message)?;
        let mut recording = Recording(NonNull::new(graph));
        let made = work()?;
        let Some(graph) = recording.0.take() else {
            return Err(AtenError {
                call: "graph_begin",
                message: "expected a graph, found none".to_owned(),
            }
            .into());
        };
        let recorded = Self(graph);
        // SAFETY: the graph lives and is being recorded; from here on it is freed when `recorded` is dropped.
        let message = unsafe { ffi::aten_graph_end(graph.as_ptr()) };
        outcome("graph_end", message)?;
        Ok((recorded, made))
    }

    /// Lets the device do the work.
    ///
    /// # Errors
    /// The device fails.
    pub fn replay(&self) -> Result<(), AtenError> {
        // SAFETY: a recorded graph that lives.
        let message = unsafe { ffi::aten_graph_replay(self.0.as_ptr()) };
        outcome("graph_replay", message)
    }
}

impl Drop for Graph {
    fn drop(&mut self) {
        // SAFETY: made by `record` and freed once.
        unsafe { ffi::aten_graph_free(self.0.as_ptr()) }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    #[ignore = "needs a CUDA device"]
    fn replayed_work_sees_new_values_and_a_panic_ends_a_recording() {
        assert_eq!(crate::load_cuda(), Ok(true));
        let options = (tch::Kind::Float, tch::Device::Cuda(0));
        let (x, mut sum) = (tch::Tensor::ones([3], options), tch::Tensor::zeros([3], options));
        let mut work = || {
            let _ = sum.g_add_(&x);
            &sum * 2.0
        };
        assert_eq!(work().double_value(&[0]), 2.0);
        let panicked =
            std::panic::catch_unwind(|| Graph::record(0, || -> Result<(), AtenError> { panic!("no") }));
        assert!(panicked.is_err());
        let (graph, twice) = Graph::record(0, || Ok::<_, AtenError>(work())).unwrap();
        for expected in [4.0, 6.0] {
            graph.replay().unwrap();
            assert_eq!(twice.double_value(&[1]), expected);
        }
        x.shallow_clone()
            .copy_(&tch::Tensor::from_slice(&[10.0_f32, 0.0, 0.0]));
        graph.replay().unwrap();
        assert_eq!(twice.double_value(&[0]), 26.0);
    }
}
