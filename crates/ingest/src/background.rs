//! The colour a photo stands on, estimated from its border.

use image::{RgbImage, RgbaImage};

/// What a transparent picture stands on.
const WHITE: [u8; 3] = [255; 3];

/// A side of a photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The first row.
    Top,
    /// The last row.
    Bottom,
    /// The first column.
    Left,
    /// The last column.
    Right,
}

/// The median colour along `sides`, channel by channel; white for a photo without pixels.
#[must_use]
pub fn of_photo(photo: &RgbImage, sides: &[Side]) -> [u8; 3] {
    let pixels = sides
        .iter()
        .flat_map(|&side| along(side, photo.width(), photo.height()));
    median(pixels.map(|(x, y)| photo.get_pixel(x, y).0)).unwrap_or(WHITE)
}

/// Lays a picture with transparency on its background: the median of its opaque border, or white where
/// most of the border is transparent.
#[must_use]
pub fn matte(picture: &RgbaImage) -> RgbImage {
    let (w, h) = picture.dimensions();
    let border = || {
        let sides = [Side::Top, Side::Bottom, Side::Left, Side::Right].into_iter();
        sides
            .flat_map(move |side| along(side, w, h))
            .map(|(x, y)| picture.get_pixel(x, y).0)
    };
    let opaque = || border().filter(|p| p[3] >= 128).map(|[r, g, b, _]| [r, g, b]);
    let mostly_opaque = opaque().count() * 2 > border().count();
    let paper = if mostly_opaque {
        median(opaque()).unwrap_or(WHITE)
    } else {
        WHITE
    };
    RgbImage::from_fn(w, h, |x, y| {
        let [r, g, b, alpha] = picture.get_pixel(x, y).0.map(u32::from);
        let mix = |ink: u32, paper: u8| {
            let sum = ink * alpha + u32::from(paper) * (255 - alpha);
            // At most 255, being a weighted mean of two bytes.
            ((sum + 127) / 255) as u8
        };
        image::Rgb([mix(r, paper[0]), mix(g, paper[1]), mix(b, paper[2])])
    })
}

fn along(side: Side, w: u32, h: u32) -> impl Iterator<Item = (u32, u32)> {
    let length = match side {
        _ if w == 0 || h == 0 => 0,
        Side::Top | Side::Bottom => w,
        Side::Left | Side::Right => h,
    };
    (0..length).map(move |i| match side {
        Side::Top => (i, 0),
        Side::Bottom => (i, h - 1),
        Side::Left => (0, i),
        Side::Right => (w - 1, i),
    })
}

fn median(pixels: impl Iterator<Item = [u8; 3]>) -> Option<[u8; 3]> {
    let mut counts = [[0_usize; 256]; 3];
    let mut total = 0;
    for pixel in pixels {
        total += 1;
        counts
            .iter_mut()
            .zip(pixel)
            .for_each(|(counts, value)| counts[usize::from(value)] += 1);
    }
    if total == 0 {
        return None;
    }
    Some(counts.map(|counts| {
        let mut below = 0;
        let reached = (0..=u8::MAX).find(|&value| {
            below += counts[usize::from(value)];
            below * 2 >= total
        });
        reached.unwrap_or(u8::MAX)
    }))
}

#[cfg(test)]
mod tests {
    use image::{Rgb, Rgba};

    use super::*;

    #[test]
    fn a_garment_that_touches_the_border_does_not_tint_the_background() {
        let photo = RgbImage::from_fn(30, 40, |_, y| Rgb(if y >= 30 { [10, 20, 30] } else { [250; 3] }));
        assert_eq!(of_photo(&photo, &[Side::Left, Side::Right]), [250; 3]);
        assert_eq!(of_photo(&photo, &[Side::Bottom]), [10, 20, 30]);
        assert_eq!(of_photo(&RgbImage::new(0, 0), &[Side::Top]), WHITE);
    }

    #[test]
    fn transparency_shows_the_background_and_not_black() {
        let cut_out = RgbaImage::from_fn(9, 9, |x, y| {
            Rgba(if (x, y) == (4, 4) {
                [200, 0, 0, 255]
            } else {
                [0, 0, 0, 0]
            })
        });
        let matted = matte(&cut_out);
        assert_eq!(matted.get_pixel(0, 0).0, WHITE);
        assert_eq!(matted.get_pixel(4, 4).0, [200, 0, 0]);

        let hole = RgbaImage::from_fn(9, 9, |x, y| {
            Rgba(if (x, y) == (4, 4) {
                [0, 0, 0, 0]
            } else {
                [30, 60, 90, 255]
            })
        });
        assert_eq!(
            matte(&hole).get_pixel(4, 4).0,
            [30, 60, 90],
            "the hole shows the opaque border"
        );

        let half = RgbaImage::from_pixel(3, 3, Rgba([0, 0, 0, 127]));
        assert_eq!(matte(&half).get_pixel(1, 1).0, [128; 3]);
    }
}
