#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzzed::write_seeds("catalogue"), |data: &[u8]| {
    fuzzed::with_caught_panics(fuzzed::target("catalogue").run, data)
});
