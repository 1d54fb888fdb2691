//! What `dataset export` writes is what Python's own readers read, and what `ingest` takes in again.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use harness::{Chain, Program, place};
use polars::prelude::*;
use serde_json::Value;

/// A product by what it must be: split, captions, pixels, vectors.
type Products = BTreeMap<String, (String, Vec<String>, Vec<u8>, Vec<u8>)>;

/// Every file of `dir` with this stem, in order.
fn files(dir: &Path, stem: &str) -> Vec<std::path::PathBuf> {
    let paths = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let named = paths.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with(stem));
    let mut named: Vec<_> = named.collect();
    named.sort();
    named
}

/// What the stages before wrote, read without the help of `dataset`.
fn expected(ingested: &Path, features: &Path) -> Products {
    let mut products = Products::new();
    let catalogues = files(ingested, "catalogue-");
    let (images, vectors) = (files(ingested, "images-"), files(features, "features-"));
    for ((catalogue, images), vectors) in catalogues.iter().zip(images).zip(vectors) {
        let table = ParquetReader::new(fs::File::open(catalogue).unwrap())
            .finish()
            .unwrap();
        let (images, vectors) = (fs::read(images).unwrap(), fs::read(vectors).unwrap());
        let rows = table.height();
        for row in 0..rows {
            let text = |name: &str| {
                table
                    .column(name)
                    .unwrap()
                    .str()
                    .unwrap()
                    .get(row)
                    .unwrap()
                    .to_owned()
            };
            let captions = table
                .column("captions")
                .unwrap()
                .list()
                .unwrap()
                .get_as_series(row)
                .unwrap();
            let captions = captions
                .str()
                .unwrap()
                .iter()
                .map(|text| text.unwrap().to_owned());
            let part = |bytes: &[u8]| bytes[bytes.len() / rows * row..][..bytes.len() / rows].to_vec();
            let product = (text("split"), captions.collect(), part(&images), part(&vectors));
            products.insert(text("id"), product);
        }
    }
    assert!(!products.is_empty());
    products
}

/// What Python's readers find in an export.
///
/// `just setup` installs them; a test that passed without them would show nothing, so their absence fails it.
fn read_by_python(target: &str, folder: &Path) -> Vec<Value> {
    let python = place::repository().join(".venv/bin/python");
    assert!(
        python.exists(),
        "{}: absent\nhint: ./justw setup",
        python.display()
    );
    let needed = Program::at(&python)
        .args(["-c", "import PIL, numpy, safetensors, webdataset"])
        .run();
    assert_eq!(
        needed.code,
        Some(0),
        "{}\nhint: ./justw setup installs what setup/requirements.txt names",
        needed.stderr
    );
    let script = place::repository().join("tests/tests/read_exports.py");
    let finished = Program::at(&python)
        .arg(script)
        .arg(target)
        .arg(folder)
        .run()
        .success();
    let lines = finished.stdout.lines();
    lines.map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn export(chain: &Chain, from: &str, target: &str, out: &str) -> Program {
    Program::new("dataset")
        .arg("export")
        .arg(chain.path(from))
        .args(["--to", target])
        .arg("--out")
        .arg(chain.path(out))
        .arg("--json")
}

#[test]
fn python_reads_the_very_pixels_vectors_and_captions_of_each_export() {
    let chain = Chain::drawn(40);
    chain.preprocess();
    let compressed = chain.pack_into("compressed").args(["--compress", "zstd:1"]);
    compressed.run().success();
    let expected = expected(&chain.path("ingested"), &chain.path("features"));
    for (target, from, flag, has_vectors) in [
        ("webdataset", "dataset", Some("--vectors"), true),
        ("webdataset", "compressed", None, false),
        ("safetensors", "dataset", None, true),
        ("safetensors", "compressed", None, true),
        ("imagefolder", "dataset", None, false),
        ("imagefolder", "compressed", None, false),
    ] {
        let out = format!("{target}-of-{from}");
        let exported = export(&chain, from, target, &out).args(flag).run().success();
        assert_eq!(exported.stdout_json()["counts"]["products"], expected.len());
        let read = read_by_python(target, &chain.path(&out));
        assert_eq!(read.len(), expected.len(), "{out}");
        for product in read {
            let id = product["id"].as_str().unwrap();
            let (split, captions, pixels, vectors) = &expected[id];
            assert_eq!(
                (&product["split"], &product["captions"]),
                (&split.as_str().into(), &captions.clone().into())
            );
            assert!(product["pixels"] == hex(pixels), "{out}: pixels of {id}");
            assert_eq!(product.get("vectors").is_some(), has_vectors, "{out}");
            assert!(
                !has_vectors || product["vectors"] == hex(vectors),
                "{out}: vectors of {id}"
            );
        }
    }
}

/// Pixels by id of an ingested folder.
fn pixels(ingested: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut pixels = BTreeMap::new();
    for (catalogue, images) in files(ingested, "catalogue-")
        .iter()
        .zip(files(ingested, "images-"))
    {
        let table = ParquetReader::new(fs::File::open(catalogue).unwrap())
            .finish()
            .unwrap();
        let images = fs::read(images).unwrap();
        let ids = table.column("id").unwrap().str().unwrap();
        for (row, id) in ids.iter().enumerate() {
            let size = images.len() / ids.len();
            pixels.insert(id.unwrap().to_owned(), images[size * row..][..size].to_vec());
        }
    }
    pixels
}

#[test]
fn ingest_takes_in_what_was_exported() {
    let chain = Chain::drawn(40);
    chain.preprocess();
    let original = pixels(&chain.path("ingested"));

    export(&chain, "dataset", "webdataset", "tars").run().success();
    let again = harness::chain::ingest(&chain.path("tars"), &chain.path("from-tars"))
        .arg("--json")
        .run()
        .success();
    assert_eq!(again.count("ingested"), original.len() as u64);
    assert_eq!(again.count("rejected"), 0);
    assert!(pixels(&chain.path("from-tars")) == original);

    export(&chain, "dataset", "imagefolder", "pictures")
        .run()
        .success();
    let mut all = BTreeMap::new();
    for split in ["train", "val", "test"] {
        let folder = chain.path("pictures").join(split);
        if !folder.exists() {
            continue;
        }
        let out = chain.path(&format!("from-{split}"));
        let again = harness::chain::ingest(&folder, &out)
            .arg("--json")
            .run()
            .success();
        assert_eq!(again.count("rejected"), 0, "{split}");
        all.extend(pixels(&out));
    }
    assert!(all == original);
}

#[test]
fn an_export_is_made_once_said_beforehand_and_refused_where_it_makes_no_sense() {
    let chain = Chain::drawn(12);
    chain.preprocess();
    let out = chain.path("tars");
    let dry = export(&chain, "dataset", "webdataset", "tars")
        .arg("--dry-run")
        .run()
        .success();
    assert!(dry.count("would_export") > 0);
    assert!(!out.exists(), "a dry run touches nothing");

    let train = |flag: Option<&str>| {
        let export = export(&chain, "dataset", "webdataset", "tars").args(["--split", "train"]);
        export.args(flag).run().success()
    };
    let first = train(None);
    assert_eq!(first.stdout_json()["already"], false);
    assert!(files(&out, "val-").is_empty() && !files(&out, "train-").is_empty());
    let again = train(None).stderr_contains("already exported from the same inputs");
    assert_eq!(
        (again.stdout_json()["already"] == true, again.count("files")),
        (true, first.count("files"))
    );
    assert_eq!(train(Some("--force")).stdout_json()["already"], false);

    for flags in [["--split", "valid"], ["--to", "parquet"]] {
        export(&chain, "dataset", "imagefolder", "x")
            .args(flags)
            .run()
            .ends(Some(2));
    }
    export(&chain, "dataset", "imagefolder", "x")
        .arg("--vectors")
        .run()
        .fails(2)
        .stderr_contains("which has no place for them");
    export(&chain, "ingested", "imagefolder", "x")
        .run()
        .fails(1)
        .hints();
    export(&chain, "dataset", "webdataset", "ingested")
        .run()
        .fails(1)
        .stderr_contains("expected a folder of stage `export`, found one of `ingest`")
        .hints();
}
