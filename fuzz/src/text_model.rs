//! The file of a text model: as it is, and with its checksum made right, which is all that forgery takes.

use textfeat::{Settings, TextModel};

use super::{Seed, explain};

const CHECKSUM: usize = 32;
const TEXTS: [&str; 3] = ["", "a red dress, navy shirts", "shirtt qwxzv 100"];

pub(crate) fn run(data: &[u8]) {
    read(data);
    let body = &data[..data.len().saturating_sub(CHECKSUM)];
    read(&[body, blake3::hash(body).as_bytes()].concat());
}

fn read(bytes: &[u8]) {
    match TextModel::from_bytes(bytes) {
        Ok(model) => {
            for text in TEXTS {
                explain::check(&model, text);
                explain::check_bytes(&model, text);
            }
        }
        Err(e) => assert!(e.to_string().contains("\nhint: "), "{e}"),
    }
}

pub(crate) fn seeds() -> Vec<Seed> {
    let lsa = Settings {
        dims: 3,
        features: 40,
        ..Settings::lsa()
    };
    let terms = Settings {
        dims: 8,
        ngrams: 2,
        ..Settings::default()
    };
    [("terms", terms), ("lsa", lsa)]
        .into_iter()
        .map(|(name, settings)| {
            let model = TextModel::fit(settings, ["red dress", "navy shirt", "red shirt red"]);
            let bytes = model.unwrap_or_else(|e| panic!("{e}")).to_bytes();
            (name.to_owned(), bytes.unwrap_or_else(|e| panic!("{e}")))
        })
        .collect()
}
