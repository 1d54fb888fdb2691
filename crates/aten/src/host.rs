//! Memory of the host that libtorch copies from: ordinary, or page-locked, which a CUDA device reads without a detour.

use std::marker::PhantomData;

use tch::kind::Element;
use tch::{Device, Tensor};

use crate::{AtenError, ffi, outcome};

/// A row of values in the host's memory, to be filled again and again and copied to a device.
pub struct HostArray<T> {
    // Never handed out, so that nothing else can see or keep what the slice changes.
    tensor: Tensor,
    len: usize,
    values: PhantomData<T>,
}

impl<T: Element> HostArray<T> {
    /// `len` zeros; page-locked where `device` is a CUDA device.
    ///
    /// # Errors
    /// There is not enough memory, or the driver does not lock it.
    pub fn new(len: usize, device: Device) -> Result<Self, AtenError> {
        let zeros = Tensor::f_zeros([len as i64], (T::KIND, Device::Cpu));
        let mut tensor = zeros.map_err(|e| AtenError {
            call: "zeros",
            message: e.to_string(),
        })?;
        if device.is_cuda() {
            tensor = pinned(&tensor)?;
        }
        Ok(Self {
            tensor,
            len,
            values: PhantomData,
        })
    }

    /// The values.
    #[must_use]
    pub fn as_slice(&self) -> &[T] {
        // SAFETY: as in `as_mut_slice`.
        unsafe { std::slice::from_raw_parts(self.tensor.data_ptr().cast(), self.len) }
    }

    /// The values, to be changed.
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        // SAFETY: a contiguous tensor of `len` values of this type, which nobody else holds; it lives as long as `self`.
        unsafe { std::slice::from_raw_parts_mut(self.tensor.data_ptr().cast(), self.len) }
    }

    /// A copy of the first values in a new tensor of this shape on `device`. When it returns, the values are read.
    ///
    /// # Errors
    /// The shape has more values than there are, or the device has no room.
    pub fn copy_to(&self, shape: &[i64], device: Device) -> Result<Tensor, tch::TchError> {
        let values = self
            .tensor
            .f_narrow(0, 0, shape.iter().product())?
            .f_view(shape)?;
        values.f_to_device_(device, T::KIND, false, true)
    }
}

/// The values on `device`. A CUDA device fetches them behind the program's back, from a page-locked copy: an ordinary copy
/// would wait until all that was asked of the device before is done.
///
/// # Panics
/// As every tch call: there is no room, in the host's page-locked memory or on the device.
pub fn upload(values: &Tensor, device: Device) -> Tensor {
    let Device::Cuda(number) = device else {
        return values.to_device(device);
    };
    let mut output = std::ptr::null_mut();
    // SAFETY: the input lives; the output is a new tensor that tch owns from here on.
    let message = unsafe { ffi::aten_upload(values.as_ptr().cast_mut(), number as i32, &raw mut output) };
    match outcome("upload", message) {
        // SAFETY: no message, so C++ has set the pointer to a tensor of its own.
        Ok(()) => unsafe { Tensor::from_ptr(output) },
        Err(e) => panic!("{e}"),
    }
}

/// A page-locked copy.
fn pinned(values: &Tensor) -> Result<Tensor, AtenError> {
    let mut output = std::ptr::null_mut();
    // SAFETY: as in `upload`.
    let message = unsafe { ffi::aten_pinned(values.as_ptr().cast_mut(), &raw mut output) };
    outcome("pinned", message)?;
    // SAFETY: as in `upload`.
    Ok(unsafe { Tensor::from_ptr(output) })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn copies_keep_what_the_array_held_when_they_were_made() {
        let mut array = HostArray::<u8>::new(6, Device::Cpu).unwrap();
        array.as_mut_slice().copy_from_slice(&[1, 2, 3, 4, 5, 6]);
        let copy = array.copy_to(&[2, 2], Device::Cpu).unwrap();
        array.as_mut_slice().fill(9);
        assert_eq!(Vec::<u8>::try_from(copy.flatten(0, -1)).unwrap(), [1, 2, 3, 4]);
        assert!(array.copy_to(&[7], Device::Cpu).is_err());
        assert_eq!(
            HostArray::<f32>::new(3, Device::Cpu).unwrap().as_mut_slice(),
            [0.0; 3]
        );
    }
}
