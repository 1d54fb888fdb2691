//! What verifying must find.

use std::fs;

use super::*;
use crate::fixture::{Fixture, flip};

#[test]
fn a_sound_data_set_has_no_faults() {
    let report = verify(&Fixture::packed(&[4, 0, 2]).out()).unwrap();
    assert!(report.faults.is_empty(), "{:?}", report.faults);
    assert_eq!((report.shards, report.products), (3, 6));
}

/// The product whose part of the shard the byte lies in, by its place.
fn owner(header: &Header, sums: &[ProductSums], byte: usize) -> Option<(&'static str, usize)> {
    let byte = byte as u64;
    let sections = [
        ("image", Some(&header.images)),
        ("vectors", Some(&header.vectors)),
        ("index", header.index.as_ref()),
        ("texts", Some(&header.texts)),
    ];
    let lengths: [fn(&ProductSums) -> u64; 4] = [
        |product| product.image.length,
        |product| product.vectors.length,
        |_| 8,
        |product| product.texts.length,
    ];
    for ((name, section), length) in sections.into_iter().zip(lengths) {
        let Some(section) = section.filter(|section| (section.offset..section.end()).contains(&byte)) else {
            continue;
        };
        let mut start = section.end() - sums.iter().map(length).sum::<u64>();
        for (index, product) in sums.iter().enumerate() {
            let end = start + length(product);
            if (start..end).contains(&byte) {
                return Some((name, index));
            }
            start = end;
        }
    }
    None
}

#[test]
fn any_flipped_bit_of_a_shard_is_found_and_laid_at_the_door_of_its_product() {
    for compress in [None, Some("zstd")] {
        let fixture = Fixture::packed_as(&[3], compress);
        let path = fixture.out().join("shard-00000.atl");
        let sound = fs::read(&path).unwrap();
        let header = parse::read_header(&path, &sound).unwrap();
        let folder = Folder::read(&fixture.out()).unwrap();
        let sums = read_sums(&folder, 0, &header).unwrap().unwrap();
        let mut named = 0;
        // Every byte that means something, and the gaps in steps.
        for byte in (0..sound.len()).filter(|byte| byte % 4096 < 400 || byte % 61 == 0) {
            let bit = (byte % 8) as u8;
            flip(&path, byte, bit);
            let report = verify(&fixture.out()).unwrap();
            let [fault] = &report.faults[..] else {
                panic!("byte {byte}: {:?}", report.faults);
            };
            let text = fault.to_string();
            assert!(text.contains("shard-00000.atl: "), "{text}");
            assert_eq!(report.damaged, ["shard-00000.atl"]);
            let found = match fault {
                DatasetError::DamagedSample { part, index, id, .. } => {
                    assert_eq!(*id, format!("0-{index}"));
                    Some((*part, *index))
                }
                _ => None,
            };
            assert_eq!(found, owner(&header, &sums, byte), "byte {byte}: {text}");
            named += u32::from(found.is_some());
            fs::write(&path, &sound).unwrap();
        }
        assert!(named > 250, "{named}");
        assert!(verify(&fixture.out()).unwrap().faults.is_empty());
    }
}

#[test]
fn any_flipped_bit_of_the_sums_is_found_and_hides_no_other_damage() {
    let fixture = Fixture::packed(&[2]);
    let path = fixture.out().join("shard-00000.sums");
    let sound = fs::read(&path).unwrap();
    for byte in 0..sound.len() {
        flip(&path, byte, (byte % 8) as u8);
        let report = verify(&fixture.out()).unwrap();
        assert_eq!(report.damaged, ["shard-00000.sums"], "byte {byte}");
        assert!(report.faults[0].to_string().contains("shard-00000.sums: sums: "));
        fs::write(&path, &sound).unwrap();
    }
    fs::remove_file(&path).unwrap();
    flip(&fixture.out().join("shard-00000.atl"), 4096 + 48, 0);
    let report = verify(&fixture.out()).unwrap();
    assert_eq!(report.damaged, ["shard-00000.atl", "shard-00000.sums"]);
    assert!(matches!(
        &report.faults[0],
        DatasetError::DamagedSample { part: "image", id, .. } if id == "0-1"
    ));
}

#[test]
fn a_data_set_from_before_there_were_sums_is_verified_and_images_are_named() {
    let fixture = Fixture::packed(&[3]);
    let path = fixture.out().join("stage.json");
    let mut record: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let outputs = record["outputs"].as_object_mut().unwrap();
    outputs.remove("shard-00000.sums").unwrap();
    fs::write(&path, record.to_string()).unwrap();
    fs::remove_file(fixture.out().join("shard-00000.sums")).unwrap();
    assert!(verify(&fixture.out()).unwrap().faults.is_empty());

    let shard = fixture.out().join("shard-00000.atl");
    flip(&shard, 4096 + 2 * 48, 0);
    flip(&shard, 8192 + 90, 0);
    let faults = verify(&fixture.out()).unwrap().faults;
    assert!(
        matches!(
            &faults[..],
            [
                DatasetError::Damaged { part: "vectors", .. },
                DatasetError::DamagedSample { part: "image", id, .. }
            ] if id == "0-2"
        ),
        "{faults:?}"
    );
}

#[test]
fn frames_that_unpack_to_other_pixels_than_were_packed_are_found() {
    // Both frames are sound and have their checksums; they are in each other's place.
    let fixture = Fixture::packed_as(&[2], Some("zstd"));
    let path = fixture.out().join("shard-00000.atl");
    let mut bytes = fs::read(&path).unwrap();
    let mut header = parse::read_header(&path, &bytes).unwrap();
    let [ends, _] = parse::read_index(&path, &bytes, &header).unwrap().unwrap();
    let images = header.images.of(&bytes).to_vec();
    let (first, second) = images.split_at(ends[0] as usize);
    assert_eq!(first.len(), second.len());
    let swapped = [second, first].concat();
    bytes[4096..4096 + swapped.len()].copy_from_slice(&swapped);
    header.images.blake3 = *blake3::hash(&swapped).as_bytes();
    bytes[..4096].copy_from_slice(&header.to_bytes().unwrap());
    let shard = {
        fs::write(&path, &bytes).unwrap();
        Shard::open(&path).unwrap()
    };
    let faults = check_contents(&path, &shard);
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(
        faults[1]
            .to_string()
            .contains("image 1, product 0-1: expected blake3 ")
    );
}

#[test]
fn damaged_images_are_named_by_product() {
    let fixture = Fixture::packed(&[1, 3]);
    let path = fixture.out().join("shard-00001.atl");
    flip(&path, 4096, 0);
    flip(&path, 4096 + 2 * 48 + 5, 7);
    let report = verify(&fixture.out()).unwrap();
    let named: Vec<&str> = report
        .faults
        .iter()
        .map(|fault| match fault {
            DatasetError::DamagedSample {
                id,
                path,
                part: "image",
                ..
            } if path.ends_with("shard-00001.atl") => id.as_str(),
            other => panic!("{other}"),
        })
        .collect();
    assert_eq!(named, ["1-0", "1-2"]);
}

#[test]
fn a_fault_in_one_shard_hides_no_other() {
    let fixture = Fixture::packed(&[1, 1, 1]);
    fs::write(fixture.out().join("shard-00000.atl"), b"").unwrap();
    fs::remove_file(fixture.out().join("shard-00001.atl")).unwrap();
    flip(&fixture.out().join("text.model"), 0, 0);
    let faults = verify(&fixture.out()).unwrap().faults;
    assert_eq!(faults.len(), 3, "{faults:?}");
    assert!(matches!(faults[0], DatasetError::Empty { .. }));
    assert!(matches!(faults[1], DatasetError::Stage(_)));
    assert!(matches!(
        faults[2],
        DatasetError::Damaged {
            part: "text model",
            ..
        }
    ));
}

#[test]
fn a_sound_shard_of_another_data_set_is_found() {
    let (fixture, other) = (Fixture::packed(&[1, 2]), Fixture::packed(&[2, 2]));
    fs::copy(
        other.out().join("shard-00000.atl"),
        fixture.out().join("shard-00000.atl"),
    )
    .unwrap();
    let faults = verify(&fixture.out()).unwrap().faults;
    assert!(
        matches!(
            faults[..],
            [DatasetError::Damaged {
                part: "whole file",
                ..
            }]
        ),
        "{faults:?}"
    );
}

#[test]
fn altered_settings_and_counts_in_the_record_are_found() {
    let fixture = Fixture::packed(&[3]);
    let path = fixture.out().join("stage.json");
    let sound = fs::read_to_string(&path).unwrap();
    for (from, to) in [
        ("\"train\": 1", "\"train\": 3"),
        ("\"fingerprint\": \"", "\"fingerprint\": \"0"),
    ] {
        assert!(sound.contains(from));
        fs::write(&path, sound.replace(from, to)).unwrap();
        let faults = verify(&fixture.out()).unwrap().faults;
        assert_eq!(faults.len(), 1, "{from}: {faults:?}");
        assert!(faults[0].to_string().contains("stage.json: "));
    }
}
