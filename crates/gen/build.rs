//! Gives this crate's programs and tests the linker arguments that find libtorch; see `crates/aten/build.rs`.

fn main() {
    println!("cargo::rerun-if-env-changed=DEP_ATEN_LINK_ARGS");
    for arg in std::env::var("DEP_ATEN_LINK_ARGS")
        .unwrap_or_default()
        .split_whitespace()
    {
        println!("cargo::rustc-link-arg={arg}");
    }
}
