//! Compiles the C++ face and tells dependents how to link and find libtorch at run time.
//!
//! Programs and tests of a crate that depends on this one need two more linker arguments, which cargo lets only
//! their own build script give: the folder of libtorch as rpath, and libtorch_cuda kept although no symbol of it
//! is named (`--as-needed` would drop it, and CUDA would silently be missing). They come as `DEP_ATEN_LINK_ARGS`.

use std::path::{Path, PathBuf};

fn main() {
    const SOURCES: [&str; 2] = ["src/aten.cpp", "src/norm_act.cpp"];
    for source in SOURCES.iter().chain(&["src/norm_act.h"]) {
        println!("cargo::rerun-if-changed={source}");
    }
    let Some(lib) = std::env::var_os("DEP_TCH_LIBTORCH_LIB").map(PathBuf::from) else {
        println!("cargo::error=libtorch was not found; hint: run `just setup` (or `./justw setup`) first");
        return;
    };
    let include = lib.with_file_name("include");
    cc::Build::new()
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

/// The linker arguments of every program and test over libtorch, without spaces in any of them.
fn link_args(lib: &Path) -> Vec<String> {
    let mut args = vec![format!("-Wl,-rpath,{}", lib.display())];
    if lib.join("libtorch_cuda.so").exists() {
        args.extend(["-Wl,--no-as-needed", "-ltorch_cuda", "-Wl,--as-needed"].map(str::to_owned));
        args.insert(0, format!("-L{}", lib.display()));
    }
    args
}
