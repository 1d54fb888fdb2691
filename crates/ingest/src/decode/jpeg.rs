//! JPEG by libjpeg-turbo, decoded at the smallest sufficient scale.

use std::borrow::Cow;

use image::metadata::Orientation;
use image::{DynamicImage, RgbImage};
use turbojpeg::{Colorspace, Decompressor, Image, PixelFormat, ScalingFactor};

use super::profile::{self, Channels};
use super::{Photo, check_dimensions, markers};
use crate::fit::Square;
use crate::rejects::{Flaw, Reason};

/// A progressive file of a few kB can hold thousands of scans that each cost a pass over all pixels; the
/// progressions that encoders write have about ten.
const MAX_SCANS: u32 = 500;

pub(super) fn decode(bytes: &[u8], target: Square) -> Result<Photo, Flaw> {
    let found = markers::read(bytes)?;
    check_dimensions(found.width, found.height)?;
    let profile = found.profile();
    let bytes = &*match profile {
        Some(None) => Cow::Owned(found.without_profile(bytes)),
        _ => Cow::Borrowed(bytes),
    };
    let mut decoder = Decompressor::new().map_err(flaw)?;
    decoder.set_scan_limit(MAX_SCANS).map_err(flaw)?;
    let header = decoder.read_header(bytes).map_err(flaw)?;
    if !header.is_lossless {
        let eighths = target.eighths(found.width, found.height);
        decoder
            .set_scaling_factor(ScalingFactor::new(usize::from(eighths), 8))
            .map_err(flaw)?;
    }
    let scaled = header.scaled(decoder.scaling_factor());
    let format = match header.colorspace {
        Colorspace::CMYK | Colorspace::YCCK => PixelFormat::CMYK,
        _ => PixelFormat::RGB,
    };
    let pitch = scaled.width * format.size();
    let mut pixels = vec![0; pitch * scaled.height];
    let output = Image {
        pixels: &mut pixels[..],
        width: scaled.width,
        pitch,
        height: scaled.height,
        format,
    };
    if let Err(e) = decoder.decompress(bytes, output)
        && !is_harmless(&e)
    {
        return Err(flaw(e));
    }
    let channels = if format == PixelFormat::CMYK {
        if found.adobe {
            // Adobe stores ink inverted: 255 is none.
            pixels.iter_mut().for_each(|ink| *ink = 255 - *ink);
        }
        Channels::Cmyk
    } else {
        Channels::Rgb
    };
    let managed = profile
        .as_ref()
        .and_then(|icc| profile::to_srgb(icc.as_deref()?, &pixels, channels));
    let profile_ignored = profile.is_some() && managed.is_none();
    let pixels = match managed {
        Some(srgb) => srgb,
        None if channels == Channels::Cmyk => cmyk_to_rgb(&pixels),
        None => pixels,
    };
    // Both fit: the dimensions were checked against the limit.
    let photo = RgbImage::from_raw(scaled.width as u32, scaled.height as u32, pixels).ok_or_else(|| {
        Flaw::new(
            Reason::Corrupt,
            "the decoder gave fewer pixels than the header promised",
        )
    })?;
    Ok(Photo {
        pixels: upright(photo, found.exif),
        profile_ignored,
    })
}

fn upright(photo: RgbImage, exif: Option<&[u8]>) -> RgbImage {
    match exif.and_then(Orientation::from_exif_chunk) {
        None | Some(Orientation::NoTransforms) => photo,
        Some(orientation) => {
            let mut photo = DynamicImage::ImageRgb8(photo);
            photo.apply_orientation(orientation);
            photo.into_rgb8()
        }
    }
}

/// Ink, 255 is full, to light as screens without a colour profile have it.
fn cmyk_to_rgb(cmyk: &[u8]) -> Vec<u8> {
    let light = |ink: u8| u32::from(255 - ink);
    let mut rgb = Vec::with_capacity(cmyk.len() / 4 * 3);
    for &[c, m, y, k] in cmyk.as_chunks::<4>().0 {
        rgb.extend([c, m, y].map(|ink| ((light(ink) * light(k) + 127) / 255) as u8));
    }
    rgb
}

/// libjpeg-turbo reports its first warning as an error, after decoding all it found. Stray bytes before the
/// end-of-image marker (0xd9) are the one warning that leaves every pixel whole; cameras write them.
fn is_harmless(error: &turbojpeg::Error) -> bool {
    error.to_string().contains("extraneous bytes before marker 0xd9")
}

fn flaw(error: turbojpeg::Error) -> Flaw {
    let detail = error.to_string();
    let said = detail.to_lowercase();
    let reason = if said.contains("premature end") {
        Reason::Truncated
    } else if said.contains("unsupported") {
        Reason::Unsupported
    } else {
        Reason::Corrupt
    };
    Flaw::new(reason, detail)
}

#[cfg(test)]
mod tests {
    use super::cmyk_to_rgb;

    #[test]
    fn ink_darkens() {
        assert_eq!(
            cmyk_to_rgb(&[0, 255, 255, 0, 0, 0, 0, 255, 0, 0, 0, 0]),
            [255, 0, 0, 0, 0, 0, 255, 255, 255]
        );
    }
}
