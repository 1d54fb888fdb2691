//! `gen sample`: single pictures, each a PNG that says what it is.

use std::fs;
use std::path::Path;

use stage::{Console, Interrupt, Outcome, Progress, StageError};

use crate::artist::Wanted;
use crate::manifest::{Entry, Manifest};
use crate::plan::{Picture, Plan};
use crate::{Artist, GenerateError};

/// Pictures between two writings of the manifest, and two looks at whether to stop.
const LOT: usize = 32;

/// How the drawing ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drawn {
    /// Whether all is there now.
    pub outcome: Outcome,
    /// Pictures drawn.
    pub drawn: u64,
    /// Pictures that were there before.
    pub there: u64,
}

/// Draws what is missing of a plan. The manifest is written after each lot, also where a picture of it could not be, so that
/// whatever ends the work, the folder's manifest is true; only a kill may leave a lot of pictures without lines, and the next call
/// draws them anew.
///
/// # Errors
/// Another process draws into the folder; a picture of the same name is there and is another one; a file cannot be written.
pub fn write(
    plan: &Plan<'_>,
    artist: &Artist,
    console: &Console,
    interrupt: &Interrupt,
) -> Result<Drawn, GenerateError> {
    let mut manifest = Manifest::open(plan.dir)?;
    let files = plan.there(&manifest)?;
    let there = files.len() as u64;
    let progress = Progress::new(console, "sample", "pictures", there, plan.total());
    let mut missing = plan
        .pictures()
        .filter(|picture| files.is_empty() || !files.contains(&picture.file()));
    let mut drawn = 0;
    let outcome = loop {
        let lot: Vec<Picture<'_>> = missing.by_ref().take(LOT).collect();
        if lot.is_empty() {
            break Outcome::Done;
        }
        if interrupt.requested() {
            break Outcome::Interrupted;
        }
        let mut written = Vec::with_capacity(lot.len());
        let done = draw(artist, &lot, plan.dir, &mut written);
        let entered = enter(&mut manifest, &mut written, plan.dir);
        drawn += written.len() as u64;
        progress.inc(written.len() as u64);
        done.and(entered)?;
    };
    progress.finish();
    Ok(Drawn {
        outcome,
        drawn,
        there,
    })
}

/// Draws a lot into `dir`. `written` gets what is on the disk, also where the rest of the lot cannot be.
fn draw(
    artist: &Artist,
    lot: &[Picture<'_>],
    dir: &Path,
    written: &mut Vec<Entry>,
) -> Result<(), GenerateError> {
    let wanted: Vec<Wanted<'_>> = lot.iter().map(Picture::wanted).collect();
    for (picture, image) in lot.iter().zip(&artist.draw(&wanted)?) {
        let entry = picture.entry(artist.model_hash());
        let (seed, variety) = (entry.seed.to_string(), entry.variety.to_string());
        let mut texts = vec![
            ("caption", entry.caption.as_str()),
            ("seed", seed.as_str()),
            ("model", entry.model.as_str()),
        ];
        if !entry.variety.is_plain() {
            texts.push(("variety", variety.as_str()));
        }
        image.write_png(&dir.join(&entry.file), &texts)?;
        written.push(entry);
    }
    Ok(())
}

/// Gives pictures their lines in the manifest. Where there is no room for the lines, the last pictures make some: none is left
/// without a line.
fn enter(manifest: &mut Manifest, written: &mut Vec<Entry>, dir: &Path) -> Result<(), GenerateError> {
    let mut failed = None;
    while let Err(e) = manifest.add(written) {
        failed.get_or_insert(e);
        if let Some(last) = written.pop() {
            let path = dir.join(&last.file);
            fs::remove_file(&path).map_err(|e| StageError::io(&path, "cannot remove", e))?;
        }
    }
    failed.map_or(Ok(()), Err)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::{Variety, manifest};

    #[test]
    fn a_picture_whose_line_cannot_be_written_does_not_stay() {
        let dir = tempfile::tempdir().unwrap();
        let mut manifest = Manifest::open(dir.path()).unwrap();
        let mut written = Vec::new();
        for seed in 1..=3 {
            let file = format!("a-{seed}.png");
            fs::write(dir.path().join(&file), b"").unwrap();
            written.push(Entry {
                file,
                id: "a".to_owned(),
                caption: "red".to_owned(),
                seed,
                model: String::new(),
                variety: Variety::default(),
            });
        }
        let mut entered = written.split_off(2);
        enter(&mut manifest, &mut entered, dir.path()).unwrap();
        assert_eq!(entered.len(), 1);
        // Nothing can be written in the place of a folder.
        let file = dir.path().join(manifest::FILE);
        fs::remove_file(&file).unwrap();
        fs::create_dir(&file).unwrap();
        assert!(enter(&mut manifest, &mut written, dir.path()).is_err());
        assert!(written.is_empty());
        let there = |seed: u64| dir.path().join(format!("a-{seed}.png")).exists();
        assert_eq!([1, 2, 3].map(there), [false, false, true]);
    }
}
