//! The CUDA half, loaded into a process of its own: with a GPU or without, libtorch knows of it from then on.
#![allow(clippy::unwrap_used, missing_docs)]

use std::path::Path;

use aten::{AtenError, Graph};

#[test]
fn it_is_loaded_on_demand_and_calls_reach_it() {
    let lib = std::env::var_os("LIBTORCH").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.libtorch"),
        Into::into,
    );
    let installed = lib.join("lib/libtorch_cuda.so").exists();
    let record = || Graph::record(0, || Ok::<_, AtenError>(()));
    assert!(!Graph::is_available());
    let error = record().err().unwrap().to_string();
    assert!(
        error.contains("the CUDA half of libtorch is not loaded"),
        "{error}"
    );

    assert_eq!(aten::load_cuda(), Ok(installed));
    assert_eq!(aten::load_cuda(), Ok(installed));
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    assert_eq!(maps.contains("/libtorch_cuda.so"), installed);
    if !aten::has_cuda_driver() {
        assert_eq!(tch::Cuda::device_count(), 0);
        if Graph::is_available() {
            // Said by CUDA itself.
            let error = record().err().unwrap().to_string();
            assert!(
                error.starts_with("libtorch, graph_begin: ") && !error.contains("not loaded"),
                "{error}"
            );
        }
    }
}
