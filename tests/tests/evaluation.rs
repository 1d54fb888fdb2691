//! Preparing an evaluator and measuring a run by it, over the built program, on the drawn catalogue.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;

use harness::{Chain, Program, place};
use serde_json::Value;

fn eval(chain: &Chain) -> Program {
    Program::new("gan")
        .arg("eval")
        .arg("--data")
        .arg(chain.path("dataset"))
        .args(["--jobs", "1", "--device", "cpu"])
}

fn of_run(chain: &Chain) -> Program {
    eval(chain).arg("--run").arg(chain.path("run"))
}

fn prepare(chain: &Chain) -> Program {
    eval(chain).args(["--prepare", "--epochs", "4"])
}

/// A catalogue, a run that has learnt little, no evaluator.
fn trained() -> Chain {
    let chain = Chain::packed(400);
    let _ = chain.train("run").run().success();
    chain
}

fn share(value: &Value) -> f64 {
    let share = value.as_f64().unwrap_or_else(|| panic!("a number, not {value}"));
    assert!((0.0..=1.0).contains(&share), "{share}");
    share
}

#[test]
fn an_evaluator_is_trained_once_and_measures_a_run_beside_real_photos() {
    let chain = trained();
    let prepared = prepare(&chain).arg("--json").run().success().stdout_json();
    let hash = prepared["hash"].as_str().unwrap();
    let gender = &prepared["about"]["held_out"]["attributes"];
    assert!(gender.as_array().is_some_and(|a| !a.is_empty()), "{prepared}");
    let file = chain.path("dataset.evaluator.safetensors");
    let bytes = fs::read(&file).unwrap();
    let again = prepare(&chain).run().success();
    let _ = again.stderr_contains("nothing to do");
    let _ = prepare(&chain).arg("--force").run().success();
    assert!(
        fs::read(&file).unwrap() == bytes,
        "the same seed, the same evaluator"
    );

    let found = of_run(&chain).arg("--json").run().success().stdout_json();
    let report = &found["report"];
    assert_eq!(report["evaluator"], hash);
    let attributes = report["attributes"].as_array().unwrap();
    let name = |a: &Value| a["name"].as_str().unwrap().to_owned();
    let names: Vec<String> = attributes.iter().map(name).collect();
    assert_eq!(
        names,
        ["article_type", "base_colour", "gender", "master_category"]
    );
    for attribute in attributes {
        let [drawn, real] = ["drawn", "real"].map(|side| share(&attribute[side]["plain"]));
        share(&attribute["drawn"]["balanced"]);
        let expected = 100.0 * drawn / real;
        assert!(
            (attribute["share_right"].as_f64().unwrap() - expected).abs() < 1e-6,
            "{attribute}"
        );
        assert!(real > 0.2, "the evaluator knows something: {attribute}");
    }
    // A run of a second draws nothing like a photo: each measure must say so.
    let distance = |path: &str| {
        ["drawn", "real"].map(|side| {
            report
                .pointer(&path.replace("{}", side))
                .unwrap()
                .as_f64()
                .unwrap()
        })
    };
    for path in [
        "/kid/{}/mean",
        "/fid/{}",
        "/swd/{}/0/distance",
        "/swd/{}/1/unnormalised",
    ] {
        let [drawn, real] = distance(path);
        assert!(drawn > 2.0 * real, "{path}: {drawn} drawn, {real} real");
    }
    // Garments are drawn with checks and stripes: how much of a lattice the real ones have is not the point here.
    for (path, most) in [
        ("/speckle/{}", 1.0),
        ("/lattice/{}/0/x", 255.0),
        ("/lattice/{}/1/y", 255.0),
    ] {
        let found = distance(path);
        assert!(
            found.iter().all(|v| (0.0..=most).contains(v)),
            "{path}: {found:?}"
        );
    }
    let [drawn, real] = distance("/precision_recall/{}/recall");
    assert!(drawn < real && real > 0.5, "recall {drawn} drawn, {real} real");
    let [drawn, real] = distance("/r_precision/{}");
    assert!(drawn <= real, "R-precision {drawn} drawn, {real} real");
    assert!(report["diversity"]["ratio"].as_f64().unwrap() < 1.0);
    assert_eq!(report["memorisation"]["worst"].as_array().unwrap().len(), 12);
    assert_eq!(found["colour"]["captions"].as_u64().map(|n| n > 0), Some(true));

    let written: Value = serde_json::from_slice(&fs::read(chain.path("run/eval.json")).unwrap()).unwrap();
    assert_eq!(written, found);
    let sheet = image::open(chain.path("run/nearest.png")).unwrap();
    assert!(sheet.height() > 12 * 96, "twelve rows of pairs");
    // What the evaluator saw in the photos is kept, and used only where it is whole and of this evaluator.
    let side = report["resolution"].as_u64().unwrap();
    let kept = chain.path(&format!("dataset.evaluator.photos-{side}.safetensors"));
    let seen = fs::read(&kept).unwrap();
    let when = fs::metadata(&kept).unwrap().modified().unwrap();
    let again = of_run(&chain).arg("--json").run().success().stdout_json();
    assert_eq!(again, found, "the same seed, the same figures");
    assert_eq!(fs::metadata(&kept).unwrap().modified().unwrap(), when);
    let mut damaged = seen.clone();
    damaged[seen.len() / 2] ^= 1;
    fs::write(&kept, damaged).unwrap();
    let anew = of_run(&chain).arg("--json").run().success();
    let anew = anew.stderr_contains("the photos are looked at anew");
    assert_eq!(anew.stdout_json(), found);
    assert!(fs::read(&kept).unwrap() == seen);
    let _ = prepare(&chain).args(["--force", "--seed", "1"]).run().success();
    let other = of_run(&chain).arg("--json").run().success();
    assert_ne!(other.stdout_json()["report"]["fid"], report["fid"]);
    assert!(
        fs::read(&kept).unwrap() != seen,
        "another evaluator sees with other eyes"
    );
    let table = of_run(&chain)
        .arg("--against")
        .arg(chain.path("run/eval.json"))
        .run()
        .success();
    let _ = table.stdout_contains("R-precision").stdout_contains("earlier");
    // What cannot be drawn takes nothing with it that was measured.
    fs::remove_file(chain.path("run/eval.json")).unwrap();
    fs::remove_file(chain.path("run/nearest.png")).unwrap();
    fs::create_dir(chain.path("run/nearest.png")).unwrap();
    let without = of_run(&chain).run().success();
    let _ = without.stderr_contains("the sheet of nearest photos is missing");
    assert!(chain.path("run/eval.json").exists());
    fs::remove_dir(chain.path("run/nearest.png")).unwrap();
    // A run begun anew takes the figures of the old model away.
    let _ = chain.train("run").arg("--force").run().success();
    assert!(!chain.path("run/eval.json").exists());
}

#[test]
fn figures_of_another_evaluator_and_files_that_do_not_fit_are_refused() {
    let chain = trained();
    let _ = prepare(&chain).run().success();
    let _ = of_run(&chain).args(["--products", "8"]).run().success();
    let other = prepare(&chain).args(["--seed", "1"]).run().fails(1);
    let _ = other.stderr_contains("found evaluator").hints();
    let second = chain.path("second.safetensors");
    let with_second = |program: Program| program.arg("--evaluator").arg(&second);
    let _ = with_second(prepare(&chain)).args(["--seed", "1"]).run().success();
    let against = with_second(of_run(&chain))
        .arg("--against")
        .arg(chain.path("run/eval.json"))
        .run();
    let _ = against
        .fails(1)
        .stderr_contains("expected figures by evaluator")
        .hints();

    let mut bytes = fs::read(&second).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&second, bytes).unwrap();
    let _ = with_second(of_run(&chain))
        .run()
        .fails(1)
        .stderr_contains("recorded checksum")
        .hints();
    let model = of_run(&chain)
        .arg("--evaluator")
        .arg(chain.path("run/model.safetensors"));
    let _ = model
        .run()
        .fails(1)
        .stderr_contains("expected an evaluator, found a model")
        .hints();
    let none = of_run(&chain)
        .arg("--evaluator")
        .arg(chain.path("none.safetensors"));
    let _ = none
        .run()
        .fails(1)
        .stderr_contains("none.safetensors: cannot read");
    let poor = with_second(prepare(&chain))
        .args(["--force", "--attributes", "weight"])
        .run();
    let _ = poor.fails(1).stderr_contains("an attribute `weight`").hints();
    let _ = eval(&chain).run().fails(2);
}

#[test]
fn standard_fid_comes_from_a_file_of_the_users() {
    let chain = trained();
    let network = place::repository().join("crates/gan/tests/fixtures/inception.pt");
    let found = of_run(&chain).arg("--inception").arg(&network);
    let found = found
        .args(["--inception-pictures", "40", "--json"])
        .run()
        .success()
        .stdout_json();
    let protocols = found["inception"].as_array().unwrap();
    assert_eq!(protocols.len(), 2, "{found}");
    for protocol in protocols {
        assert_eq!(protocol["drawn"], 40);
        assert!(protocol["fid"].as_f64().unwrap() > 0.0);
        assert!(
            protocol["protocol"]
                .as_str()
                .unwrap()
                .starts_with("40 pictures of t"),
            "{protocol}"
        );
    }
    let junk = chain.path("junk.pt");
    fs::write(&junk, b"no TorchScript").unwrap();
    let _ = of_run(&chain)
        .arg("--inception")
        .arg(&junk)
        .run()
        .fails(1)
        .stderr_contains("no TorchScript")
        .hints();
}
