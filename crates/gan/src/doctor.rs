//! `gan doctor`: what this machine offers, and what to do about what is missing.

use std::path::Path;

use serde::Serialize;

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Findings {
    /// Version of libtorch.
    pub libtorch: String,
    /// The libraries of libtorch and CUDA that this process has loaded then, from the system's own list.
    pub loaded_libraries: Vec<String>,
    /// Whether libtorch has a CUDA half, and it could be loaded.
    pub cuda_library: bool,
    /// What kept it from being loaded.
    pub cuda_error: Option<String>,
    /// Whether there is a CUDA driver, without which a program leaves that half alone.
    pub cuda_driver: bool,
    /// CUDA devices that libtorch can use.
    pub cuda_devices: i64,
    /// Memory of each of them and what of it is free, in bytes; 0 where the driver does not tell.
    pub cuda_memory: Vec<[u64; 2]>,
    /// Whether cuDNN can be used.
    pub cudnn: bool,
    /// Threads that libtorch computes with.
    pub threads: i32,
    /// Cores the process may use.
    pub cores: usize,
    /// Memory of the machine and what of it is free for programs, in bytes.
    pub memory: Option<[u64; 2]>,
    /// Free bytes on the disk of the current folder.
    pub free_disk: Option<u64>,
    /// Whether the CPU computes in bf16 by itself.
    pub bf16: bool,
    /// What to do, a line each.
    pub advice: Vec<String>,
}

/// Looks around. Nothing is changed.
#[must_use]
pub fn examine() -> Findings {
    // Other programs load it where there is a driver; here it is to be seen whether it can be.
    let cuda = aten::load_cuda();
    let loaded_libraries = loaded_libraries();
    let mut findings = Findings {
        libtorch: aten::version(),
        cuda_library: cuda == Ok(true),
        cuda_error: cuda.err().map(|e| e.to_string()),
        cuda_driver: aten::has_cuda_driver(),
        cuda_devices: tch::Cuda::device_count(),
        cuda_memory: cuda_memory(),
        cudnn: tch::Cuda::cudnn_is_available(),
        threads: tch::get_num_threads(),
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        memory: memory(),
        free_disk: free_disk(Path::new(".")),
        bf16: bf16(),
        advice: Vec::new(),
        loaded_libraries,
    };
    findings.advice = advice(&findings);
    findings
}

impl Findings {
    /// A line for a person on each finding.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let yes = |b: bool| if b { "yes" } else { "no" };
        let gib = |n: u64| format!("{:.1} GiB", n as f64 / f64::from(1 << 30));
        let memory = self.memory.map_or_else(
            || "unknown".to_owned(),
            |[all, free]| format!("{}, {} available", gib(all), gib(free)),
        );
        let mut lines = vec![
            format!("libtorch     {}", self.libtorch),
            format!(
                "CUDA library {}",
                if self.cuda_library { "loads" } else { "none" }
            ),
            format!("CUDA driver  {}", yes(self.cuda_driver)),
            format!("CUDA devices {} (cuDNN: {})", self.cuda_devices, yes(self.cudnn)),
            format!("threads      {} of {} cores", self.threads, self.cores),
            format!("memory       {memory}"),
            format!(
                "free disk    {}",
                self.free_disk.map_or_else(|| "unknown".to_owned(), gib)
            ),
            format!("bf16 on CPU  {}", yes(self.bf16)),
        ];
        let cuda = (0..).zip(&self.cuda_memory);
        lines.extend(cuda.map(|(number, [all, free])| {
            format!("cuda:{number}       {}, {} available", gib(*all), gib(*free))
        }));
        lines.extend(self.advice.iter().map(|a| format!("advice: {a}")));
        lines
    }
}

fn advice(found: &Findings) -> Vec<String> {
    const GIB: u64 = 1 << 30;
    let mut advice = Vec::new();
    if let Some(error) = &found.cuda_error {
        advice.push(format!("the CUDA half of libtorch does not load: {error}"));
    } else if !found.cuda_library {
        advice.push(
            "libtorch has no CUDA half here; for a GPU, run `just setup` with the full torch wheel"
                .to_owned(),
        );
    } else if found.cuda_devices == 0 {
        advice.push(
            "no CUDA device: training runs on the CPU; with a GPU, check that `nvidia-smi` sees it"
                .to_owned(),
        );
    }
    if found.memory.is_some_and(|[_, free]| free < 4 * GIB) {
        advice.push("under 4 GiB of memory available: lower train.batch or train.resolution".to_owned());
    }
    if found.free_disk.is_some_and(|free| free < 5 * GIB) {
        advice.push(
            "under 5 GiB of disk free: a run at 128 pixels keeps two checkpoints of 0.4 GB each".to_owned(),
        );
    }
    if (found.threads.max(1) as usize) < found.cores {
        advice.push(format!(
            "{} of {} cores in use: --jobs {0} sets the threads",
            found.threads, found.cores
        ));
    }
    advice
}

fn loaded_libraries() -> Vec<String> {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let paths = maps.lines().filter_map(|line| line.split_whitespace().nth(5));
    let ours = paths.filter(|p| {
        ["libtorch", "libc10", "libcud", "libnv"]
            .iter()
            .any(|n| p.contains(n))
    });
    ours.map(str::to_owned)
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect()
}

fn cuda_memory() -> Vec<[u64; 2]> {
    let devices = 0..tch::Cuda::device_count().max(0) as usize;
    let memory = |device| aten::device_memory(device).map_or([0; 2], |m| [m.total, m.free]);
    devices.map(memory).collect()
}

fn memory() -> Option<[u64; 2]> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let kib = |key: &str| {
        let line = text.lines().find(|l| l.starts_with(key))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok()
    };
    Some([kib("MemTotal:")? * 1024, kib("MemAvailable:")? * 1024])
}

fn free_disk(path: &Path) -> Option<u64> {
    rustix::fs::statvfs(path).ok().map(|s| s.f_bavail * s.f_frsize)
}

fn bf16() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::arch::is_x86_feature_detected!("avx512bf16");
    #[cfg(not(target_arch = "x86_64"))]
    return false;
}
