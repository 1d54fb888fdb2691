//! `gan doctor` tells the truth about the machine; the CUDA half of libtorch is loaded wherever it exists.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use harness::{Program, place};

#[test]
fn libtorch_cuda_is_loaded_exactly_where_it_exists() {
    let doctor = Program::new("gan")
        .args(["doctor", "--json"])
        .run()
        .success()
        .stdout_json();
    let loaded = doctor["loaded_libraries"]
        .as_array()
        .expect("a list of libraries");
    let loads = |name: &str| loaded.iter().any(|path| path.as_str().unwrap().ends_with(name));
    assert!(loads("/libtorch_cpu.so"), "{doctor}");
    let installed = place::repository()
        .join(".libtorch/lib/libtorch_cuda.so")
        .exists();
    assert_eq!(loads("/libtorch_cuda.so"), installed, "{doctor}");
    assert_eq!(doctor["cuda_library"], installed);
}

#[test]
fn the_programs_need_no_library_path_and_no_python() {
    let bare = Program::new("gan")
        .arg("doctor")
        .env("LD_LIBRARY_PATH", "")
        .env("PATH", "");
    bare.run().success().stdout_contains("libtorch");
}
