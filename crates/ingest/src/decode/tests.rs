//! Hostile, odd and ordinary pictures, all made here.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::Cursor;

use image::{DynamicImage, ImageBuffer, Luma, Rgb, RgbImage, Rgba};
use turbojpeg::{Compressor, Image, PixelFormat, Subsamp};

use super::*;
use crate::fit::Fit;

const RED: [u8; 3] = [220, 20, 20];
const GREEN: [u8; 3] = [20, 180, 20];
const WIDE: Square = Square {
    size: 1024,
    fit: Fit::Pad,
};

/// Red above, green below.
fn flag(w: u32, h: u32) -> RgbImage {
    RgbImage::from_fn(w, h, |_, y| Rgb(if y < h / 2 { RED } else { GREEN }))
}

fn jpeg_of(pixels: &[u8], w: usize, h: usize, format: PixelFormat, progressive: bool) -> Vec<u8> {
    let mut compressor = Compressor::new().unwrap();
    compressor.set_quality(95).unwrap();
    compressor
        .set_subsamp(if format == PixelFormat::GRAY {
            Subsamp::Gray
        } else {
            Subsamp::None
        })
        .unwrap();
    compressor.set_progressive(progressive).unwrap();
    let image = Image {
        pixels,
        width: w,
        pitch: w * format.size(),
        height: h,
        format,
    };
    compressor.compress_to_vec(image).unwrap()
}

fn jpeg(photo: &RgbImage) -> Vec<u8> {
    jpeg_of(
        photo.as_raw(),
        photo.width() as usize,
        photo.height() as usize,
        PixelFormat::RGB,
        false,
    )
}

fn encoded(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn noise(w: u32, h: u32) -> RgbImage {
    let mut state = 1_u32;
    RgbImage::from_fn(w, h, |_, _| {
        Rgb(std::array::from_fn(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        }))
    })
}

/// The JPEG with an Exif segment that says how it was held.
fn held(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let tiff = [
        b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".as_slice(),
        &[orientation, 0, 0, 0, 0, 0, 0],
    ]
    .concat();
    let length = u16::try_from(2 + 6 + tiff.len()).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, b"Exif\0\0", &tiff, &jpeg[2..]].concat()
}

/// The JPEG with other dimensions in its frame header.
fn claiming(mut jpeg: Vec<u8>, width: u16, height: u16) -> Vec<u8> {
    let frame = jpeg
        .windows(2)
        .position(|w| w[0] == 0xff && matches!(w[1], 0xc0 | 0xc2))
        .unwrap();
    jpeg[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    jpeg[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    jpeg
}

/// The PNG with other dimensions in its header, and the header's checksum right.
fn claiming_png(mut png: Vec<u8>, width: u32, height: u32) -> Vec<u8> {
    png[16..20].copy_from_slice(&width.to_be_bytes());
    png[20..24].copy_from_slice(&height.to_be_bytes());
    let mut crc = u32::MAX;
    for byte in &png[12..29] {
        crc ^= u32::from(*byte);
        (0..8).for_each(|_| crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()));
    }
    png[29..33].copy_from_slice(&(!crc).to_be_bytes());
    png
}

fn pixels(bytes: &[u8], target: Square) -> RgbImage {
    decode(bytes, target).unwrap().pixels
}

fn reason(bytes: &[u8]) -> Reason {
    decode(bytes, WIDE).unwrap_err().reason
}

#[track_caller]
fn assert_colour(photo: &RgbImage, x: u32, y: u32, colour: [u8; 3]) {
    let found = photo.get_pixel(x, y).0;
    assert!(
        found.iter().zip(colour).all(|(&a, b)| a.abs_diff(b) <= 6),
        "({x}, {y}): {found:?}, not {colour:?}"
    );
}

#[track_caller]
fn assert_flag(photo: &RgbImage) {
    let (w, h) = photo.dimensions();
    assert_colour(photo, w / 2, h / 8, RED);
    assert_colour(photo, w / 2, h - h / 8, GREEN);
}

#[test]
fn every_kind_of_picture_is_decoded_whatever_its_name() {
    use ImageFormat::{Bmp, Gif, Png, Tiff, WebP};
    for format in [Png, Gif, Bmp, Tiff, WebP] {
        let photo = pixels(&encoded(flag(40, 60), format), WIDE);
        assert_eq!(photo.dimensions(), (40, 60), "{format:?}");
        assert_flag(&photo);
    }
    assert_flag(&pixels(&jpeg(&flag(40, 60)), WIDE));
}

#[test]
fn a_jpeg_is_decoded_no_finer_than_needed() {
    let small = Square {
        size: 32,
        fit: Fit::Pad,
    };
    let photo = pixels(&jpeg(&flag(600, 800)), small);
    assert_eq!(photo.dimensions(), (75, 100));
    assert_flag(&photo);
}

#[test]
fn a_jpeg_is_turned_as_its_exif_says() {
    let wide = jpeg(&flag(64, 32));
    let upright = pixels(&held(&wide, 1), WIDE);
    assert_eq!(upright.dimensions(), (64, 32));
    assert_flag(&upright);
    let upside_down = pixels(&held(&wide, 3), WIDE);
    assert_colour(&upside_down, 32, 4, GREEN);
    let clockwise = pixels(&held(&wide, 6), WIDE);
    assert_eq!(clockwise.dimensions(), (32, 64));
    assert_colour(&clockwise, 28, 32, RED);
    assert_colour(&clockwise, 3, 32, GREEN);
    assert_flag(&pixels(&held(&wide, 99), WIDE));
}

#[test]
fn inverted_cmyk_comes_out_in_its_colours() {
    // As Adobe stores it: 255 is no ink.
    let inks: Vec<u8> = flag(32, 32)
        .pixels()
        .flat_map(|Rgb([r, g, b])| [*r, *g, *b, 255])
        .collect();
    assert_flag(&pixels(&jpeg_of(&inks, 32, 32, PixelFormat::CMYK, false), WIDE));
}

/// The JPEG with the profile in parts of these numbers, of a count of parts.
fn profiled(jpeg: &[u8], icc: &[u8], numbers: &[u8], count: u8) -> Vec<u8> {
    let mut bytes = jpeg[..2].to_vec();
    for &number in numbers {
        let share = icc.len().div_ceil(usize::from(count)).max(1);
        let part = icc.chunks(share).nth(usize::from(number) - 1).unwrap_or_default();
        bytes.extend([0xff, 0xe2]);
        bytes.extend(u16::try_from(2 + 14 + part.len()).unwrap().to_be_bytes());
        bytes.extend(b"ICC_PROFILE\0");
        bytes.extend([number, count]);
        bytes.extend(part);
    }
    [&bytes, &jpeg[2..]].concat()
}

const WIDE_RGB: &[u8] = include_bytes!("../../tests/fixtures/wide.icc");

#[test]
fn colours_are_those_of_the_profile() {
    // Wide-gamut green of this strength lies at the edge of sRGB.
    let green = jpeg(&RgbImage::from_pixel(16, 16, Rgb([120, 200, 120])));
    assert_colour(&pixels(&green, WIDE), 8, 8, [120, 200, 120]);
    // What Pillow makes of it.
    let expected = [51, 201, 116];
    for numbers in [[1, 2, 3], [3, 1, 2]] {
        let photo = decode(&profiled(&green, WIDE_RGB, &numbers, 3), WIDE).unwrap();
        assert_colour(&photo.pixels, 8, 8, expected);
        assert!(!photo.profile_ignored);
    }
    let mut png = Vec::new();
    let mut encoder = image::codecs::png::PngEncoder::new(&mut png);
    image::ImageEncoder::set_icc_profile(&mut encoder, WIDE_RGB.to_vec()).unwrap();
    RgbImage::from_pixel(16, 16, Rgb([120, 200, 120]))
        .write_with_encoder(encoder)
        .unwrap();
    assert_colour(&pixels(&png, WIDE), 8, 8, expected);
}

#[test]
fn a_profile_that_cannot_be_used_leaves_the_photo_as_it_is_and_is_told() {
    let plain = jpeg(&flag(32, 32));
    for (icc, numbers, count) in [
        (WIDE_RGB, [1, 2], 3),
        (WIDE_RGB, [2, 2], 2),
        (b"", [1, 2], 2),
        (b"nonsense".as_slice(), [1, 2], 2),
        (
            include_bytes!("../../tests/fixtures/inks.icc").as_slice(),
            [1, 2],
            2,
        ),
    ] {
        let photo = decode(&profiled(&plain, icc, &numbers, count), WIDE).unwrap();
        assert!(photo.profile_ignored);
        assert_flag(&photo.pixels);
    }
}

#[test]
fn a_resized_photo_is_pillows() {
    let square = Square {
        size: 128,
        fit: Fit::Pad,
    };
    let photo = pixels(include_bytes!("../../tests/fixtures/garment.jpg"), square);
    assert_eq!(photo.dimensions(), (192, 256));
    let squared = square
        .apply(&photo, &mut fast_image_resize::Resizer::new())
        .unwrap();
    let pillow = image::load_from_memory(include_bytes!("../../tests/fixtures/garment.png"))
        .unwrap()
        .into_rgb8();
    let content = squared.content;
    assert_eq!((content.w, content.h), pillow.dimensions());
    let at = |x: u32, y: u32| ((content.y + y) * square.size + content.x + x) as usize * 3;
    let difference: u64 = pillow
        .enumerate_pixels()
        .flat_map(|(x, y, pixel)| {
            pixel
                .0
                .into_iter()
                .zip(&squared.pixels[at(x, y)..])
                .map(|(a, &b)| u64::from(a.abs_diff(b)))
        })
        .sum();
    let mean = difference as f64 / f64::from(content.w * content.h * 3);
    assert!(mean < 0.5, "{mean} of 255");
}

#[test]
fn greyscale_sixteen_bits_and_transparency_become_rgb() {
    let grey = pixels(&jpeg_of(&[90; 32 * 32], 32, 32, PixelFormat::GRAY, false), WIDE);
    assert_colour(&grey, 16, 16, [90; 3]);
    let deep = ImageBuffer::from_fn(8, 8, |_, _| Rgb([65_535_u16, 0, 32_768]));
    assert_colour(
        &pixels(&encoded(deep, ImageFormat::Png), WIDE),
        4,
        4,
        [255, 0, 128],
    );
    let deep_grey = ImageBuffer::from_fn(8, 8, |_, _| Luma([32_768_u16]));
    assert_colour(
        &pixels(&encoded(deep_grey, ImageFormat::Png), WIDE),
        4,
        4,
        [128; 3],
    );
    let cut_out = ImageBuffer::from_fn(9, 9, |x, _| {
        Rgba(if x == 4 { [0_u8, 0, 200, 255] } else { [0; 4] })
    });
    let matted = pixels(&encoded(cut_out, ImageFormat::Png), WIDE);
    assert_colour(&matted, 0, 0, [255; 3]);
    assert_colour(&matted, 4, 4, [0, 0, 200]);
}

#[test]
fn a_jpeg_cut_anywhere_is_truncated_and_never_grey_filled() {
    let photo = noise(96, 128);
    for progressive in [false, true] {
        let whole = jpeg_of(photo.as_raw(), 96, 128, PixelFormat::RGB, progressive);
        for percent in [1, 3, 10, 50, 90, 99] {
            let cut = &whole[..whole.len() * percent / 100];
            assert_eq!(
                reason(cut),
                Reason::Truncated,
                "{percent} %, progressive: {progressive}"
            );
        }
        assert_eq!(
            reason(&whole[..whole.len() - 2]),
            Reason::Truncated,
            "without its end marker"
        );
        let closed = [&whole[..whole.len() / 2], &[0xff, 0xd9]].concat();
        assert_ne!(
            decode(&closed, WIDE).map_err(|flaw| flaw.reason),
            decode(&whole, WIDE).map_err(|flaw| flaw.reason)
        );
    }
}

#[test]
fn other_pictures_cut_in_the_middle_are_rejected() {
    use ImageFormat::{Bmp, Gif, Png, Tiff, WebP};
    for format in [Png, Gif, Bmp, Tiff, WebP] {
        let whole = encoded(noise(64, 64), format);
        for percent in [20, 50, 90] {
            let found = decode(&whole[..whole.len() * percent / 100], WIDE);
            let flaw = found.expect_err(&format!("{format:?} at {percent} %"));
            assert!(
                matches!(flaw.reason, Reason::Truncated | Reason::Corrupt),
                "{format:?} at {percent} %: {flaw:?}"
            );
        }
    }
    for format in [Png, WebP] {
        let whole = encoded(noise(64, 64), format);
        assert_eq!(reason(&whole[..whole.len() / 2]), Reason::Truncated, "{format:?}");
    }
}

#[test]
fn thirty_thousand_pixels_square_are_rejected_by_the_header() {
    assert_eq!(
        reason(&claiming(jpeg(&flag(16, 16)), 30_000, 30_000)),
        Reason::TooLarge
    );
    assert_eq!(
        reason(&claiming_png(
            encoded(flag(16, 16), ImageFormat::Png),
            30_000,
            30_000
        )),
        Reason::TooLarge
    );
    assert_eq!(reason(&claiming(jpeg(&flag(16, 16)), 0, 16)), Reason::Corrupt);
}

#[test]
fn what_is_no_picture_is_told_from_what_is_not_decoded() {
    for bytes in [
        "",
        "x",
        "<html><body>404</body></html>",
        "{\"data\": 1}",
        "\0\0\0\0",
    ] {
        assert_eq!(reason(bytes.as_bytes()), Reason::NotAnImage, "{bytes}");
    }
    for (bytes, brand) in [
        (
            include_bytes!("../../tests/fixtures/flag.avif").as_slice(),
            "avif",
        ),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "heic"),
        (b"\0\0\0\x18ftyp", ""),
    ] {
        let flaw = decode(bytes, WIDE).unwrap_err();
        if brand.is_empty() {
            assert_eq!(flaw.reason, Reason::NotAnImage);
        } else {
            assert_eq!(flaw.reason, Reason::Unsupported);
            assert!(
                flaw.detail.contains(brand) && flaw.detail.contains("convert"),
                "{flaw:?}"
            );
        }
    }
    assert_eq!(reason(b"\xff\xd8\xff"), Reason::Truncated);
    assert_eq!(reason(b"\xff\xd8\xff\xe0\0\0"), Reason::Corrupt);
    assert_eq!(reason(b"\xff\xd8\xff\xda\0\x02"), Reason::Corrupt);
}

#[test]
fn no_flipped_byte_makes_a_decoder_panic() {
    use ImageFormat::{Gif, Png, Tiff, WebP};
    let photo = noise(24, 24);
    let mut pictures = [Png, Gif, Tiff, WebP]
        .map(|format| encoded(photo.clone(), format))
        .to_vec();
    pictures.push(jpeg(&photo));
    pictures.push(held(&jpeg_of(photo.as_raw(), 24, 24, PixelFormat::RGB, true), 6));
    for picture in pictures {
        let head = 0..picture.len().min(200);
        for at in head.chain((200..picture.len()).step_by(37)) {
            for value in [0, 0xff, picture[at] ^ 0x10] {
                let mut flipped = picture.clone();
                flipped[at] = value;
                // Any answer will do.
                let _ = decode(&flipped, WIDE);
            }
        }
    }
}
