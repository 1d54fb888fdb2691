//! The sheet a garment is drawn on: pieces of cloth, plain fittings, seams.

use tiny_skia::{
    Color, FillRule, FilterQuality, GradientStop, LineCap, LineJoin, LinearGradient, Paint, Path, Pixmap,
    Point, Shader, SpreadMode, Stroke, Transform,
};

use super::outline::Outline;
use super::palette::{Dye, Rgb};
use super::pattern::Cloth;

/// Width of a picture in pixels.
pub(crate) const WIDTH: u32 = 300;
/// Height of a picture in pixels.
pub(crate) const HEIGHT: u32 = 400;

/// Width of the line around a piece.
const EDGE: f32 = 2.6;

/// What a line or a fitting is painted with.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ink {
    Base,
    Accent,
    Seam,
    Shade,
    Metal,
    Pale,
}

/// A picture in the making, in one dye and one cloth.
pub(crate) struct Canvas {
    sheet: Pixmap,
    dye: Dye,
    cloth: Cloth,
    /// From garment coordinates to pixels.
    place: Transform,
}

impl Canvas {
    /// An empty sheet; `place` moves and scales the garment about the middle.
    ///
    /// `None` where there is no memory for it.
    pub(crate) fn new(dye: Dye, cloth: Cloth, place: Transform) -> Option<Self> {
        let place = place.post_translate(WIDTH as f32 / 2.0, HEIGHT as f32 / 2.0);
        Some(Self {
            sheet: Pixmap::new(WIDTH, HEIGHT)?,
            dye,
            cloth,
            place,
        })
    }

    /// A piece of cloth whose pattern is turned by `grain` degrees, with light from the left and an edge.
    pub(crate) fn piece(&mut self, outline: &Outline, grain: f32) {
        let Some(path) = outline.path() else { return };
        let lie = self.cloth.lie.post_concat(Transform::from_rotate(grain));
        let tile = self.cloth.tile.as_ref();
        let shader = tiny_skia::Pattern::new(tile, SpreadMode::Repeat, FilterQuality::Bilinear, 1.0, lie);
        let paint = Paint {
            shader,
            anti_alias: true,
            ..Paint::default()
        };
        self.sheet
            .fill_path(&path, &paint, FillRule::Winding, self.place, None);
        self.light(&path);
        self.draw(&path, self.dye.edge, EDGE);
    }

    /// A piece and its mirror image: sleeves, collars, legs.
    pub(crate) fn pair(&mut self, outline: &Outline, grain: f32) {
        self.piece(outline, grain);
        self.piece(&outline.flipped(), -grain);
    }

    /// A fitting without pattern: ribbing, a buckle, a sole.
    pub(crate) fn fitting(&mut self, outline: &Outline, ink: Ink) {
        let Some(path) = outline.path() else { return };
        let mut paint = Paint {
            anti_alias: true,
            ..Paint::default()
        };
        paint.set_color(self.ink(ink).paint());
        self.sheet
            .fill_path(&path, &paint, FillRule::Winding, self.place, None);
        self.light(&path);
        self.draw(&path, self.dye.edge, EDGE);
    }

    /// A fitting and its mirror image.
    pub(crate) fn fitting_pair(&mut self, outline: &Outline, ink: Ink) {
        self.fitting(outline, ink);
        self.fitting(&outline.flipped(), ink);
    }

    /// A line of `width`.
    pub(crate) fn line(&mut self, outline: &Outline, ink: Ink, width: f32) {
        if let Some(path) = outline.path() {
            self.draw(&path, self.ink(ink), width);
        }
    }

    /// A line and its mirror image.
    pub(crate) fn line_pair(&mut self, outline: &Outline, ink: Ink, width: f32) {
        self.line(outline, ink, width);
        self.line(&outline.flipped(), ink, width);
    }

    /// A band of even width with an edge on either side: a strap, a handle.
    pub(crate) fn band(&mut self, outline: &Outline, ink: Ink, width: f32) {
        if let Some(path) = outline.path() {
            self.draw(&path, self.dye.edge, width + 2.0 * EDGE);
            self.draw(&path, self.ink(ink), width);
        }
    }

    /// A button of radius `r`.
    pub(crate) fn button(&mut self, x: f32, y: f32, r: f32) {
        self.line(&Outline::ellipse((x, y), r, r), Ink::Seam, 1.6);
        self.line(&Outline::ellipse((x, y), r / 2.0, r / 2.0), Ink::Accent, r);
    }

    /// The finished drawing, transparent where nothing was drawn.
    pub(crate) fn into_sheet(self) -> Pixmap {
        self.sheet
    }

    const fn ink(&self, ink: Ink) -> Rgb {
        match ink {
            Ink::Base => self.dye.base,
            Ink::Accent => self.dye.accent,
            Ink::Seam => self.dye.seam,
            Ink::Shade => self.dye.shade,
            Ink::Metal => Rgb([176, 180, 188]),
            Ink::Pale => Rgb([232, 232, 228]),
        }
    }

    fn draw(&mut self, path: &Path, colour: Rgb, width: f32) {
        let mut paint = Paint {
            anti_alias: true,
            ..Paint::default()
        };
        paint.set_color(colour.paint());
        let stroke = Stroke {
            width,
            line_cap: LineCap::Round,
            line_join: LineJoin::Round,
            ..Stroke::default()
        };
        self.sheet.stroke_path(path, &paint, &stroke, self.place, None);
    }

    /// Light from the left, shade towards the right.
    fn light(&mut self, path: &Path) {
        let bounds = path.bounds();
        let stop = |at, grey, alpha| GradientStop::new(at, Color::from_rgba8(grey, grey, grey, alpha));
        let shader = LinearGradient::new(
            Point::from_xy(bounds.left(), 0.0),
            Point::from_xy(bounds.right(), 0.0),
            vec![
                stop(0.0, 0, 26),
                stop(0.3, 255, 20),
                stop(0.6, 0, 0),
                stop(1.0, 0, 28),
            ],
            SpreadMode::Pad,
            Transform::identity(),
        );
        let paint = Paint {
            shader: shader.unwrap_or(Shader::SolidColor(Color::TRANSPARENT)),
            anti_alias: true,
            ..Paint::default()
        };
        self.sheet
            .fill_path(path, &paint, FillRule::Winding, self.place, None);
    }
}
