//! Drawing over the built program: pictures, metadata, manifests, words, damaged models.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::Path;

use harness::{Chain, Program};
use serde_json::Value;

fn trained() -> Chain {
    let chain = Chain::drawn(90);
    let _ = chain.preprocess();
    let _ = chain.train("run").run().success();
    chain
}

fn sample(chain: &Chain, out: &str) -> Program {
    Program::new("gen")
        .arg("sample")
        .arg(chain.path("run"))
        .arg("--out")
        .arg(chain.path(out))
}

fn manifest(out: &Path) -> Vec<Value> {
    let text = fs::read_to_string(out.join("manifest.jsonl")).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn every_picture_stands_in_the_manifest_and_says_what_it_is() {
    let chain = trained();
    let drawn = sample(&chain, "out")
        .args(["red dress", "blue shirt", "-n", "3", "--seed", "5", "--json"])
        .run()
        .success();
    let model = drawn.stdout_json()["model"].as_str().unwrap().to_owned();
    let lines = manifest(&chain.path("out"));
    assert_eq!(lines.len(), 6);
    for (i, line) in lines.iter().enumerate() {
        assert_eq!(line["seed"], 5 + i as u64 % 3);
        let bytes = fs::read(chain.path("out").join(line["file"].as_str().unwrap())).unwrap();
        let picture = image::load_from_memory(&bytes).unwrap();
        assert_eq!((picture.width(), picture.height()), (32, 32));
        let text = String::from_utf8_lossy(&bytes);
        for part in [
            line["caption"].as_str().unwrap(),
            &line["seed"].to_string(),
            &model,
        ] {
            assert!(text.contains(part), "{line} without {part}");
        }
    }
    let blake = blake3_of(&chain.path("run/model.safetensors"));
    assert_eq!(model, blake);
}

fn blake3_of(path: &Path) -> String {
    blake3::hash(&fs::read(path).unwrap()).to_hex().to_string()
}

#[test]
fn a_picture_depends_on_its_caption_and_seed_alone() {
    let chain = trained();
    let _ = sample(&chain, "many")
        .args(["red dress", "blue shirt", "-n", "4", "--seed", "1"])
        .run()
        .success();
    let _ = sample(&chain, "one")
        .args(["blue shirt", "-n", "1", "--seed", "3"])
        .run()
        .success();
    let pixels = |path: &str| image::open(chain.path(path)).unwrap().to_rgb8().into_raw();
    let (many, one) = (pixels("many/blue-shirt-3.png"), pixels("one/blue-shirt-3.png"));
    // Kernels may sum in another order at another batch size: the last bit of a channel may differ.
    assert!(many.iter().zip(&one).all(|(a, b)| a.abs_diff(*b) <= 1));
}

#[test]
fn captions_come_from_a_file_and_a_second_call_keeps_the_first_lines() {
    let chain = trained();
    let file = chain.path("captions.jsonl");
    fs::write(&file, "{\"id\": \"a/../b\", \"caption\": \"green bag\"}\n").unwrap();
    let _ = sample(&chain, "out")
        .args(["-n", "1", "--captions"])
        .arg(&file)
        .run()
        .success();
    let _ = sample(&chain, "out")
        .args(["-n", "1", "red dress"])
        .run()
        .success();
    let lines = manifest(&chain.path("out"));
    let ids: Vec<_> = lines.iter().map(|l| l["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["a/../b", "red-dress"]);
    assert_eq!(lines[0]["file"], "a-b-1.png", "an id is no path");

    fs::write(&file, "{\"id\": 3}\n").unwrap();
    let _ = sample(&chain, "out")
        .arg("--captions")
        .arg(&file)
        .run()
        .fails(1)
        .stderr_contains("captions.jsonl:1: expected")
        .hints();
}

#[test]
fn an_unknown_word_is_said_and_a_caption_of_unknown_words_is_refused() {
    let chain = trained();
    let some = sample(&chain, "out")
        .args(["-n", "1", "rde shirt"])
        .run()
        .success();
    let _ = some
        .stderr_contains("does not know \"rde\"")
        .stderr_contains("red");
    let none = sample(&chain, "out")
        .args(["-n", "1", "qwertyuiop"])
        .run()
        .fails(1);
    let _ = none
        .stderr_contains("expected at least one known word, found none")
        .hints();
    let _ = sample(&chain, "out")
        .args(["-n", "1", "qwertyuiop", "--allow-unknown"])
        .run()
        .success();
    let _ = sample(&chain, "out")
        .run()
        .fails(2)
        .stderr_contains("expected captions")
        .hints();
    let long = "red ".repeat(1 << 18);
    let file = chain.path("long.jsonl");
    fs::write(&file, format!("{{\"id\": \"l\", \"caption\": \"{long}\"}}\n")).unwrap();
    let _ = sample(&chain, "out")
        .arg("--captions")
        .arg(&file)
        .run()
        .fails(1)
        .stderr_contains("at most 65,536 bytes");
}

#[test]
fn a_model_cut_flipped_newer_or_foreign_is_an_error() {
    let chain = trained();
    let path = chain.path("run/model.safetensors");
    let whole = fs::read(&path).unwrap();
    let draw = || sample(&chain, "out").args(["-n", "1", "red dress"]).run();
    let _ = draw().success();
    for (at, says) in [
        (whole.len() - 3, "expected content of the recorded checksum"),
        (2, "expected a safetensors file"),
    ] {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        fs::write(&path, &bytes).unwrap();
        let _ = draw().fails(1).stderr_contains(says).hints();
    }
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let _ = draw()
        .fails(1)
        .stderr_contains("expected a safetensors file")
        .hints();
    let version = br#"format\":1"#;
    let newer = whole.windows(version.len()).position(|w| w == version).unwrap();
    let mut bytes = whole.clone();
    bytes[newer + version.len() - 1] = b'7';
    fs::write(&path, &bytes).unwrap();
    let _ = draw()
        .fails(1)
        .stderr_contains("expected format version 1 or lower, found version 7")
        .hints();
    fs::remove_file(&path).unwrap();
    let _ = draw().fails(1).stderr_contains("model.safetensors: cannot read");
}

#[test]
fn colours_are_measured_and_the_unseen_captions_can_be_drawn() {
    let chain = trained();
    let unseen = chain.path("unseen.jsonl");
    let eval = Program::new("gan")
        .arg("eval")
        .arg("--run")
        .arg(chain.path("run"))
        .arg("--data")
        .arg(chain.path("dataset"));
    let report = eval
        .arg("--captions-out")
        .arg(&unseen)
        .args(["--captions", "10", "--json"])
        .run()
        .success();
    let colour = &report.stdout_json()["colour"];
    assert_eq!(colour["captions"], 10);
    assert!(colour["real_share"].as_f64().unwrap() >= 0.8, "{colour}");
    let grid = Program::new("gen")
        .arg("grid")
        .arg(chain.path("run"))
        .arg("--captions")
        .arg(&unseen);
    let _ = grid
        .args(["-n", "2", "--rows", "3", "--out"])
        .arg(chain.path("grid.png"))
        .run()
        .success();
    let picture = image::open(chain.path("grid.png")).unwrap();
    assert!(picture.height() > 3 * 96, "three rows");
}
