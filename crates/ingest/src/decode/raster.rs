//! Everything that is no JPEG, by the `image` crate: PNG, WebP, GIF (its first frame), BMP, TIFF.

use std::io::{Cursor, ErrorKind};

use image::error::LimitErrorKind;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};

use super::profile::{self, Channels};
use super::{MAX_PIXELS, Photo, check_dimensions};
use crate::background;
use crate::rejects::{Flaw, Reason};

pub(super) fn decode(bytes: &[u8], format: ImageFormat) -> Result<Photo, Flaw> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    // The widest pixel is four channels of 16 bits.
    limits.max_alloc = Some(MAX_PIXELS * 8);
    reader.limits(limits);
    // The decoder of WebP calls a file damaged that is only cut off, but the file says how long it is.
    let flaw = |error| match flaw(error) {
        Flaw {
            reason: Reason::Corrupt,
            detail,
        } if is_cut_webp(bytes) => Flaw::new(Reason::Truncated, detail),
        flaw => flaw,
    };
    let mut decoder = reader.into_decoder().map_err(flaw)?;
    let (width, height) = decoder.dimensions();
    check_dimensions(width, height)?;
    let orientation = decoder.orientation().map_err(flaw)?;
    let icc = decoder.icc_profile().map_err(flaw)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(flaw)?;
    picture.apply_orientation(orientation);
    let mut profile_ignored = false;
    let mut to_srgb = |samples: &mut [u8], channels| {
        if let Some(icc) = &icc {
            match profile::to_srgb(icc, samples, channels) {
                Some(srgb) => samples.copy_from_slice(&srgb),
                None => profile_ignored = true,
            }
        }
    };
    let pixels = if picture.color().has_alpha() {
        let mut picture = picture.into_rgba8();
        to_srgb(&mut picture, Channels::Rgba);
        background::matte(&picture)
    } else {
        let mut picture = picture.into_rgb8();
        to_srgb(&mut picture, Channels::Rgb);
        picture
    };
    Ok(Photo {
        pixels,
        profile_ignored,
    })
}

fn flaw(error: ImageError) -> Flaw {
    let detail = error.to_string();
    let reason = match &error {
        ImageError::IoError(e) if e.kind() == ErrorKind::UnexpectedEof => Reason::Truncated,
        ImageError::Limits(e) if !matches!(e.kind(), LimitErrorKind::Unsupported { .. }) => Reason::TooLarge,
        ImageError::Unsupported(_) | ImageError::Limits(_) => Reason::Unsupported,
        // The decoders wrap the end of the input, and limits, in errors of their own.
        _ if is_end_of_input(&detail) => Reason::Truncated,
        _ if detail.contains("too large") => Reason::TooLarge,
        _ => Reason::Corrupt,
    };
    Flaw::new(reason, detail)
}

/// Whether the bytes are fewer than the RIFF header of a WebP says.
fn is_cut_webp(bytes: &[u8]) -> bool {
    let size = bytes.strip_prefix(b"RIFF").and_then(|rest| rest.first_chunk());
    size.is_some_and(|size| bytes.len() as u64 - 8 < u64::from(u32::from_le_bytes(*size)))
}

fn is_end_of_input(detail: &str) -> bool {
    let said = detail.to_lowercase();
    [
        "unexpected end",
        "unexpected eof",
        "end of file",
        "failed to fill",
        "truncated",
        "not have enough data",
    ]
    .iter()
    .any(|w| said.contains(w))
}
