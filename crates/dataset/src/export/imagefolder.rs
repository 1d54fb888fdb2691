//! Hugging Face's ImageFolder: a folder a split, `SPLIT/KEY.png`, and `SPLIT/metadata.jsonl` with a line a product in order of
//! shards: `file_name` and what [`super::product`] tells.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};
use stage::atomic::{self, AtomicFile};
use stage::{OutputFile, StageError};

use super::{ExportPlan, product};
use crate::inspect::encode_png;
use crate::{DatasetError, Sample, Split};

const METADATA: &str = "metadata.jsonl";

/// Writes the pictures, and waits for the disk.
pub(super) fn write(
    plan: &ExportPlan,
    dir: &Path,
    split: Split,
    samples: &[Sample<'_>],
    outputs: &mut BTreeMap<String, OutputFile>,
) -> Result<(), DatasetError> {
    let mut picture = Vec::new();
    for sample in samples {
        let name = format!("{split}/{}", file_name(sample));
        let path = dir.join(&name);
        picture.clear();
        encode_png(&mut picture, plan.data.resolution(), &sample.image()?)
            .map_err(|e| StageError::io(&path, "cannot write as PNG", e))?;
        outputs.insert(name, atomic::write_unsynced(&path, &picture)?);
    }
    Ok(atomic::sync_disk(dir)?)
}

/// Writes the tables, which need no picture and so are made anew by a run that goes on.
pub(super) fn metadata(plan: &ExportPlan, dir: &Path) -> Result<BTreeMap<String, OutputFile>, DatasetError> {
    let mut outputs = BTreeMap::new();
    for &split in &plan.splits {
        atomic::remove_leftovers(&dir.join(split.name()))?;
        if plan.data.is_empty(split) {
            continue;
        }
        let name = format!("{split}/{METADATA}");
        let mut file = AtomicFile::create(&dir.join(&name))?;
        for sample in (0..plan.shards()).flat_map(|shard| plan.samples(shard, split)) {
            let mut record = product::record(&sample);
            record.insert("file_name".to_owned(), json!(file_name(&sample)));
            file.put(Value::Object(record).to_string().as_bytes())?;
            file.put(b"\n")?;
        }
        outputs.insert(name, file.commit()?);
    }
    Ok(outputs)
}

fn file_name(sample: &Sample<'_>) -> String {
    format!("{}.png", product::key(sample.id))
}
