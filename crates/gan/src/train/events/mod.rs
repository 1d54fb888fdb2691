//! Files that TensorBoard reads: `events.out.tfevents.<seconds>.<number>`, one for each sitting of a run.
//!
//! A run that goes on from a checkpoint takes all events after it back: they come again. Older files are cut, so that
//! any reader finds each point once, and the new file begins with a `START` of the next step, at which a TensorBoard that
//! is looking on drops what it has read of that step and later ones.

mod records;
mod wire;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use stage::{StageError, atomic};

use self::records::{framed, records};
use self::wire::{What, event, step_of};
use super::appended::Appended;
use super::figures::Group;
use super::stats::Line;
use crate::GanError;
use crate::picture::Png;

/// How names of these files begin; TensorBoard looks for `tfevents`.
pub const PREFIX: &str = "events.out.tfevents.";

/// The file of this sitting. It is made when there is something to tell.
pub struct Events {
    file: Appended,
    /// What a new file begins with, until it is written.
    opening: Vec<u8>,
}

impl Events {
    /// For a run that stands at `step`: events of later steps are taken out of the files of `dir`.
    ///
    /// # Errors
    /// A file cannot be read or written.
    pub fn open(dir: &Path, step: u64) -> Result<Self, GanError> {
        let older = files(dir)?;
        for path in &older {
            cut(path, step)?;
        }
        let mut opening = framed(&event(now(), 0, &What::FileVersion));
        if !older.is_empty() {
            opening.extend(framed(&event(now(), step + 1, &What::Start)));
        }
        let path = dir.join(name_after(older.last().map(PathBuf::as_path)));
        Ok(Self {
            file: Appended::new(path, 0),
            opening,
        })
    }

    /// Tells all that a line of statistics has.
    ///
    /// # Errors
    /// The disk is full or fails.
    pub fn line(&mut self, line: &Line) -> Result<(), GanError> {
        let named = line.figures();
        let tagged: Vec<(String, f32)> = named
            .map(|(name, value)| (format!("{}/{name}", Group::of(name).tag()), value as f32))
            .collect();
        self.append(line.step, &What::Scalars(&tagged))
    }

    /// Tells a picture.
    ///
    /// # Errors
    /// The disk is full or fails.
    pub fn picture(&mut self, step: u64, tag: &str, picture: &Png) -> Result<(), GanError> {
        let (width, height) = (picture.width as u64, picture.height as u64);
        let png = &picture.bytes;
        self.append(
            step,
            &What::Image {
                tag,
                width,
                height,
                png,
            },
        )
    }

    fn append(&mut self, step: u64, what: &What<'_>) -> Result<(), GanError> {
        let mut piece = std::mem::take(&mut self.opening);
        piece.extend(framed(&event(now(), step, what)));
        self.file.append(&piece)
    }
}

/// The event files of a folder, in the order in which TensorBoard reads them.
///
/// # Errors
/// The folder cannot be listed.
pub fn files(dir: &Path) -> Result<Vec<PathBuf>, GanError> {
    let fail = |e| StageError::io(dir, "cannot list", e);
    let mut paths = Vec::new();
    for entry in fs::read_dir(dir).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        if entry.file_name().to_string_lossy().starts_with(PREFIX) {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}

/// Takes events after `step` out of a file, and whatever is not readable at its end; a file without any goes.
fn cut(path: &Path, step: u64) -> Result<(), GanError> {
    let file = fs::read(path).map_err(|e| StageError::io(path, "cannot read", e))?;
    let mut kept = Vec::with_capacity(file.len());
    let mut told = 0;
    for (record, data) in records(&file) {
        let Some(at) = step_of(data) else { break };
        if at <= step {
            kept.extend_from_slice(record);
            told += usize::from(at > 0);
        }
    }
    if told == 0 {
        fs::remove_file(path).map_err(|e| StageError::io(path, "cannot remove", e))?;
    } else if kept.len() < file.len() {
        atomic::write(path, &kept)?;
    }
    Ok(())
}

/// A name that comes after all others in order, even where the clock was put back.
fn name_after(last: Option<&Path>) -> String {
    let mut seconds = now() as u64;
    let mut number = 0;
    if let Some(name) = last.and_then(Path::file_name) {
        let name = name.to_string_lossy();
        let mut parts = name[PREFIX.len()..]
            .split('.')
            .map(|part| part.parse::<u64>().ok());
        let last_seconds = parts.next().flatten().unwrap_or_default();
        if last_seconds >= seconds {
            seconds = last_seconds;
            number = parts.next().flatten().map_or(0, |n| n + 1);
        }
    }
    format!("{PREFIX}{seconds:010}.{number:04}")
}

/// Seconds since 1970.
fn now() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0.0, |d| d.as_secs_f64())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn line(step: u64) -> Line {
        Line {
            step,
            measures: [("d_loss".to_owned(), 0.5)].into(),
            ..Line::default()
        }
    }

    /// Steps of the events with values, over all files in order.
    fn steps(dir: &Path) -> Vec<u64> {
        let files = files(dir).unwrap().into_iter().map(|p| fs::read(p).unwrap());
        let all: Vec<Vec<u8>> = files.collect();
        let events = all.iter().flat_map(|file| records(file));
        // 0x2a is the key of `summary`, after wall time and a step of one byte.
        let told = events.filter(|(_, event)| event.get(11) == Some(&0x2a));
        told.map(|(_, event)| step_of(event).unwrap()).collect()
    }

    #[test]
    fn each_point_stands_once_after_any_number_of_sittings() {
        let dir = tempfile::tempdir().unwrap();
        let sit = |from: u64, to: u64| {
            let mut events = Events::open(dir.path(), from).unwrap();
            (from + 1..=to).for_each(|step| events.line(&line(step)).unwrap());
        };
        sit(0, 6);
        sit(4, 9);
        assert_eq!(steps(dir.path()), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
        sit(9, 9);
        sit(2, 5);
        assert_eq!(steps(dir.path()), [1, 2, 3, 4, 5]);
        sit(0, 1);
        assert_eq!(steps(dir.path()), [1]);
        assert_eq!(
            files(dir.path()).unwrap().len(),
            1,
            "files without a point are gone"
        );
    }

    #[test]
    fn a_record_cut_by_a_kill_goes() {
        let dir = tempfile::tempdir().unwrap();
        let mut events = Events::open(dir.path(), 0).unwrap();
        (1..=3).for_each(|step| events.line(&line(step)).unwrap());
        let path = files(dir.path()).unwrap().remove(0);
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() - 5]).unwrap();
        let mut events = Events::open(dir.path(), 3).unwrap();
        events.line(&line(4)).unwrap();
        assert_eq!(steps(dir.path()), [1, 2, 4]);
    }

    #[test]
    fn names_come_in_order_even_where_the_clock_was_put_back() {
        let far = format!("{PREFIX}9999999999.0003");
        let next = name_after(Some(Path::new(&far)));
        assert_eq!(next, format!("{PREFIX}9999999999.0004"));
        let foreign = format!("{PREFIX}1000000000.host.77.0");
        assert!(name_after(Some(Path::new(&foreign))) > foreign);
    }
}
