#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzzed::write_seeds("explain"), |data: &[u8]| (fuzzed::target("explain").run)(data));
