//! What exporting must hold to. That other tools read the files is shown in `tests/tests/export.rs`.
#![allow(clippy::unwrap_used)]

use std::fs;

use serde_json::Value;

use super::*;
use crate::fixture::{self, Fixture, flip};

fn plan(fixture: &Fixture, target: Target) -> ExportPlan {
    let out = fixture.root.path().join("export");
    ExportPlan::new(&fixture.out(), target, &[], true, &out).unwrap()
}

fn silent(plan: &ExportPlan) -> Result<Ended, DatasetError> {
    plan.run(false, &Console::silent(), &Interrupt::default())
}

/// All files by path, but for the stage's own.
fn contents(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(dir).unwrap().display().to_string();
            if path.is_dir() {
                folders.push(path);
            } else if name != "stage.json" && name != ".lock" {
                files.insert(name, fs::read(path).unwrap());
            }
        }
    }
    files
}

#[test]
fn raw_and_compressed_data_sets_give_the_same_files() {
    for target in Target::ALL {
        let exports = [None, Some("zstd")].map(|compress| {
            let fixture = Fixture::packed_as(&[4, 0, 2], compress);
            let plan = plan(&fixture, target);
            assert!(matches!(silent(&plan).unwrap(), Ended::Finished(_)));
            contents(&plan.out)
        });
        assert!(exports[0] == exports[1], "{target}");
        assert!(exports[0].len() >= 5, "{:?}", exports[0].keys());
    }
}

#[test]
fn a_killed_export_goes_on_and_ends_with_the_same_files() {
    for target in Target::ALL {
        let (whole, fixture) = (Fixture::packed(&[3, 1, 2]), Fixture::packed(&[3, 1, 2]));
        let plan_of_whole = plan(&whole, target);
        silent(&plan_of_whole).unwrap();

        let plan = plan(&fixture, target);
        let (folder, _) = StageFolder::open(&plan.out, plan.key.clone(), false).unwrap();
        plan.export_shard(&folder, 1).unwrap();
        drop(folder);
        let leftover = match target {
            Target::Imagefolder => {
                fs::create_dir_all(plan.out.join("train")).unwrap();
                "train/.tmp-half"
            }
            _ => ".tmp-half",
        };
        fs::write(plan.out.join(leftover), b"half").unwrap();
        assert!(matches!(plan.standing().unwrap(), Standing::Resumed(1)));
        assert!(matches!(silent(&plan).unwrap(), Ended::Finished(_)));
        assert!(contents(&plan.out) == contents(&plan_of_whole.out), "{target}");
        assert!(matches!(silent(&plan).unwrap(), Ended::Already(_)));
    }
}

#[test]
fn another_target_or_other_splits_take_the_place_of_the_first() {
    let fixture = Fixture::packed(&[4, 2]);
    let first = plan(&fixture, Target::Imagefolder);
    silent(&first).unwrap();
    let out = &first.out;
    let second = ExportPlan::new(&fixture.out(), Target::Safetensors, &[Split::Val], false, out).unwrap();
    assert!(matches!(second.standing().unwrap(), Standing::Changed(_)));
    let Ended::Finished(record) = silent(&second).unwrap() else {
        panic!("made anew")
    };
    assert_eq!(
        record.counts,
        BTreeMap::from([("val".into(), 2), ("products".into(), 2)])
    );
    let names: Vec<String> = contents(out).into_keys().collect();
    assert_eq!(names, ["val-00000.safetensors", "val-00001.safetensors"]);
}

#[test]
fn safetensors_hold_images_vectors_and_texts_at_the_places_that_the_header_gives() {
    let fixture = Fixture::packed(&[4]);
    let plan = plan(&fixture, Target::Safetensors);
    silent(&plan).unwrap();
    let file = fs::read(plan.out.join("train-00000.safetensors")).unwrap();
    let length = u64::from_le_bytes(*file.first_chunk().unwrap()) as usize;
    assert_eq!(length % 8, 0);
    let header: Value = serde_json::from_slice(&file[8..8 + length]).unwrap();
    let tensor = |name: &str| {
        let range = [0, 1].map(|i| header[name]["data_offsets"][i].as_u64().unwrap() as usize);
        file[8 + length..][range[0]..range[1]].to_vec()
    };
    assert_eq!(header["images"]["shape"], json!([2, 4, 4, 3]));
    assert_eq!(
        tensor("images"),
        [fixture::pixels(0, 0), fixture::pixels(0, 3)].concat()
    );
    let vectors = [fixture::vectors(0, 0), fixture::vectors(0, 3)].concat();
    assert_eq!(tensor("vectors"), bytemuck::cast_slice::<f32, u8>(&vectors));
    let products = header["__metadata__"]["products"].as_str().unwrap();
    let products: Value = serde_json::from_str(products).unwrap();
    assert_eq!(
        (&products[1]["id"], &products[1]["base_colour"]),
        (&json!("0-3"), &json!("Red"))
    );
    assert_eq!(products[1]["captions"][1], "red bag 3");
    assert_eq!(
        products[1]["photo"],
        json!({ "x": 1, "y": 0, "width": 2, "height": 4 })
    );
}

#[test]
fn a_damaged_data_set_is_no_export_and_leaves_no_half_file() {
    for target in Target::ALL {
        let fixture = Fixture::packed_as(&[2], Some("zstd"));
        flip(&fixture.out().join("shard-00000.atl"), 4096, 0);
        let plan = plan(&fixture, target);
        let error = silent(&plan).unwrap_err().to_string();
        assert!(error.contains("image 0, product 0-0: "), "{error}");
        assert!(!plan.out.join("stage.json").exists());
        assert_eq!(
            contents(&plan.out).len(),
            0,
            "{target}: {:?}",
            contents(&plan.out).keys()
        );
    }
}
