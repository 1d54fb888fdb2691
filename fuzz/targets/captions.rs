#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzzed::write_seeds("captions"), |data: &[u8]| (fuzzed::target("captions").run)(data));
