//! A dump in its zip archive: the same results as unpacked, and what a hostile or damaged archive gets.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use ingest::Plan;
use ingest::source::{ReadError, Source, Zip};
use stage::StageRecord;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::dump::{Dump, ingest};

/// Packs a dump's folder, each name after `prefix`, tables and JSON deflated and photos stored or deflated.
fn zipped(folder: &Path, prefix: &str, photos: CompressionMethod) -> PathBuf {
    let path = folder.with_extension("zip");
    let mut zip = ZipWriter::new(File::create(&path).unwrap());
    let mut names = vec!["styles.csv".to_owned()];
    for sub in ["images", "styles"] {
        let entries = fs::read_dir(folder.join(sub)).unwrap();
        names.extend(entries.map(|e| format!("{sub}/{}", e.unwrap().file_name().to_str().unwrap())));
    }
    for name in names {
        let method = if name.starts_with("images/") {
            photos
        } else {
            CompressionMethod::Deflated
        };
        let options = SimpleFileOptions::default().compression_method(method);
        zip.start_file(format!("{prefix}{name}"), options).unwrap();
        zip.write_all(&fs::read(folder.join(&name)).unwrap()).unwrap();
    }
    zip.finish().unwrap();
    path
}

fn same_when_zipped(folder: &Path, plan: &Plan, prefix: &str, photos: CompressionMethod) -> StageRecord {
    let unpacked = ingest(plan).unwrap();
    let mut packed = plan.clone();
    packed.dump = zipped(folder, prefix, photos);
    packed.out = plan.out.with_file_name("from-zip");
    let record = ingest(&packed).unwrap();
    assert_eq!(
        record.outputs, unpacked.outputs,
        "hashes of images, catalogue and rejects"
    );
    assert_eq!(record.counts, unpacked.counts);
    record
}

fn made_up() -> Dump {
    (0..30)
        .fold(Dump::new(), |dump, i| dump.product(&format!("{i}")))
        .file("styles/3.json", br#"{"data": {"brandName": "Acme"}}"#)
        .file("images/77.jpg", b"no picture")
        .row("88,Men,Shirts,Blue,No picture, but a comma")
        .written()
}

#[test]
fn a_zipped_dump_gives_the_bytes_of_the_unpacked_one() {
    for (prefix, photos) in [
        ("", CompressionMethod::Stored),
        ("fashion-dataset/", CompressionMethod::Deflated),
    ] {
        let dump = made_up();
        let record = same_when_zipped(&dump.path(), &dump.plan(), prefix, photos);
        assert_eq!((record.counts["ingested"], record.counts["rejected"]), (30, 2));
    }
}

#[test]
fn a_byte_flipped_in_a_photo_rejects_that_photo() {
    let dump = made_up();
    let mut plan = dump.plan();
    plan.dump = zipped(&dump.path(), "", CompressionMethod::Stored);
    let photo = fs::read(dump.path().join("images/5.jpg")).unwrap();
    let mut bytes = fs::read(&plan.dump).unwrap();
    let at = bytes.windows(photo.len()).position(|w| w == photo).unwrap();
    bytes[at + photo.len() / 2] ^= 1;
    fs::write(&plan.dump, bytes).unwrap();
    let record = ingest(&plan).unwrap();
    assert_eq!(record.rejects["corrupt"], 1);
    assert_eq!(record.counts["ingested"], 29);
}

#[test]
fn an_archive_that_is_cut_off_is_an_error_with_a_hint() {
    let dump = made_up();
    let mut plan = dump.plan();
    plan.dump = zipped(&dump.path(), "", CompressionMethod::Stored);
    let bytes = fs::read(&plan.dump).unwrap();
    fs::write(&plan.dump, &bytes[..bytes.len() / 2]).unwrap();
    let text = ingest(&plan).unwrap_err().to_string();
    assert!(
        text.contains("expected a zip archive") && text.contains("\nhint: "),
        "{text}"
    );
}

#[test]
fn a_size_that_cannot_be_true_takes_no_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bomb.zip");
    let mut zip = ZipWriter::new(File::create(&path).unwrap());
    zip.start_file("a.jpg", SimpleFileOptions::default()).unwrap();
    zip.write_all(&[0; 4096]).unwrap();
    zip.finish().unwrap();
    let bytes = fs::read(&path).unwrap();
    let directory = bytes.windows(4).rposition(|w| w == b"PK\x01\x02").unwrap();
    // The size claimed by the central directory is at byte 24 of its entry.
    for claimed in [200_000_000_u32, 4097, 4095] {
        let mut bytes = bytes.clone();
        bytes[directory + 24..directory + 28].copy_from_slice(&claimed.to_le_bytes());
        fs::write(&path, bytes).unwrap();
        let read = Zip::open(&path).unwrap().read("a.jpg", 256 << 20);
        assert!(matches!(read, Err(ReadError::Damaged(_))), "{claimed}: {read:?}");
        let read = Zip::open(&path).unwrap().read("a.jpg", 1000);
        assert!(matches!(read, Err(ReadError::TooLarge { .. })), "{read:?}");
    }
}

#[test]
fn names_that_lead_out_of_an_archive_are_none_of_its_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("names.zip");
    let mut zip = ZipWriter::new(File::create(&path).unwrap());
    for name in [
        "../up.jpg",
        "images/1.jpg",
        "__MACOSX/images/._1.jpg",
        "images/.hidden",
    ] {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
    }
    zip.finish().unwrap();
    let listing = Zip::open(&path).unwrap();
    let listing = listing.list("", ingest::source::Depth::Deep).unwrap().unwrap();
    let paths: Vec<&str> = listing.files().iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, ["images/1.jpg"]);
    assert_eq!(listing.misnamed(), ["../up.jpg"]);
}

#[test]
fn the_real_dump_gives_the_same_catalogue_zipped_and_unzipped() {
    let dump = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/fashion-12k");
    if !dump.exists() {
        eprintln!("skipped: {} is not there", dump.display());
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    // The archive goes beside a link to the dump, never into the data.
    let link = folder.path().join("fashion-dataset");
    std::os::unix::fs::symlink(&dump, &link).unwrap();
    let mut plan = Dump::new().plan();
    plan.dump = link.clone();
    plan.out = folder.path().join("out");
    let record = same_when_zipped(&link, &plan, "fashion-dataset/", CompressionMethod::Deflated);
    assert_eq!(
        record.counts["seen"],
        record.counts["ingested"] + record.counts["rejected"]
    );
}
