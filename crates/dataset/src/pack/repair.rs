//! Making damaged files of a data set again, from what it was packed from.

use std::fs::{self, File};

use stage::{StageError, atomic, folder};

use super::{PackPlan, write};
use crate::DatasetError;
use crate::folder::{Folder, TEXT_MODEL, shard_name, sums_name};

/// A file being made again has this before its name until it is known to be right. A leftover of a kill is
/// cleared by the next repair or packing.
const UNPROVEN: &str = ".tmp-repair-";

impl PackPlan {
    /// Makes the files `damaged`, as [`crate::verify::Report`] names them, of the finished data set in the
    /// plan's output folder again; the others are not touched. A file takes the place of the damaged one
    /// only when it has the very bytes that `stage.json` recorded. Gives the names of the files made.
    ///
    /// # Errors
    /// The inputs are not those that the data set was packed from, a file of theirs is damaged itself, this
    /// version packs other bytes, or the disk fails. Files already made stay.
    pub fn repair(&self, damaged: &[String]) -> Result<Vec<String>, DatasetError> {
        let _lock = folder::lock(&self.out)?;
        atomic::remove_leftovers(&self.out)?;
        let Folder { record, settings, .. } = Folder::read(&self.out)?;
        // As it was packed, so it is made again.
        let inputs = self.inputs.packed_as(&settings);
        let key = inputs.key()?;
        if record.fingerprint != key.fingerprint() {
            let changes = key.changes_from(record.format_version, &record.settings, &record.inputs);
            return Err(DatasetError::OtherInputs {
                path: self.out.clone(),
                found: if changes.is_empty() {
                    "another fingerprint".to_owned()
                } else {
                    changes.join("; ")
                },
            });
        }
        let mut made = Vec::new();
        for name in damaged {
            let unproven = |name: &str| self.out.join(format!("{UNPROVEN}{name}"));
            let Some(recorded) = record.outputs.get(name) else {
                continue;
            };
            let files = match self.shard_of(name) {
                // Both files come from one reading of the inputs; only the damaged one is put in place.
                Some(shard) => {
                    let names = [shard_name(shard), sums_name(shard)];
                    let [path, sums_path] = names.each_ref().map(|name| unproven(name));
                    let written = write::shard(&path, &sums_path, &inputs.shard(shard)?, &inputs.settings);
                    // A failure may come after the first of them.
                    let written = written.inspect_err(|_| {
                        let _ = fs::remove_file(&path);
                    })?;
                    names.into_iter().zip([written.shard, written.sums]).collect()
                }
                None if name == TEXT_MODEL => vec![(name.clone(), self.copy_text_model(&unproven(name))?)],
                None => continue,
            };
            for (made_name, file) in files {
                let (from, to) = (unproven(&made_name), self.out.join(&made_name));
                if made_name == *name && file == *recorded {
                    fs::rename(&from, &to).map_err(|e| StageError::io(&to, "cannot rename to", e))?;
                    made.push(made_name);
                    continue;
                }
                fs::remove_file(&from).map_err(|e| StageError::io(&from, "cannot remove", e))?;
                if made_name == *name {
                    atomic::remove_leftovers(&self.out)?;
                    return Err(DatasetError::Unrepairable {
                        path: to,
                        expected: recorded.blake3.clone(),
                        found: file.blake3,
                    });
                }
            }
        }
        // The renames must survive a power cut too.
        File::open(&self.out)
            .and_then(|dir| dir.sync_all())
            .map_err(|e| StageError::io(&self.out, "cannot sync", e))?;
        Ok(made)
    }

    /// The shard that a file of this name belongs to.
    fn shard_of(&self, name: &str) -> Option<u32> {
        (0..self.shards()).find(|&shard| shard_name(shard) == name || sums_name(shard) == name)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::fixture::{Fixture, flip};
    use crate::verify::verify;

    fn contents(fixture: &Fixture) -> BTreeMap<String, Vec<u8>> {
        let entries = fs::read_dir(fixture.out()).unwrap().map(|entry| entry.unwrap());
        let named = entries.map(|e| (e.file_name().into_string().unwrap(), fs::read(e.path()).unwrap()));
        named.collect()
    }

    #[test]
    fn whatever_is_damaged_comes_back_byte_for_byte_and_nothing_else_is_touched() {
        for compress in [None, Some("zstd:7")] {
            comes_back(&Fixture::packed_as(&[2, 3], compress));
        }
    }

    fn comes_back(fixture: &Fixture) {
        let sound = contents(fixture);
        let length = sound["shard-00001.atl"].len();
        let written = |name: &str| {
            fs::metadata(fixture.out().join(name))
                .unwrap()
                .modified()
                .unwrap()
        };
        let kept = ["shard-00000.atl", "shard-00001.sums"].map(written);
        // Magic, version, header, an image, a vector, a text.
        for byte in [3, 8, 60, 4096 + 50, 8192 + 20, length - 40] {
            flip(&fixture.out().join("shard-00001.atl"), byte, 2);
            let report = verify(&fixture.out()).unwrap();
            assert_eq!(report.damaged, ["shard-00001.atl"], "byte {byte}");
            assert!(report.faults[0].to_string().contains("shard-00001.atl: "));
            assert_eq!(fixture.plan().repair(&report.damaged).unwrap(), report.damaged);
            assert!(contents(fixture) == sound, "byte {byte}");
        }
        assert_eq!(["shard-00000.atl", "shard-00001.sums"].map(written), kept);
        flip(&fixture.out().join("text.model"), 4, 1);
        flip(&fixture.out().join("shard-00000.sums"), 40, 1);
        fs::remove_file(fixture.out().join("shard-00001.atl")).unwrap();
        fs::write(fixture.out().join(".tmp-repair-shard-00001.atl"), b"ATLSH").unwrap();
        let report = verify(&fixture.out()).unwrap();
        assert_eq!(
            report.damaged,
            ["shard-00000.sums", "shard-00001.atl", "text.model"]
        );
        fixture.plan().repair(&report.damaged).unwrap();
        assert!(contents(fixture) == sound);
        assert!(verify(&fixture.out()).unwrap().faults.is_empty());
        assert_eq!(written("shard-00000.atl"), kept[0]);
    }

    #[test]
    fn inputs_that_changed_since_are_refused_and_nothing_is_touched() {
        let fixture = Fixture::packed(&[2, 1]);
        flip(&fixture.out().join("shard-00000.atl"), 4096, 0);
        let damaged = contents(&fixture);
        let ingested = fixture.ingest(&[1, 2], |_, _| {});
        fixture.features(&[1, 2], &ingested);
        let error = fixture
            .plan()
            .repair(&["shard-00000.atl".to_owned()])
            .unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("input images: other content") && text.contains("\nhint: "),
            "{text}"
        );
        assert!(contents(&fixture) == damaged);
    }

    #[test]
    fn inputs_that_are_damaged_themselves_are_named() {
        let fixture = Fixture::packed(&[2]);
        flip(&fixture.out().join("shard-00000.atl"), 4096, 0);
        flip(&fixture.images().join("images-00000.rgb"), 7, 0);
        let error = fixture
            .plan()
            .repair(&["shard-00000.atl".to_owned()])
            .unwrap_err();
        assert!(
            matches!(error, DatasetError::Input { stage: "ingest", .. }),
            "{error}"
        );
        assert!(!contents(&fixture).keys().any(|name| name.starts_with(UNPROVEN)));
    }

    #[test]
    fn a_file_that_would_come_out_otherwise_is_not_put_in_place() {
        let fixture = Fixture::packed(&[2]);
        let path = fixture.out().join("stage.json");
        let record = fs::read_to_string(&path).unwrap();
        let hash = blake3::hash(&fs::read(fixture.out().join("shard-00000.atl")).unwrap())
            .to_hex()
            .to_string();
        fs::write(&path, record.replace(&hash, &"0".repeat(64))).unwrap();
        let before = contents(&fixture);
        let report = verify(&fixture.out()).unwrap();
        let error = fixture.plan().repair(&report.damaged).unwrap_err();
        assert!(matches!(error, DatasetError::Unrepairable { .. }), "{error}");
        assert!(contents(&fixture) == before);
    }
}
