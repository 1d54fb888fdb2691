#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzzed::write_seeds("csv"), |data: &[u8]| (fuzzed::target("csv").run)(data));
