//! The bytes of a picture to RGB pixels, upright. What the bytes are is decided by the bytes, never by the
//! file's name, and limits are applied to the dimensions in the header before anything is decoded.

mod jpeg;
mod markers;
mod profile;
mod raster;

use image::{ImageFormat, RgbImage};

use crate::fit::Square;
use crate::rejects::{Flaw, Reason};

/// A file of more bytes is not read.
pub const MAX_FILE_BYTES: u64 = 256 << 20;
/// A picture of more pixels is not decoded.
pub const MAX_PIXELS: u64 = 100_000_000;

/// A decoded picture, upright, in sRGB.
#[derive(Debug, PartialEq, Eq)]
pub struct Photo {
    /// Its pixels.
    pub pixels: RgbImage,
    /// It came with a colour profile that is damaged or not for its kind of colours; they are taken for sRGB.
    pub profile_ignored: bool,
}

/// Decodes a picture; a JPEG only as finely as `target` needs it.
///
/// # Errors
/// The bytes are no picture, of an unknown kind, too large, cut off or damaged.
pub fn decode(bytes: &[u8], target: Square) -> Result<Photo, Flaw> {
    if bytes.is_empty() {
        return Err(Flaw::new(Reason::NotAnImage, "the file is empty"));
    }
    if let Some(brand) = heif_brand(bytes) {
        return Err(Flaw::new(
            Reason::Unsupported,
            format!(
                "AVIF and HEIF (here of brand {brand}) are not decoded; convert the picture to JPEG, PNG or WebP"
            ),
        ));
    }
    match image::guess_format(bytes) {
        Ok(ImageFormat::Jpeg) => jpeg::decode(bytes, target),
        Ok(format) if format.reading_enabled() => raster::decode(bytes, format),
        Ok(format) => Err(Flaw::new(
            Reason::Unsupported,
            format!("pictures of type {format:?} are not decoded"),
        )),
        Err(_) => Err(Flaw::new(
            Reason::NotAnImage,
            format!("no picture begins with {}", first_bytes(bytes)),
        )),
    }
}

fn check_dimensions(width: u32, height: u32) -> Result<(), Flaw> {
    let pixels = u64::from(width) * u64::from(height);
    match pixels {
        0 => Err(Flaw::new(Reason::Corrupt, format!("{width}x{height} pixels"))),
        1..=MAX_PIXELS => Ok(()),
        _ => Err(Flaw::new(
            Reason::TooLarge,
            format!(
                "{width}x{height} pixels, the limit is {} million",
                MAX_PIXELS / 1_000_000
            ),
        )),
    }
}

/// The brand of a file in ISO's base media format, such as `avif` or `heic` (ISO/IEC 14496-12, 4.3).
fn heif_brand(bytes: &[u8]) -> Option<String> {
    let brand = bytes.get(8..12)?;
    (bytes[4..8] == *b"ftyp").then(|| brand.escape_ascii().to_string())
}

/// The first bytes in a form that tells a person what the file is instead.
fn first_bytes(bytes: &[u8]) -> String {
    let head = &bytes[..bytes.len().min(12)];
    format!("\"{}\"", head.escape_ascii())
}

#[cfg(test)]
mod tests;
