//! Texts from a file or stdin, one a line.

use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::path::Path;

use crate::StageError;

/// A longer line is no text of anybody's.
const MAX_LINE_BYTES: u64 = 16 << 20;

/// The lines of a text file, without their ends and without a byte order mark, each read when it is asked for.
pub struct Lines {
    origin: String,
    reader: Box<dyn BufRead>,
    read: u64,
}

impl Lines {
    /// Opens a file; `-` is stdin.
    ///
    /// # Errors
    /// There is none, it is a folder, or it cannot be opened.
    pub fn open(path: &Path) -> Result<Self, StageError> {
        if path.as_os_str() == "-" {
            return Ok(Self {
                origin: "stdin".to_owned(),
                reader: Box::new(io::stdin().lock()),
                read: 0,
            });
        }
        let origin = path.display().to_string();
        let found = match File::open(path) {
            Ok(_) if path.is_dir() => "a folder".to_owned(),
            Ok(file) => {
                return Ok(Self {
                    origin,
                    reader: Box::new(BufReader::with_capacity(1 << 18, file)),
                    read: 0,
                });
            }
            Err(e) if e.kind() == ErrorKind::NotFound => "nothing".to_owned(),
            Err(e) => e.to_string(),
        };
        Err(StageError::NoText { origin, found })
    }

    /// What the lines come from, as errors name it: the path, or `stdin`.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    fn line(&mut self) -> Result<Option<String>, StageError> {
        let (origin, number) = (&self.origin, self.read + 1);
        let bad = |expected, found: String, hint| StageError::Line {
            origin: origin.clone(),
            line: number,
            expected,
            found,
            hint,
        };
        let mut bytes = Vec::new();
        (&mut self.reader)
            .take(MAX_LINE_BYTES + 1)
            .read_until(b'\n', &mut bytes)
            .map_err(|e| StageError::io(Path::new(origin), "cannot read", e))?;
        if bytes.is_empty() {
            return Ok(None);
        }
        if bytes.len() as u64 > MAX_LINE_BYTES {
            return Err(bad("at most 16 MiB", "more".to_owned(), "one text a line"));
        }
        let text = str::from_utf8(&bytes).map_err(|e| {
            bad(
                "UTF-8",
                e.to_string(),
                "convert the file, for instance with iconv",
            )
        })?;
        self.read = number;
        let text = text.strip_suffix('\n').unwrap_or(text);
        Ok(Some(
            text.strip_suffix('\r')
                .unwrap_or(text)
                .trim_start_matches('\u{FEFF}')
                .to_owned(),
        ))
    }
}

impl Iterator for Lines {
    type Item = Result<String, StageError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.line().transpose()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// What all lines of a file of these bytes are.
    fn read(bytes: &[u8]) -> Result<Vec<String>, StageError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("texts");
        std::fs::write(&path, bytes).unwrap();
        Lines::open(&path)?.collect()
    }

    #[test]
    fn lines_come_without_their_ends_and_empty_ones_count() {
        let lines = read("\u{FEFF}red shirt\r\n\nnavy".as_bytes()).unwrap();
        assert_eq!(lines, ["red shirt", "", "navy"]);
        assert!(read(b"").unwrap().is_empty());
    }

    #[test]
    fn what_is_no_text_is_told_with_its_line() {
        let error = read(b"red\n\xff\xfe\n").unwrap_err().to_string();
        assert!(
            error.contains("texts: line 2: expected UTF-8, found") && error.contains("\nhint: "),
            "{error}"
        );
        let mut long = b"red\n".to_vec();
        long.resize(long.len() + MAX_LINE_BYTES as usize + 1, b'x');
        let error = read(&long).unwrap_err().to_string();
        assert!(
            error.contains("texts: line 2: expected at most 16 MiB, found more"),
            "{error}"
        );
    }

    #[test]
    fn nothing_and_a_folder_are_told_with_a_hint() {
        let dir = tempfile::tempdir().unwrap();
        for (name, found) in [("absent", "found nothing"), (".", "found a folder")] {
            let error = Lines::open(&dir.path().join(name)).map(|_| ()).unwrap_err();
            let error = error.to_string();
            assert!(
                error.contains("cannot read: expected a text file, ")
                    && error.contains(found)
                    && error.contains("\nhint: "),
                "{error}"
            );
        }
    }
}
