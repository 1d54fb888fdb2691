//! Reading every byte of a data set again.

use std::path::Path;

use rayon::prelude::*;
use stage::{OutputFile, StageKey};

use crate::dataset::read_text_model;
use crate::folder::{Folder, STAGE, TEXT_MODEL, shard_name, sums_name};
use crate::format::{Header, ProductSums, Section};
use crate::map::map;
use crate::parse::{self, hex};
use crate::shard::Shard;
use crate::{DatasetError, Split, sums};

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

/// Compares the data set in `dir` with all its checksums: any changed bit of a shard, its sums or the text model is
/// found, and of `stage.json` what the data depend on. A bit of an image, of vectors, of texts or of the index is laid at its
/// product's door (in a data set from before there were sums, a bit of an image alone). What is compressed is unpacked and compared
/// as well. A fault in one shard does not keep the others from being read.
///
/// # Errors
/// There is no finished data set, or its record is unreadable.
pub fn verify(dir: &Path) -> Result<Report, DatasetError> {
    let folder = Folder::read(dir)?;
    let shards = folder.shards()?;
    let numbered: Vec<_> = (0..).zip(shards).collect();
    let results: Vec<Verified> = numbered
        .par_iter()
        .map(|(number, (path, recorded))| verify_shard(&folder, *number, path, recorded))
        .collect();
    let mut report = Report {
        shards: results.len(),
        products: 0,
        bytes: 0,
        faults: Vec::new(),
        damaged: Vec::new(),
    };
    let mut splits = [0; Split::ALL.len()];
    for (number, verified) in (0..).zip(results) {
        for (name, faults) in [
            (shard_name(number), verified.faults),
            (sums_name(number), verified.sums_faults),
        ] {
            if !faults.is_empty() {
                report.damaged.push(name);
            }
            report.faults.extend(faults);
        }
        report.bytes += verified.bytes;
        let counts = splits.iter_mut().zip(verified.splits);
        counts.for_each(|(sum, count)| *sum += count);
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

/// What was read of a shard and its sums.
#[derive(Default)]
struct Verified {
    bytes: u64,
    splits: [u64; Split::ALL.len()],
    faults: Vec<DatasetError>,
    sums_faults: Vec<DatasetError>,
}

impl Verified {
    fn with(mut self, fault: DatasetError) -> Self {
        self.faults.push(fault);
        self
    }
}

/// Reads a shard and its sums; the second of the lists has the faults of the sums' file.
fn verify_shard(folder: &Folder, number: u32, path: &Path, recorded: &OutputFile) -> Verified {
    let mut verified = Verified::default();
    let file = match map(path) {
        Ok(file) => file,
        Err(e) => return verified.with(e),
    };
    let header = match parse::read_header(path, &file) {
        Ok(header) => header,
        Err(e) => return verified.with(e),
    };
    verified.bytes = file.len() as u64;
    let (sums, sums_fault) = match read_sums(folder, number, &header) {
        Ok(sums) => (sums.unwrap_or_default(), None),
        Err(e) => (Vec::new(), Some(e)),
    };
    let faults = &mut verified.faults;
    faults.extend(folder.check_shape(path, header.shape).err());
    faults.extend(check_sections(path, &file, &header, &sums));
    if let Some(byte) = header.gaps(&file).into_iter().flatten().find(|&&byte| byte != 0) {
        faults.push(DatasetError::Malformed {
            path: path.to_owned(),
            part: "gap between sections",
            expected: "zeros".to_owned(),
            found: format!("{byte:#04x}"),
        });
    }
    if faults.is_empty() {
        // Sound in itself, yet perhaps a shard of another data set.
        faults.extend(parse::check_hex(path, "whole file", &file, &recorded.blake3).err());
    }
    // Sums that are as recorded and yet not of this shard speak against the shard.
    let of_another = |e: &DatasetError| matches!(e, DatasetError::Malformed { .. });
    let sums_fault = sums_fault.filter(|e| verified.faults.is_empty() || !of_another(e));
    verified.sums_faults.extend(sums_fault);
    match Shard::with_header(path, file, header) {
        Ok(shard) => {
            let splits = &mut verified.splits;
            let texts = shard.texts().iter();
            texts.for_each(|text| splits[text.split as usize] += 1);
            // Sound frames must unpack to the right pixels too; and without sums this alone lays damage at doors.
            let compressed = shard.header().index.is_some();
            let sound = verified.faults.is_empty();
            if (sound && compressed) || (!sound && sums.is_empty()) {
                let contents = check_contents(path, &shard);
                if !contents.is_empty() {
                    verified.faults.retain(|fault| !is_of_images(fault));
                }
                verified.faults.extend(contents);
            }
        }
        // That the section is damaged was said above.
        Err(DatasetError::Damaged { .. }) if !verified.faults.is_empty() => {}
        Err(e) => verified.faults.push(e),
    }
    verified
}

/// The sums of a shard; `None` where the data set is from before there were any.
fn read_sums(
    folder: &Folder,
    number: u32,
    header: &Header,
) -> Result<Option<Vec<ProductSums>>, DatasetError> {
    let name = sums_name(number);
    let recorded = folder.record.outputs.get(&name);
    recorded
        .map(|recorded| sums::read(&folder.dir.join(name), recorded, header))
        .transpose()
}

/// Compares each section with its checksum; damage is named by product where there are `sums`.
fn check_sections(path: &Path, file: &[u8], header: &Header, products: &[ProductSums]) -> Vec<DatasetError> {
    let mut faults = Vec::new();
    let mut check = |name: &'static str, section: &Section, culprits: &dyn Fn(&[u8]) -> Vec<DatasetError>| {
        let content = section.of(file);
        if let Err(e) = parse::check(path, name, content, &section.blake3) {
            let culprits = culprits(content);
            // Without a culprit it is what belongs to no product, or there are no sums.
            if culprits.is_empty() {
                faults.push(e);
            } else {
                faults.extend(culprits);
            }
        }
    };
    check("images", &header.images, &|content| {
        sums::culprits(path, "image", content, products, |product| &product.image)
    });
    check("vectors", &header.vectors, &|content| {
        sums::culprits(path, "vectors", content, products, |product| &product.vectors)
    });
    if let Some(index) = &header.index {
        check("index", index, &|content| {
            sums::index_culprits(path, content, products)
        });
    }
    check("texts", &header.texts, &|content| {
        sums::culprits(path, "texts", content, products, |product| &product.texts)
    });
    faults
}

fn is_of_images(fault: &DatasetError) -> bool {
    matches!(
        fault,
        DatasetError::Damaged { part: "images", .. } | DatasetError::DamagedSample { part: "image", .. }
    )
}

/// Compares each image with the checksum of its pixels, and sees whether vectors unpack.
fn check_contents(path: &Path, shard: &Shard) -> Vec<DatasetError> {
    let mut faults = Vec::new();
    for (index, text) in shard.texts().iter().enumerate() {
        match shard.image(index) {
            Ok(image) => {
                let found = blake3::hash(&image);
                if *found.as_bytes() != text.image_blake3 {
                    faults.push(DatasetError::DamagedSample {
                        path: path.to_owned(),
                        part: "image",
                        id: text.id.clone(),
                        index,
                        expected: format!("blake3 {}", hex(&text.image_blake3)),
                        found: found.to_hex().to_string(),
                    });
                }
            }
            Err(e) => faults.push(e),
        }
        faults.extend(shard.vectors(index).err());
    }
    faults
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
mod tests;
