//! A stage's folder: is the work done, changed or half done, and the commits of its shards.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use crate::key::StageKey;
use crate::record::{self, OutputFile, StageRecord};
use crate::shards::ShardRecord;
use crate::{StageError, atomic};

const SHARDS: &str = "shards";
/// What names begin with of lists that a stage keeps beside the records until it is finished.
const PART: &str = "part-";
const LOCK: &str = ".lock";

/// How a folder stands to the work asked for.
#[derive(Debug)]
pub enum Standing {
    /// The same work was finished before: nothing to do.
    Done(Box<StageRecord>),
    /// Nothing usable is there.
    Fresh,
    /// Other settings or inputs were finished or begun there; a line each on what changed. The work is
    /// done anew.
    Changed(Vec<String>),
    /// The same work was interrupted: this many shards are finished.
    Resumed(usize),
}

/// A folder held by this process for one stage. Dropping it releases the lock.
pub struct StageFolder {
    dir: PathBuf,
    key: StageKey,
    fingerprint: String,
    done: BTreeMap<u32, ShardRecord>,
    _lock: File,
}

/// What the stage as a whole has to report beside its shards' outputs.
#[derive(Debug, Default)]
pub struct Summary {
    /// What was counted.
    pub counts: BTreeMap<String, u64>,
    /// Rejects by reason.
    pub rejects: BTreeMap<String, u64>,
    /// Seconds by part of the work.
    pub timings: BTreeMap<String, f64>,
    /// Files that belong to no shard, by path in the folder.
    pub outputs: BTreeMap<String, OutputFile>,
}

/// How `dir` stands to the work of `key`, without touching anything: what `--dry-run` says.
///
/// # Errors
/// The folder belongs to another stage or its record is unreadable.
pub fn standing(dir: &Path, key: &StageKey) -> Result<Standing, StageError> {
    let fingerprint = key.fingerprint();
    if let Some(record) = StageRecord::read_any(dir)? {
        if record.stage != key.stage {
            return Err(StageError::OtherStage {
                path: dir.to_owned(),
                expected: key.stage.to_owned(),
                found: record.stage,
            });
        }
        if record.fingerprint != fingerprint {
            let changes = key.changes_from(record.format_version, &record.settings, &record.inputs);
            return Ok(Standing::Changed(changes));
        }
        return Ok(match record.check_outputs(dir) {
            Ok(()) => Standing::Done(Box::new(record)),
            Err(e) => Standing::Changed(vec![e.to_string().lines().next().unwrap_or_default().to_owned()]),
        });
    }
    let (done, stale) = shard_records(dir, &fingerprint)?;
    Ok(match (done.len(), stale.len()) {
        (0, 0) => Standing::Fresh,
        (0, n) => Standing::Changed(vec![format!(
            "{n} unfinished shards were made with other settings"
        )]),
        (n, _) => Standing::Resumed(n),
    })
}

impl StageFolder {
    /// Takes the folder for the work of `key`. Where the work is not [`Standing::Done`], what does not
    /// belong to it (the earlier record, stale shards, leftovers of a kill) is removed.
    ///
    /// # Errors
    /// Another process holds the folder, it belongs to another stage, or the file system fails.
    pub fn open(dir: &Path, key: StageKey, force: bool) -> Result<(Self, Standing), StageError> {
        fs::create_dir_all(dir).map_err(|e| StageError::io(dir, "cannot make the folder", e))?;
        let lock = lock(dir)?;
        let found = standing(dir, &key)?;
        let fingerprint = key.fingerprint();
        let mut folder = Self {
            dir: dir.to_owned(),
            key,
            fingerprint,
            done: BTreeMap::new(),
            _lock: lock,
        };
        if matches!(found, Standing::Done(_)) && !force {
            // A kill may have come between the record and this.
            drop_shard_records(dir)?;
            return Ok((folder, found));
        }
        folder.clear_stale(force)?;
        Ok((folder, if force { Standing::Fresh } else { found }))
    }

    /// The folder's path.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Shards finished under the same key, by number.
    #[must_use]
    pub fn done(&self) -> &BTreeMap<u32, ShardRecord> {
        &self.done
    }

    /// Commits a shard whose `outputs` are already on the disk. Callable from many threads.
    ///
    /// # Errors
    /// The file system fails; the shard is then done again next time.
    pub fn commit_shard(
        &self,
        shard: u32,
        outputs: BTreeMap<String, OutputFile>,
        detail: serde_json::Value,
    ) -> Result<ShardRecord, StageError> {
        let record = ShardRecord {
            fingerprint: self.fingerprint.clone(),
            outputs,
            detail,
        };
        atomic::write(
            &self.dir.join(SHARDS).join(format!("{shard:05}.json")),
            &json(&record, self.key.stage)?,
        )?;
        Ok(record)
    }

    /// Writes `stage.json` over all shards' outputs and `summary`'s, then drops the shard records.
    ///
    /// # Errors
    /// The file system fails; the finished shards are kept.
    pub fn finish<'a>(
        self,
        shards: impl IntoIterator<Item = &'a ShardRecord>,
        summary: Summary,
    ) -> Result<StageRecord, StageError> {
        let mut outputs = summary.outputs;
        for shard in shards {
            outputs.extend(
                shard
                    .outputs
                    .iter()
                    .map(|(name, output)| (name.clone(), output.clone())),
            );
        }
        let record = StageRecord {
            stage: self.key.stage.to_owned(),
            format_version: self.key.format_version,
            fingerprint: self.fingerprint,
            settings: self.key.settings,
            inputs: self.key.inputs,
            counts: summary.counts,
            rejects: summary.rejects,
            timings: summary.timings,
            outputs,
        };
        atomic::write(&self.dir.join(record::FILE), &json(&record, self.key.stage)?)?;
        drop_shard_records(&self.dir)?;
        Ok(record)
    }

    fn clear_stale(&mut self, force: bool) -> Result<(), StageError> {
        atomic::remove_leftovers(&self.dir)?;
        atomic::remove_leftovers(&self.dir.join(SHARDS))?;
        let (done, mut stale) = shard_records(&self.dir, &self.fingerprint)?;
        if force {
            stale.extend(done);
        } else {
            self.done = done;
        }
        // The record goes first: without it nobody takes the rest for finished work.
        let old = StageRecord::read_any(&self.dir)?;
        if let Some(old) = &old {
            remove(&self.dir.join(record::FILE))?;
            old.outputs
                .keys()
                .try_for_each(|name| remove_inside(&self.dir, name))?;
        }
        for (shard, record) in &stale {
            remove(&self.dir.join(SHARDS).join(format!("{shard:05}.json")))?;
            record
                .outputs
                .keys()
                .try_for_each(|name| remove_inside(&self.dir, name))?;
        }
        Ok(())
    }
}

type ShardRecords = BTreeMap<u32, ShardRecord>;

/// Shard records in `dir`: those of `fingerprint` whose outputs are all there, and the others.
fn shard_records(dir: &Path, fingerprint: &str) -> Result<(ShardRecords, ShardRecords), StageError> {
    let (mut done, mut stale) = (BTreeMap::new(), BTreeMap::new());
    let folder = dir.join(SHARDS);
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok((done, stale)),
        Err(e) => return Err(StageError::io(&folder, "cannot list", e)),
    };
    for entry in entries {
        let path = entry
            .map_err(|e| StageError::io(&folder, "cannot list", e))?
            .path();
        let shard = path
            .file_stem()
            .and_then(|s| s.to_str())
            .and_then(|s| s.parse::<u32>().ok());
        let Some(shard) = shard.filter(|_| path.extension().is_some_and(|e| e == "json")) else {
            continue;
        };
        let bytes = fs::read(&path).map_err(|e| StageError::io(&path, "cannot read", e))?;
        let record: ShardRecord = match serde_json::from_slice(&bytes) {
            Ok(record) => record,
            // Written atomically, so damage comes from outside; the shard is simply made again.
            Err(_) => ShardRecord {
                fingerprint: String::new(),
                outputs: BTreeMap::new(),
                detail: serde_json::Value::Null,
            },
        };
        let whole = record
            .outputs
            .iter()
            .all(|(name, output)| fs::metadata(dir.join(name)).is_ok_and(|m| m.len() == output.bytes));
        if whole && record.fingerprint == fingerprint {
            done.insert(shard, record);
        } else {
            stale.insert(shard, record);
        }
    }
    Ok((done, stale))
}

/// Removes what a stage kept for each shard, and the folder of it unless somebody else's files are there too.
fn drop_shard_records(dir: &Path) -> Result<(), StageError> {
    let shards = dir.join(SHARDS);
    let cannot = |e| StageError::io(&shards, "cannot remove", e);
    let entries = match fs::read_dir(&shards) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(cannot(e)),
    };
    atomic::remove_leftovers(&shards)?;
    for entry in entries {
        let path = entry.map_err(cannot)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_record = name
            .strip_suffix(".json")
            .is_some_and(|s| s.parse::<u32>().is_ok());
        if is_record || name.starts_with(PART) && name.ends_with(".jsonl") {
            remove(&path)?;
        }
    }
    match fs::remove_dir(&shards) {
        Err(e) if e.kind() == std::io::ErrorKind::DirectoryNotEmpty => Ok(()),
        done => done.map_err(cannot),
    }
}

/// Takes the lock of a folder; it is held until the file is dropped or the process ends, however it ends.
///
/// # Errors
/// Another process holds it, or the folder cannot be written to.
pub fn lock(dir: &Path) -> Result<File, StageError> {
    let path = dir.join(LOCK);
    let file = File::create(&path).map_err(|e| StageError::io(&path, "cannot make", e))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StageError::Locked { path: dir.to_owned() }),
        Err(TryLockError::Error(e)) => Err(StageError::io(&path, "cannot lock", e)),
    }
}

fn json(value: &impl serde::Serialize, stage: &'static str) -> Result<Vec<u8>, StageError> {
    let mut bytes =
        serde_json::to_vec_pretty(value).map_err(|source| StageError::Settings { stage, source })?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Removes an output named in a record, unless the name points outside the folder.
fn remove_inside(dir: &Path, name: &str) -> Result<(), StageError> {
    let inside = Path::new(name)
        .components()
        .all(|c| matches!(c, std::path::Component::Normal(_)));
    if inside { remove(&dir.join(name)) } else { Ok(()) }
}

fn remove(path: &Path) -> Result<(), StageError> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(StageError::io(path, "cannot remove", e)),
        _ => Ok(()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    fn key(fit: &str) -> StageKey {
        StageKey::new("ingest", 1, &json!({ "fit": fit })).unwrap()
    }

    fn work(folder: &StageFolder, shard: u32) -> ShardRecord {
        let name = format!("{shard}.bin");
        let out = atomic::write(&folder.dir().join(&name), &[shard as u8; 10]).unwrap();
        folder
            .commit_shard(shard, BTreeMap::from([(name, out)]), json!({"n": 1}))
            .unwrap()
    }

    #[test]
    fn a_finished_stage_is_done_and_a_changed_one_says_what_changed() {
        let dir = tempfile::tempdir().unwrap();
        let (folder, standing) = StageFolder::open(dir.path(), key("pad"), false).unwrap();
        assert!(matches!(standing, Standing::Fresh));
        let shards = [work(&folder, 0), work(&folder, 1)];
        folder.finish(&shards, Summary::default()).unwrap();
        assert!(!dir.path().join("shards").exists());

        let (folder, standing) = StageFolder::open(dir.path(), key("pad"), false).unwrap();
        assert!(matches!(standing, Standing::Done(_)));
        drop(folder);

        // As a kill right after the record leaves it.
        let left = dir.path().join("shards");
        let keep = |names: &[&str]| {
            fs::create_dir_all(&left).unwrap();
            names
                .iter()
                .for_each(|name| fs::write(left.join(name), b"{}").unwrap());
        };
        keep(&["00000.json", "part-00000.jsonl", ".tmp-abc"]);
        StageFolder::open(dir.path(), key("pad"), false).unwrap();
        assert!(!left.exists());
        // Somebody else's stay.
        keep(&["00001.json", "part-00000.tar", "photo.jpg"]);
        StageFolder::open(dir.path(), key("pad"), false).unwrap();
        let mut names: Vec<_> = fs::read_dir(&left)
            .unwrap()
            .map(|e| e.unwrap().file_name())
            .collect();
        names.sort();
        assert_eq!(names, ["part-00000.tar", "photo.jpg"]);
        fs::remove_dir_all(&left).unwrap();

        let (folder, standing) = StageFolder::open(dir.path(), key("crop"), false).unwrap();
        let Standing::Changed(changes) = standing else {
            panic!("{standing:?}")
        };
        assert_eq!(changes, ["fit: \"pad\" -> \"crop\""]);
        assert!(!dir.path().join("0.bin").exists(), "outputs of other settings go");
        drop(folder);
    }

    #[test]
    fn after_a_crash_only_missing_shards_are_left() {
        let dir = tempfile::tempdir().unwrap();
        let (folder, _) = StageFolder::open(dir.path(), key("pad"), false).unwrap();
        work(&folder, 0);
        work(&folder, 1);
        drop(folder);
        fs::write(dir.path().join("1.bin"), b"cut").unwrap();
        fs::write(dir.path().join("shards/00007.json"), b"{ not json").unwrap();
        let (folder, standing) = StageFolder::open(dir.path(), key("pad"), false).unwrap();
        assert!(matches!(standing, Standing::Resumed(1)), "{standing:?}");
        assert_eq!(folder.done().keys().copied().collect::<Vec<_>>(), [0]);
        drop(folder);
        let (folder, standing) = StageFolder::open(dir.path(), key("stretch"), false).unwrap();
        assert!(matches!(standing, Standing::Changed(_)), "{standing:?}");
        assert!(folder.done().is_empty());
    }

    #[test]
    fn two_processes_do_not_share_a_folder() {
        let dir = tempfile::tempdir().unwrap();
        let held = StageFolder::open(dir.path(), key("pad"), false).unwrap();
        let second = StageFolder::open(dir.path(), key("pad"), false);
        assert!(matches!(second, Err(StageError::Locked { .. })));
        drop(held);
        StageFolder::open(dir.path(), key("pad"), false).unwrap();
    }

    #[test]
    fn a_damaged_or_foreign_record_is_an_error_with_a_hint() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("stage.json"), b"{\"stage\": \"ing").unwrap();
        let text = StageFolder::open(dir.path(), key("pad"), false)
            .err()
            .unwrap()
            .to_string();
        assert!(
            text.contains("stage.json: expected the JSON record") && text.contains("\nhint: "),
            "{text}"
        );
        let (folder, _) = {
            fs::remove_file(dir.path().join("stage.json")).unwrap();
            StageFolder::open(dir.path(), key("pad"), false).unwrap()
        };
        folder.finish([], Summary::default()).unwrap();
        let other = StageKey::new("dataset", 1, &json!({})).unwrap();
        assert!(matches!(
            StageFolder::open(dir.path(), other, false),
            Err(StageError::OtherStage { .. })
        ));
    }
}
