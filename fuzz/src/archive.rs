//! Dumps in archives: a zip, a tar, a folder of a tar. The first byte chooses.

use std::io::{Cursor, Write};

use ingest::layout::{self, ColumnFlags, LayoutChoice, Wants};
use ingest::source::Depth;
use stage::Console;

use super::{Seed, dump, place};

/// A member of more bytes is not read.
const LIMIT: u64 = 16 << 20;

pub(crate) fn run(data: &[u8]) {
    let Some((&which, archive)) = data.split_first() else {
        return;
    };
    place::with(|folder| {
        let (path, dump) = match which % 3 {
            0 => ("dump.zip", "dump.zip"),
            1 => ("dump.tar", "dump.tar"),
            _ => ("tars/0.tar", "tars"),
        };
        place::write(&folder.join(path), archive);
        let columns = ColumnFlags::default();
        let opened = layout::open(
            &folder.join(dump),
            LayoutChoice::Auto,
            &columns,
            Wants::Pictures,
            &Console::silent(),
        );
        let read = opened.and_then(|layout| {
            let listing = layout.source().list("", Depth::Deep)?.unwrap_or_default();
            for file in listing.files() {
                if let Ok(bytes) = layout.source().read(&file.path, LIMIT) {
                    assert_eq!(bytes.len() as u64, file.bytes, "{}", file.path);
                }
            }
            dump::products(layout.as_ref())
        });
        if let Err(e) = read {
            dump::check_error(&e);
        }
    });
}

const PAIRS: [(&str, &[u8]); 3] = [
    ("a.jpg", b"\xff\xd8\xff"),
    ("a.txt", b"a red dress, a red dress, a red dress"),
    ("a.json", b"{\"title\": \"Dress\", \"color\": \"Red\"}"),
];

pub(crate) fn seeds() -> Vec<Seed> {
    let fashion: [(&str, &[u8]); 3] = [
        ("dump/images/1.jpg", b"\xff\xd8\xff"),
        ("dump/styles/1.json", b"{\"data\": {}}"),
        ("dump/styles.csv", b"id,productDisplayName\n1,Shirt\n"),
    ];
    vec![
        ("zip".to_owned(), [&[0], zip(&PAIRS).as_slice()].concat()),
        ("fashion".to_owned(), [&[0], zip(&fashion).as_slice()].concat()),
        ("tar".to_owned(), [&[1], tar(&PAIRS).as_slice()].concat()),
        ("tars".to_owned(), [&[2], tar(&PAIRS).as_slice()].concat()),
    ]
}

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    use zip::CompressionMethod::{Deflated, Stored};
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (number, (name, bytes)) in files.iter().enumerate() {
        let method = if number % 2 == 0 { Stored } else { Deflated };
        let options = zip::write::SimpleFileOptions::default().compression_method(method);
        let written = archive
            .start_file(*name, options)
            .map(|()| archive.write_all(bytes));
        assert!(matches!(written, Ok(Ok(()))), "{name}");
    }
    archive
        .finish()
        .map_or_else(|e| panic!("{e}"), Cursor::into_inner)
}

fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        let written = archive.append_data(&mut header, name, *bytes);
        assert!(written.is_ok(), "{name}");
    }
    archive.into_inner().unwrap_or_else(|e| panic!("{e}"))
}
