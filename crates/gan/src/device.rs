//! Where tensors live: `--device auto|cpu|cuda[:N]`.

use std::fmt;
use std::str::FromStr;

use crate::GanError;

/// A device that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Device(tch::Device);

/// What `--device` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeviceChoice {
    /// The first CUDA device, else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// A CUDA device by number.
    Cuda(usize),
}

impl FromStr for DeviceChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |n: &str| n.parse().map(Self::Cuda).ok();
        match text {
            "auto" => Some(Self::Auto),
            "cpu" => Some(Self::Cpu),
            "cuda" => Some(Self::Cuda(0)),
            _ => text.strip_prefix("cuda:").and_then(number),
        }
        .ok_or_else(|| "expected auto, cpu, cuda or cuda:N".to_owned())
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(n) => write!(f, "cuda:{n}"),
        }
    }
}

impl DeviceChoice {
    /// The device asked for, if it is there. To be called before any other call about devices: it loads the CUDA half of
    /// libtorch where a machine has a CUDA driver and the choice leaves room for it.
    ///
    /// # Errors
    /// A CUDA device that libtorch does not see, or a CUDA half that cannot be loaded.
    pub fn find(self) -> Result<Device, GanError> {
        if self != Self::Cpu && aten::has_cuda_driver() {
            aten::load_cuda().map_err(|e| GanError::Device {
                asked: self.to_string(),
                message: e.to_string(),
            })?;
        }
        let count = tch::Cuda::device_count().max(0) as usize;
        let device = match self {
            Self::Auto if tch::Cuda::is_available() => tch::Device::Cuda(0),
            Self::Auto | Self::Cpu => tch::Device::Cpu,
            Self::Cuda(n) if n < count => tch::Device::Cuda(n),
            Self::Cuda(_) => {
                let message = format!("expected one of {count} CUDA devices that libtorch sees");
                return Err(GanError::Device {
                    asked: self.to_string(),
                    message,
                });
            }
        };
        Ok(Device(device))
    }
}

impl Device {
    /// The CPU, which is always there.
    pub const CPU: Self = Self(tch::Device::Cpu);

    /// For tch's calls.
    #[must_use]
    pub const fn tch(self) -> tch::Device {
        self.0
    }

    /// Whether it computes bf16, and does not emulate it.
    #[must_use]
    pub fn is_fast_at_bf16(self) -> bool {
        if self.0.is_cuda() {
            return true;
        }
        #[cfg(target_arch = "x86_64")]
        {
            std::arch::is_x86_feature_detected!("avx512bf16")
        }
        #[cfg(not(target_arch = "x86_64"))]
        {
            false
        }
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            tch::Device::Cuda(n) => write!(f, "cuda:{n}"),
            _ => f.write_str("cpu"),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_read_and_absent_devices_refused() {
        assert_eq!("cuda:3".parse(), Ok(DeviceChoice::Cuda(3)));
        assert_eq!("cuda".parse(), Ok(DeviceChoice::Cuda(0)));
        assert!("gpu".parse::<DeviceChoice>().is_err() && "cuda:x".parse::<DeviceChoice>().is_err());
        let error = DeviceChoice::Cuda(99).find().unwrap_err().to_string();
        assert!(
            error.contains("--device cuda:99") && error.contains("\nhint: "),
            "{error}"
        );
        assert_eq!(DeviceChoice::Cpu.find().unwrap(), Device::CPU);
    }
}
