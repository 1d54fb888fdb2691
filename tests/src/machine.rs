//! A made-up machine: a folder of made-up commands that is all of PATH.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::Program;
use crate::program::hold_spawning;

/// The commands a script finds, so that a test decides what is installed and who runs it.
pub struct Machine {
    folder: TempDir,
}

impl Machine {
    /// A machine that has nothing.
    ///
    /// # Panics
    /// No temporary folder can be made.
    #[must_use]
    pub fn bare() -> Self {
        let folder = TempDir::new().unwrap_or_else(|e| panic!("no temporary folder: {e}"));
        fs::create_dir(folder.path().join("bin")).unwrap_or_else(|e| panic!("no folder for commands: {e}"));
        Self { folder }
    }

    /// A place for files of the test.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A made-up command: a shell script, run by the system's own shell.
    ///
    /// # Panics
    /// It cannot be written.
    #[must_use]
    pub fn with(self, name: &str, script: &str) -> Self {
        install(&self.path("bin").join(name), script);
        self
    }

    /// The machine's own command.
    ///
    /// # Panics
    /// There is none.
    #[must_use]
    pub fn with_real(self, name: &str) -> Self {
        let found = ["/usr/bin", "/bin"].map(|folder| Path::new(folder).join(name));
        let real = found
            .iter()
            .find(|path| path.exists())
            .unwrap_or_else(|| panic!("no command {name}"));
        symlink(real, self.path("bin").join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
        self
    }

    /// Takes a command away.
    ///
    /// # Panics
    /// It was not there.
    #[must_use]
    pub fn without(self, name: &str) -> Self {
        fs::remove_file(self.path("bin").join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
        self
    }

    /// `script` as it runs on this machine.
    #[must_use]
    pub fn program(&self, script: &Path) -> Program {
        Program::at(script)
            .env("PATH", self.path("bin"))
            .env("HOME", self.folder.path())
            .env("PYTHON", "python3")
    }
}

/// Writes an executable shell script.
///
/// # Panics
/// It cannot be written.
pub fn install(path: &Path, script: &str) {
    let _alone = hold_spawning();
    let written = fs::write(path, format!("#!/bin/sh\n{script}\n"))
        .and_then(|()| fs::set_permissions(path, fs::Permissions::from_mode(0o755)));
    written.unwrap_or_else(|e| panic!("{}: {e}", path.display()));
}
