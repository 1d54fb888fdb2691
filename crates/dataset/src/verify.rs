//! Reading every byte of a data set again.

use std::path::Path;

use rayon::prelude::*;
use stage::{OutputFile, StageKey};

use crate::dataset::read_text_model;
use crate::folder::{Folder, STAGE, TEXT_MODEL, shard_name};
use crate::parse::{self, hex};
use crate::shard::Shard;
use crate::{DatasetError, Split};

/// What was read, and every fault found.
#[derive(Debug)]
pub struct Report {
    /// Shards looked at.
    pub shards: usize,
    /// Products in the shards that could be opened.
    pub products: u64,
    /// Bytes of the shards that could be opened.
    pub bytes: u64,
    /// What is wrong, in order of shards; empty where all is well.
    pub faults: Vec<DatasetError>,
    /// Names of the files in which a fault lies, of those that [`crate::pack::PackPlan::repair`] can make
    /// again.
    pub damaged: Vec<String>,
}

/// Compares the data set in `dir` with all its checksums: any changed bit of a shard or of the text model is
/// found, and of `stage.json` what the data depend on. Images are named by product. A fault in one shard
/// does not keep the others from being read.
///
/// # Errors
/// There is no finished data set, or its record is unreadable.
pub fn verify(dir: &Path) -> Result<Report, DatasetError> {
    let folder = Folder::read(dir)?;
    let shards = folder.shards()?;
    let results: Vec<(Contents, Vec<DatasetError>)> = shards
        .par_iter()
        .map(|(path, recorded)| verify_shard(&folder, path, recorded))
        .collect();
    let mut report = Report {
        shards: shards.len(),
        products: 0,
        bytes: 0,
        faults: Vec::new(),
        damaged: Vec::new(),
    };
    let mut splits = [0; Split::ALL.len()];
    for (number, (contents, faults)) in (0..).zip(results) {
        if !faults.is_empty() {
            report.damaged.push(shard_name(number));
        }
        report.bytes += contents.bytes;
        splits
            .iter_mut()
            .zip(contents.splits)
            .for_each(|(sum, count)| *sum += count);
        report.faults.extend(faults);
    }
    report.products = splits.iter().sum();
    if let Err(e) = read_text_model(&folder) {
        report.faults.push(e);
        report.damaged.push(TEXT_MODEL.to_owned());
    }
    report.faults.extend(check_fingerprint(&folder).err());
    if report.faults.is_empty() {
        report.faults.extend(check_counts(&folder, splits).err());
    }
    Ok(report)
}

#[derive(Default)]
struct Contents {
    bytes: u64,
    splits: [u64; Split::ALL.len()],
}

fn verify_shard(folder: &Folder, path: &Path, recorded: &OutputFile) -> (Contents, Vec<DatasetError>) {
    let shard = match Shard::open(path) {
        Ok(shard) => shard,
        Err(e) => return (Contents::default(), vec![e]),
    };
    let (file, header) = (shard.file(), shard.header());
    let mut contents = Contents {
        bytes: file.len() as u64,
        ..Contents::default()
    };
    shard
        .texts()
        .iter()
        .for_each(|text| contents.splits[text.split as usize] += 1);

    let mut faults = Vec::new();
    faults.extend(folder.check_shape(path, header.shape).err());
    if let Err(e) = parse::check(path, "images", header.images.of(file), &header.images.blake3) {
        let images = damaged_images(&shard);
        // Without a culprit it is the checksum that is wrong.
        if images.is_empty() {
            faults.push(e)
        } else {
            faults.extend(images)
        }
    }
    faults.extend(parse::check(path, "vectors", header.vectors.of(file), &header.vectors.blake3).err());
    if let Some(byte) = header.gaps(file).into_iter().flatten().find(|&&byte| byte != 0) {
        faults.push(DatasetError::Malformed {
            path: path.to_owned(),
            part: "gap between sections",
            expected: "zeros".to_owned(),
            found: format!("{byte:#04x}"),
        });
    }
    if faults.is_empty() {
        // Sound in itself, yet perhaps a shard of another data set.
        faults.extend(parse::check_hex(path, "whole file", file, &recorded.blake3).err());
    }
    (contents, faults)
}

fn damaged_images(shard: &Shard) -> Vec<DatasetError> {
    let images = shard.texts().iter().enumerate().filter_map(|(index, text)| {
        let found = blake3::hash(shard.image(index)?);
        (*found.as_bytes() != text.image_blake3).then(|| DatasetError::DamagedImage {
            path: shard.path().to_owned(),
            id: text.id.clone(),
            index,
            expected: hex(&text.image_blake3),
            found: found.to_hex().to_string(),
        })
    });
    images.collect()
}

fn check_fingerprint(folder: &Folder) -> Result<(), DatasetError> {
    let record = &folder.record;
    let key = StageKey {
        stage: STAGE,
        format_version: record.format_version,
        settings: record.settings.clone(),
        inputs: record.inputs.clone(),
    };
    let found = key.fingerprint();
    if found == record.fingerprint {
        return Ok(());
    }
    Err(DatasetError::Damaged {
        path: folder.dir.join(stage::record::FILE),
        part: "fingerprint of settings and inputs",
        expected: record.fingerprint.clone(),
        found,
    })
}

fn check_counts(folder: &Folder, splits: [u64; Split::ALL.len()]) -> Result<(), DatasetError> {
    let counted = Split::ALL
        .into_iter()
        .map(|split| (split.name(), splits[split as usize]));
    for (name, found) in counted.chain([("products", splits.iter().sum())]) {
        let expected = folder.record.counts.get(name).copied().unwrap_or(0);
        if found != expected {
            return Err(DatasetError::Malformed {
                path: folder.dir.join(stage::record::FILE),
                part: "counts",
                expected: format!("{found} as `{name}`, as the shards hold"),
                found: expected.to_string(),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::fs;

    use super::*;
    use crate::fixture::{Fixture, flip};

    #[test]
    fn a_sound_data_set_has_no_faults() {
        let report = verify(&Fixture::packed(&[4, 0, 2]).out()).unwrap();
        assert!(report.faults.is_empty(), "{:?}", report.faults);
        assert_eq!((report.shards, report.products), (3, 6));
    }

    #[test]
    fn any_flipped_bit_of_a_shard_is_found() {
        let fixture = Fixture::packed(&[2]);
        let path = fixture.out().join("shard-00000.atl");
        let length = fs::read(&path).unwrap().len();
        // Every byte that means something, and the gaps in steps.
        for byte in (0..length).filter(|byte| byte % 4096 < 300 || byte % 7 == 0) {
            let bit = (byte % 8) as u8;
            flip(&path, byte, bit);
            let report = verify(&fixture.out()).unwrap();
            assert_eq!(report.faults.len(), 1, "byte {byte}: {:?}", report.faults);
            assert!(
                report.faults[0].to_string().contains("shard-00000.atl: "),
                "{}",
                report.faults[0]
            );
            flip(&path, byte, bit);
        }
        assert!(verify(&fixture.out()).unwrap().faults.is_empty());
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
                DatasetError::DamagedImage { id, path, .. } if path.ends_with("shard-00001.atl") => {
                    id.as_str()
                }
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
}
