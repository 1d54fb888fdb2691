//! The CUDA half of libtorch, loaded by those programs alone that have a use for it.
//!
//! Linked like the rest it would be loaded by all, for 345 MB of memory and a part of a second, GPU or not. So it is
//! linked by a small shared library, which `build.rs` makes, programs carry within them, and [`load_cuda`] loads.

use std::ffi::CString;
use std::io::Write;
use std::os::fd::AsRawFd;
use std::sync::OnceLock;

use rustix::fs::MemfdFlags;

use crate::{AtenError, ffi, outcome};

/// Empty where the program was built over a libtorch without CUDA.
static HALF: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/libaten_cuda.so"));

/// Whether the machine has a CUDA driver.
#[must_use]
pub fn has_cuda_driver() -> bool {
    // SAFETY: no pointers.
    unsafe { ffi::aten_has_cuda_driver() }
}

/// Loads the CUDA half of libtorch; false where the program was built over one that has none. Before it, libtorch knows of no
/// CUDA devices, and whoever asks it for some makes it believe so for good: to be called first.
///
/// # Errors
/// A library that it needs is missing, or devices have been asked for already.
pub fn load_cuda() -> Result<bool, AtenError> {
    static LOADED: OnceLock<Result<bool, AtenError>> = OnceLock::new();
    LOADED
        .get_or_init(|| {
            if HALF.is_empty() {
                Ok(false)
            } else {
                load().map(|()| true)
            }
        })
        .clone()
}

fn load() -> Result<(), AtenError> {
    let failed = |error: std::io::Error| AtenError {
        call: "load_cuda",
        message: format!("cannot lay out the library in memory: {error}"),
    };
    let memory =
        rustix::fs::memfd_create("libaten_cuda.so", MemfdFlags::CLOEXEC).map_err(|e| failed(e.into()))?;
    let mut file = std::fs::File::from(memory);
    file.write_all(HALF).map_err(failed)?;
    let path = CString::new(format!("/proc/self/fd/{}", file.as_raw_fd())).map_err(|e| failed(e.into()))?;
    // SAFETY: a C string that lives; the library is mapped when this returns, and its file may go.
    let message = unsafe { ffi::aten_load_cuda(path.as_ptr()) };
    outcome("load_cuda", message)
}
