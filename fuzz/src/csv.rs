//! The tables that people write: CSV and TSV of any encoding, in three layouts. The first byte chooses.

use ingest::IngestError;
use ingest::layout::{ColumnFlags, LayoutChoice};

use super::{Seed, dump, place};

pub(crate) fn run(data: &[u8]) {
    let Some((&which, table)) = data.split_first() else {
        return;
    };
    let flags = ColumnFlags {
        image_column: Some("photo".to_owned()),
        caption_columns: vec!["title".to_owned()],
        id_column: None,
    };
    let (name, flags) = match which % 4 {
        0 => ("fashion/styles.csv", ColumnFlags::default()),
        1 => ("folder/metadata.csv", ColumnFlags::default()),
        2 => ("tabs/goods.tsv", ColumnFlags::default()),
        _ => ("commas/goods.csv", flags),
    };
    place::with(|folder| {
        let path = folder.join(name);
        place::write(&path, table);
        let in_place = path.parent().unwrap_or(folder);
        place::write(&in_place.join("images/1.jpg"), b"");
        let read = match which % 4 {
            0 => dump::read(in_place, LayoutChoice::Fashion, &flags),
            1 => dump::read(in_place, LayoutChoice::Metadata, &flags),
            _ => dump::read(&path, LayoutChoice::Table, &flags),
        };
        if let Err(e) = read {
            // Whatever the table is, the repaired one is a table.
            assert!(!matches!(e, IngestError::Polars { .. }), "{e}");
            dump::check_error(&e);
        }
    });
}

pub(crate) fn seeds() -> Vec<Seed> {
    let tables: [(u8, &str, Vec<u8>); 7] = [
        (
            0,
            "fashion",
            b"id,gender,masterCategory,baseColour,year,productDisplayName\n1,Men,Apparel,Navy Blue,2011.0,Tie, Cufflink and Square\n2,NA,,,,3.5\" Pink Short\n\n1,Men,,,,Again\n,,,,,\n".to_vec(),
        ),
        (
            1,
            "metadata",
            b"file_name,text,colour\r\nimages/1.jpg,\"A \"\"red\"\" dress,\nlong\",Red\r\nimages/../2.jpg,x,\r\n".to_vec(),
        ),
        (2, "tabs", b"image\ttitle\nimages/1.jpg\tRed \"dress\"\textra\n".to_vec()),
        (3, "flags", b"photo,title\nimages\\1.jpg,Backpack\n/etc/passwd,Jacket\n".to_vec()),
        (3, "utf16", utf16("photo,title\nimages/1.jpg,Caf\u{e9} \u{20ac}\n")),
        (3, "latin", b"photo,title\nimages/1.jpg,Caf\xe9 cr\xe8me\n".to_vec()),
        (0, "empty", Vec::new()),
    ];
    tables
        .into_iter()
        .map(|(which, name, table)| (name.to_owned(), [&[which], table.as_slice()].concat()))
        .collect()
}

fn utf16(text: &str) -> Vec<u8> {
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    units.flat_map(u16::to_le_bytes).collect()
}
