//! A shard of a data set. What the first byte is by three says what the rest is: 0, a file whose header's checksum is
//! made right; 1, sizes, a byte each, and the section of texts, around which a sound shard is made; 2, the frame of an
//! image, around which a compressed shard of one product is made.

use std::collections::BTreeMap;

use dataset::format::{ALIGN, Content, Header, Shape, TextRecord, VERSION};
use dataset::{Dataset, Split, verify};
use serde_json::json;
use stage::{OutputFile, StageKey, StageRecord};

use super::{Seed, place};

/// Bytes before the header, and where its checksum is.
const PREFIX: usize = 48;
const CHECKSUM: usize = 16;
const MODEL: &[u8] = b"a text model";

pub(crate) fn run(data: &[u8]) {
    let Some((&which, rest)) = data.split_first() else {
        return;
    };
    if which % 3 == 0 {
        // Without sizes of its own, the folder takes those of the seed.
        open(&resealed(rest), shape(2, 4, 3), false);
        open(&resealed(rest), shape(2, 4, 3), true);
    } else if which % 3 == 2 {
        open(&compressed(rest), shape(2, 4, 3), true);
    } else if let Some((&[samples, resolution, captions, dims], texts)) = rest.split_first_chunk() {
        let shape = shape(resolution, captions, dims);
        open(&around(u32::from(samples), shape, texts), shape, false);
    }
}

fn shape(resolution: u8, captions: u8, dims: u8) -> Shape {
    Shape {
        resolution: (resolution % 8).into(),
        captions: (captions % 8).into(),
        dims: (dims % 8).into(),
    }
}

/// Opens a data set of this one shard and reads all of it.
fn open(shard: &[u8], shape: Shape, compressed: bool) {
    place::with(|folder| {
        let folder = folder.join("dataset");
        let mut settings = json!({
            "resolution": shape.resolution, "captions": shape.captions, "dims": shape.dims, "shards": 1,
        });
        if compressed {
            settings["compress"] = json!("zstd:3");
        }
        let output = |bytes: &[u8]| OutputFile {
            bytes: bytes.len() as u64,
            blake3: blake3::hash(bytes).to_hex().to_string(),
        };
        let key = StageKey::new("dataset", VERSION, &settings).unwrap_or_else(|e| panic!("{e}"));
        let record = StageRecord {
            stage: "dataset".to_owned(),
            format_version: VERSION,
            fingerprint: key.fingerprint(),
            settings,
            inputs: BTreeMap::new(),
            counts: BTreeMap::new(),
            rejects: BTreeMap::new(),
            timings: BTreeMap::new(),
            outputs: BTreeMap::from([
                ("shard-00000.atl".to_owned(), output(shard)),
                ("text.model".to_owned(), output(MODEL)),
            ]),
        };
        place::write(&folder.join("shard-00000.atl"), shard);
        place::write(&folder.join("text.model"), MODEL);
        place::write(&folder.join("stage.json"), json!(record).to_string().as_bytes());
        match Dataset::open(&folder) {
            Ok(data) => {
                for split in Split::ALL {
                    for index in 0..data.len(split) {
                        let Some(sample) = data.sample(split, index) else {
                            panic!("{split} {index} of {}", data.len(split));
                        };
                        if let Ok(image) = sample.image() {
                            assert_eq!(image.len(), data.image_bytes());
                        }
                        if let Ok(vectors) = sample.vectors() {
                            assert_eq!(vectors.len(), data.captions() * data.dims());
                        }
                        assert_eq!(sample.captions.len(), data.captions());
                    }
                    assert!(data.sample(split, data.len(split)).is_none());
                }
            }
            Err(e) => assert!(e.to_string().contains("\nhint: "), "{e}"),
        }
        verify::verify(&folder).unwrap_or_else(|e| panic!("the record is sound: {e}"));
    });
}

fn resealed(file: &[u8]) -> Vec<u8> {
    let mut file = file.to_vec();
    let length = file.get(12..16).and_then(|length| length.first_chunk());
    let length = length.map_or(0, |length| u32::from_le_bytes(*length) as usize);
    if let Some(header) = file.get(PREFIX..PREFIX.saturating_add(length)) {
        let checksum = blake3::hash(header);
        file[CHECKSUM..PREFIX].copy_from_slice(checksum.as_bytes());
    }
    file
}

/// A shard of zeros with these texts, its checksums right.
fn around(samples: u32, shape: Shape, texts: &[u8]) -> Vec<u8> {
    let image = shape.image_bytes().unwrap_or_default() as usize;
    let vector = shape.vector_bytes().unwrap_or_default() as usize;
    let (images, vectors) = (
        vec![0; image * samples as usize],
        vec![0; vector * samples as usize],
    );
    let hashes = [&images, &vectors, texts].map(|part| *blake3::hash(part).as_bytes());
    let Some(header) = Header::raw(samples, shape, texts.len() as u64, hashes) else {
        panic!("sizes of a byte each overflow nothing");
    };
    file(&header, &[&images, &vectors, texts])
}

/// A compressed shard of one product whose image is this frame, its checksums right.
fn compressed(image: &[u8]) -> Vec<u8> {
    let shape = shape(2, 4, 3);
    let (vectors, texts) = (frame(&[0; 4 * 3 * 4]), texts(&["1"]));
    let lengths = [image.len() as u32, vectors.len() as u32];
    let index: Vec<u8> = lengths.iter().flat_map(|length| length.to_le_bytes()).collect();
    let content = |bytes: &[u8]| Content {
        length: bytes.len() as u64,
        blake3: *blake3::hash(bytes).as_bytes(),
    };
    let sections = [content(image), content(&vectors), content(&texts)];
    let Some(header) = Header::compressed(1, shape, sections, content(&index)) else {
        panic!("a small product fits");
    };
    file(&header, &[image, &vectors, &index, &texts])
}

/// The file of this header and these sections.
fn file(header: &Header, sections: &[&[u8]]) -> Vec<u8> {
    let mut file = header.to_bytes().unwrap_or_else(|e| panic!("{e}"));
    for section in sections {
        file.resize(file.len().next_multiple_of(ALIGN as usize), 0);
        file.extend(*section);
    }
    file
}

fn frame(bytes: &[u8]) -> Vec<u8> {
    zstd::bulk::compress(bytes, 3).unwrap_or_else(|e| panic!("{e}"))
}

/// The section of texts of products with these ids.
fn texts(ids: &[&str]) -> Vec<u8> {
    let text = |id: &&str| TextRecord {
        id: (*id).to_owned(),
        split: if *id == "1" { Split::Train } else { Split::Val },
        captions: ["a red bag", "red bag", "bag", ""].map(str::to_owned).into(),
        attributes: BTreeMap::from([("base_colour".to_owned(), "Red".to_owned())]),
        content_box: [0, 0, 2, 1],
        image_blake3: *blake3::hash(&[0; 12]).as_bytes(),
    };
    let texts: Vec<TextRecord> = ids.iter().map(text).collect();
    bincode::encode_to_vec(&texts, bincode::config::standard()).unwrap_or_else(|e| panic!("{e}"))
}

pub(crate) fn seeds() -> Vec<Seed> {
    let texts = texts(&["1", "2"]);
    let whole = around(2, shape(2, 4, 3), &texts);
    let packed = frame(&[0; 12]);
    vec![
        ("whole".to_owned(), [&[0], whole.as_slice()].concat()),
        (
            "whole compressed".to_owned(),
            [&[0], compressed(&packed).as_slice()].concat(),
        ),
        ("texts".to_owned(), [&[1, 2, 2, 4, 3], texts.as_slice()].concat()),
        ("none".to_owned(), vec![1, 0, 2, 4, 3, 0]),
        ("image".to_owned(), [&[2], packed.as_slice()].concat()),
        (
            "bomb".to_owned(),
            [&[2], frame(&vec![0; 1 << 20]).as_slice()].concat(),
        ),
    ]
}
