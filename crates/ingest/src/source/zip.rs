//! A zip archive, read in place. Its central directory decides what it holds; a member is read at its
//! place by any number of threads at once, unpacked in memory, and checked against its size and CRC-32.
//!
//! Format: PKWARE APPNOTE 6.3.10, 4.3.7 (local header), 4.3.12 (central directory).

use std::fs::File;
use std::io::{self, BufReader};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flate2::{Decompress, FlushDecompress, Status};
use stage::StageError;
use zip::{CompressionMethod, ZipArchive};

use super::members::{Member, Members};
use super::{Children, Depth, Listed, Listing, ReadError, Source, join};
use crate::error::IngestError;

/// How a member's local header begins.
const LOCAL_HEADER: [u8; 4] = *b"PK\x03\x04";
/// Bytes of a local header before the name.
const LOCAL_HEADER_BYTES: usize = 30;
/// No byte of a deflate stream stands for more bytes than this (zlib's technical notes).
const DEFLATE_RATIO: u64 = 1032;

/// Members of a zip archive.
#[derive(Clone)]
pub struct Zip {
    archive: Arc<Archive>,
    /// The folder in the archive that is the root.
    folder: String,
    /// The archive's path with the folder appended, for messages.
    root: PathBuf,
}

struct Archive {
    file: File,
    bytes: u64,
    members: Members<Place>,
}

/// Where and how a member is packed.
#[derive(Debug, Clone)]
struct Place {
    header: u64,
    packed: u64,
    crc: u32,
    method: CompressionMethod,
    encrypted: bool,
}

impl Zip {
    /// Reads the central directory of the archive `path`.
    ///
    /// # Errors
    /// The file cannot be read, or is no whole zip archive.
    pub fn open(path: &Path) -> Result<Self, IngestError> {
        let fail = |e| StageError::io(path, "cannot read", e);
        let file = File::open(path).map_err(fail)?;
        let bytes = file.metadata().map_err(fail)?.len();
        let reader = BufReader::with_capacity(1 << 18, file.try_clone().map_err(fail)?);
        let directory = ZipArchive::new(reader).map_err(|e| IngestError::Archive {
            path: path.to_owned(),
            expected: "a zip archive with its central directory at the end",
            found: e.to_string(),
            hint: "the download may be cut off: compare its size, or fetch it again",
        })?;
        let mut found = Vec::with_capacity(directory.len());
        for number in 0..directory.len() {
            let damaged = |e: zip::result::ZipError| IngestError::Archive {
                path: path.to_owned(),
                expected: "a readable central directory",
                found: format!("entry {number}: {e}"),
                hint: "test the archive with `unzip -t`, or fetch it again",
            };
            let entry = directory.by_index_data(number).map_err(damaged)?;
            if entry.is_dir() || entry.is_symlink() {
                continue;
            }
            // Many programs write UTF-8 without saying so; what is none is taken by the format's own code page.
            let name = match std::str::from_utf8(entry.name_raw()) {
                Ok(name) => name.as_bytes().to_vec(),
                Err(_) => entry.name().map_or_else(
                    |_| entry.name_raw().to_vec(),
                    |name| name.into_owned().into_bytes(),
                ),
            };
            let listed = Listed {
                path: String::new(),
                bytes: entry.size(),
                stamp: entry.crc32().into(),
            };
            let place = Place {
                header: entry.header_start(),
                packed: entry.compressed_size(),
                crc: entry.crc32(),
                method: entry.compression(),
                encrypted: entry.encrypted(),
            };
            found.push((name, Member { listed, place }));
        }
        Ok(Self {
            archive: Arc::new(Archive {
                file,
                bytes,
                members: Members::new(found),
            }),
            folder: String::new(),
            root: path.to_owned(),
        })
    }
}

impl Source for Zip {
    fn root(&self) -> &Path {
        &self.root
    }

    fn children(&self, folder: &str) -> Result<Children, IngestError> {
        let whole = join(&self.folder, folder);
        Ok(self.archive.members.children(whole.trim_end_matches('/')))
    }

    fn list(&self, folder: &str, depth: Depth) -> Result<Option<Listing>, IngestError> {
        Ok(self.archive.members.list(&self.folder, folder, depth))
    }

    fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, ReadError> {
        let member = self.archive.members.find(&join(&self.folder, path));
        let member = member.ok_or(ReadError::Absent)?;
        self.archive.read(member.listed.bytes, &member.place, limit)
    }

    fn within(&self, folder: &str) -> Box<dyn Source> {
        Box::new(Self {
            archive: Arc::clone(&self.archive),
            folder: join(&self.folder, folder),
            root: self.root.join(folder),
        })
    }
}

impl Archive {
    fn read(&self, bytes: u64, place: &Place, limit: u64) -> Result<Vec<u8>, ReadError> {
        if place.encrypted {
            return Err(ReadError::Unsupported("encrypted in the archive".to_owned()));
        }
        if bytes > limit {
            return Err(ReadError::TooLarge { bytes, limit });
        }
        // What the directory claims must be possible before memory is taken for it.
        let possible = match place.method {
            CompressionMethod::Stored => place.packed == bytes,
            // An incompressible text grows a little when packed.
            CompressionMethod::Deflated => {
                bytes <= place.packed.saturating_mul(DEFLATE_RATIO)
                    && place.packed <= bytes + bytes / 8 + 1024
            }
            other => return Err(ReadError::Unsupported(format!("packed by {other}"))),
        };
        if !possible {
            return Err(ReadError::Damaged(format!(
                "the archive claims {bytes} bytes, packed into {}",
                place.packed
            )));
        }
        let packed = self.packed(place)?;
        let content = match place.method {
            CompressionMethod::Stored => packed,
            _ => inflate(&packed, bytes)?,
        };
        match crc32fast::hash(&content) {
            crc if crc == place.crc => Ok(content),
            crc => Err(ReadError::Damaged(format!(
                "expected the CRC-32 {:08x}, found {crc:08x}",
                place.crc
            ))),
        }
    }

    /// A member's bytes as they lie in the archive. The local header only tells how long it is itself.
    fn packed(&self, place: &Place) -> Result<Vec<u8>, ReadError> {
        let mut header = [0; LOCAL_HEADER_BYTES];
        self.file
            .read_exact_at(&mut header, place.header)
            .map_err(cut_off)?;
        if !header.starts_with(&LOCAL_HEADER) {
            return Err(ReadError::Damaged(format!(
                "expected a local header at byte {}, found \"{}\"",
                place.header,
                header[..4].escape_ascii()
            )));
        }
        let length = |at: usize| u64::from(u16::from_le_bytes([header[at], header[at + 1]]));
        let start = place.header + LOCAL_HEADER_BYTES as u64 + length(26) + length(28);
        if start.checked_add(place.packed).is_none_or(|end| end > self.bytes) {
            return Err(ReadError::Damaged("it ends beyond the archive".to_owned()));
        }
        let mut packed = vec![0; usize::try_from(place.packed).map_err(|_| too_large())?];
        self.file.read_exact_at(&mut packed, start).map_err(cut_off)?;
        Ok(packed)
    }
}

fn inflate(packed: &[u8], bytes: u64) -> Result<Vec<u8>, ReadError> {
    let expected = usize::try_from(bytes).map_err(|_| too_large())?;
    // Room for one byte more: a stream that holds more than it should is seen to do so.
    let mut content = Vec::with_capacity(expected + 1);
    let ended = Decompress::new(false).decompress_vec(packed, &mut content, FlushDecompress::Finish);
    match ended {
        Ok(Status::StreamEnd) if content.len() == expected => Ok(content),
        Ok(_) => Err(ReadError::Damaged(format!(
            "expected {expected} bytes, found {} when unpacked",
            content.len()
        ))),
        Err(e) => Err(ReadError::Damaged(format!("cannot be unpacked: {e}"))),
    }
}

fn too_large() -> ReadError {
    ReadError::Damaged("too large for the memory".to_owned())
}

fn cut_off(e: io::Error) -> ReadError {
    match e.kind() {
        io::ErrorKind::UnexpectedEof => ReadError::Damaged("the archive ends before it".to_owned()),
        _ => ReadError::System(e),
    }
}
