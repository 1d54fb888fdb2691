//! A white sheet that images and lines of text are put on.

use std::convert::Infallible;

use embedded_graphics::Drawable;
use embedded_graphics::Pixel;
use embedded_graphics::draw_target::DrawTarget;
use embedded_graphics::geometry::{OriginDimensions, Point, Size};
use embedded_graphics::mono_font::MonoTextStyle;
use embedded_graphics::mono_font::iso_8859_1::FONT_7X13;
use embedded_graphics::pixelcolor::{Rgb888, RgbColor};
use embedded_graphics::text::{Baseline, Text};

use super::RgbImage;

/// Width of a character in pixels.
pub const CHAR_WIDTH: usize = 7;
/// Height of a line of text in pixels, with its spacing.
pub const LINE_HEIGHT: usize = 17;

/// The sheet.
pub struct Canvas(RgbImage);

impl Canvas {
    /// A white sheet.
    #[must_use]
    pub fn new(width: usize, height: usize) -> Self {
        Self(RgbImage {
            width,
            height,
            pixels: vec![255; width * height * 3],
        })
    }

    /// The sheet as a picture.
    #[must_use]
    pub fn into_image(self) -> RgbImage {
        self.0
    }

    /// Puts an image at (`x`, `y`), each pixel as a square of `scale`; what leaves the sheet is cut off.
    pub fn put(&mut self, image: &RgbImage, x: usize, y: usize, scale: usize) {
        let right = (x + image.width * scale).min(self.0.width);
        let bottom = (y + image.height * scale).min(self.0.height);
        for row in y..bottom {
            for column in x..right {
                let from = ((row - y) / scale * image.width + (column - x) / scale) * 3;
                let to = (row * self.0.width + column) * 3;
                self.0.pixels[to..to + 3].copy_from_slice(&image.pixels[from..from + 3]);
            }
        }
    }

    /// Writes a line of black text with its upper left corner at (`x`, `y`), cut with "..." to `columns`
    /// characters. Characters outside Latin-1 show as "?".
    pub fn write(&mut self, text: &str, x: usize, y: usize, columns: usize) {
        let style = MonoTextStyle::new(&FONT_7X13, Rgb888::BLACK);
        let line = shorten(text, columns);
        let Ok(_) =
            Text::with_baseline(&line, Point::new(x as i32, y as i32), style, Baseline::Top).draw(self);
    }
}

fn shorten(text: &str, columns: usize) -> String {
    if text.chars().count() <= columns {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(columns.saturating_sub(3)).collect();
    short.push_str("...");
    short
}

impl OriginDimensions for Canvas {
    fn size(&self) -> Size {
        Size::new(self.0.width as u32, self.0.height as u32)
    }
}

impl DrawTarget for Canvas {
    type Color = Rgb888;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Rgb888>>>(&mut self, pixels: I) -> Result<(), Infallible> {
        for Pixel(point, colour) in pixels {
            let (Ok(x), Ok(y)) = (usize::try_from(point.x), usize::try_from(point.y)) else {
                continue;
            };
            if x < self.0.width && y < self.0.height {
                let at = (y * self.0.width + x) * 3;
                self.0.pixels[at..at + 3].copy_from_slice(&[colour.r(), colour.g(), colour.b()]);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_cut_and_images_stay_on_the_sheet() {
        assert_eq!(shorten("navy blue shirt", 9), "navy b...");
        assert_eq!(shorten("été", 3), "été");
        let mut canvas = Canvas::new(3, 2);
        canvas.put(
            &RgbImage {
                width: 2,
                height: 2,
                pixels: vec![7; 12],
            },
            1,
            1,
            2,
        );
        canvas.write("a long text that leaves the sheet", 0, 0, 80);
        let image = canvas.into_image();
        assert_eq!(&image.pixels[12..15], &[7, 7, 7]);
    }
}
