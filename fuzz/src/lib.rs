//! What fuzzing feeds to the data stages. A module a target: `run` takes arbitrary bytes where a stage takes them
//! from outside and checks what must hold of any answer; `seeds` are sound inputs to begin with.
//!
//! The functions are called through the crates' public faces, with files in a folder of this process, so that a
//! target sees what a user's dump would see. `targets/` hands them to libFuzzer; `tests/tests/fuzzed.rs` in the
//! main workspace runs them over all seeds and all that was ever found, with a stable compiler.

mod archive;
mod captions;
mod catalogue;
mod csv;
mod dump;
mod explain;
mod json;
mod parquet;
mod picture;
mod place;
mod shard;
mod text_model;

/// A name and its bytes.
pub type Seed = (String, Vec<u8>);

/// What a target does.
pub struct Target {
    /// Its name, the same everywhere.
    pub name: &'static str,
    /// Takes any bytes. A panic is a finding.
    pub run: fn(&[u8]),
    /// Sound inputs.
    pub seeds: fn() -> Vec<Seed>,
}

macro_rules! targets {
    ($($name:ident),*) => {
        /// All targets.
        pub const TARGETS: &[Target] = &[$(Target {
            name: stringify!($name),
            run: $name::run,
            seeds: $name::seeds,
        }),*];
    };
}
targets!(
    archive, captions, catalogue, csv, explain, json, parquet, picture, shard, text_model
);

/// The target of that name.
///
/// # Panics
/// There is none.
pub fn target(name: &str) -> &'static Target {
    let found = TARGETS.iter().find(|target| target.name == name);
    found.unwrap_or_else(|| panic!("{name}: expected one of the targets in fuzz/src/lib.rs"))
}

/// Writes the seeds of a target into the folder that the environment names as `FUZZ_SEEDS`, if it does.
///
/// # Panics
/// They cannot be written.
pub fn write_seeds(name: &str) {
    let Some(folder) = std::env::var_os("FUZZ_SEEDS").map(std::path::PathBuf::from) else {
        return;
    };
    for (seed, bytes) in (target(name).seeds)() {
        let path = folder.join(seed);
        std::fs::write(&path, bytes).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    }
}

/// Runs what catches panics of a library by itself: such a panic is an answer, one that escapes is a finding.
/// libFuzzer's own hook would end the process at the first.
///
/// # Panics
/// `run` panics.
pub fn with_caught_panics(run: fn(&[u8]), data: &[u8]) {
    static QUIET: std::sync::Once = std::sync::Once::new();
    QUIET.call_once(|| std::panic::set_hook(Box::new(|_| {})));
    if let Err(panic) = std::panic::catch_unwind(|| run(data)) {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        eprintln!("panicked: {}", text.unwrap_or("without words"));
        std::process::abort();
    }
}
