//! `gen sample`: single pictures, each a PNG that says what it is.

use std::path::Path;

use stage::{Console, Interrupt, Outcome, Progress};

use crate::manifest::{self, Entry};
use crate::request::slug;
use crate::{Artist, GenerateError, Request};

/// Draws `count` pictures of each request with the seeds `seed`, `seed + 1`, ... into `dir`. The manifest is written
/// after each request, so Ctrl-C leaves a folder whose manifest is true.
///
/// # Errors
/// A file cannot be written.
pub fn write(
    artist: &Artist,
    requests: &[Request],
    count: u64,
    seed: u64,
    dir: &Path,
    console: &Console,
    interrupt: &Interrupt,
) -> Result<(Outcome, Vec<Entry>), GenerateError> {
    let progress = Progress::new(console, "sample", "pictures", 0, requests.len() as u64 * count);
    let mut entries = Vec::new();
    for request in requests {
        if interrupt.requested() {
            return Ok((Outcome::Interrupted, entries));
        }
        let wanted: Vec<(&str, u64)> = (0..count)
            .map(|k| (request.caption.as_str(), seed.wrapping_add(k)))
            .collect();
        let drawn = artist.draw(&wanted)?;
        let first = entries.len();
        for ((caption, seed), picture) in wanted.iter().zip(&drawn) {
            let file = format!("{}-{seed}.png", slug(&request.id));
            let texts = [
                ("caption", *caption),
                ("seed", &seed.to_string()),
                ("model", artist.model_hash()),
            ];
            picture.write_png(&dir.join(&file), &texts)?;
            let (id, caption) = (request.id.clone(), (*caption).to_owned());
            entries.push(Entry {
                file,
                id,
                caption,
                seed: *seed,
            });
        }
        manifest::add(dir, &entries[first..])?;
        progress.inc(count);
    }
    progress.finish();
    Ok((Outcome::Done, entries))
}
