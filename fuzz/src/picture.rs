//! The bytes of a picture: what they are, their pixels, the square made of them, and what it looks like.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, ImageReader, RgbImage, RgbaImage};
use ingest::decode;
use ingest::fit::{Fit, Square};
use ingest::near::Looker;

use super::Seed;

/// Pictures that claim more pixels are left to the tests: each would take a second.
const MAX_PIXELS: u64 = 1 << 20;

pub(crate) fn run(data: &[u8]) {
    let claimed = ImageReader::new(Cursor::new(data))
        .with_guessed_format()
        .ok()
        .and_then(|reader| reader.into_dimensions().ok());
    if claimed.is_some_and(|(w, h)| u64::from(w) * u64::from(h) > MAX_PIXELS) {
        return;
    }
    for fit in [Fit::Pad, Fit::Crop] {
        let square = Square { size: 16, fit };
        let photo = match decode::decode(data, square) {
            Ok(photo) => photo,
            Err(flaw) => {
                assert!(!flaw.detail.is_empty(), "{flaw:?}");
                return;
            }
        };
        let squared = square.apply(&photo.pixels, &mut Default::default());
        let squared = squared.unwrap_or_else(|flaw| panic!("decoded, and then {flaw:?}"));
        let content = squared.content;
        assert_eq!(squared.pixels.len(), 16 * 16 * 3);
        assert!(content.w > 0 && content.h > 0 && content.x + content.w <= 16 && content.y + content.h <= 16);
        assert!(Looker::default().look(&squared.pixels, 16).is_some());
    }
}

pub(crate) fn seeds() -> Vec<Seed> {
    use ImageFormat::{Bmp, Gif, Jpeg, Png, Tiff, WebP};
    let rgb = RgbImage::from_fn(12, 9, |x, y| image::Rgb([x as u8 * 20, y as u8 * 25, 90]));
    let rgba = RgbaImage::from_fn(9, 12, |x, y| image::Rgba([x as u8 * 20, 90, 30, y as u8 * 20]));
    let rgb = DynamicImage::ImageRgb8(rgb);
    let mut seeds: Vec<Seed> = [Bmp, Gif, Jpeg, Png, Tiff, WebP]
        .into_iter()
        .map(|format| {
            (
                format!("rgb.{}", format.extensions_str()[0]),
                encoded(&rgb, format),
            )
        })
        .collect();
    let other = [
        ("alpha.png", DynamicImage::ImageRgba8(rgba.clone()), Png),
        ("alpha.webp", DynamicImage::ImageRgba8(rgba), WebP),
        ("deep.png", DynamicImage::ImageRgb16(rgb.to_rgb16()), Png),
        ("grey.png", DynamicImage::ImageLumaA8(rgb.to_luma_alpha8()), Png),
        ("grey.jpg", DynamicImage::ImageLuma8(rgb.to_luma8()), Jpeg),
    ];
    seeds.extend(other.map(|(name, picture, format)| (name.to_owned(), encoded(&picture, format))));
    seeds
}

fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let written = picture.write_to(&mut bytes, format);
    assert!(written.is_ok(), "{format:?}: {written:?}");
    bytes.into_inner()
}
