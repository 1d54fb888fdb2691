#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzzed::write_seeds("text_model"), |data: &[u8]| (fuzzed::target("text_model").run)(data));
