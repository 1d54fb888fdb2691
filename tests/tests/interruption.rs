//! A run that is asked to stop, or whose files were taken away, loses nothing.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::thread;
use std::time::Duration;

use harness::run_folder::{checkpoints, stats, weights};
use harness::{Chain, Program};

#[test]
fn ctrl_c_saves_and_a_finished_run_has_nothing_to_do() {
    let chain = Chain::packed(90);
    let run = chain.path("run");
    let mut running = chain.train("run").args(["--set", "train.kimg=100"]).start();
    assert!(running.until(|| !checkpoints(&run).is_empty()));
    // A signal that is passed on to a program that had it already asks for nothing more.
    running.interrupt();
    running.interrupt();
    let stopped = running.wait().ends(Some(130));
    let _ = stopped.stdout_contains("stopped and saved");
    assert!(run.join("model.safetensors").exists());

    // Length is no part of what a run is: it may be shortened or prolonged.
    let _ = chain
        .train("run")
        .args(["--resume", "--set", "train.kimg=0.008"])
        .run()
        .success()
        .stdout_contains("nothing to do");
}

#[test]
fn a_run_that_another_process_is_at_is_left_alone() {
    let chain = Chain::packed(90);
    let run = chain.path("run");
    let mut running = chain.train("run").args(["--set", "train.kimg=100"]).start();
    assert!(running.until(|| !checkpoints(&run).is_empty()));
    for flag in ["--resume", "--force"] {
        let second = chain.train("run").args([flag, "--set", "train.kimg=100"]);
        let second = second.run().fails(1).hints();
        let _ = second.stderr_contains("found another at work in it");
    }
    assert!(running.until(|| true), "the first goes on");
    running.interrupt();
    let _ = running
        .wait()
        .ends(Some(130))
        .stdout_contains("stopped and saved");
}

#[test]
fn a_terminal_that_is_closed_has_the_run_saved_but_not_under_nohup() {
    let chain = Chain::packed(90);
    let train = |run: &str| chain.train(run).args(["--set", "train.kimg=100"]);
    let mut running = train("run").start();
    assert!(running.until(|| !checkpoints(&chain.path("run")).is_empty()));
    running.hang_up();
    let _ = running
        .wait()
        .ends(Some(130))
        .stdout_contains("stopped and saved");

    let run = chain.path("kept");
    let mut running = train("kept").under_nohup().start();
    assert!(running.until(|| !checkpoints(&run).is_empty()));
    running.hang_up();
    let now = checkpoints(&run);
    assert!(running.until(|| checkpoints(&run) != now), "it goes on");
    let _ = running.kill();
}

#[test]
fn ctrl_c_twice_leaves_at_once_also_where_nobody_hears_it() {
    let chain = Chain::packed(90);
    // A step of many seconds.
    let long = ["networks.width=128", "train.batch=1024", "train.kimg=100"];
    let train = |run: &str| {
        let set = long.iter().flat_map(|pair| ["--set", pair]);
        chain.train(run).args(set)
    };
    let twice = |run: &str, train: Program| {
        let mut running = train.start();
        assert!(running.until(|| chain.path(run).join("config.toml").exists()));
        running.interrupt();
        thread::sleep(Duration::from_millis(1_100));
        running.interrupt();
        let stopped = running.wait().ends(Some(130));
        assert!(
            !stopped.stderr.contains("error:") && !stopped.stdout.contains("saved"),
            "{}",
            stopped.stderr
        );
        assert!(stats(&chain.path(run)).is_empty(), "the first step was not over");
    };
    twice("heard", train("heard"));
    #[cfg(target_os = "linux")]
    twice("unheard", train("unheard").with_full_stderr());
}

#[test]
fn a_model_that_is_missing_or_behind_is_written_by_a_run_with_nothing_to_do() {
    let chain = Chain::packed(90);
    let run = chain.path("run");
    let short = ["--resume", "--set", "train.kimg=0.096"];
    let _ = chain.train("run").args(short).run().success();
    let behind = fs::read(run.join("model.safetensors")).unwrap();
    let _ = chain.train("run").arg("--resume").run().success();
    let last = fs::read(run.join("model.safetensors")).unwrap();
    for end in ["missing", "behind"] {
        fs::remove_file(run.join("model.safetensors")).unwrap();
        if end == "behind" {
            fs::write(run.join("model.safetensors"), &behind).unwrap();
        }
        let again = chain.train("run").arg("--resume").run().success();
        let _ = again.stdout_contains("nothing to do");
        assert!(fs::read(run.join("model.safetensors")).unwrap() == last, "{end}");
    }
    // So is the report.
    fs::remove_file(run.join("report.html")).unwrap();
    let _ = chain.train("run").arg("--resume").run().success();
    assert!(run.join("report.html").exists());
}

#[test]
fn a_run_whose_checkpoints_are_gone_is_not_begun_anew_unasked() {
    let chain = Chain::packed(90);
    let run = chain.path("run");
    let _ = chain.train("run").run().success();
    let files = ["model.safetensors", "stats.jsonl", "config.toml"].map(|name| run.join(name));
    let before = files.each_ref().map(|file| fs::read(file).unwrap());
    fs::remove_dir_all(run.join("checkpoints")).unwrap();
    for flags in [&[][..], &["--resume"]] {
        let refused = chain.train("run").args(flags).run().fails(1).hints();
        let _ = refused
            .stderr_contains("expected the checkpoints of the run that made model.safetensors, found none");
    }
    assert!(files.each_ref().map(|file| fs::read(file).unwrap()) == before);
    let _ = chain.train("run").arg("--force").run().success();
}

#[test]
fn a_run_whose_recipe_is_gone_does_not_go_on_by_another_one() {
    let chain = Chain::packed(90);
    let run = chain.path("run");
    let _ = chain.train("run").run().success();
    fs::remove_file(run.join("config.toml")).unwrap();
    let before = weights(&run);
    for flags in [&[][..], &["--resume"], &["--resume", "--set", "adam.lr=0.1"]] {
        let refused = chain.train("run").args(flags).run().fails(1).hints();
        let _ = refused.stderr_contains("expected config.toml of the run that is in the folder, found none");
    }
    assert!(weights(&run) == before && !run.join("config.toml").exists());
    // The same where only the model is left.
    fs::remove_dir_all(run.join("checkpoints")).unwrap();
    let _ = chain
        .train("run")
        .run()
        .fails(1)
        .stderr_contains("expected config.toml");
    let _ = chain.train("run").arg("--force").run().success();
}

#[test]
fn a_slow_run_is_saved_by_the_clock() {
    let chain = Chain::packed(90);
    let long = ["--set", "train.kimg=100", "--set", "train.checkpoint_kimg=100"];
    let mut running = chain
        .train("run")
        .args(long)
        .args(["--set", "train.checkpoint_minutes=0.001"])
        .start();
    assert!(
        running.until(|| !checkpoints(&chain.path("run")).is_empty()),
        "a checkpoint before the first kimg"
    );
    let _ = running.kill();
}
