//! A training in trouble: numbers that are none, no room on the disk, no room in memory.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::Path;
use std::time::Duration;

use harness::run_folder::{checkpoints, weights};
use harness::{Chain, Disk, Finished, Program};
use serde_json::Value;

/// The steps of the lines of `stats.jsonl`, without one that is being written.
fn steps(run: &Path) -> Vec<u64> {
    let text = fs::read_to_string(run.join("stats.jsonl")).unwrap();
    let step = |line: &str| {
        serde_json::from_str::<Value>(line).unwrap()["step"]
            .as_u64()
            .unwrap()
    };
    text.split_inclusive('\n')
        .filter(|line| line.ends_with('\n'))
        .map(step)
        .collect()
}

/// Tensors of the newest checkpoint, and how often the run went back.
fn state(run: &Path) -> (Vec<(String, Vec<u8>)>, u64) {
    let bytes = fs::read(checkpoints(run).last().unwrap()).unwrap();
    let (_, header) = safetensors::SafeTensors::read_metadata(&bytes).unwrap();
    let sealed: Value = serde_json::from_str(&header.metadata().as_ref().unwrap()["atelier"]).unwrap();
    (weights(run), sealed["about"]["rewinds"].as_u64().unwrap())
}

/// A recipe whose weights run away: D's gradient penalty overflows after some steps, the later the lower the rate.
fn runaway(chain: &Chain, run: &str, more: &[&str]) -> Program {
    const SET: [&str; 9] = [
        "networks.discriminator=projection",
        "objective.loss=non_saturating",
        "penalty.r1=1e5",
        "networks.width=8",
        "adam.lr=1.0",
        "train.tick_kimg=0.008",
        "train.grid_kimg=100",
        "train.eval_kimg=0",
        "train.checkpoint_kimg=0.032",
    ];
    let set = SET.iter().chain(more).flat_map(|pair| ["--set", pair]);
    chain.train(run).args(set)
}

#[test]
fn a_number_that_is_none_stops_the_run_and_names_where_it_began() {
    let chain = Chain::packed(90);
    let run = chain.path("run");
    let stopped = runaway(&chain, "run", &[]).run().fails(1).hints();
    let error = stopped
        .stderr
        .lines()
        .find(|line| line.starts_with("error: step "))
        .unwrap();
    assert!(
        error.contains("; first at step ") && error.contains("the gradient of "),
        "{error}"
    );
    // What is kept is good, and the same again ends in the same way.
    let (tensors, rewinds) = state(&run);
    assert_eq!(rewinds, 0);
    for (name, bytes) in &tensors {
        let finite = |four: &[u8]| f32::from_le_bytes(four.try_into().unwrap()).is_finite();
        assert!(bytes.chunks(4).all(finite), "{name}");
    }
    let again = runaway(&chain, "run", &[]).arg("--resume").run().fails(1);
    let _ = again
        .stderr_contains(error)
        .stderr_contains("hint: the last checkpoint is intact");
}

#[test]
fn a_run_that_goes_back_lowers_its_rate_and_is_the_same_when_it_is_killed() {
    let chain = Chain::packed(90);
    let rewind = ["train.on_nan=rewind"];
    let unbroken = runaway(&chain, "unbroken", &rewind).run().success();
    let _ = unbroken
        .stderr_contains("the run goes back to step ")
        .stderr_contains("at 1/2 of its rate (1 of 3)");
    let expected = state(&chain.path("unbroken"));
    assert_eq!(expected.1, 1);

    let broken = chain.path("broken");
    for wanted in [1, 3] {
        let mut running = runaway(&chain, "broken", &rewind).arg("--resume").start();
        if running.until(|| broken.join("stats.jsonl").exists() && steps(&broken).len() > 8 * wanted) {
            let _ = running.kill();
        }
    }
    let _ = runaway(&chain, "broken", &rewind).arg("--resume").run().success();
    assert!(state(&broken) == expected);
    assert_eq!(steps(&broken), steps(&chain.path("unbroken")));
    assert!(
        steps(&broken).is_sorted_by(|a, b| a < b),
        "what was taken back is not told twice"
    );
}

#[test]
fn a_run_that_goes_back_in_vain_gives_up() {
    let chain = Chain::packed(90);
    // Where a gradient is 0, Adam divides 0 by 0, whatever the rate.
    let train = chain
        .train("run")
        .args(["--set", "train.on_nan=rewind", "--set", "adam.eps=1e-60"]);
    let gave_up = train.run().fails(1).hints();
    for times in 1..=3 {
        assert_eq!(
            gave_up.stderr.matches(&format!("({times} of 3)")).count(),
            1,
            "{}",
            gave_up.stderr
        );
    }
    let _ = gave_up.stderr_contains("the run went back 3 times and is at 1/8 of its rate");
    assert_eq!(state(&chain.path("run")).1, 3);
}

fn assert_full(finished: Finished) -> Finished {
    finished
        .fails(1)
        .stderr_contains("no space left on the device")
        .hints()
}

#[test]
fn where_no_checkpoint_fits_a_run_goes_on_if_it_may_and_the_last_one_stays() {
    let chain = Chain::packed(90);
    let train = |run: &str| chain.train(run).args(["--set", "train.on_disk_full=continue"]);
    let _ = train("run").args(["--set", "train.kimg=0.096"]).run().success();
    let before = checkpoints(&chain.path("run"));
    // Statistics fit into 64 blocks, a checkpoint does not.
    let limited = assert_full(train("run").arg("--resume").with_files_up_to(64).run());
    // It went through to the end, where what is not saved would be lost: so that is an error.
    assert!(
        limited.stderr.matches("warning: ").count() >= 2,
        "{}",
        limited.stderr
    );
    assert_eq!(steps(&chain.path("run")).last(), Some(&48));
    assert_eq!(checkpoints(&chain.path("run")), before);
    let _ = train("run").arg("--resume").run().success();
    let _ = train("unbroken").run().success();
    assert!(state(&chain.path("run")) == state(&chain.path("unbroken")));
}

#[test]
fn on_a_disk_that_fills_up_a_run_goes_on_and_saves_again_once_there_is_room() {
    let chain = Chain::packed(90);
    let Some(disk) = Disk::mounted(&chain.path("disk"), 16 * 1024) else {
        return;
    };
    let run = disk.path("run");
    let train = chain.train(run.to_str().unwrap());
    let train = train.args(["--set", "train.on_disk_full=continue", "--set", "train.kimg=1000"]);
    let mut running = train.start();
    assert!(running.until(|| checkpoints(&run).len() == 2));
    let taken = disk.path("taken");
    let filled = fs::write(&taken, vec![0; 17 << 20]).unwrap_err();
    assert_eq!(filled.kind(), std::io::ErrorKind::StorageFull);
    let before = checkpoints(&run);
    std::thread::sleep(Duration::from_secs(1));
    assert!(running.until(|| true), "it goes on");
    assert_eq!(checkpoints(&run), before, "what is there stays");
    fs::remove_file(&taken).unwrap();
    assert!(running.until(|| checkpoints(&run).last() != before.last()));
    running.interrupt();
    let stopped = running.wait().ends(Some(130));
    let _ = stopped.stderr_contains("no space left on the device; the run goes on");
    // Statistics that had no room came later: none is missing.
    let steps = steps(&run);
    let ticks: Vec<u64> = (1..=steps.len() as u64 - 1).map(|tick| 4 * tick).collect();
    assert_eq!(steps[..ticks.len()], ticks);
}

#[test]
#[cfg(target_os = "linux")]
fn where_the_memory_is_too_small_the_error_says_what_batch_fits() {
    let chain = Chain::packed(90);
    // How much libtorch takes for itself differs from build to build: a little more each time.
    let mut told = Vec::new();
    for gib in [0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 6.0] {
        let train = chain
            .train("run")
            .arg("--force")
            .args(["--set", "train.batch=4096"]);
        let train = train.args(["--set", "networks.width=32", "--set", "train.eval_kimg=0"]);
        let finished = train.with_address_space((gib * 1048576.0) as u64).run();
        let said = finished
            .stderr
            .contains("out of memory at batch 4096, 32 pixels: ");
        if said
            && finished
                .stderr
                .contains("images was tried and fits: --set train.batch=")
        {
            let _ = finished.fails(1).hints();
            return;
        }
        told.push((gib, finished.code, finished.stderr));
    }
    panic!("at no limit it said what fits: {told:?}");
}
