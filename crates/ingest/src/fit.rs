//! A photo of any shape made square: by padding, cropping or stretching.

use clap::ValueEnum;
use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x3;
use fast_image_resize::{ResizeOptions, Resizer};
use image::RgbImage;
use serde::{Deserialize, Serialize};

use crate::background::{self, Side};
use crate::rejects::{Flaw, Reason};

/// How a photo becomes square.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Fit {
    /// The whole photo on a square of its background colour
    Pad,
    /// The middle of the photo; what lies outside is lost
    Crop,
    /// The whole photo, its shape distorted
    Stretch,
}

/// Where the photo lies in the squared image, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContentBox {
    /// Left edge.
    pub x: u32,
    /// Top edge.
    pub y: u32,
    /// Width, at least 1.
    pub w: u32,
    /// Height, at least 1.
    pub h: u32,
}

/// A squared image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Squared {
    /// `size * size * 3` bytes, rows of RGB.
    pub pixels: Vec<u8>,
    /// Where the photo lies in it.
    pub content: ContentBox,
}

/// Size and manner of the square.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Square {
    /// Side in pixels, at least 1.
    pub size: u32,
    /// How photos are made to fit.
    pub fit: Fit,
}

impl Square {
    /// How many eighths of a `width x height` photo are enough to decode: the fewest that leave at least
    /// twice the pixels needed along each side, so that the final resize decides the sharpness.
    #[must_use]
    pub fn eighths(&self, width: u32, height: u32) -> u8 {
        let side = match self.fit {
            Fit::Pad => width.max(height),
            Fit::Crop | Fit::Stretch => width.min(height),
        };
        let enough = (u64::from(self.size) * 2 * 8).div_ceil(u64::from(side.max(1)));
        u8::try_from(enough.clamp(1, 8)).unwrap_or(8)
    }

    /// Makes `photo` square.
    ///
    /// # Errors
    /// The photo has no pixels.
    pub fn apply(&self, photo: &RgbImage, resizer: &mut Resizer) -> Result<Squared, Flaw> {
        let (w, h) = photo.dimensions();
        let content = self.content_box(w, h);
        let mut options = ResizeOptions::new().use_alpha(false);
        if self.fit == Fit::Crop {
            let side = f64::from(w.min(h));
            let middle = |length: u32| (f64::from(length) - side) / 2.0;
            options = options.crop(middle(w), middle(h), side, side);
        }
        let damaged = |e: &dyn std::fmt::Display| Flaw::new(Reason::Corrupt, format!("{w}x{h} pixels: {e}"));
        // Typed: `Resizer::resize` would compile the same code for every kind of pixel there is.
        let source = TypedImageRef::<U8x3>::from_buffer(w, h, photo.as_raw()).map_err(|e| damaged(&e))?;
        let mut pixels = vec![0; content.w as usize * content.h as usize * 3];
        let mut resized =
            TypedImage::<U8x3>::from_buffer(content.w, content.h, &mut pixels).map_err(|e| damaged(&e))?;
        resizer
            .resize_typed(&source, &mut resized, &options)
            .map_err(|e| damaged(&e))?;
        let pixels = if (content.w, content.h) == (self.size, self.size) {
            pixels
        } else {
            let sides = if w < h {
                [Side::Left, Side::Right]
            } else {
                [Side::Top, Side::Bottom]
            };
            self.on_background(&pixels, content, background::of_photo(photo, &sides))
        };
        Ok(Squared { pixels, content })
    }

    fn content_box(&self, width: u32, height: u32) -> ContentBox {
        let size = self.size;
        if self.fit != Fit::Pad {
            return ContentBox {
                x: 0,
                y: 0,
                w: size,
                h: size,
            };
        }
        let longest = u64::from(width.max(height).max(1));
        // To the nearest pixel; a needle keeps one.
        let scaled = |side: u32| {
            let rounded = (u64::from(side) * u64::from(size) + longest / 2) / longest;
            u32::try_from(rounded).unwrap_or(size).clamp(1, size)
        };
        let (w, h) = (scaled(width), scaled(height));
        ContentBox {
            x: (size - w) / 2,
            y: (size - h) / 2,
            w,
            h,
        }
    }

    fn on_background(&self, resized: &[u8], content: ContentBox, colour: [u8; 3]) -> Vec<u8> {
        let row_bytes = self.size as usize * 3;
        let mut pixels = colour.repeat(self.size as usize * self.size as usize);
        let (left, width) = (content.x as usize * 3, content.w as usize * 3);
        let rows = pixels.chunks_exact_mut(row_bytes).skip(content.y as usize);
        for (row, line) in rows.zip(resized.chunks_exact(width)) {
            row[left..left + width].copy_from_slice(line);
        }
        pixels
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use image::Rgb;

    use super::*;

    /// A photo on `paper` with a red left half and a blue right half, apart from a margin.
    fn photo(w: u32, h: u32, paper: [u8; 3]) -> RgbImage {
        RgbImage::from_fn(w, h, |x, y| {
            let margin = x < w / 10 || y < h / 10 || x >= w - w / 10 || y >= h - h / 10;
            Rgb(if margin {
                paper
            } else if x < w / 2 {
                [200, 0, 0]
            } else {
                [0, 0, 200]
            })
        })
    }

    fn square(fit: Fit, photo: &RgbImage) -> Squared {
        Square { size: 64, fit }
            .apply(photo, &mut Resizer::new())
            .unwrap()
    }

    fn at(squared: &Squared, x: usize, y: usize) -> [u8; 3] {
        std::array::from_fn(|i| squared.pixels[(y * 64 + x) * 3 + i])
    }

    #[test]
    fn padding_keeps_the_whole_photo_on_its_own_background() {
        let squared = square(Fit::Pad, &photo(150, 300, [240, 241, 242]));
        assert_eq!(
            squared.content,
            ContentBox {
                x: 16,
                y: 0,
                w: 32,
                h: 64
            }
        );
        assert_eq!(at(&squared, 0, 0), [240, 241, 242]);
        assert_eq!(at(&squared, 63, 63), [240, 241, 242]);
        assert_eq!(at(&squared, 25, 32), [200, 0, 0]);
        assert_eq!(at(&squared, 39, 32), [0, 0, 200]);
        let wide = square(Fit::Pad, &photo(300, 150, [255; 3]));
        assert_eq!(
            wide.content,
            ContentBox {
                x: 0,
                y: 16,
                w: 64,
                h: 32
            }
        );
    }

    #[test]
    fn cropping_takes_the_middle_and_stretching_takes_all() {
        let tall = photo(150, 300, [255; 3]);
        let whole = ContentBox {
            x: 0,
            y: 0,
            w: 64,
            h: 64,
        };
        let cropped = square(Fit::Crop, &tall);
        assert_eq!(cropped.content, whole);
        assert_eq!(at(&cropped, 20, 0), [200, 0, 0], "the top margin is cut");
        let stretched = square(Fit::Stretch, &tall);
        assert_eq!(stretched.content, whole);
        assert_eq!(at(&stretched, 20, 0), [255; 3], "the top margin is there");
    }

    #[test]
    fn a_needle_keeps_a_pixel_and_a_tiny_photo_grows() {
        let needle = square(Fit::Pad, &RgbImage::from_pixel(5000, 1, Rgb([9, 9, 9])));
        assert_eq!(
            needle.content,
            ContentBox {
                x: 0,
                y: 31,
                w: 64,
                h: 1
            }
        );
        let dot = square(Fit::Pad, &RgbImage::from_pixel(1, 1, Rgb([9, 8, 7])));
        assert!(dot.pixels.chunks(3).all(|p| p == [9, 8, 7]));
    }

    #[test]
    fn the_fewest_eighths_leave_twice_the_target() {
        let pad = |size| Square { size, fit: Fit::Pad };
        assert_eq!(pad(128).eighths(1800, 2400), 1, "300 pixels are more than 256");
        assert_eq!(pad(128).eighths(225, 300), 7, "262 of 300 pixels");
        assert_eq!(pad(128).eighths(100, 100), 8);
        assert_eq!(pad(64).eighths(225, 300), 4, "150 pixels, where 112 would not do");
        assert_eq!(
            Square {
                size: 128,
                fit: Fit::Crop
            }
            .eighths(1800, 2400),
            2
        );
        assert_eq!(pad(128).eighths(0, 0), 8);
    }
}
