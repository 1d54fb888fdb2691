//! The line around a piece of a garment, put down point by point.
//!
//! Garments live in a space of 300x400 units, as many as the picture has pixels, with the origin in the
//! middle and y downwards.

use tiny_skia::{Path, PathBuilder, Point};

/// Handle length that makes four cubics a circle.
const CIRCLE: f32 = 0.552_284_8;

/// A run of cubic curves. Straight lines are cubics as well: it keeps mirroring simple.
#[derive(Debug, Clone)]
pub(crate) struct Outline {
    start: Point,
    curves: Vec<[Point; 3]>,
    closed: bool,
}

impl Outline {
    /// Begins at a point.
    pub(crate) const fn at(start: (f32, f32)) -> Self {
        Self {
            start: point(start),
            curves: Vec::new(),
            closed: false,
        }
    }

    /// A closed ellipse.
    pub(crate) fn ellipse((x, y): (f32, f32), rx: f32, ry: f32) -> Self {
        let (hx, hy) = (rx * CIRCLE, ry * CIRCLE);
        Self::at((x + rx, y))
            .cubic((x + rx, y + hy), (x + hx, y + ry), (x, y + ry))
            .cubic((x - hx, y + ry), (x - rx, y + hy), (x - rx, y))
            .cubic((x - rx, y - hy), (x - hx, y - ry), (x, y - ry))
            .cubic((x + hx, y - ry), (x + rx, y - hy), (x + rx, y))
            .closed()
    }

    /// A closed rectangle between two corners, its own corners rounded with radius `r`.
    pub(crate) fn rounded((left, top): (f32, f32), (right, bottom): (f32, f32), r: f32) -> Self {
        Self::at((left + r, top))
            .line((right - r, top))
            .quad((right, top), (right, top + r))
            .line((right, bottom - r))
            .quad((right, bottom), (right - r, bottom))
            .line((left + r, bottom))
            .quad((left, bottom), (left, bottom - r))
            .line((left, top + r))
            .quad((left, top), (left + r, top))
            .closed()
    }

    /// A straight line to `end`.
    pub(crate) fn line(self, end: (f32, f32)) -> Self {
        let start = self.end();
        self.push([start, point(end), point(end)])
    }

    /// A curve to `end`, pulled by one handle.
    pub(crate) fn quad(self, (x, y): (f32, f32), end: (f32, f32)) -> Self {
        let (start, end) = (self.end(), point(end));
        let towards = |p: Point| Point::from_xy(p.x + (x - p.x) / 1.5, p.y + (y - p.y) / 1.5);
        self.push([towards(start), towards(end), end])
    }

    /// A curve to `end`, pulled by two handles.
    pub(crate) fn cubic(self, first: (f32, f32), second: (f32, f32), end: (f32, f32)) -> Self {
        self.push([point(first), point(second), point(end)])
    }

    /// Joins the end to the start.
    pub(crate) fn closed(mut self) -> Self {
        self.closed = true;
        self
    }

    /// Goes back to the start along the mirror image, left for right: one half makes a whole.
    pub(crate) fn mirrored(self) -> Self {
        let back = self.reversed().flipped();
        let end = back.start;
        let mut whole = self.line((end.x, end.y));
        whole.curves.extend(back.curves);
        whole.closed()
    }

    /// The mirror image, left for right.
    pub(crate) fn flipped(&self) -> Self {
        let flip = |p: Point| Point::from_xy(-p.x, p.y);
        Self {
            start: flip(self.start),
            curves: self.curves.iter().map(|c| c.map(flip)).collect(),
            ..*self
        }
    }

    /// The same line elsewhere.
    pub(crate) fn moved(&self, dx: f32, dy: f32) -> Self {
        let shift = |p: Point| Point::from_xy(p.x + dx, p.y + dy);
        Self {
            start: shift(self.start),
            curves: self.curves.iter().map(|c| c.map(shift)).collect(),
            ..*self
        }
    }

    /// `None` for a line without extent: there is nothing to draw.
    pub(crate) fn path(&self) -> Option<Path> {
        let mut path = PathBuilder::new();
        path.move_to(self.start.x, self.start.y);
        for [a, b, end] in &self.curves {
            path.cubic_to(a.x, a.y, b.x, b.y, end.x, end.y);
        }
        if self.closed {
            path.close();
        }
        path.finish()
    }

    fn end(&self) -> Point {
        self.curves.last().map_or(self.start, |c| c[2])
    }

    fn push(mut self, curve: [Point; 3]) -> Self {
        self.curves.push(curve);
        self
    }

    fn reversed(&self) -> Self {
        let starts = std::iter::once(self.start).chain(self.curves.iter().map(|c| c[2]));
        let mut curves: Vec<[Point; 3]> = self
            .curves
            .iter()
            .zip(starts)
            .map(|(c, start)| [c[1], c[0], start])
            .collect();
        curves.reverse();
        Self {
            start: self.end(),
            curves,
            closed: self.closed,
        }
    }
}

const fn point((x, y): (f32, f32)) -> Point {
    Point { x, y }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_mirrored_half_is_a_closed_whole_with_equal_sides() {
        let half = Outline::at((0.0, -10.0))
            .quad((30.0, -10.0), (30.0, 5.0))
            .line((0.0, 20.0));
        let bounds = half.mirrored().path().unwrap().compute_tight_bounds().unwrap();
        assert_eq!((bounds.left(), bounds.right()), (-30.0, 30.0));
        assert_eq!((bounds.top(), bounds.bottom()), (-10.0, 20.0));
    }

    #[test]
    fn a_line_without_extent_is_nothing() {
        assert!(Outline::at((1.0, 1.0)).path().is_none());
    }
}
