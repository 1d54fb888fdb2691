//! `gen grid`: one sheet, a row of pictures under each caption.

use std::path::Path;

use gan::picture::{Row, draw_grid};

use crate::artist::Wanted;
use crate::{Artist, GenerateError, Request};

/// Draws `columns` pictures of each request as one PNG, with seeds that count up from the request's own.
///
/// # Errors
/// The file cannot be written.
pub fn write(artist: &Artist, requests: &[Request], columns: u64, path: &Path) -> Result<(), GenerateError> {
    let mut rows = Vec::with_capacity(requests.len());
    for request in requests {
        let wanted: Vec<Wanted<'_>> = (0..columns)
            .map(|k| Wanted {
                caption: &request.caption,
                seed: request.seed.wrapping_add(k),
                variety: request.variety,
            })
            .collect();
        rows.push(Row {
            caption: request.caption.clone(),
            images: artist.draw(&wanted)?,
        });
    }
    let captions: Vec<&str> = requests.iter().map(|r| r.caption.as_str()).collect();
    let mut texts = vec![
        ("captions", captions.join("\n")),
        ("seed", told(requests, |r| r.seed.to_string())),
        ("model", artist.model_hash().to_owned()),
    ];
    if requests.iter().any(|r| !r.variety.is_plain()) {
        texts.push(("variety", told(requests, |r| r.variety.to_string())));
    }
    let texts: Vec<(&str, &str)> = texts.iter().map(|(key, value)| (*key, value.as_str())).collect();
    Ok(draw_grid(&rows).write_png(path, &texts)?)
}

/// What all requests have in common; a line for each where they differ.
fn told(requests: &[Request], what: impl Fn(&Request) -> String) -> String {
    let each: Vec<String> = requests.iter().map(what).collect();
    match each.first() {
        Some(first) if each.iter().all(|text| text == first) => first.clone(),
        _ => each.join("\n"),
    }
}
