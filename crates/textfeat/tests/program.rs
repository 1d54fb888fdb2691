//! The program over a small catalogue in the form that `ingest` writes.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use polars::prelude::*;
use serde_json::{Value, json};
use stage::folder::Summary;
use stage::{StageFolder, StageKey, StageRecord, atomic};
use textfeat::TextModel;

const COLOURS: [&str; 4] = ["navy", "red", "green", "black"];

/// A temporary folder with an ingested catalogue in `in`.
struct House(tempfile::TempDir);

impl House {
    fn new() -> Self {
        let house = Self(tempfile::tempdir().unwrap());
        house.ingest(&[products(0..6), products(6..10)]);
        house
    }

    fn ingest(&self, shards: &[DataFrame]) {
        let key = StageKey::new("ingest", 1, &json!({ "products": shards.len() })).unwrap();
        let (folder, _) = StageFolder::open(&self.path("in"), key, true).unwrap();
        let mut outputs = BTreeMap::new();
        for (shard, table) in shards.iter().enumerate() {
            let mut bytes = Vec::new();
            ParquetWriter::new(&mut bytes).finish(&mut table.clone()).unwrap();
            let name = format!("catalogue-{shard:05}.parquet");
            outputs.insert(
                name.clone(),
                atomic::write(&folder.dir().join(&name), &bytes).unwrap(),
            );
        }
        folder
            .finish(
                [],
                Summary {
                    outputs,
                    ..Summary::default()
                },
            )
            .unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_textfeat"))
            .args(args)
            .current_dir(self.0.path())
            .output()
            .unwrap()
    }

    fn ok(&self, args: &[&str]) -> (String, String) {
        let output = self.run(args);
        let (out, err) = texts(&output);
        assert_eq!(output.status.code(), Some(0), "{args:?}: {err}");
        (out, err)
    }

    fn fails(&self, code: i32, args: &[&str]) -> String {
        let output = self.run(args);
        let (_, err) = texts(&output);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {err}");
        assert!(!err.contains("panicked"), "{err}");
        err
    }

    fn model(&self) -> TextModel {
        TextModel::from_bytes(&fs::read(self.path("out/text.model")).unwrap()).unwrap()
    }
}

fn texts(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (text(&output.stdout), text(&output.stderr))
}

fn captions(i: usize) -> [String; 4] {
    let short = format!("{} shirt", COLOURS[i % 4]);
    // Only the withheld product knows the word `secret`.
    let title = if i == 9 {
        "secret zebra".to_owned()
    } else {
        format!("Men {short}")
    };
    [
        format!("{title} for summer evenings"),
        title,
        "men, casual".to_owned(),
        short,
    ]
}

fn products(rows: std::ops::Range<usize>) -> DataFrame {
    let lists = rows
        .clone()
        .map(|i| Series::new("".into(), captions(i).to_vec()))
        .collect::<Vec<_>>();
    table(rows, lists)
}

fn table(rows: std::ops::Range<usize>, lists: Vec<Series>) -> DataFrame {
    let ids: Vec<String> = rows.clone().map(|i| format!("{i:03}")).collect();
    let splits: Vec<&str> = rows
        .clone()
        .map(|i| if i == 9 { "test" } else { "train" })
        .collect();
    let columns = vec![
        Column::new("id".into(), ids),
        Column::new("captions".into(), lists),
        Column::new("split".into(), splits),
    ];
    DataFrame::new(rows.len(), columns).unwrap()
}

#[test]
fn coverage_counts_the_words_of_each_caption_that_the_model_knows() {
    let house = House::new();
    house.ok(&["fit", "in", "--out", "out", "--dims", "8"]);
    let lines = [
        r#"{"id": "1", "captions": ["red shirts for the zebra", "red shirt", "", "zebra"]}"#,
        r#"{"id": "2", "captions": ["navy", "secret zebra", "men", "zebra 12"]}"#,
    ];
    fs::write(house.path("captions.jsonl"), lines.join("\n")).unwrap();
    let (out, _) = house.ok(&["coverage", "out", "captions.jsonl", "--json"]);
    let told: Value = serde_json::from_str(out.lines().last().unwrap()).unwrap();
    assert_eq!(told["products"], 2);
    let of = |caption: &str| {
        let told = &told["captions"][caption];
        [
            &told["words"],
            &told["captions"],
            &told["known"],
            &told["none_known"],
        ]
        .map(|n| n.as_f64().unwrap())
    };
    assert_eq!(
        of("full"),
        [4.0, 2.0, 0.75, 0.0],
        "`for` and `the` are stop words"
    );
    assert_eq!(of("title"), [4.0, 2.0, 0.5, 0.5]);
    assert_eq!(of("attributes"), [1.0, 1.0, 1.0, 0.0], "an empty caption is none");
    assert_eq!(of("short"), [2.0, 2.0, 0.0, 1.0], "plain numbers are no words");
    fs::write(
        house.path("captions.jsonl"),
        "{\"id\": \"1\", \"captions\": [\"one\"]}\n",
    )
    .unwrap();
    let err = house.fails(1, &["coverage", "out", "captions.jsonl"]);
    assert!(
        err.contains("captions.jsonl: line 1: expected") && err.contains("\nhint: "),
        "{err}"
    );
}

#[test]
fn features_are_those_of_the_model_for_every_caption_in_order() {
    let house = House::new();
    let (out, _) = house.ok(&["fit", "in", "--out", "out", "--dims", "8", "--json"]);
    let counts: Value = serde_json::from_str(out.lines().last().unwrap()).unwrap();
    assert_eq!(counts["products"], 10);
    assert_eq!(counts["train"], 9);
    assert_eq!(counts["captions"], 40);
    assert_eq!(
        counts["captions_without_known_word"], 2,
        "title and description of the withheld product"
    );
    let model = house.model();
    assert_eq!((model.dims(), model.documents()), (8, 9));
    assert!(
        model.vocabulary().column("secret").is_none(),
        "statistics come from train alone"
    );
    assert!(
        model.vocabulary().column("evening").is_none(),
        "nor from descriptions"
    );
    for (file, rows) in [("features-00000.f32", 0..6), ("features-00001.f32", 6..10)] {
        let expected: Vec<u8> = rows
            .flat_map(captions)
            .flat_map(|caption| model.transform(&caption))
            .flat_map(f32::to_le_bytes)
            .collect();
        assert_eq!(
            fs::read(house.path("out").join(file)).unwrap(),
            expected,
            "{file}"
        );
    }
    let record = StageRecord::read(&house.path("out"), "textfeat", 1).unwrap();
    assert_eq!(
        (&record.settings["dims"], &record.settings["captions"]),
        (&json!(8), &json!(4))
    );
    let ingested = StageRecord::read(&house.path("in"), "ingest", 1).unwrap();
    assert_eq!(record.inputs["ingested"], ingested.content_hash());
}

#[test]
fn done_work_is_left_changed_work_says_why_and_lost_shards_are_made_again() {
    let house = House::new();
    let fit = ["fit", "in", "--out", "out", "--dims", "8"];
    let (dry, _) = house.ok(&[&fit[..], &["--dry-run"]].concat());
    assert!(dry.contains("would write features of 2 shards"), "{dry}");
    assert!(!house.path("out").exists());
    let (first, _) = house.ok(&fit);
    let (again, said) = house.ok(&fit);
    assert_eq!(first, again);
    assert!(said.contains("already done"), "{said}");
    let (_, said) = house.ok(&[&fit[..4], &["--dims", "9"]].concat());
    assert!(said.contains("dims: 8 -> 9"), "{said}");
    house.ok(&["fit", "in", "--out", "descriptions", "--fit-on", "full"]);
    let model = TextModel::from_bytes(&fs::read(house.path("descriptions/text.model")).unwrap()).unwrap();
    assert!(model.vocabulary().column("evening").is_some());

    let features = house.path("out/features-00001.f32");
    let content = fs::read(&features).unwrap();
    fs::write(&features, b"cut").unwrap();
    house.ok(&[&fit[..4], &["--dims", "9"]].concat());
    assert_eq!(fs::read(&features).unwrap(), content);

    house.ingest(&[products(0..6), products(6..9)]);
    let (_, said) = house.ok(&[&fit[..4], &["--dims", "9"]].concat());
    assert!(said.contains("input ingested: other content"), "{said}");
}

#[test]
fn transform_gives_the_vectors_of_the_library() {
    let house = House::new();
    house.ok(&["fit", "in", "--out", "out"]);
    let model = house.model();
    fs::write(house.path("texts"), "red shirt\r\n\nzebra\nnavy").unwrap();
    let (out, _) = house.ok(&["transform", "out", "texts"]);
    let lines: Vec<Value> = out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 4);
    for (line, text) in lines.iter().zip(["red shirt", "", "zebra", "navy"]) {
        assert_eq!(line["text"], text);
        let vector: Vec<f32> = serde_json::from_value(line["vector"].clone()).unwrap();
        assert_eq!(vector, model.transform(text));
        assert_eq!(line["known"], json!(vector.iter().any(|&w| w > 0.0)));
    }
    house.ok(&["transform", "out/text.model", "texts", "--out", "vectors.f32"]);
    assert_eq!(
        fs::metadata(house.path("vectors.f32")).unwrap().len(),
        4 * 256 * 4
    );

    let mut child = Command::new(env!("CARGO_BIN_EXE_textfeat"))
        .args(["transform", "out"])
        .current_dir(house.0.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"red shirt\n").unwrap();
    let piped = child.wait_with_output().unwrap();
    assert_eq!(texts(&piped).0.lines().next(), out.lines().next());
}

#[test]
fn lsa_places_unseen_words_and_does_not_depend_on_threads() {
    let house = House::new();
    let fit = ["fit", "in", "--method", "lsa", "--dims", "5", "--jobs"];
    house.ok(&[&fit[..], &["1", "--out", "out"]].concat());
    house.ok(&[&fit[..], &["3", "--out", "again"]].concat());
    for file in ["text.model", "features-00000.f32", "features-00001.f32"] {
        let read = |dir: &str| fs::read(house.path(dir).join(file)).unwrap();
        assert_eq!(read("out"), read("again"), "{file}");
    }
    let model = house.model();
    assert_eq!(model.dims(), 5);
    assert!(model.transform("shirty").iter().any(|&v| v != 0.0));
    let record = StageRecord::read(&house.path("out"), "textfeat", 1).unwrap();
    assert_eq!(record.settings["method"], "lsa");
    let (out, _) = house.ok(&["explain", "out", "shirty"]);
    assert!(
        out.contains("unknown: shirty") && out.contains("; placed near "),
        "{out}"
    );
    fs::write(house.path("texts"), "red shirt\nnavy shirt\n").unwrap();
    house.ok(&["bench", "texts", "--method", "lsa", "--dims", "2"]);
    house.fails(2, &["bench", "texts", "--method", "lsa", "--features", "0"]);
}

#[test]
fn bench_finds_the_same_model_in_every_run_and_with_any_number_of_threads() {
    let house = House::new();
    // Several blocks of documents, so that threads take them by turns.
    let words = [
        "red", "navy", "shirt", "dress", "striped", "belt", "watch", "linen", "wool", "heels", "boots",
    ];
    let line = |i: usize| {
        format!(
            "{} {} {} w{}",
            words[i % 11],
            words[i * 7 % 11],
            words[i * i % 11],
            i % 97
        )
    };
    let text: Vec<String> = (0..3000).map(line).collect();
    fs::write(house.path("texts"), text.join("\n")).unwrap();
    let model = |jobs: &str| {
        let args = [
            "bench",
            "texts",
            "--method",
            "lsa",
            "--dims",
            "12",
            "--features",
            "300",
            "--json",
            "--jobs",
            jobs,
        ];
        let result: Value = serde_json::from_str(house.ok(&args).0.lines().last().unwrap()).unwrap();
        result["model"].as_str().unwrap().to_owned()
    };
    let one = model("1");
    for _ in 0..3 {
        assert_eq!(model("4"), one);
    }
}

#[test]
fn counts_of_several_machines_merge_into_the_model_of_one_fit() {
    let house = House::new();
    let weights = ["--dims", "6", "--norm", "l1", "--sublinear"];
    house.ok(&[&["fit", "in", "--out", "out", "--ngrams", "2"], &weights[..]].concat());
    for part in ["1/2", "2/2"] {
        let name = format!("{}.counts", &part[..1]);
        house.ok(&["count", "in", "--ngrams", "2", "--part", part, "--out", &name]);
    }
    let model = fs::read(house.path("out/text.model")).unwrap();
    house.ok(&[
        &["merge", "2.counts", "1.counts", "--out", "merged.model"],
        &weights[..],
    ]
    .concat());
    assert_eq!(fs::read(house.path("merged.model")).unwrap(), model);
    house.ok(&["merge", "1.counts", "2.counts", "--out", "sum.counts"]);
    house.ok(&["count", "in", "--ngrams", "2", "--out", "all.counts"]);
    let read = |name: &str| fs::read(house.path(name)).unwrap();
    assert_eq!(read("sum.counts"), read("all.counts"));

    // The model of all serves the parts.
    house.ok(&["fit", "in", "--model", "merged.model", "--out", "given"]);
    for file in ["text.model", "features-00000.f32", "features-00001.f32"] {
        assert_eq!(
            read(&format!("given/{file}")),
            read(&format!("out/{file}")),
            "{file}"
        );
    }
    house.fails(
        2,
        &[
            "fit",
            "in",
            "--model",
            "merged.model",
            "--out",
            "given",
            "--dims",
            "3",
        ],
    );

    let said = house.fails(2, &["merge", "1.counts", "--out", "m", "--method", "lsa"]);
    assert!(said.contains("rows") && said.contains("hint: "), "{said}");
    house.ok(&["count", "in", "--part", "1/2", "--out", "other.counts"]);
    let said = house.fails(1, &["merge", "1.counts", "other.counts", "--out", "m"]);
    assert!(
        said.contains("other.counts: ") && said.contains("ngrams 2, found ngrams 1"),
        "{said}"
    );
    let said = house.fails(1, &["merge", "out/text.model", "--out", "m"]);
    assert!(said.contains("ATLRCNTS"), "{said}");
    let mut bytes = read("1.counts");
    bytes[60] ^= 1;
    fs::write(house.path("1.counts"), bytes).unwrap();
    let said = house.fails(1, &["merge", "1.counts", "--out", "m"]);
    assert!(said.contains("1.counts: ") && said.contains("damaged"), "{said}");
    house.fails(2, &["count", "in", "--part", "3/2", "--out", "x"]);
    assert!(!house.path("m").exists());
}

#[test]
fn lines_counted_in_parts_are_the_lines_counted_at_once() {
    let house = House::new();
    fs::write(house.path("a"), "red shirt\nnavy shirts\n").unwrap();
    fs::write(house.path("b"), "red dress\n").unwrap();
    fs::write(house.path("ab"), "red shirt\nnavy shirts\nred dress\n").unwrap();
    for name in ["a", "b", "ab"] {
        house.ok(&["count", name, "--out", &format!("{name}.counts")]);
    }
    house.ok(&["merge", "b.counts", "a.counts", "--out", "sum.counts"]);
    let read = |name: &str| fs::read(house.path(name)).unwrap();
    assert_eq!(read("sum.counts"), read("ab.counts"));
    let said = house.fails(2, &["count", "ab", "--part", "1/2", "--out", "x"]);
    assert!(said.contains("hint: cut the text file"), "{said}");
}

#[test]
fn a_vocabulary_goes_out_and_comes_back() {
    let house = House::new();
    house.ok(&["fit", "in", "--out", "out", "--dims", "6", "--norm", "none"]);
    house.ok(&["vocabulary", "export", "out", "vocabulary.json"]);
    let (out, _) = house.ok(&["vocabulary", "export", "out/text.model"]);
    assert_eq!(out, fs::read_to_string(house.path("vocabulary.json")).unwrap());
    house.ok(&["vocabulary", "import", "vocabulary.json", "--out", "back.model"]);
    let read = |name: &str| fs::read(house.path(name)).unwrap();
    assert_eq!(read("back.model"), read("out/text.model"));

    fs::write(house.path("texts"), "A Navy shirt\n\nwith dresses\n").unwrap();
    assert_eq!(house.ok(&["tokens", "out", "texts"]).0, "navi shirt\n\ndress\n");

    fs::write(house.path("bad.json"), "{\n  \"textfeat_vocabulary\": 1,\n  x").unwrap();
    let said = house.fails(1, &["vocabulary", "import", "bad.json", "--out", "bad.model"]);
    assert!(
        said.contains("bad.json: ") && said.contains("line 3") && said.contains("hint: "),
        "{said}"
    );
    let text = r#"{ "textfeat_vocabulary": 1, "params": { "analyzer": "char" }, "vocabulary_": { "a": 0 }, "idf_": [1] }"#;
    fs::write(house.path("char.json"), text).unwrap();
    let said = house.fails(1, &["vocabulary", "import", "char.json", "--out", "bad.model"]);
    assert!(
        said.contains("char.json: vocabulary: analyzer: expected word, found char"),
        "{said}"
    );
    assert!(!house.path("bad.model").exists());
    house.ok(&["fit", "in", "--out", "lsa", "--method", "lsa", "--dims", "3"]);
    let said = house.fails(1, &["vocabulary", "export", "lsa"]);
    assert!(said.contains("directions of an LSA model"), "{said}");
}

#[test]
fn explain_shows_weights_and_what_may_have_been_meant() {
    let house = House::new();
    house.ok(&["fit", "in", "--out", "out"]);
    let (out, _) = house.ok(&["explain", "out", "a nvy shirts zebra"]);
    assert!(out.contains("shirts  shirt"), "{out}");
    assert!(
        out.contains("left out: a\n") && out.contains("unknown: nvy, did you mean navy?\n"),
        "{out}"
    );
    assert!(out.ends_with("unknown: zebra\n"), "{out}");
    let (out, _) = house.ok(&["explain", "out", "nvy", "--json"]);
    let explained: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        explained["unknown"],
        json!([{ "word": "nvy", "nearest": ["navy"] }])
    );
}

#[test]
fn bench_gives_its_seconds() {
    let house = House::new();
    fs::write(house.path("texts"), "red shirt\nnavy shirt\n").unwrap();
    let (out, _) = house.ok(&["bench", "texts", "--json"]);
    let result: Value = serde_json::from_str(out.lines().last().unwrap()).unwrap();
    assert!(result["seconds"].as_f64().unwrap() > 0.0);
    assert_eq!(result["documents"], 2);
}

#[test]
fn wrong_usage_is_told_from_failed_work() {
    let house = House::new();
    for args in [
        &["--dims", "0"][..],
        &["--max-df", "1.5"],
        &["--ngrams", "9"],
        &["--language", "x"],
        &["--norm", "l3"],
        &["--letters", "5-3"],
        &["--letters", "three"],
        &["--letters-weight", "0"],
        &["--token-pattern", "[a-z]+"],
        &["--keep-case"],
        &["--token-pattern", r"\S+", "--keep-case"],
        &["--min-df", "-"],
    ] {
        house.fails(2, &[&["fit", "in", "--out", "out"], args].concat());
    }
    let said = house.fails(1, &["fit", "nowhere", "--out", "out"]);
    assert!(
        said.contains("finished stage `ingest`") && said.contains("hint: "),
        "{said}"
    );
    let said = house.fails(1, &["explain", "nowhere", "red"]);
    assert!(
        said.contains("found nothing") && said.contains("hint: "),
        "{said}"
    );
    fs::write(house.path("texts"), b"red\n\xff\xfe\n").unwrap();
    let said = house.fails(1, &["bench", "texts"]);
    assert!(said.contains("texts: line 2: expected UTF-8"), "{said}");
    fs::write(house.path("empty"), b"").unwrap();
    let said = house.fails(1, &["bench", "empty"]);
    assert!(said.contains("at least one document"), "{said}");
}

#[test]
fn damaged_inputs_are_named() {
    let house = House::new();
    house.ok(&["fit", "in", "--out", "out"]);
    let model = house.path("out/text.model");
    let bytes = fs::read(&model).unwrap();
    fs::write(&model, &bytes[..bytes.len() - 1]).unwrap();
    let said = house.fails(1, &["explain", "out", "red"]);
    assert!(
        said.contains("text.model: ") && said.contains("it is cut"),
        "{said}"
    );

    let catalogue = house.path("in/catalogue-00000.parquet");
    let mut bytes = fs::read(&catalogue).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&catalogue, &bytes).unwrap();
    let said = house.fails(1, &["fit", "in", "--out", "other"]);
    assert!(
        said.contains("catalogue-00000.parquet: expected the content that ingest recorded"),
        "{said}"
    );
    fs::remove_file(&catalogue).unwrap();
    let said = house.fails(1, &["fit", "in", "--out", "other"]);
    assert!(said.contains("catalogue-00000.parquet"), "{said}");
}

#[test]
fn a_catalogue_of_another_form_is_named() {
    let said = |shard: DataFrame| {
        let house = House(tempfile::tempdir().unwrap());
        house.ingest(&[shard]);
        house.fails(1, &["fit", "in", "--out", "out"])
    };
    let text = said(table(0..1, vec![Series::new("".into(), ["one", "two"])]));
    assert!(text.contains("2 captions of product 000 instead of 4"), "{text}");
    let text = said(products(0..2).drop("split").unwrap());
    assert!(
        text.contains("expected a catalogue with id, captions, split"),
        "{text}"
    );
    let text = said(products(9..10));
    assert!(text.contains("at least one document"), "{text}");
}

/// The words that a picture of a garment is asked for with must be terms.
#[test]
fn real_captions_make_a_vocabulary_of_garments_colours_and_people() {
    let styles = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/fashion-12k/styles.csv");
    let Ok(styles) = fs::read(&styles) else {
        eprintln!("skipped: no fashion data at {}", styles.display());
        return;
    };
    let titles = String::from_utf8_lossy(&styles);
    let titles = titles.lines().skip(1).map(|line| line.replace(',', " "));
    let model = TextModel::fit(textfeat::Settings::default(), titles).unwrap();
    for word in "men women boys girls navy blue red black white green pink shirts tshirts heels watches handbags shoes dress jeans kurtas".split(' ') {
        assert!(!model.explain(word).known.is_empty(), "{word}");
    }
    assert_ne!(model.transform("men"), model.transform("women"));
}
