//! From a drawing to the bytes of a JPEG.

use anyhow::Context as _;
use tiny_skia::Pixmap;
use turbojpeg::{Image, PixelFormat, Subsamp};

/// High enough that flat colours stay flat.
const QUALITY: i32 = 90;

/// A JPEG of the drawing on a white ground.
///
/// # Errors
/// The encoder fails.
pub(crate) fn jpeg(drawing: &Pixmap) -> anyhow::Result<Vec<u8>> {
    let rgb: Vec<u8> = drawing
        .pixels()
        .iter()
        .flat_map(|p| [p.red(), p.green(), p.blue()].map(|premultiplied| premultiplied + (255 - p.alpha())))
        .collect();
    let (width, height) = (drawing.width() as usize, drawing.height() as usize);
    let image = Image {
        pixels: rgb.as_slice(),
        width,
        pitch: width * 3,
        height,
        format: PixelFormat::RGB,
    };
    let bytes =
        turbojpeg::compress(image, QUALITY, Subsamp::None).context("cannot encode a picture as JPEG")?;
    Ok(bytes.to_vec())
}
