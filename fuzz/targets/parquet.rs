#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzzed::write_seeds("parquet"), |data: &[u8]| {
    fuzzed::with_caught_panics(fuzzed::target("parquet").run, data)
});
