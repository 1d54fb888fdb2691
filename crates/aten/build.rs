//! Compiles the C++ face and tells dependents how to link and find libtorch at run time.
//!
//! Programs and tests of a crate that depends on this one need one more linker argument, which cargo lets only their own
//! build script give: the folder of libtorch as rpath. It comes as `DEP_ATEN_LINK_ARGS`. The CUDA half of libtorch is linked by
//! a shared library of its own, `libaten_cuda.so`, which this crate includes and loads on demand.

use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    const SOURCES: [&str; 5] = [
        "src/aten.cpp",
        "src/blur.cpp",
        "src/cuda.cpp",
        "src/norm_act.cpp",
        "src/small_conv.cpp",
    ];
    const INCLUDED: [&str; 8] = [
        "src/blur.h",
        "src/cuda_half.cpp",
        "src/cuda_half.h",
        "src/guarded.h",
        "src/norm_act.h",
        "src/samples.h",
        "src/scalar.h",
        "src/small_conv.h",
    ];
    for source in SOURCES.iter().chain(&INCLUDED) {
        println!("cargo::rerun-if-changed={source}");
    }
    let Some(lib) = std::env::var_os("DEP_TCH_LIBTORCH_LIB").map(PathBuf::from) else {
        println!("cargo::error=libtorch was not found; hint: run `just setup` (or `./justw setup`) first");
        return;
    };
    let include = lib.with_file_name("include");
    let compiler = |includes: &[PathBuf]| {
        let mut build = cc::Build::new();
        // libtorch's headers warn under -Wall; our own files are small enough to read.
        build.cpp(true).std("c++17").warnings(false).includes(includes);
        build
    };
    let mut includes = vec![include.join("torch/csrc/api/include"), include];
    compiler(&includes)
        // Kernels are nothing without it.
        .opt_level(3)
        .files(SOURCES)
        .compile("aten_face");

    let half = out_dir().join("libaten_cuda.so");
    if lib.join("libtorch_cuda.so").exists() {
        let mut build = compiler(&[]);
        if let Some(cuda) = cuda_headers(&lib) {
            includes.push(cuda);
            build.define("ATELIER_CUDA_GRAPHS", None);
        }
        link_cuda_half(build.includes(&includes).debug(false), &lib, &half);
    } else if let Err(e) = std::fs::write(&half, []) {
        println!("cargo::error={}: {e}", half.display());
    }

    let rpath = format!("-Wl,-rpath,{}", lib.display());
    println!("cargo::rustc-link-arg={rpath}");
    println!("cargo::metadata=link_args={rpath}");
}

fn out_dir() -> PathBuf {
    std::env::var_os("OUT_DIR").map_or_else(PathBuf::new, PathBuf::from)
}

/// The shared library of `cuda_half.cpp`, which needs the CUDA half of libtorch although it may name no symbol of it
/// (`--as-needed`, many compilers' default, would drop it, and CUDA would silently be missing).
fn link_cuda_half(build: &cc::Build, lib: &Path, half: &Path) {
    let mut command: Command = match build.try_get_compiler() {
        Ok(compiler) => compiler.to_command(),
        Err(e) => return println!("cargo::error=no C++ compiler: {e}"),
    };
    command
        .args(["-shared", "-fPIC", "-s", "src/cuda_half.cpp", "-o"])
        .arg(half)
        .arg(format!("-L{}", lib.display()))
        .args(["-Wl,--no-as-needed", "-ltorch_cuda", "-lc10_cuda"])
        .args(["-ltorch_cpu", "-lc10"])
        .arg(format!("-Wl,-rpath,{}", lib.display()));
    match command.status() {
        Ok(status) if status.success() => (),
        Ok(status) => println!("cargo::error=src/cuda_half.cpp: {command:?} ended with {status}"),
        Err(e) => println!("cargo::error=src/cuda_half.cpp: {command:?}: {e}"),
    }
}

/// CUDA's own headers, which libtorch's are written over: those that come with the wheel, or an installed toolkit's.
fn cuda_headers(lib: &Path) -> Option<PathBuf> {
    println!("cargo::rerun-if-env-changed=CUDA_HOME");
    // site-packages/torch/lib, by way of a link or not, has site-packages/nvidia/cu13/include beside it.
    let packages = lib.canonicalize().ok()?.parent()?.parent()?.join("nvidia");
    let wheels = std::fs::read_dir(packages).into_iter().flatten().flatten();
    let toolkit = std::env::var_os("CUDA_HOME").map_or_else(|| "/usr/local/cuda".into(), PathBuf::from);
    let mut folders: Vec<PathBuf> = wheels.map(|wheel| wheel.path()).collect();
    folders.sort();
    folders.push(toolkit);
    let include = folders.iter().map(|folder| folder.join("include"));
    include.into_iter().find(|include| {
        let needed = ["cuda.h", "cuda_runtime.h", "crt/host_config.h"];
        needed.iter().all(|header| include.join(header).exists())
    })
}
