//! The marker segments of a JPEG up to its first scan: dimensions, Adobe's note on colour, Exif, colour profile.
//! ITU-T T.81, annex B.

use std::ops::Range;

use crate::rejects::{Flaw, Reason};

/// What the segments before the first scan say.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Markers<'a> {
    /// Width in pixels, 0 where the frame leaves it open.
    pub(super) width: u32,
    /// Height in pixels, 0 where the frame leaves it open.
    pub(super) height: u32,
    /// Adobe wrote the file: its CMYK is stored inverted.
    pub(super) adobe: bool,
    /// The TIFF structure of the Exif segment.
    pub(super) exif: Option<&'a [u8]>,
    /// The parts of the colour profile: number from 1, number of parts, bytes. ICC.1:2022, annex B.4.
    profile: Vec<(u8, u8, &'a [u8])>,
    /// Where the segments of the profile lie, markers included.
    profile_at: Vec<Range<usize>>,
}

impl Markers<'_> {
    /// The file without the segments of the colour profile. libjpeg-turbo gives up a file whose profile lacks
    /// a part, be its pixels whole.
    pub(super) fn without_profile(&self, bytes: &[u8]) -> Vec<u8> {
        let mut kept = Vec::with_capacity(bytes.len());
        let mut from = 0;
        for segment in &self.profile_at {
            kept.extend_from_slice(&bytes[from..segment.start]);
            from = segment.end;
        }
        kept.extend_from_slice(&bytes[from..]);
        kept
    }

    /// The colour profile, put together; `None` where there is none, `Some(None)` where a part is missing or empty.
    pub(super) fn profile(&self) -> Option<Option<Vec<u8>>> {
        let &(_, count, _) = self.profile.first()?;
        let mut parts = self.profile.clone();
        parts.sort_by_key(|&(number, ..)| number);
        let numbered = parts
            .iter()
            .map(|&(number, of, _)| (number, of))
            .eq((1..=count).map(|number| (number, count)));
        // libjpeg-turbo takes an empty part for damage.
        let whole = numbered && parts.iter().all(|(.., bytes)| !bytes.is_empty());
        Some(whole.then(|| parts.iter().flat_map(|&(.., bytes)| bytes).copied().collect()))
    }
}

const SOS: u8 = 0xda;
const EOI: u8 = 0xd9;
const APP1: u8 = 0xe1;
const APP2: u8 = 0xe2;
const APP14: u8 = 0xee;

/// Walks the segments from the start of the image to the first scan.
///
/// # Errors
/// The file ends before its first scan, has no frame, or is no sequence of segments.
pub(super) fn read(bytes: &[u8]) -> Result<Markers<'_>, Flaw> {
    let cut = |at: usize| {
        Flaw::new(
            Reason::Truncated,
            format!("the JPEG ends at byte {at}, within its header"),
        )
    };
    let mut found = Markers::default();
    let mut framed = false;
    // After the start-of-image marker, which is how the file was known for a JPEG.
    let mut at = 2;
    loop {
        let rest = bytes
            .get(at..)
            .filter(|rest| rest.len() >= 2)
            .ok_or_else(|| cut(bytes.len()))?;
        if rest[0] != 0xff {
            return Err(Flaw::new(
                Reason::Corrupt,
                format!("byte {at} of the JPEG: expected a marker, found {:#04x}", rest[0]),
            ));
        }
        let marker = rest[1];
        match marker {
            // Fill bytes, and markers that stand alone.
            0xff => at += 1,
            0x01 | 0xd0..=0xd8 => at += 2,
            EOI => return Err(Flaw::new(Reason::Truncated, "the JPEG ends without a scan")),
            SOS if framed => return Ok(found),
            SOS => return Err(Flaw::new(Reason::Corrupt, "the JPEG has a scan before its frame")),
            _ => {
                let length = rest.get(2..4).ok_or_else(|| cut(bytes.len()))?;
                let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
                if length < 2 {
                    return Err(Flaw::new(
                        Reason::Corrupt,
                        format!("byte {at} of the JPEG: a segment of {length} bytes"),
                    ));
                }
                let body = rest.get(4..2 + length).ok_or_else(|| cut(bytes.len()))?;
                match marker {
                    // Every start of frame, but not the tables DHT, JPG and DAC that lie among them.
                    0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                        let [_, h1, h0, w1, w0, ..] = *body else {
                            return Err(Flaw::new(Reason::Corrupt, "the JPEG's frame header is cut"));
                        };
                        found.height = u32::from(u16::from_be_bytes([h1, h0]));
                        found.width = u32::from(u16::from_be_bytes([w1, w0]));
                        framed = true;
                    }
                    APP1 if found.exif.is_none() => found.exif = body.strip_prefix(b"Exif\0\0"),
                    APP2 => {
                        if let Some(&[number, count, ref part @ ..]) = body.strip_prefix(b"ICC_PROFILE\0") {
                            found.profile.push((number, count, part));
                            found.profile_at.push(at..at + 2 + length);
                        }
                    }
                    APP14 => found.adobe |= body.starts_with(b"Adobe"),
                    _ => {}
                }
                at += 2 + length;
            }
        }
    }
}
