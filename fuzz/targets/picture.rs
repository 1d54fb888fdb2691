#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzzed::write_seeds("picture"), |data: &[u8]| (fuzzed::target("picture").run)(data));
