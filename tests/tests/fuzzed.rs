//! What fuzzing begins with and what it ever found, once more, with a stable compiler: any answer will do, a panic
//! will not. `just fuzz SECONDS` goes on from here.

use std::fs;
use std::path::Path;

#[path = "../../fuzz/src/lib.rs"]
#[allow(dead_code, unreachable_pub)]
mod fuzzed;

#[test]
fn every_target_takes_its_seeds_cut_and_flipped() {
    for target in fuzzed::TARGETS {
        for (name, seed) in (target.seeds)() {
            eprintln!("{}: {name}", target.name);
            (target.run)(&seed);
            for step in 1..16 {
                let at = seed.len() * step / 16;
                (target.run)(&seed[..at]);
                let mut flipped = seed.clone();
                if let Some(byte) = flipped.get_mut(at) {
                    *byte ^= 1 << (step % 8);
                    (target.run)(&flipped);
                }
            }
        }
    }
}

#[test]
fn what_fuzzing_found_stays_mended() {
    let findings = harness::place::repository().join("fuzz/findings");
    for target in fuzzed::TARGETS {
        for path in files(&findings.join(target.name)) {
            eprintln!("{}", path.display());
            let bytes = fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            (target.run)(&bytes);
        }
    }
}

/// The files of a folder; none where there is no folder.
fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}
