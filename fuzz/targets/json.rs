#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzzed::write_seeds("json"), |data: &[u8]| (fuzzed::target("json").run)(data));
