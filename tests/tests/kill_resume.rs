//! A stage stopped at any moment goes on where it was, and ends with the bytes of an unbroken run.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use harness::{Chain, Program, Snapshot};
use serde_json::Value;

const PRODUCTS: u32 = 120;
const KILLS: u32 = 6;

/// The records of the shards that an unfinished stage has committed.
fn committed(folder: &Path) -> Vec<PathBuf> {
    let Ok(records) = fs::read_dir(folder.join("shards")) else {
        return Vec::new();
    };
    let records = records.flatten().map(|record| record.path());
    records
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .collect()
}

/// The large files of committed shards, with the time at which each was written.
fn shard_files(folder: &Path) -> Vec<(PathBuf, SystemTime)> {
    let mut files = Vec::new();
    for path in committed(folder) {
        let record: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        let outputs = record["outputs"]
            .as_object()
            .unwrap()
            .keys()
            .map(|name| folder.join(name));
        // What a stage merges at its end is not among them.
        let large = outputs.filter(|path| path.extension().is_some_and(|e| e == "rgb" || e == "atl"));
        files.extend(large.map(|path| (path.clone(), written(&path))));
    }
    files
}

fn written(path: &Path) -> SystemTime {
    fs::metadata(path).unwrap().modified().unwrap()
}

/// Runs `stage` into a folder, killed at moments spread over the time that an unbroken run takes, then
/// to its end.
fn killed_again_and_again(chain: &Chain, stage: impl Fn(&str) -> Program) {
    let unbroken = stage("unbroken").run().success();
    for n in 0..KILLS {
        let mut running = stage("broken").start();
        let moment = unbroken.elapsed * n / KILLS;
        let begun = Instant::now();
        if running.until(|| begun.elapsed() >= moment.max(Duration::from_millis(1))) {
            let _ = running.kill();
        }
    }
    stage("broken").run().success();
    let broken = Snapshot::of(&chain.path("broken"));
    broken.assert_same(&Snapshot::of(&chain.path("unbroken")));
}

/// Stops `stage` once it has committed a shard; it goes on with the others alone.
fn stopped_with_shards_in_hand(chain: &Chain, stage: impl Fn(&str) -> Program, kill: bool) {
    let folder = chain.path("stopped");
    let mut running = stage("stopped").args(["--jobs", "1"]).start();
    assert!(
        running.until(|| !committed(&folder).is_empty()),
        "it ended before it could be stopped"
    );
    if kill {
        running.kill().ends(None);
    } else {
        running.interrupt();
        running.wait().ends(Some(130)).stderr_contains("stopping:");
    }
    assert!(
        !folder.join("stage.json").exists(),
        "nobody takes half for the whole"
    );
    let kept = shard_files(&folder);
    assert!(!kept.is_empty());
    stage("stopped").run().success();
    for (path, when) in kept {
        assert_eq!(
            written(&path),
            when,
            "{}: finished shards are not made again",
            path.display()
        );
    }
    stage("whole").run().success();
    Snapshot::of(&folder).assert_same(&Snapshot::of(&chain.path("whole")));
}

/// A chain whose images and features are ready to pack.
fn ready_to_pack() -> Chain {
    let chain = Chain::drawn(PRODUCTS);
    chain.preprocess();
    chain
}

#[test]
fn ingest_survives_being_killed_again_and_again() {
    let chain = Chain::drawn(PRODUCTS);
    killed_again_and_again(&chain, |out| chain.ingest_into(out));
}

#[test]
fn pack_survives_being_killed_again_and_again() {
    let chain = ready_to_pack();
    killed_again_and_again(&chain, |out| chain.pack_into(out));
}

#[test]
fn a_killed_ingest_goes_on_with_the_missing_shards() {
    let chain = Chain::drawn(PRODUCTS);
    stopped_with_shards_in_hand(&chain, |out| chain.ingest_into(out), true);
}

#[test]
fn ctrl_c_lets_ingest_finish_the_shard_in_hand() {
    let chain = Chain::drawn(PRODUCTS);
    stopped_with_shards_in_hand(&chain, |out| chain.ingest_into(out), false);
}

#[test]
fn a_killed_pack_goes_on_with_the_missing_shards() {
    let chain = ready_to_pack();
    stopped_with_shards_in_hand(&chain, |out| chain.pack_into(out), true);
}

#[test]
fn a_killed_drawing_is_drawn_whole_the_next_time() {
    let chain = Chain::empty();
    let mut running = chain.synth(PRODUCTS).start();
    let images = chain.path("dump/images");
    let some = || fs::read_dir(&images).is_ok_and(|files| files.count() > 20);
    if running.until(some) {
        let _ = running.kill();
    }
    chain.synth(PRODUCTS).run().success();
    Snapshot::of(&chain.path("dump")).assert_same(&Snapshot::of(&Chain::drawn(PRODUCTS).path("dump")));
}
