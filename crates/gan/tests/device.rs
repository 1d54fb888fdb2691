//! A program loads the CUDA half of libtorch where it can use it, and nowhere else. A process of its own: loaded is loaded.
#![allow(clippy::unwrap_used, missing_docs)]

use gan::{Device, DeviceChoice};

fn has_loaded_cuda() -> bool {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    maps.contains("/libtorch_cuda.so")
}

#[test]
fn cuda_is_loaded_where_there_is_a_driver_and_it_is_asked_for() {
    assert_eq!(DeviceChoice::Cpu.find().unwrap(), Device::CPU);
    assert!(!has_loaded_cuda());
    let found = DeviceChoice::Auto.find().unwrap();
    assert_eq!(has_loaded_cuda(), aten::has_cuda_driver());
    assert!(found == Device::CPU || aten::has_cuda_driver());
}
