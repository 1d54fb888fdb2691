//! Rows of images, each row under its caption.

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

/// Draws rows of images of one size below each other.
#[must_use]
pub fn draw_grid(rows: &[Row]) -> RgbImage {
    let side = rows
        .iter()
        .flat_map(|r| &r.images)
        .map(|i| i.width.max(i.height))
        .max()
        .unwrap_or(1);
    let scale = (CELL / side).max(1);
    let cell = side * scale + GAP;
    let columns = rows.iter().map(|r| r.images.len()).max().unwrap_or(0);
    let label = |row: &Row| if row.caption.is_empty() { 0 } else { LINE_HEIGHT };
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
}
