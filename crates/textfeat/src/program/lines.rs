//! Texts from a file or stdin, one a line.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use anyhow::{Result, anyhow, bail};

/// A longer line is no caption.
const MAX_LINE_BYTES: u64 = 16 << 20;

/// The lines of a text file, without their ends.
pub(super) struct Lines {
    name: String,
    reader: Box<dyn BufRead>,
    read: u64,
}

impl Lines {
    /// Opens a file; `-` is stdin.
    pub(super) fn open(path: &Path) -> Result<Self> {
        if path.as_os_str() == "-" {
            return Ok(Self {
                name: "stdin".to_owned(),
                reader: Box::new(io::stdin().lock()),
                read: 0,
            });
        }
        let name = path.display().to_string();
        let file = File::open(path)
            .map_err(|e| anyhow!("{name}: cannot read: {e}\nhint: name a text file, or `-` for stdin"))?;
        Ok(Self {
            name,
            reader: Box::new(BufReader::with_capacity(1 << 18, file)),
            read: 0,
        })
    }

    /// Up to `count` lines more; none at the end.
    pub(super) fn batch(&mut self, count: usize) -> Result<Vec<String>> {
        self.take(count).collect()
    }

    fn line(&mut self) -> Result<Option<String>> {
        let (name, number) = (&self.name, self.read + 1);
        let mut bytes = Vec::new();
        (&mut self.reader)
            .take(MAX_LINE_BYTES + 1)
            .read_until(b'\n', &mut bytes)
            .map_err(|e| anyhow!("{name}: line {number}: cannot read: {e}"))?;
        if bytes.is_empty() {
            return Ok(None);
        }
        if bytes.len() as u64 > MAX_LINE_BYTES {
            bail!(
                "{name}: line {number}: expected at most {MAX_LINE_BYTES} bytes, found more\nhint: one text a line"
            );
        }
        self.read = number;
        let text = str::from_utf8(&bytes)
            .map_err(|e| anyhow!("{name}: line {number}: expected UTF-8, found {e}\nhint: convert the file, for instance with iconv"))?;
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
    type Item = Result<String>;

    fn next(&mut self) -> Option<Self::Item> {
        self.line().transpose()
    }
}
