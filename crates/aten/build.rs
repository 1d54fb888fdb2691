//! Compiles the C++ face and tells dependents how to link and find libtorch at run time.
//!
//! Programs and tests of a crate that depends on this one need two more linker arguments, which cargo lets only
//! their own build script give: the folder of libtorch as rpath, and libtorch_cuda kept although no symbol of it
//! is named (`--as-needed` would drop it, and CUDA would silently be missing). They come as `DEP_ATEN_LINK_ARGS`.

use std::path::{Path, PathBuf};

fn main() {
    const SOURCES: [&str; 5] = [
        "src/aten.cpp",
        "src/blur.cpp",
        "src/norm_act.cpp",
        "src/small_conv.cpp",
        "src/graph.cpp",
    ];
    const HEADERS: [&str; 6] = [
        "src/blur.h",
        "src/guarded.h",
        "src/norm_act.h",
        "src/samples.h",
        "src/scalar.h",
        "src/small_conv.h",
    ];
    for source in SOURCES.iter().chain(&HEADERS) {
        println!("cargo::rerun-if-changed={source}");
    }
    let Some(lib) = std::env::var_os("DEP_TCH_LIBTORCH_LIB").map(PathBuf::from) else {
        println!("cargo::error=libtorch was not found; hint: run `just setup` (or `./justw setup`) first");
        return;
    };
    let include = lib.with_file_name("include");
    let mut build = cc::Build::new();
    if let Some(cuda) = cuda_headers(&lib) {
        build.define("ATELIER_CUDA_GRAPHS", None).include(cuda);
    }
    build
        .cpp(true)
        .std("c++17")
        // Kernels are nothing without it.
        .opt_level(3)
        .files(SOURCES)
        .include(&include)
        .include(include.join("torch/csrc/api/include"))
        // libtorch's headers warn under -Wall; our own file is small enough to read.
        .warnings(false)
        .compile("aten_face");

    let args = link_args(&lib);
    for arg in &args {
        println!("cargo::rustc-link-arg={arg}");
    }
    println!("cargo::metadata=link_args={}", args.join(" "));
}

/// CUDA's own headers, which libtorch's are written over: those that come with the wheel, or an installed toolkit's. None
/// where libtorch has no CUDA half.
fn cuda_headers(lib: &Path) -> Option<PathBuf> {
    println!("cargo::rerun-if-env-changed=CUDA_HOME");
    if !lib.join("libtorch_cuda.so").exists() {
        return None;
    }
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

/// The linker arguments of every program and test over libtorch, without spaces in any of them.
fn link_args(lib: &Path) -> Vec<String> {
    let mut args = vec![format!("-Wl,-rpath,{}", lib.display())];
    if lib.join("libtorch_cuda.so").exists() {
        let libraries = [
            "-Wl,--no-as-needed",
            "-ltorch_cuda",
            "-lc10_cuda",
            "-Wl,--as-needed",
        ];
        args.extend(libraries.map(str::to_owned));
        args.insert(0, format!("-L{}", lib.display()));
    }
    args
}
