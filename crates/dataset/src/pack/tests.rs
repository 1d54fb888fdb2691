//! What packing must hold to.
#![allow(clippy::unwrap_used)]

use std::fs;

use polars::prelude::*;

use super::*;
use crate::fixture::{DIMS, Fixture, SIZE, flip};

fn silent(plan: &PackPlan) -> Result<Ended, DatasetError> {
    plan.run(false, &Console::silent(), &Interrupt::default())
}

/// Bytes of all shards and of the text model, by name.
fn contents(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file());
    let named = files.map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), path));
    named
        .filter(|(name, _)| name.ends_with(".atl") || name.ends_with(".sums") || name == TEXT_MODEL)
        .map(|(name, path)| (name, fs::read(path).unwrap()))
        .collect()
}

#[test]
fn the_record_counts_products_by_split_and_names_the_inputs() {
    let fixture = Fixture::new(&[4, 0, 2]);
    let record = fixture.pack_as(None);
    let count = |name: &str| record.counts[name];
    assert_eq!(
        [count("products"), count("train"), count("val"), count("test")],
        [6, 3, 2, 1]
    );
    assert_eq!(record.inputs.keys().collect::<Vec<_>>(), ["features", "images"]);
    assert_eq!(record.outputs.len(), 7, "shards, sums, text model");
    assert_eq!(record.format_version, 1);
    assert_eq!(
        record.settings,
        json!({ "resolution": SIZE, "captions": 4, "dims": DIMS, "shards": 3 })
    );
}

#[test]
fn products_that_are_held_out_are_in_the_test_split_alone() {
    let fixture = Fixture::new(&[4, 0, 2]);
    let plan = || {
        let kinds = ["base_colour=red,year=0", "year=3"];
        let kinds = kinds.iter().map(|kind| kind.parse().unwrap()).collect();
        fixture.plan().holding_out(kinds).unwrap()
    };
    let Ended::Finished(record) = silent(&plan()).unwrap() else {
        panic!("there is work to do");
    };
    let count = |name: &str| record.counts[name];
    // Train, val, test and train of the first shard, train and val of the last: both first ones and the fourth are held out.
    assert_eq!([count("train"), count("val"), count("test")], [0, 2, 4]);
    assert_eq!(
        record.settings["hold_out"],
        json!(["base_colour=red,year=0", "year=3"])
    );
    let data = crate::Dataset::open(&fixture.out()).unwrap();
    let ids = (0..4).map(|i| data.sample(Split::Test, i).unwrap().id.to_owned());
    assert_eq!(ids.collect::<Vec<_>>(), ["0-0", "0-2", "0-3", "2-0"]);
    // What is damaged is made again as it was, by a plan that knows nothing of it.
    let shard = fixture.out().join("shard-00000.atl");
    let before = fs::read(&shard).unwrap();
    flip(&shard, 4100, 1);
    let made = fixture.plan().repair(&["shard-00000.atl".to_owned()]).unwrap();
    assert_eq!(made, ["shard-00000.atl"]);
    assert!(fs::read(&shard).unwrap() == before);
}

#[test]
fn raw_shards_keep_their_golden_bytes() {
    let fixture = Fixture::packed(&[2]);
    let bytes = fs::read(fixture.out().join("shard-00000.atl")).unwrap();
    assert_eq!(
        blake3::hash(&bytes).to_hex().as_str(),
        "d69803c43b883a19076b61541f12f670b2c55be4cd665b9846ce6792a6461b94"
    );
}

#[test]
fn compressed_shards_are_other_work_and_give_the_same_samples_at_any_number_of_runs() {
    let fixture = Fixture::packed(&[4, 0, 2]);
    let raw = contents(&fixture.out());
    let plan = |level: &str| fixture.plan().compressed(Some(level.parse().unwrap())).unwrap();
    let Standing::Changed(changes) = plan("zstd").standing().unwrap() else {
        panic!("the compression changed")
    };
    assert!(
        changes.iter().any(|change| change.contains("zstd:3")),
        "{changes:?}"
    );
    let Ended::Finished(record) = silent(&plan("zstd")).unwrap() else {
        panic!("packed anew")
    };
    assert_eq!(
        (record.format_version, &record.settings["compress"]),
        (2, &json!("zstd:3"))
    );
    let once = contents(&fixture.out());
    assert!(matches!(silent(&plan("zstd:3")).unwrap(), Ended::Already(_)));
    let forced = plan("zstd").run(true, &Console::silent(), &Interrupt::default());
    assert!(matches!(forced.unwrap(), Ended::Finished(_)));
    assert_eq!(contents(&fixture.out()), once);
    // And raw again: the bytes that they were.
    assert!(matches!(silent(&fixture.plan()).unwrap(), Ended::Finished(_)));
    assert_eq!(contents(&fixture.out()), raw);
}

#[test]
fn the_same_inputs_are_packed_once() {
    let fixture = Fixture::packed(&[2, 1]);
    assert!(matches!(silent(&fixture.plan()).unwrap(), Ended::Already(_)));
    let plan = fixture.plan();
    let before = contents(&fixture.out());
    let forced = plan.run(true, &Console::silent(), &Interrupt::default()).unwrap();
    assert!(matches!(forced, Ended::Finished(_)));
    assert_eq!(contents(&fixture.out()), before);
}

#[test]
fn other_inputs_are_said_and_packed_anew() {
    let fixture = Fixture::packed(&[2, 1]);
    let ingested = fixture.ingest(&[2], |_, _| {});
    fixture.features(&[2], &ingested);
    let plan = fixture.plan();
    let Standing::Changed(changes) = plan.standing().unwrap() else {
        panic!("inputs changed")
    };
    assert_eq!(
        changes,
        [
            "shards: 2 -> 1",
            "input features: other content",
            "input images: other content"
        ]
    );
    assert!(matches!(silent(&plan).unwrap(), Ended::Finished(_)));
    assert_eq!(
        contents(&fixture.out()).len(),
        3,
        "shards of the earlier inputs are gone"
    );
}

#[test]
fn a_killed_run_goes_on_and_ends_with_the_same_bytes() {
    let fixture = Fixture::new(&[3, 1, 2]);
    let plan = fixture.plan();
    let (folder, _) = StageFolder::open(&fixture.out(), plan.key.clone(), false).unwrap();
    plan.pack_shard(&folder, 1).unwrap();
    // Killed between a shard's file and its record, and in the middle of a file.
    let shard = write::shard(
        &fixture.out().join(shard_name(2)),
        &fixture.out().join(sums_name(2)),
        &plan.inputs.shard(2).unwrap(),
        &plan.inputs.settings,
    );
    shard.unwrap();
    fs::write(fixture.out().join(".tmp-half"), b"ATLSH").unwrap();
    drop(folder);
    assert!(matches!(plan.standing().unwrap(), Standing::Resumed(1)));
    let kept = fs::metadata(fixture.out().join(shard_name(1)))
        .unwrap()
        .modified()
        .unwrap();
    let record = fixture.pack_as(None);
    assert_eq!(
        fs::metadata(fixture.out().join(shard_name(1)))
            .unwrap()
            .modified()
            .unwrap(),
        kept
    );

    let unbroken = Fixture::new(&[3, 1, 2]);
    let expected = unbroken.pack_as(None);
    assert_eq!(contents(&fixture.out()), contents(&unbroken.out()));
    assert_eq!(
        (record.outputs, record.counts),
        (expected.outputs, expected.counts)
    );
    assert!(!fixture.out().join(".tmp-half").exists());
}

#[test]
fn an_interrupted_run_keeps_what_is_finished() {
    let fixture = Fixture::new(&[1, 1]);
    let stop = Interrupt::default();
    stop.request();
    let packed = fixture.plan().run(false, &Console::silent(), &stop).unwrap();
    assert!(matches!(packed, Ended::Interrupted { done: 0, total: 2 }));
    assert!(matches!(silent(&fixture.plan()).unwrap(), Ended::Finished(_)));
}

#[test]
fn a_thread_has_one_shard_in_hand() {
    let fixture = Fixture::new(&[2; 12]);
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    one.install(|| silent(&fixture.plan())).unwrap();
    let written = |shard| {
        let path = fixture.out().join(shard_name(shard));
        fs::metadata(path).unwrap().modified().unwrap()
    };
    assert!(
        (0..12).map(written).is_sorted(),
        "each shard is finished before the next is begun"
    );
}

#[test]
fn a_changed_input_names_the_file_and_the_stage_to_run_again() {
    for (file, stage, cut) in [
        ("ingested/images-00000.rgb", "ingest", false),
        ("ingested/images-00000.rgb", "ingest", true),
        ("ingested/catalogue-00000.parquet", "ingest", false),
        ("features/features-00000.f32", "textfeat", false),
        ("features/text.model", "textfeat", false),
    ] {
        let fixture = Fixture::new(&[2]);
        let path = fixture.root.path().join(file);
        if cut {
            fs::write(&path, b"cut").unwrap()
        } else {
            flip(&path, 5, 2)
        }
        let error = silent(&fixture.plan()).unwrap_err();
        assert!(
            matches!(&error, DatasetError::Input { path: found, stage: s, .. } if *found == path && *s == stage)
        );
        assert!(
            error
                .to_string()
                .contains(&format!("\nhint: run the stage `{stage}` again")),
            "{error}"
        );
        assert!(!fixture.out().join("stage.json").exists());
        assert!(!fixture.out().join("shard-00000.atl").exists() || file.ends_with(TEXT_MODEL));
    }
}

#[test]
fn features_of_other_texts_are_refused() {
    let fixture = Fixture::new(&[2]);
    fixture.ingest(&[2], |_, table| {
        let other = Series::new("split".into(), ["test", "test"]);
        table.with_column(other.into_column()).unwrap();
    });
    let error = PackPlan::new(&fixture.images(), &fixture.features_dir(), &fixture.out())
        .err()
        .unwrap();
    assert!(matches!(error, DatasetError::OtherFeatures { .. }), "{error}");
}

#[test]
fn an_unfinished_or_swapped_folder_is_refused() {
    let fixture = Fixture::new(&[1]);
    let absent = fixture.root.path().join("absent");
    assert!(PackPlan::new(&absent, &fixture.features_dir(), &fixture.out()).is_err());
    let error = PackPlan::new(&fixture.features_dir(), &fixture.images(), &fixture.out())
        .err()
        .unwrap();
    assert!(
        error
            .to_string()
            .contains("expected a folder of stage `ingest`, found one of `textfeat`"),
        "{error}"
    );
}

#[test]
fn a_catalogue_that_breaks_the_contract_names_the_product() {
    type Change = fn(&mut DataFrame);
    let cases: [(&str, Change); 6] = [
        ("train, val or test for product 0-1, found tset", |t| {
            t.with_column(Column::new("split".into(), ["val", "tset"]))
                .unwrap();
        }),
        ("rows in ascending order of id, found 0-1 before 0-1", |t| {
            t.with_column(Column::new("id".into(), ["0-1", "0-1"])).unwrap();
        }),
        (
            "a content box inside 4 x 4 pixels for product 0-0, found 9 x 4 at 1, 0",
            |t| {
                t.with_column(Column::new("box_w".into(), [9_u32, 1])).unwrap();
            },
        ),
        ("a JSON object of texts as attributes for product 0-0", |t| {
            t.with_column(Column::new("attributes".into(), ["[]", "{}"]))
                .unwrap();
        }),
        ("4 captions for product 0-0, found 1", |t| {
            let one = [Series::new("".into(), ["a"]), Series::new("".into(), ["b"])];
            t.with_column(Series::new("captions".into(), one).into_column())
                .unwrap();
        }),
        ("expected a parquet file with id, split, captions", |t| {
            t.drop_in_place("box_y").unwrap();
        }),
    ];
    for (expected, change) in cases {
        let fixture = Fixture {
            root: tempfile::tempdir().unwrap(),
        };
        let ingested = fixture.ingest(&[2], |_, table| change(table));
        fixture.features(&[2], &ingested);
        let error = silent(&fixture.plan()).unwrap_err().to_string();
        assert!(
            error.contains("catalogue-00000.parquet") && error.contains(expected),
            "{error}"
        );
    }
}

#[test]
fn sizes_that_do_not_fit_the_catalogue_are_an_error() {
    let fixture = Fixture {
        root: tempfile::tempdir().unwrap(),
    };
    let ingested = fixture.ingest(&[2], |_, _| {});
    fixture.features(&[3], &ingested);
    let error = silent(&fixture.plan()).unwrap_err().to_string();
    assert!(
        error.contains("features-00000.f32: expected 160 bytes (2 products in the catalogue), found 240"),
        "{error}"
    );
}

#[test]
fn a_vector_that_is_no_number_is_refused() {
    let fixture = Fixture {
        root: tempfile::tempdir().unwrap(),
    };
    let ingested = fixture.ingest(&[2], |_, _| {});
    fixture.features_with(&[2], &ingested, |vectors| vectors[23] = f32::NAN);
    let error = silent(&fixture.plan()).unwrap_err().to_string();
    assert!(
        error.contains("features-00000.f32: expected finite values for product 0-1, found NaN"),
        "{error}"
    );
}

#[test]
fn a_caption_of_more_than_a_megabyte_is_refused_by_name() {
    let fixture = Fixture {
        root: tempfile::tempdir().unwrap(),
    };
    let long = "long ".repeat(1 << 18);
    let ingested = fixture.ingest(&[1], |_, table| {
        let captions = [Series::new("".into(), [long.as_str(), "", "", ""])];
        table
            .with_column(Series::new("captions".into(), captions).into_column())
            .unwrap();
    });
    fixture.features(&[1], &ingested);
    let error = silent(&fixture.plan()).unwrap_err().to_string();
    assert!(
        error.contains("at most 1048576 bytes of texts for product 0-0, found 1310"),
        "{error}"
    );
}
