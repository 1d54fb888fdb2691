#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzzed::write_seeds("shard"), |data: &[u8]| (fuzzed::target("shard").run)(data));
