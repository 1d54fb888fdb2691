//! JSON that describes products: lines of a table, or a file a product in the fashion dump. The first byte chooses.

use ingest::IngestError;
use ingest::layout::{ColumnFlags, LayoutChoice};

use super::{Seed, dump, place};

pub(crate) fn run(data: &[u8]) {
    let Some((&which, text)) = data.split_first() else {
        return;
    };
    place::with(|folder| {
        let (choice, name, in_place) = match which % 3 {
            0 => (LayoutChoice::Metadata, "metadata.jsonl", folder.join("lines")),
            1 => (LayoutChoice::Fashion, "styles/1.json", folder.join("fashion")),
            _ => (LayoutChoice::Table, "goods.jsonl", folder.join("table")),
        };
        place::write(&in_place.join(name), text);
        place::write(&in_place.join("images/1.jpg"), b"");
        let path = match choice {
            LayoutChoice::Table => in_place.join(name),
            LayoutChoice::Fashion => {
                place::write(&in_place.join("styles.csv"), b"id,productDisplayName\n1,\n");
                in_place
            }
            _ => in_place,
        };
        if let Err(e) = dump::read(&path, choice, &ColumnFlags::default()) {
            assert!(!matches!(e, IngestError::Polars { .. }), "{e}");
            dump::check_error(&e);
        }
    });
}

pub(crate) fn seeds() -> Vec<Seed> {
    let texts: [(u8, &str, &str); 4] = [
        (
            0,
            "lines",
            "{\"file_name\": \"images/1.jpg\", \"text\": [\"a dress\", \"red\"], \"year\": 2011.0}\n\n{\"file_name\": null}\n[1]\n{\"file_name\": \"images/1.jpg\", \"text\": \"caf\\u00e9 \\ud83d\\udc57\", \"new\": true}",
        ),
        (
            1,
            "fashion",
            "{\"meta\": {\"code\": 200}, \"data\": {\"id\": 1, \"productDisplayName\": \"Nike  Shoe\", \"gender\": \"Men\", \"year\": 2012.0, \"baseColour\": \"NA\", \"season\": null, \"masterCategory\": {\"typeName\": \"Footwear\"}, \"articleAttributes\": {\"Sleeve Length\": \"Short\", \"Pockets\": 3}, \"productDescriptors\": {\"description\": {\"value\": \"<p>Red &amp;amp; white</p>\"}, \"style_note\": {\"value\": \"Wear it\"}}}}",
        ),
        (
            2,
            "table",
            "{\"id\": 7, \"image\": \"images/1.jpg\", \"title\": \"Shirt\", \"color\": \"Red\"}\n",
        ),
        (0, "nested", "{\"file_name\": {\"a\": [[[[{}]]]]}}"),
    ];
    texts
        .into_iter()
        .map(|(which, name, text)| (name.to_owned(), [&[which], text.as_bytes()].concat()))
        .collect()
}
