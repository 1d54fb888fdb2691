//! A stage stopped at any moment goes on where it was, and ends with the bytes of an unbroken run.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

use harness::{Chain, Program, Snapshot};
use serde_json::Value;

const PRODUCTS: u32 = 120;
/// Kills that must hit a stage at its work.
const KILLS: u32 = 50;
/// Where the moments of the kills come from.
const SEED: u32 = 2020;

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

/// Numbers in 0..1, the same in every run (a linear congruence, Numerical Recipes' constants).
struct Dice(u32);

impl Dice {
    fn roll(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(self.0) / f64::from(u32::MAX)
    }
}

/// What kills hit.
#[derive(Debug, Default)]
struct Hits {
    /// The stage at its work: it holds its folder and has not finished.
    at_work: u32,
    /// Of these, with a file half written.
    in_a_file: u32,
    /// Of these, with finished shards to keep.
    between_shards: u32,
    /// Before it took its folder.
    too_early: u32,
    /// The run had ended by itself, with the bytes of an unbroken run.
    ended: u32,
}

fn has_half_a_file(folder: &Path) -> bool {
    let within = [folder.to_owned(), folder.join("shards")];
    let mut files = within
        .iter()
        .filter_map(|f| fs::read_dir(f).ok())
        .flatten()
        .flatten();
    files.any(|file| file.file_name().to_string_lossy().starts_with(".tmp-"))
}

/// Runs `stage` into a folder again and again, each time killed at a random moment within the time that an unbroken
/// run takes, until [`KILLS`] kills have hit it at its work. Each run goes on where the one before was killed; one
/// that reaches its end must have the unbroken run's bytes, and the next begins with an empty folder.
fn killed_again_and_again(chain: &Chain, stage: impl Fn(&str) -> Program) {
    let begun = Instant::now();
    let unbroken = stage("unbroken").run().success();
    let whole = Snapshot::of(&chain.path("unbroken"));
    let folder = chain.path("broken");
    let (mut dice, mut hits) = (Dice(SEED), Hits::default());
    while hits.at_work < KILLS {
        assert!(
            hits.too_early + hits.ended < 20 * KILLS,
            "hardly any kill hits: {hits:?}"
        );
        let moment = unbroken.elapsed.mul_f64(dice.roll());
        let mut running = stage("broken").start();
        let started = Instant::now();
        if running.until(|| started.elapsed() >= moment) {
            let killed = running.kill();
            if killed.code.is_none() && !folder.join("stage.json").exists() {
                if !folder.join(".lock").exists() {
                    hits.too_early += 1;
                    continue;
                }
                hits.at_work += 1;
                hits.in_a_file += u32::from(has_half_a_file(&folder));
                hits.between_shards += u32::from(!committed(&folder).is_empty());
                continue;
            }
        } else {
            running.wait().success();
        }
        stage("broken").run().success();
        Snapshot::of(&folder).assert_same(&whole);
        fs::remove_dir_all(&folder).unwrap();
        hits.ended += 1;
    }
    stage("broken").run().success();
    Snapshot::of(&folder).assert_same(&whole);
    eprintln!(
        "{hits:?} with seed {SEED}, within the {:.2?} of an unbroken run; {:.1?} in all",
        unbroken.elapsed,
        begun.elapsed()
    );
    // Kills that never found a stage writing, or with work to keep, would prove little.
    assert!(hits.in_a_file > 0 && hits.between_shards > 0, "{hits:?}");
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
fn ingest_survives_fifty_kills() {
    let chain = Chain::drawn(PRODUCTS);
    killed_again_and_again(&chain, |out| chain.ingest_into(out));
}

#[test]
fn pack_survives_fifty_kills() {
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
