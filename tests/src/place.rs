//! Where things lie: the repository, the built programs, the data that may be absent.

use std::path::{Path, PathBuf};

/// The repository's root: that in which the test runs, for two clones may share a target folder.
#[must_use]
pub fn repository() -> PathBuf {
    let running = std::env::var_os("CARGO_MANIFEST_DIR");
    let tests = running.map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    tests.parent().map_or_else(|| tests.clone(), Path::to_owned)
}

/// The built program `name`, beside the folder of the test that runs.
///
/// # Panics
/// It is not built: `cargo test -p end-to-end` alone does not build the programs of other packages.
#[must_use]
pub fn program(name: &str) -> PathBuf {
    let built = std::env::current_exe()
        .ok()
        .and_then(|test| {
            Some(
                test.parent()?
                    .parent()?
                    .join(format!("{name}{}", std::env::consts::EXE_SUFFIX)),
            )
        })
        .filter(|path| path.is_file());
    let Some(path) = built else {
        panic!("the program `{name}` is not built\nhint: cargo build --workspace");
    };
    path
}

/// A folder of the research data beside the repository; where it is absent the test says so and skips.
#[must_use]
pub fn shared_data(name: &str) -> Option<PathBuf> {
    let path = repository().join("../shared/data").join(name);
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("skipped: {} is absent", path.display());
    None
}
