//! Plain, striped, checked, dotted: a tile of cloth that repeats.

use tiny_skia::{FillRule, Paint, PathBuilder, Pixmap, Rect, Transform};

use super::dice::Dice;
use super::palette::Dye;

/// What is woven into or printed on the cloth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pattern {
    Plain,
    Striped,
    Checked,
    Dotted,
}

/// Tiles are drawn larger than they are shown, for smooth edges.
const OVERSAMPLING: f32 = 2.0;

/// A piece of cloth: the tile, and how it lies on the garment.
pub(crate) struct Cloth {
    pub(crate) tile: Pixmap,
    /// From tile to garment coordinates, before a piece turns it to its own grain.
    pub(crate) lie: Transform,
}

impl Pattern {
    pub(crate) const ALL: [Self; 4] = [Self::Plain, Self::Striped, Self::Checked, Self::Dotted];

    /// The value of the dump's `articleAttributes.Pattern`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Plain => "Solid",
            Self::Striped => "Striped",
            Self::Checked => "Checked",
            Self::Dotted => "Dotted",
        }
    }

    /// Cloth of this pattern. Its repeat is large enough to be seen when 400 rows shrink to 32, and covers
    /// about a third, so that the dye stays the garment's colour.
    ///
    /// `None` where there is no memory for the tile.
    pub(crate) fn weave(self, dye: &Dye, dice: &mut Dice) -> Option<Cloth> {
        let repeat = dice.near(45.0, 4.0);
        let side = (repeat * OVERSAMPLING).round();
        let mut tile = Pixmap::new(side as u32, side as u32)?;
        tile.fill(dye.base.paint());
        let mut ink = Paint {
            anti_alias: true,
            ..Paint::default()
        };
        ink.set_color(dye.accent.paint());
        let mut band = |x: f32, y: f32, width: f32, height: f32| {
            if let Some(rect) = Rect::from_xywh(x, y, width, height) {
                tile.fill_rect(rect, &ink, Transform::identity(), None);
            }
        };
        match self {
            Self::Plain => {}
            Self::Striped => band(0.0, 0.0, side, side * 0.31),
            Self::Checked => {
                band(0.0, 0.0, side, side * 0.19);
                band(0.0, 0.0, side * 0.19, side);
            }
            Self::Dotted => {
                for centre in [side * 0.25, side * 0.75] {
                    let dot = PathBuilder::from_circle(centre, centre, side * 0.19)?;
                    tile.fill_path(&dot, &ink, FillRule::Winding, Transform::identity(), None);
                }
            }
        }
        let lie = Transform::from_scale(1.0 / OVERSAMPLING, 1.0 / OVERSAMPLING)
            .post_translate(dice.near(0.0, repeat / 2.0), dice.near(0.0, repeat / 2.0));
        Some(Cloth { tile, lie })
    }
}
