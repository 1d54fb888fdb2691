//! Rows of images, each row under its caption.

use serde::{Deserialize, Serialize};

use super::RgbImage;
use super::canvas::{CHAR_WIDTH, Canvas, LINE_HEIGHT};

const GAP: usize = 2;
/// Small images are enlarged to about this side, so that a person sees something.
const CELL: usize = 96;

/// A caption and the images drawn for it, all of one size.
#[derive(Debug, Clone)]
pub struct Row {
    /// Written above the images; nothing is written for an empty one.
    pub caption: String,
    /// Left to right.
    pub images: Vec<RgbImage>,
}

/// Where the images of a grid lie, so that a reader can take them out again: image `j` of row `i` begins at
/// `(gap + j * (side + gap), tops[i])`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// The captions, one a row.
    pub captions: Vec<String>,
    /// Upper edge of each row's images, in pixels.
    pub tops: Vec<usize>,
    /// Images in a row.
    pub columns: usize,
    /// Side of an image as drawn, in pixels.
    pub side: usize,
    /// Pixels between two images.
    pub gap: usize,
}

impl Layout {
    /// Keyword of the iTXt chunk that carries a layout, as JSON.
    pub const KEYWORD: &str = "grid";

    /// The layout that [`draw_grid`] gives to these rows.
    #[must_use]
    pub fn of(rows: &[Row]) -> Self {
        let side = drawn_side(rows);
        let mut top = GAP;
        let tops = rows.iter().map(|row| {
            let at = top + label(row);
            top = at + side + GAP;
            at
        });
        Self {
            tops: tops.collect(),
            captions: rows.iter().map(|row| row.caption.clone()).collect(),
            columns: rows.iter().map(|r| r.images.len()).max().unwrap_or(0),
            side,
            gap: GAP,
        }
    }
}

/// Side of the images, enlarged where they are small.
fn drawn_side(rows: &[Row]) -> usize {
    let images = rows.iter().flat_map(|r| &r.images);
    let side = images.map(|i| i.width.max(i.height)).max().unwrap_or(1);
    side * ((CELL + side / 2) / side).max(1)
}

/// Height of a row's caption.
fn label(row: &Row) -> usize {
    if row.caption.is_empty() { 0 } else { LINE_HEIGHT }
}

/// Draws rows of images of one size below each other.
#[must_use]
pub fn draw_grid(rows: &[Row]) -> RgbImage {
    let images = rows.iter().flat_map(|r| &r.images);
    let side = images.map(|i| i.width.max(i.height)).max().unwrap_or(1);
    let scale = drawn_side(rows) / side;
    let cell = side * scale + GAP;
    let columns = rows.iter().map(|r| r.images.len()).max().unwrap_or(0);
    let height = rows.iter().map(|r| label(r) + cell).sum::<usize>() + GAP;
    // A single column would cut every caption.
    let width = (columns * cell + GAP).max(60 * CHAR_WIDTH * usize::from(rows.iter().any(|r| label(r) > 0)));
    let mut canvas = Canvas::new(width, height);
    let mut y = GAP;
    for row in rows {
        if label(row) > 0 {
            canvas.write(&row.caption, GAP, y + 1, (width - 2 * GAP) / CHAR_WIDTH);
        }
        y += label(row);
        for (i, image) in row.images.iter().enumerate() {
            canvas.put(image, GAP + i * cell, y, scale);
        }
        y += cell;
    }
    canvas.into_image()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_has_a_cell_for_each_image() {
        let image = |v| RgbImage {
            width: 96,
            height: 96,
            pixels: vec![v; 96 * 96 * 3],
        };
        let row = |v| Row {
            caption: String::new(),
            images: vec![image(v), image(v + 1)],
        };
        let grid = draw_grid(&[row(10), row(20)]);
        assert_eq!((grid.width, grid.height), (2 * 98 + 2, 2 * 98 + 2));
        let at = |x: usize, y: usize| grid.pixels[(y * grid.width + x) * 3];
        assert_eq!([at(2, 2), at(100, 2), at(2, 100), at(100, 100)], [10, 11, 20, 21]);
    }

    #[test]
    fn small_images_are_enlarged_by_whole_numbers_to_about_a_cell() {
        for (side, drawn) in [
            (1, 96),
            (4, 96),
            (32, 96),
            (40, 80),
            (64, 128),
            (96, 96),
            (128, 128),
            (1024, 1024),
        ] {
            let image = RgbImage {
                width: side,
                height: side,
                pixels: vec![9; side * side * 3],
            };
            let row = Row {
                caption: String::new(),
                images: vec![image],
            };
            assert_eq!(drawn_side(&[row]), drawn, "{side}");
        }
    }

    #[test]
    fn every_image_lies_where_the_layout_says() {
        let image = |v| RgbImage {
            width: 40,
            height: 40,
            pixels: vec![v; 40 * 40 * 3],
        };
        let row = |caption: &str, v| Row {
            caption: caption.to_owned(),
            images: vec![image(v), image(v + 1)],
        };
        let rows = [row("a red shirt", 10), row("", 20), row("a bag", 30)];
        let (grid, layout) = (draw_grid(&rows), Layout::of(&rows));
        assert_eq!((layout.side, layout.columns), (80, 2));
        for (i, &top) in layout.tops.iter().enumerate() {
            for j in 0..2 {
                let left = layout.gap + j * (layout.side + layout.gap);
                let at = |x: usize, y: usize| grid.pixels[(y * grid.width + x) * 3];
                let expected = (10 * (i + 1) + j) as u8;
                let (right, bottom) = (left + layout.side - 1, top + layout.side - 1);
                assert_eq!(
                    [at(left, top), at(right, bottom)],
                    [expected; 2],
                    "row {i}, image {j}"
                );
                assert_ne!([at(left - 1, top), at(left, bottom + 1)], [expected; 2]);
            }
        }
    }
}
