//! `gen grid`: one sheet, a row of pictures under each caption.

use std::path::Path;

use gan::picture::{Row, draw_grid};

use crate::{Artist, GenerateError, Request};

/// Draws `columns` pictures of each request, with the same seeds in every row, as one PNG.
///
/// # Errors
/// The file cannot be written.
pub fn write(
    artist: &Artist,
    requests: &[Request],
    columns: u64,
    seed: u64,
    path: &Path,
) -> Result<(), GenerateError> {
    let mut rows = Vec::with_capacity(requests.len());
    for Request { caption, .. } in requests {
        let wanted: Vec<(&str, u64)> = (0..columns)
            .map(|k| (caption.as_str(), seed.wrapping_add(k)))
            .collect();
        rows.push(Row {
            caption: caption.clone(),
            images: artist.draw(&wanted)?,
        });
    }
    let captions: Vec<&str> = requests.iter().map(|r| r.caption.as_str()).collect();
    let texts = [
        ("captions", captions.join("\n")),
        ("seed", seed.to_string()),
        ("model", artist.model_hash().to_owned()),
    ];
    Ok(draw_grid(&rows).write_png(path, &texts.each_ref().map(|(key, value)| (*key, value.as_str())))?)
}
