//! Set-up: what is missing is said, with the command that installs it, before anything else runs.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::Path;

use harness::{Machine, Program, place};

/// Everything that set-up looks for, made up; run by an ordinary user.
fn complete() -> Machine {
    let parts = ["git", "cmake", "nasm", "make", "c++", "cc", "python3"];
    let machine = parts
        .iter()
        .fold(Machine::bare(), |machine, part| machine.with(part, "exit 0"));
    machine
        .with("cargo", "echo 'cargo 1.95.0 (abc 2026-04-14)'")
        .with("id", "echo 1000")
        .with_real("sed")
}

fn system(machine: &Machine) -> Program {
    machine.program(&place::repository().join("setup/system.sh"))
}

/// A copy of the scripts and recipes, without .venv.
fn checkout(machine: &Machine) -> std::path::PathBuf {
    let root = machine.path("checkout");
    fs::create_dir_all(root.join("setup")).unwrap();
    for file in [
        "justw",
        "justfile",
        "setup/system.sh",
        "setup/venv.sh",
        "setup/ready.sh",
        "setup/requirements.txt",
    ] {
        fs::copy(place::repository().join(file), root.join(file)).unwrap();
    }
    root
}

#[test]
fn a_complete_machine_passes_in_silence() {
    let finished = system(&complete()).run().success();
    assert_eq!((finished.stdout.as_str(), finished.stderr.as_str()), ("", ""));
}

#[test]
fn an_ordinary_user_is_told_the_command_that_installs_what_is_missing() {
    let machine = complete()
        .without("cmake")
        .without("nasm")
        .with("apt-get", "exit 9");
    let hint = "\nhint: sudo apt-get install -y --no-install-recommends cmake nasm\n";
    system(&machine)
        .run()
        .fails(1)
        .stderr_contains("missing on this system: cmake nasm")
        .stderr_contains(hint);
}

#[test]
fn fedora_has_names_of_its_own() {
    let machine = complete().without("c++").with("dnf", "exit 9");
    system(&machine)
        .run()
        .fails(1)
        .stderr_contains("\nhint: sudo dnf install -y gcc-c++\n");
}

#[test]
fn a_python_without_venv_is_a_missing_part() {
    let python = "case $* in *ensurepip*) exit 1 ;; esac";
    let machine = complete().with("python3", python).with("apt-get", "exit 9");
    system(&machine)
        .run()
        .fails(1)
        .stderr_contains("apt-get install -y --no-install-recommends python3-venv\n");
}

#[test]
fn root_on_debian_gets_what_is_missing_installed_without_a_question() {
    let machine = complete().without("cmake").with("id", "echo 0");
    let log = machine.path("log");
    // What the made-up apt-get installs is a cmake that is there afterwards.
    let apt = format!(
        "echo \"$DEBIAN_FRONTEND: $*\" >>'{log}'; read -r line && exit 9; \
         [ \"$1\" != install ] || {{ echo '#!/bin/sh' >'{cmake}'; /bin/chmod +x '{cmake}'; }}",
        log = log.display(),
        cmake = machine.path("bin/cmake").display(),
    );
    let machine = machine.with("apt-get", &apt);
    system(&machine).run().success();
    let expected = "noninteractive: update\nnoninteractive: install -y --no-install-recommends cmake\n";
    assert_eq!(fs::read_to_string(log).unwrap(), expected);
}

#[test]
fn a_failing_apt_get_is_an_error_that_names_what_it_should_have_installed() {
    let machine = complete()
        .without("cmake")
        .with("id", "echo 0")
        .with("apt-get", "echo no network >&2; exit 100");
    system(&machine)
        .run()
        .fails(1)
        .stderr_contains("no network")
        .stderr_contains("could not install: cmake")
        .hints();
}

#[test]
fn without_cargo_or_with_an_old_one_rustup_is_named() {
    let rustup = "https://sh.rustup.rs";
    system(&complete().without("cargo"))
        .run()
        .fails(1)
        .stderr_contains(rustup);
    let old = complete().with("cargo", "echo 'cargo 1.63.0 (abc 2022)'");
    system(&old)
        .run()
        .fails(1)
        .stderr_contains("expected cargo 1.95 or later")
        .stderr_contains(rustup);
}

#[test]
fn justw_stops_at_a_missing_part_before_it_makes_anything() {
    let machine = complete()
        .without("cmake")
        .with("apt-get", "exit 9")
        .with_real("dirname");
    let root = checkout(&machine);
    let finished = machine.program(&root.join("justw")).arg("demo").run();
    finished
        .fails(1)
        .stderr_contains("hint: sudo apt-get install -y --no-install-recommends cmake\n");
    assert!(!root.join(".venv").exists());
}

#[test]
fn justw_hands_every_word_to_a_recent_just_and_passes_over_an_old_one() {
    let just =
        "[ \"$1\" = --version ] && echo just 1.40.0 && exit; shift 4; for word; do echo \"[$word]\"; done";
    let machine = complete().with_real("dirname").with("just", just);
    let root = checkout(&machine);
    let words = ["sample", "navy \"blue\" shirt", "it's"];
    let finished = machine.program(&root.join("justw")).args(words).run().success();
    assert_eq!(finished.stdout, "[sample]\n[navy \"blue\" shirt]\n[it's]\n");

    fs::create_dir_all(root.join(".venv/bin")).unwrap();
    harness::machine::install(&root.join(".venv/bin/just"), just);
    let machine = machine.with(
        "just",
        "[ \"$1\" = --version ] && echo just 1.39.0 && exit; exit 9",
    );
    machine
        .program(&root.join("justw"))
        .arg("demo")
        .run()
        .success()
        .stdout_contains("[demo]");
}

/// The recipes over made-up programs that print what they are given.
fn recipes(words: &[&str]) -> Option<String> {
    let just = place::repository().join(".venv/bin/just");
    if !just.exists() {
        eprintln!("skipped: .venv/bin/just is absent");
        return None;
    }
    let machine = Machine::bare();
    let root = checkout(&machine);
    harness::machine::install(&root.join("setup/ready.sh"), "exit 0");
    fs::create_dir_all(machine.path("target/debug")).unwrap();
    for program in ["ingest", "textfeat", "dataset", "gan", "gen"] {
        let script = format!("printf %s {program}; for word; do printf ' [%s]' \"$word\"; done; echo");
        harness::machine::install(&machine.path("target/debug").join(program), &script);
    }
    fs::create_dir_all(root.join("runs/old")).unwrap();
    fs::write(root.join("runs/old/model.safetensors"), "").unwrap();
    let machine = machine.with("cargo", "exit 0");
    let path = format!("{}:/usr/bin:/bin", machine.path("bin").display());
    let finished = Program::at(&just).args(words).within(&root).env("PATH", path);
    Some(
        finished
            .env("CARGO_TARGET_DIR", machine.path("target"))
            .run()
            .success()
            .stdout,
    )
}

#[test]
fn captions_reach_gen_word_for_word() {
    let Some(said) = recipes(&["sample", "navy \"blue\" men's shirt", "$HOME *", "-n", "4"]) else {
        return;
    };
    let expected = "gen [sample] [runs/old/model.safetensors] [navy \"blue\" men's shirt] [$HOME *] [-n] [4] [--out] [pictures] [--force]\n";
    assert_eq!(said, expected);
    let said = recipes(&["sample", "a b", "--out", "my pictures"]);
    let expected = "gen [sample] [runs/old/model.safetensors] [a b] [--out] [my pictures]\n";
    assert_eq!(said.as_deref(), Some(expected));
    let said = recipes(&["sample", "--force", "a b"]);
    let expected = "gen [sample] [runs/old/model.safetensors] [--force] [a b] [--out] [pictures]\n";
    assert_eq!(said.as_deref(), Some(expected));
}

#[test]
fn a_recipe_need_not_be_named_for_the_flags_of_a_training() {
    let Some(said) = recipes(&["train", "--set", "train.kimg=25"]) else {
        return;
    };
    let expected = "gan [train] [configs/atelier.toml] [--set] [train.kimg=25] [--resume] [--data] [data/dataset] [--run] [runs/atelier]\n";
    assert_eq!(said, expected);
}

#[test]
fn preprocess_runs_the_three_stages_and_hands_flags_to_ingest() {
    let Some(said) = recipes(&["preprocess", "a dump", "--fit", "crop"]) else {
        return;
    };
    let expected = "ingest [a dump] [--fit] [crop] [--out] [data/ingested]\n\
        textfeat [fit] [data/ingested] [--out] [data/features] [--method] [lsa]\n\
        dataset [pack] [--images] [data/ingested] [--features] [data/features] [--out] [data/dataset]\n";
    assert_eq!(said, expected);
}

#[test]
fn preprocess_without_a_dump_draws_one() {
    let Some(said) = recipes(&["preprocess"]) else {
        return;
    };
    assert!(said.starts_with("ingest [synth] [--products] [2000]"), "{said}");
    assert!(
        said.contains("\ningest [data/drawn] [--out] [data/ingested]\n"),
        "{said}"
    );
}

#[test]
fn a_run_is_named_after_its_recipe() {
    let Some(said) = recipes(&["train", "configs/dcgan.toml", "--set", "train.kimg=1"]) else {
        return;
    };
    assert!(
        said.starts_with("gan [train] [configs/dcgan.toml] [--set] [train.kimg=1] "),
        "{said}"
    );
    assert!(
        said.ends_with("[--resume] [--data] [data/dataset] [--run] [runs/dcgan]\n"),
        "{said}"
    );
}

#[test]
fn a_package_whose_files_are_cut_or_gone_is_named() {
    let site = tempfile::tempdir().unwrap();
    let info = site.path().join("torch-2.11.0.dist-info");
    fs::create_dir(&info).unwrap();
    fs::write(
        info.join("METADATA"),
        "Metadata-Version: 2.1\nName: torch\nVersion: 2.11.0\n",
    )
    .unwrap();
    fs::write(
        info.join("RECORD"),
        "lib.so,sha256=abc,10\ntorch-2.11.0.dist-info/RECORD,,\n",
    )
    .unwrap();
    let verify = || {
        let python = Program::at(Path::new("python3"))
            .arg("-S")
            .arg(place::repository().join("setup/verify.py"));
        python.env("PYTHONPATH", site.path()).run()
    };
    fs::write(site.path().join("lib.so"), [0; 10]).unwrap();
    verify().success();
    fs::write(site.path().join("lib.so"), [0; 9]).unwrap();
    verify()
        .ends(Some(1))
        .stderr_contains("torch: lib.so: expected 10 bytes, found 9");
    fs::remove_file(site.path().join("lib.so")).unwrap();
    verify()
        .ends(Some(1))
        .stderr_contains("torch: ")
        .stderr_contains("lib.so");
}
