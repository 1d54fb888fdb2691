//! What a full disk gets: an error that names the file, with a hint; what is finished stays, nothing half written is
//! left, and with room the work goes on to the bytes of an unbroken run.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use harness::{Chain, Disk, Finished, Program, Snapshot};
use serde_json::Value;

const PRODUCTS: u32 = 120;

/// A stage: what it is called here, and its program into a folder.
type Stage = (&'static str, fn(&Chain, &Path) -> Program);

const STAGES: [Stage; 3] = [
    ("ingest", |chain, out| {
        let ingest = Program::new("ingest")
            .arg(chain.path("dump"))
            .arg("--out")
            .arg(out);
        ingest.args(["--size", "64", "--shards", "16", "--jobs", "1"])
    }),
    ("textfeat", |chain, out| {
        let fit = Program::new("textfeat").arg("fit").arg(chain.path("ingest"));
        fit.arg("--out").arg(out).args(["--jobs", "1"])
    }),
    ("dataset", |chain, out| {
        let pack = Program::new("dataset")
            .args(["pack", "--images"])
            .arg(chain.path("ingest"));
        let pack = pack.arg("--features").arg(chain.path("textfeat"));
        pack.arg("--out").arg(out).args(["--jobs", "1"])
    }),
];

/// All stages run to their ends, each into the folder of its name.
fn unbroken() -> Chain {
    let chain = Chain::drawn(PRODUCTS);
    for (name, stage) in STAGES {
        stage(&chain, &chain.path(name)).run().success();
    }
    chain
}

fn bytes(folder: &Path) -> u64 {
    files(folder)
        .iter()
        .map(|path| fs::metadata(path).unwrap().len())
        .sum()
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
    let (folders, mut found): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    found.extend(folders.iter().flat_map(|folder| files(folder)));
    found
}

/// The stage has failed for want of room, and says of which file.
fn assert_full(name: &str, finished: Finished, out: &Path) {
    let finished = finished.fails(1).hints();
    let error = finished
        .stderr
        .lines()
        .find(|line| line.starts_with("error: "))
        .unwrap();
    assert!(
        error.contains(&format!("{}/", out.display())) && error.ends_with(": no space left on the device"),
        "{name}: {error}"
    );
    assert!(
        finished.stderr.contains("\nhint: free some space"),
        "{name}: {}",
        finished.stderr
    );
    assert!(!out.join("stage.json").exists(), "{name}: half is no whole");
    let names = files(out).into_iter().filter(|path| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.starts_with(".tmp-")
    });
    assert_eq!(
        names.collect::<Vec<_>>(),
        Vec::<PathBuf>::new(),
        "{name}: half files are cleared away"
    );
}

/// The files of finished shards, each with the time at which it was written.
fn kept(out: &Path) -> Vec<(PathBuf, SystemTime)> {
    let records = files(&out.join("shards"));
    let records = records
        .iter()
        .filter(|path| path.extension().is_some_and(|e| e == "json"));
    let outputs = records.flat_map(|path| {
        let record: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        let names = record["outputs"].as_object().unwrap().keys().cloned();
        names.collect::<Vec<_>>()
    });
    // What a stage merges at its end is not there afterwards.
    let lasting = outputs
        .filter(|name| !name.contains('/'))
        .map(|name| out.join(name));
    lasting
        .map(|path| (path.clone(), fs::metadata(path).unwrap().modified().unwrap()))
        .collect()
}

#[test]
fn on_a_disk_that_fills_up_each_stage_stops_and_with_room_goes_on() {
    let chain = unbroken();
    for (name, stage) in STAGES {
        let whole = chain.path(name);
        let needed = bytes(&whole) / 1024;
        // Three times the room that is needed, of which all but half of the need is taken.
        let disk = Disk::mounted(&chain.path(&format!("disk-{name}")), needed * 3);
        let Some(disk) = disk else { return };
        let taken = disk.path("taken");
        fs::write(&taken, vec![0; (needed * 5 / 2) as usize * 1024]).unwrap();
        let out = disk.path("out");
        assert_full(name, stage(&chain, &out).run(), &out);
        let finished = kept(&out);
        assert!(!finished.is_empty(), "{name}: half of the shards had room");
        // Full still: it fails again, and loses nothing.
        assert_full(name, stage(&chain, &out).run(), &out);
        fs::remove_file(taken).unwrap();
        stage(&chain, &out).run().success();
        for (path, when) in &finished {
            let now = fs::metadata(path).unwrap().modified().unwrap();
            assert_eq!(
                now,
                *when,
                "{}: a finished shard is not made again",
                path.display()
            );
        }
        Snapshot::of(&out).assert_same(&Snapshot::of(&whole));
        eprintln!(
            "{name}: {needed} kB in all; files of finished shards on the full disk: {}",
            finished.len()
        );
    }
}

#[test]
fn where_no_file_may_grow_each_stage_stops_and_without_the_limit_goes_on() {
    let chain = unbroken();
    for (name, stage) in STAGES {
        // In blocks of 512 bytes, half of the largest file: finished files are smaller, or there are none.
        let sizes = files(&chain.path(name))
            .into_iter()
            .map(|path| fs::metadata(path).unwrap().len());
        let limit = u32::try_from(sizes.max().unwrap() / 2 / 512).unwrap();
        let out = chain.path(&format!("limited-{name}"));
        let limited = stage(&chain, &out).with_files_up_to(limit).run();
        assert_full(name, limited, &out);
        stage(&chain, &out).run().success();
        Snapshot::of(&out).assert_same(&Snapshot::of(&chain.path(name)));
    }
}

/// The files that a folder's manifest tells of, in its order: they are there, and no other picture is.
fn told(out: &Path) -> Vec<String> {
    let text = fs::read_to_string(out.join("manifest.jsonl")).unwrap();
    let file = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        line["file"].as_str().unwrap().to_owned()
    };
    let told: Vec<String> = text.lines().map(file).collect();
    let names = files(out).into_iter().map(|path| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.into_owned()
    });
    let mut pictures: Vec<String> = names.filter(|name| name.ends_with(".png")).collect();
    pictures.sort();
    let mut sorted = told.clone();
    sorted.sort();
    assert_eq!(
        sorted, pictures,
        "a line for each picture, a picture for each line"
    );
    told
}

#[test]
fn pictures_that_found_room_have_their_lines_and_with_room_the_others_follow() {
    let chain = Chain::packed(PRODUCTS);
    let _ = chain.train("run").run().success();
    let sample = |out: &Path| {
        let sample = Program::new("gen").arg("sample").arg(chain.path("run"));
        let sample = sample.args(["red dress", "blue shirt", "-n", "48", "--json"]);
        sample.args(["--device", "cpu", "--out"]).arg(out)
    };
    let whole = chain.path("whole");
    let _ = sample(&whole).run().success();
    let all = told(&whole);
    let goes_on = |out: &Path| {
        let kept = told(out);
        assert!(
            !kept.is_empty() && kept.len() < all.len(),
            "{} had room",
            kept.len()
        );
        assert_eq!(kept, all[..kept.len()]);
        let rest = sample(out).run().success();
        assert_eq!(rest.count("there"), kept.len() as u64);
        assert_eq!(told(out), all);
    };

    // A picture is smaller than 4 KiB, the lines of a lot are larger.
    let limited = chain.path("limited");
    let full = sample(&limited).with_files_up_to(8).run();
    assert_full("gen", full, &limited);
    goes_on(&limited);

    let Some(disk) = Disk::mounted(&chain.path("disk"), 640) else {
        return;
    };
    let taken = disk.path("taken");
    fs::write(&taken, vec![0; 440 * 1024]).unwrap();
    let out = disk.path("out");
    assert_full("gen", sample(&out).run(), &out);
    let kept = told(&out);
    // Full still: it fails again, and loses nothing.
    assert_full("gen", sample(&out).run(), &out);
    assert!(told(&out).starts_with(&kept));
    fs::remove_file(taken).unwrap();
    goes_on(&out);
}
