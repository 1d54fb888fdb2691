//! The grids of a run folder, as a report takes them in.

use std::path::{Path, PathBuf};

use stage::StageError;

use crate::GanError;
use crate::picture::Layout;
use crate::train::grids::FAKES;

/// Bytes of all grids in a report; a page beyond some megabytes is slow to open.
const MOST_BYTES: u64 = 12 << 20;
/// Grids in a report.
const MOST_GRIDS: usize = 24;

/// A picture of a run.
pub(super) struct Picture {
    /// Thousands of images shown when it was drawn, of a grid.
    pub kimg: u64,
    /// The PNG file.
    pub bytes: Vec<u8>,
    /// Its size in pixels.
    pub size: (u32, u32),
    /// Where its images lie.
    pub layout: Layout,
}

/// The grids from the first to the last, evenly spaced where there are too many. Those without a layout are passed over.
///
/// # Errors
/// A file cannot be read.
pub(super) fn grids(dir: &Path) -> Result<Vec<Picture>, GanError> {
    let fail = |e| StageError::io(dir, "cannot list", e);
    let mut found: Vec<(u64, PathBuf, u64)> = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let number = name.strip_prefix(FAKES).and_then(|n| n.strip_suffix(".png"));
        if let Some(kimg) = number.and_then(|n| n.parse().ok()) {
            found.push((kimg, entry.path(), entry.metadata().map_err(fail)?.len()));
        }
    }
    found.sort();
    let sizes: Vec<u64> = found.iter().map(|f| f.2).collect();
    let mut grids = Vec::new();
    for i in chosen(&sizes) {
        grids.extend(picture(&found[i].1, found[i].0)?);
    }
    Ok(grids)
}

/// A picture with its layout; `None` where there is no such file, or it is none of ours.
///
/// # Errors
/// The file cannot be read.
pub(super) fn picture(path: &Path, kimg: u64) -> Result<Option<Picture>, GanError> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(StageError::io(path, "cannot read", e).into()),
    };
    let Ok(reader) = png::Decoder::new(std::io::Cursor::new(&bytes)).read_info() else {
        return Ok(None);
    };
    let info = reader.info();
    let text = info
        .utf8_text
        .iter()
        .find(|chunk| chunk.keyword == Layout::KEYWORD);
    let layout = text
        .and_then(|chunk| chunk.get_text().ok())
        .and_then(|text| serde_json::from_str(&text).ok());
    let size = info.size();
    Ok(layout.map(|layout| Picture {
        kimg,
        size,
        layout,
        bytes: bytes.clone(),
    }))
}

/// Which of the pictures of these sizes are taken: the first, the last and evenly spaced ones between, as many as are within
/// the limits; the last alone where no more fit.
fn chosen(sizes: &[u64]) -> Vec<usize> {
    let Some(last) = sizes.len().checked_sub(1) else {
        return Vec::new();
    };
    for count in (2..=sizes.len().min(MOST_GRIDS)).rev() {
        let picked: Vec<usize> = (0..count)
            .map(|i| (i * last + (count - 1) / 2) / (count - 1))
            .collect();
        if picked.iter().map(|i| sizes[*i]).sum::<u64>() <= MOST_BYTES {
            return picked;
        }
    }
    vec![last]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_and_the_last_are_taken_and_even_ones_between() {
        assert_eq!(chosen(&[]), <[usize; 0]>::default());
        assert_eq!(chosen(&[9]), [0]);
        assert_eq!(chosen(&[9; 5]), [0, 1, 2, 3, 4]);
        let many = chosen(&[1; 100]);
        assert_eq!((many.len(), many[0], many[23]), (MOST_GRIDS, 0, 99));
        assert!(
            many.windows(2).all(|w| (4..=5).contains(&(w[1] - w[0]))),
            "{many:?}"
        );
        assert_eq!(chosen(&[4 << 20; 10]), [0, 5, 9]);
        assert_eq!(chosen(&[1 << 30; 10]), [9]);
    }
}
