//! `gen sample`: single pictures, each a PNG that says what it is.

use std::path::Path;

use stage::{Console, Interrupt, Outcome, Progress};

use crate::manifest::{self, Entry};
use crate::request::slug;
use crate::{Artist, GenerateError, Request};

/// Pictures between two looks at whether to stop.
const LOT: u64 = 32;

/// Draws `count` pictures of each request with the seeds `seed`, `seed + 1`, ... into `dir`. The manifest is written
/// after each request, and before Ctrl-C ends the work, so that it leaves a folder whose manifest is true.
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
        let first = entries.len();
        for from in (0..count).step_by(LOT as usize) {
            if interrupt.requested() {
                break;
            }
            let seeds = (from..count.min(from + LOT)).map(|k| seed.wrapping_add(k));
            entries.extend(lot(artist, request, seeds, dir)?);
            progress.inc(count.min(from + LOT) - from);
        }
        manifest::add(dir, &entries[first..])?;
        if interrupt.requested() {
            break;
        }
    }
    progress.finish();
    let all = requests.len() as u64 * count;
    let outcome = if (entries.len() as u64) < all {
        Outcome::Interrupted
    } else {
        Outcome::Done
    };
    Ok((outcome, entries))
}

/// Draws a picture of `request` for each seed into `dir`.
fn lot(
    artist: &Artist,
    request: &Request,
    seeds: impl Iterator<Item = u64>,
    dir: &Path,
) -> Result<Vec<Entry>, GenerateError> {
    let wanted: Vec<(&str, u64)> = seeds.map(|seed| (request.caption.as_str(), seed)).collect();
    let mut entries = Vec::with_capacity(wanted.len());
    for (&(caption, seed), picture) in wanted.iter().zip(&artist.draw(&wanted)?) {
        let file = format!("{}-{seed}.png", slug(&request.id));
        let texts = [
            ("caption", caption),
            ("seed", &seed.to_string()),
            ("model", artist.model_hash()),
        ];
        picture.write_png(&dir.join(&file), &texts)?;
        entries.push(Entry {
            file,
            id: request.id.clone(),
            caption: caption.to_owned(),
            seed,
        });
    }
    Ok(entries)
}
