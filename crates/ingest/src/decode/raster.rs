//! Everything that is no JPEG, by the `image` crate: PNG, WebP, GIF (its first frame), BMP, TIFF.

use std::io::{Cursor, ErrorKind};

use image::error::LimitErrorKind;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, RgbImage};

use super::{MAX_PIXELS, check_dimensions};
use crate::background;
use crate::rejects::{Flaw, Reason};

pub(super) fn decode(bytes: &[u8], format: ImageFormat) -> Result<RgbImage, Flaw> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    // The widest pixel is four channels of 16 bits.
    limits.max_alloc = Some(MAX_PIXELS * 8);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(flaw)?;
    let (width, height) = decoder.dimensions();
    check_dimensions(width, height)?;
    let orientation = decoder.orientation().map_err(flaw)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(flaw)?;
    picture.apply_orientation(orientation);
    Ok(if picture.color().has_alpha() {
        background::matte(&picture.into_rgba8())
    } else {
        picture.into_rgb8()
    })
}

fn flaw(error: ImageError) -> Flaw {
    let detail = error.to_string();
    let reason = match &error {
        ImageError::IoError(e) if e.kind() == ErrorKind::UnexpectedEof => Reason::Truncated,
        ImageError::Limits(e) if !matches!(e.kind(), LimitErrorKind::Unsupported { .. }) => Reason::TooLarge,
        ImageError::Unsupported(_) | ImageError::Limits(_) => Reason::Unsupported,
        // The decoders wrap the end of the input in errors of their own.
        _ if is_end_of_input(&detail) => Reason::Truncated,
        _ => Reason::Corrupt,
    };
    Flaw::new(reason, detail)
}

fn is_end_of_input(detail: &str) -> bool {
    let said = detail.to_lowercase();
    [
        "unexpected end",
        "unexpected eof",
        "end of file",
        "failed to fill",
        "truncated",
    ]
    .iter()
    .any(|w| said.contains(w))
}
