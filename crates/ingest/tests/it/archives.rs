//! Zip archives beyond the ordinary, put together here byte by byte: encrypted members, methods that are not read, and
//! zip64 in all its fields. Format: PKWARE APPNOTE 6.3.10.

use std::fs;
use std::path::Path;

use ingest::source::{Depth, ReadError, Source, Zip};

use crate::dump::{Dump, ingest, jpeg};

/// A member as it is to be written.
#[derive(Clone)]
struct Member<'a> {
    name: &'a str,
    bytes: &'a [u8],
    flags: u16,
    method: u16,
    extra: Vec<u8>,
}

impl<'a> Member<'a> {
    fn stored(name: &'a str, bytes: &'a [u8]) -> Self {
        Self {
            name,
            bytes,
            flags: 0,
            method: 0,
            extra: Vec::new(),
        }
    }
}

/// Little-endian numbers one after the other, each with its bytes.
fn fields(numbers: &[(u64, usize)]) -> Vec<u8> {
    let bytes = numbers
        .iter()
        .flat_map(|(n, width)| n.to_le_bytes()[..*width].to_vec());
    bytes.collect()
}

fn crc32(bytes: &[u8]) -> u64 {
    let crc = bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    });
    u64::from(!crc)
}

/// An archive of these members. With `zip64` every size and place stands in the zip64 fields alone, as in archives
/// of more than 4 GiB.
fn archive(members: &[Member<'_>], zip64: bool) -> Vec<u8> {
    const OVER: u64 = u32::MAX as u64;
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for member in members {
        let (at, size) = (archive.len() as u64, member.bytes.len() as u64);
        let crc = crc32(member.bytes);
        let common = |size: u64, extra: usize| {
            fields(&[
                (45, 2),
                (member.flags.into(), 2),
                (member.method.into(), 2),
                (0, 4),
                (crc, 4),
                (size, 4),
                (size, 4),
                (member.name.len() as u64, 2),
                (extra as u64, 2),
            ])
        };
        let (mut local, mut central) = (member.extra.clone(), member.extra.clone());
        if zip64 {
            local.extend(fields(&[(1, 2), (16, 2), (size, 8), (size, 8)]));
            central.extend(fields(&[(1, 2), (24, 2), (size, 8), (size, 8), (at, 8)]));
        }
        let said = if zip64 { OVER } else { size };
        archive.extend(
            [
                b"PK\x03\x04".as_slice(),
                &common(said, local.len()),
                member.name.as_bytes(),
                &local,
            ]
            .concat(),
        );
        archive.extend(member.bytes);
        let place = fields(&[(0, 2), (0, 2), (0, 2), (0, 4), (if zip64 { OVER } else { at }, 4)]);
        let entry = [
            b"PK\x01\x02\x2d\0".as_slice(),
            &common(said, central.len()),
            &place,
        ];
        directory.extend([&entry.concat(), member.name.as_bytes(), &central].concat());
    }
    let (at, size, count) = (archive.len() as u64, directory.len() as u64, members.len() as u64);
    archive.extend(directory);
    if zip64 {
        let end64 = archive.len() as u64;
        archive.extend(b"PK\x06\x06");
        archive.extend(fields(&[
            (44, 8),
            (45, 2),
            (45, 2),
            (0, 4),
            (0, 4),
            (count, 8),
            (count, 8),
            (size, 8),
            (at, 8),
        ]));
        archive.extend(b"PK\x06\x07");
        archive.extend(fields(&[(0, 4), (end64, 8), (1, 4)]));
    }
    let (count, size, at) = if zip64 {
        (0xffff, OVER, OVER)
    } else {
        (count, size, at)
    };
    archive.extend(b"PK\x05\x06");
    archive.extend(fields(&[
        (0, 2),
        (0, 2),
        (count, 2),
        (count, 2),
        (size, 4),
        (at, 4),
        (0, 2),
    ]));
    archive
}

fn opened(folder: &Path, bytes: &[u8]) -> Zip {
    let path = folder.join("dump.zip");
    fs::write(&path, bytes).unwrap();
    Zip::open(&path).unwrap()
}

#[test]
fn zip64_fields_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let members = [
        Member::stored("a/1.txt", b"first"),
        Member::stored("a/2.txt", b"the second"),
    ];
    for zip64 in [false, true] {
        let zip = opened(folder.path(), &archive(&members, zip64));
        let listing = zip.list("", Depth::Deep).unwrap().unwrap();
        let files: Vec<_> = listing
            .files()
            .iter()
            .map(|f| (f.path.as_str(), f.bytes))
            .collect();
        assert_eq!(files, [("a/1.txt", 5), ("a/2.txt", 10)], "zip64: {zip64}");
        assert_eq!(zip.read("a/2.txt", 100).unwrap(), b"the second");
        assert!(matches!(
            zip.read("a/2.txt", 9),
            Err(ReadError::TooLarge { bytes: 10, limit: 9 })
        ));
    }
}

#[test]
fn a_zip64_size_that_cannot_be_true_is_damage() {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = archive(&[Member::stored("1.jpg", b"first")], true);
    let entry = bytes.windows(4).rposition(|w| w == b"PK\x01\x02").unwrap();
    let sizes = entry + 46 + "1.jpg".len() + 4;
    bytes[sizes..sizes + 8].copy_from_slice(&(1_u64 << 60).to_le_bytes());
    let read = opened(folder.path(), &bytes).read("1.jpg", u64::MAX);
    assert!(matches!(read, Err(ReadError::Damaged(_))), "{read:?}");
}

#[test]
fn more_members_than_a_zip_without_zip64_can_count_are_all_there() {
    let folder = tempfile::tempdir().unwrap();
    let names: Vec<String> = (0..70_000).map(|i| format!("images/{i}.jpg")).collect();
    let members: Vec<_> = names
        .iter()
        .map(|name| Member::stored(name, name.as_bytes()))
        .collect();
    let zip = opened(folder.path(), &archive(&members, true));
    assert_eq!(
        zip.list("images", Depth::Flat).unwrap().unwrap().files().len(),
        70_000
    );
    assert_eq!(zip.read("images/69999.jpg", 100).unwrap(), b"images/69999.jpg");
}

/// What WinZip's AES adds to a member: version 2, AES-256, deflated.
fn aes() -> Vec<u8> {
    fields(&[
        (0x9901, 2),
        (7, 2),
        (2, 2),
        (u64::from(u16::from_le_bytes(*b"AE")), 2),
        (3, 1),
        (8, 2),
    ])
}

#[test]
fn encrypted_and_oddly_packed_members_are_rejected_each_with_its_reason() {
    let photo = jpeg(1);
    let table = "id,productDisplayName\n1,Plain\n2,Encrypted\n3,AES\n4,Packed by LZMA\n";
    let members = [
        Member::stored("styles.csv", table.as_bytes()),
        Member::stored("images/1.jpg", &photo),
        Member {
            flags: 1,
            ..Member::stored("images/2.jpg", &photo)
        },
        Member {
            flags: 1,
            method: 99,
            extra: aes(),
            ..Member::stored("images/3.jpg", &photo)
        },
        Member {
            method: 14,
            ..Member::stored("images/4.jpg", &photo)
        },
    ];
    let dump = Dump::new();
    let mut plan = dump.plan();
    plan.dump = dump.out().with_file_name("dump.zip");
    fs::write(&plan.dump, archive(&members, false)).unwrap();
    let record = ingest(&plan).unwrap();
    assert_eq!((record.counts["seen"], record.counts["ingested"]), (4, 1));
    assert_eq!(record.rejects["unsupported"], 3);
    let zip = Zip::open(&plan.dump).unwrap();
    let said = |path: &str| zip.read(path, 1 << 20).unwrap_err().to_string();
    assert_eq!(said("images/2.jpg"), "encrypted in the archive");
    assert_eq!(said("images/3.jpg"), "encrypted in the archive");
    assert!(
        said("images/4.jpg").contains("packed by"),
        "{}",
        said("images/4.jpg")
    );

    // Without its table nothing can be done.
    let mut members = members.to_vec();
    members[0].flags = 1;
    fs::write(&plan.dump, archive(&members, false)).unwrap();
    let error = ingest(&plan).unwrap_err().to_string();
    assert!(
        error.contains("styles.csv: expected a table, found encrypted in the archive\nhint: "),
        "{error}"
    );
}
