//! The README's examples, run as they stand there.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::process::Command;

use harness::place;

/// Everything between ```` ```sh ```` and ```` ``` ````, in order.
fn examples(readme: &str) -> String {
    let blocks = readme.split("```sh\n").skip(1);
    blocks.filter_map(|rest| rest.split("```").next()).collect()
}

#[test]
fn the_readmes_examples_run_in_their_order() {
    let root = place::repository();
    let script = examples(&fs::read_to_string(root.join("README.md")).unwrap());
    for program in ["ingest", "textfeat", "dataset", "gan", "gen"] {
        assert!(
            script.lines().any(|line| line.starts_with(program)),
            "no example of {program}"
        );
    }
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(root.join("configs"), folder.path().join("configs")).unwrap();
    let programs = place::program("gen").parent().unwrap().to_owned();
    let path = format!(
        "{}:{}",
        programs.display(),
        std::env::var("PATH").unwrap_or_default()
    );
    let output = Command::new("bash")
        .args(["-euxc", &script])
        .current_dir(folder.path())
        .env("PATH", path)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for file in [
        "product.png",
        "pictures/manifest.jsonl",
        "pictures/unseen.png",
        "runs/first/reals.png",
    ] {
        assert!(folder.path().join(file).exists(), "{file}");
    }
}
