//! A small disk of a test's own, that can be filled up.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

/// A file system in memory, seen by a process of ours alone and by us through it. It goes with the process.
pub struct Disk {
    holder: Child,
    folder: PathBuf,
}

impl Disk {
    /// One of so many kilobytes at `at`; `None`, said aloud, where the system lets nobody make one.
    ///
    /// # Panics
    /// There is something at `at` already.
    #[must_use]
    pub fn mounted(at: &Path, kilobytes: u64) -> Option<Self> {
        fs::create_dir(at).unwrap_or_else(|e| panic!("{}: {e}", at.display()));
        let script = r#"mount -t tmpfs -o size="$2"k tmpfs "$1" && mkdir "$1/ready" && exec sleep 600"#;
        let mut unshare = Command::new("unshare");
        unshare.args(["--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"]);
        let mut holder = unshare.arg(at).arg(kilobytes.to_string()).spawn().ok()?;
        let folder = Path::new("/proc").join(holder.id().to_string()).join("root");
        let folder = folder.join(at.strip_prefix("/").unwrap_or(at));
        while !folder.join("ready").exists() {
            if let Ok(Some(status)) = holder.try_wait() {
                eprintln!("skipped: no file system of one's own here: unshare or mount: {status}");
                return None;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Some(Self { holder, folder })
    }

    /// A file on it.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Ended already is as good.
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}
