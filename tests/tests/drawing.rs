//! Drawing over the built program: pictures, metadata, manifests, words, damaged models.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::Path;

use harness::{Chain, Finished, Program, Snapshot};
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
    let _ = draw()
        .fails(1)
        .stderr_contains("model.safetensors: cannot read")
        .hints();
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

/// How many pictures a call drew, and how many it found.
fn drawn_and_there(finished: &Finished) -> (u64, u64) {
    (finished.count("drawn"), finished.count("there"))
}

#[test]
fn what_is_there_is_not_drawn_again_and_another_picture_is_not_replaced_unasked() {
    let chain = trained();
    let out = chain.path("out");
    let draw = |run: &str, flags: &[&str]| {
        let gen_sample = Program::new("gen").arg("sample").arg(chain.path(run));
        let gen_sample = gen_sample.args(["red dress", "--json"]).args(flags);
        gen_sample.arg("--out").arg(&out).run()
    };
    let first = draw("run", &["-n", "2"]).success();
    assert_eq!(drawn_and_there(&first), (2, 0));
    assert_eq!(
        first.stdout_json()["manifest"],
        out.join("manifest.jsonl").display().to_string()
    );
    let when = || {
        let picture = fs::metadata(out.join("red-dress-1.png")).unwrap();
        picture.modified().unwrap()
    };
    let then = when();
    let asked = draw("run", &["-n", "5", "--dry-run"]).success();
    assert_eq!((asked.count("would_draw"), asked.count("there")), (3, 2));
    assert_eq!(asked.stdout_json()["dry_run"], true);
    let more = draw("run", &["-n", "3"]).success();
    assert_eq!(drawn_and_there(&more), (1, 2));
    assert_eq!(when(), then);
    // Other texts go beside.
    let _ = sample(&chain, "out")
        .args(["blue shirt", "-n", "1"])
        .run()
        .success();

    let _ = chain
        .train("other")
        .args(["--set", "train.kimg=0.096"])
        .run()
        .success();
    let before = Snapshot::of(&out);
    for flags in [&["-n", "5"][..], &["-n", "5", "--dry-run"]] {
        let _ = draw("other", flags)
            .fails(1)
            .hints()
            .stderr_contains("red-dress-1.png: expected a picture by the model ")
            .stderr_contains(" (and 2 more pictures are others)");
    }
    let _ = draw("run", &["-n", "1", "--variety", "0.5"])
        .fails(1)
        .hints()
        .stderr_contains("expected a picture of variety 0.5, found one of variety 1");
    Snapshot::of(&out).assert_same(&before);
    let forced = draw("other", &["-n", "2", "--force"]).success();
    assert_eq!(drawn_and_there(&forced), (2, 0));
    let models = ["run", "other"].map(|run| blake3_of(&chain.path(run).join("model.safetensors")));
    let mut lines: Vec<_> = manifest(&out)
        .into_iter()
        .map(|line| (line["file"].clone(), line["model"].clone()))
        .collect();
    lines.sort_by_key(|(file, _)| file.to_string());
    let expected = [
        ("blue-shirt-1.png", &models[0]),
        ("red-dress-1.png", &models[1]),
        ("red-dress-2.png", &models[1]),
        ("red-dress-3.png", &models[0]),
    ];
    assert_eq!(
        lines,
        expected.map(|(file, model)| (Value::from(file), Value::from(model.as_str())))
    );
}

#[test]
fn a_manifest_is_drawn_again_and_captions_come_in_other_ways_too() {
    let chain = trained();
    let _ = sample(&chain, "out")
        .args(["Red dress", "blue shirt", "-n", "2", "--seed", "7"])
        .run()
        .success();
    let told = chain.path("out/manifest.jsonl");
    let again = sample(&chain, "again")
        .args(["--json", "--captions"])
        .arg(&told)
        .run()
        .success();
    assert_eq!(drawn_and_there(&again), (4, 0));
    let lines = manifest(&chain.path("again"));
    assert_eq!(lines, manifest(&chain.path("out")));
    for line in &lines {
        let pixels = |out: &str| {
            let path = chain.path(out).join(line["file"].as_str().unwrap());
            image::open(path).unwrap().to_rgb8().into_raw()
        };
        let (first, second) = (pixels("out"), pixels("again"));
        assert!(first.iter().zip(&second).all(|(a, b)| a.abs_diff(*b) <= 1));
    }
    let _ = sample(&chain, "again")
        .args(["-n", "2", "--captions"])
        .arg(&told)
        .run()
        .fails(2)
        .hints()
        .stderr_contains("manifest.jsonl:1 names the seed");

    // On stdin, JSON.
    let words = ["-c", "exec \"$@\" < \"$0\""];
    let piped = Program::at(Path::new("/bin/sh")).args(words).arg(&told);
    let piped = piped.arg(harness::place::program("gen")).arg("sample");
    let piped = piped.arg(chain.path("run")).args(["--captions", "-", "--json"]);
    let piped = piped.arg("--out").arg(chain.path("piped")).run().success();
    assert_eq!(piped.count("drawn"), 4);

    // A caption a line.
    let texts = chain.path("texts.txt");
    fs::write(&texts, "red dress\n\nblue shirt\n").unwrap();
    let _ = sample(&chain, "lines")
        .args(["-n", "1", "--captions"])
        .arg(&texts)
        .run()
        .success();
    let lines = manifest(&chain.path("lines"));
    let ids: Vec<_> = lines.iter().map(|line| line["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["1", "3"]);

    // Ids stay as they are, and no two are one.
    let file = chain.path("captions.jsonl");
    let line = |id: &str| format!("{{\"id\": {id}, \"caption\": \"red dress\"}}\n");
    let ids = ["\"A b\"", "\"a-b\"", "7"].map(line).concat();
    fs::write(&file, &ids).unwrap();
    let with_file = |out: &str| {
        sample(&chain, out)
            .args(["-n", "1", "--captions"])
            .arg(&file)
            .run()
    };
    let _ = with_file("ids").success();
    let lines = manifest(&chain.path("ids"));
    let named: Vec<_> = lines
        .iter()
        .map(|line| (line["id"].as_str().unwrap(), line["file"].as_str().unwrap()))
        .collect();
    assert_eq!(
        named,
        [("A b", "a-b-1.png"), ("a-b", "2-a-b-1.png"), ("7", "7-1.png")]
    );
    fs::write(&file, ids + &line("\"A b\"")).unwrap();
    let _ = with_file("twice")
        .fails(1)
        .hints()
        .stderr_contains("captions.jsonl:4: expected another id, caption or seed")
        .stderr_contains("as in line 1");
    assert!(!chain.path("twice").exists());
}

#[test]
fn captions_of_unknown_words_are_named_before_anything_is_drawn_or_skipped() {
    let chain = trained();
    let file = chain.path("captions.txt");
    fs::write(&file, "rde shirt\nqwertyuiop\nrde red shirt\nasdfghjkl\n").unwrap();
    let draw = |flags: &[&str]| {
        let with_file = sample(&chain, "out").args(["-n", "1", "--json", "--captions"]);
        with_file.arg(&file).args(flags).run()
    };
    let _ = draw(&[])
        .fails(1)
        .hints()
        .stderr_contains("found none in 2 of 4: ")
        .stderr_contains("captions.txt:2 (id 2) \"qwertyuiop\"; ")
        .stderr_contains("captions.txt:4 (id 4) \"asdfghjkl\"")
        .stderr_contains("; --allow-unknown draws without text, --skip-unknown");
    assert!(!chain.path("out").exists());
    let skipped = draw(&["--skip-unknown", "-q"]).success();
    assert_eq!(drawn_and_there(&skipped), (2, 0));
    assert_eq!(skipped.count("skipped_unknown"), 2);
    let said = skipped
        .stderr
        .matches("does not know \"rde\" (in 2 captions), did you mean ");
    assert_eq!(said.count(), 1, "{}", skipped.stderr);
    let _ = draw(&["--skip-unknown", "--allow-unknown"]).fails(2);
    let _ = sample(&chain, "out")
        .args(["qwertyuiop", "--skip-unknown"])
        .run()
        .fails(1)
        .hints();
}

#[test]
fn without_variety_a_caption_has_one_picture_and_it_is_written_down() {
    let chain = trained();
    let draw = |out: &str, variety: &str| {
        let two = sample(&chain, out).args(["red dress", "-n", "2", "--variety", variety]);
        let _ = two.run().success();
        [1, 2].map(|seed| fs::read(chain.path(out).join(format!("red-dress-{seed}.png"))).unwrap())
    };
    let pixels = |png: &Vec<u8>| image::load_from_memory(png).unwrap().to_rgb8().into_raw();
    let none = draw("none", "0");
    let [first, second] = none.each_ref().map(pixels);
    assert!(first.iter().zip(&second).all(|(a, b)| a.abs_diff(*b) <= 1));
    let half = draw("half", "0.5");
    let [first, second] = half.each_ref().map(pixels);
    assert_ne!(first, second);
    assert!(String::from_utf8_lossy(&half[0]).contains("variety"));
    assert_eq!(manifest(&chain.path("half"))[0]["variety"], 0.5);
    let plain = draw("plain", "1");
    assert!(!String::from_utf8_lossy(&plain[0]).contains("variety"));
    assert_eq!(manifest(&chain.path("plain"))[0].get("variety"), None);
    for variety in ["1.6", "much"] {
        let _ = sample(&chain, "out")
            .args(["red dress", "--variety", variety])
            .run()
            .fails(2);
    }
}

#[test]
fn what_is_in_the_way_of_pictures_is_told_and_any_name_of_a_folder_will_do() {
    let chain = trained();
    let out = chain.path("out");
    fs::create_dir(&out).unwrap();
    let held = stage::folder::lock(&out).unwrap();
    let draw = || sample(&chain, "out").args(["red dress", "-n", "1"]).run();
    let _ = draw()
        .fails(1)
        .hints()
        .stderr_contains("found another at work in it");
    drop(held);
    fs::write(out.join(".tmp-abc"), b"half").unwrap();
    let _ = draw().success();
    assert!(!out.join(".tmp-abc").exists());

    let _ = sample(&chain, "out/red-dress-1.png/below")
        .arg("red dress")
        .run()
        .fails(1)
        .hints()
        .stderr_contains("red-dress-1.png: expected a folder, found a file");
    let _ = sample(&chain, "out")
        .arg("--captions")
        .arg(&out)
        .run()
        .fails(1)
        .hints()
        .stderr_contains("expected a text file, found a folder");
    let grid = Program::new("gen").arg("grid").arg(chain.path("run"));
    let grid = grid.args(["red dress", "-n", "1", "--json"]);
    let _ = grid
        .args(["--dry-run", "--out"])
        .arg(chain.path("sheet.PNG"))
        .run()
        .success()
        .stdout_contains("\"dry_run\":true");

    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        let name = std::ffi::OsStr::from_bytes(b"out-\xff");
        let odd = Program::new("gen").arg("sample").arg(chain.path("run"));
        let odd = odd.args(["red dress", "-n", "1", "--json", "--out"]);
        let odd = odd.arg(chain.path("").join(name)).run().success();
        let told = odd.stdout_json();
        assert!(told["out"].as_str().unwrap().ends_with("out-\u{fffd}"), "{told}");
    }
}
