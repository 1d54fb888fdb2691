#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzzed::write_seeds("archive"), |data: &[u8]| (fuzzed::target("archive").run)(data));
