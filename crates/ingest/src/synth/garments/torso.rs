//! A torso with two sleeves, which tops and jackets share.

use crate::synth::canvas::{Canvas, Ink};
use crate::synth::dice::Dice;
use crate::synth::outline::Outline;

/// The measures of a torso; widths are from the middle to one side.
pub(super) struct Torso {
    pub(super) top: f32,
    pub(super) neck: f32,
    pub(super) neck_depth: f32,
    pub(super) shoulder: f32,
    pub(super) chest: f32,
    pub(super) armpit: f32,
    pub(super) waist: f32,
    pub(super) hip: f32,
    pub(super) hem: f32,
}

impl Torso {
    pub(super) fn men(dice: &mut Dice) -> Self {
        let chest = dice.near(80.0, 3.0);
        Self {
            top: -158.0,
            neck: dice.near(32.0, 2.0),
            neck_depth: dice.near(26.0, 3.0),
            shoulder: dice.near(86.0, 3.0),
            chest,
            armpit: -74.0,
            waist: chest - 2.0,
            hip: chest,
            hem: dice.near(164.0, 7.0),
        }
    }

    pub(super) fn women(dice: &mut Dice) -> Self {
        Self {
            top: -150.0,
            neck: dice.near(42.0, 2.0),
            neck_depth: dice.near(58.0, 5.0),
            shoulder: dice.near(72.0, 2.0),
            chest: dice.near(66.0, 2.0),
            armpit: -72.0,
            waist: dice.near(48.0, 3.0),
            hip: dice.near(76.0, 3.0),
            hem: dice.near(150.0, 7.0),
        }
    }

    /// Shoulders slope by this much.
    const SLOPE: f32 = 24.0;

    /// The front as one piece; the hem sinks by `dip` towards the middle.
    pub(super) fn front(&self, dip: f32) -> Outline {
        let Self {
            top,
            neck,
            neck_depth,
            shoulder,
            chest,
            armpit,
            waist,
            hip,
            hem,
        } = *self;
        let middle = (armpit + hem) / 2.0;
        Outline::at((0.0, top + neck_depth))
            .cubic(
                (neck * 0.7, top + neck_depth),
                (neck, top + neck_depth * 0.5),
                (neck, top),
            )
            .line((shoulder, top + Self::SLOPE))
            .quad((chest - 8.0, armpit - 20.0), (chest, armpit))
            .cubic(
                (chest, armpit + 40.0),
                (waist, middle - 50.0),
                (waist, middle - 10.0),
            )
            .cubic((waist, middle + 30.0), (hip, hem - 40.0), (hip, hem))
            .quad((hip * 0.5, hem + dip), (0.0, hem + dip))
            .mirrored()
    }

    /// The inside of the back, seen through the neck.
    pub(super) fn back(&self) -> Outline {
        let Self {
            top,
            neck,
            neck_depth,
            ..
        } = *self;
        Outline::at((0.0, top + 12.0))
            .quad((neck * 0.7, top + 10.0), (neck, top))
            .line((neck, top + neck_depth))
            .line((0.0, top + neck_depth))
            .mirrored()
    }

    /// A sleeve from the shoulder to a cuff between its outer and its inner corner.
    pub(super) fn sleeve(&self, outer: (f32, f32), inner: (f32, f32)) -> Outline {
        let shoulder = self.top + Self::SLOPE;
        Outline::at((self.shoulder - 14.0, shoulder - 4.0))
            .quad(
                (self.shoulder + 10.0, shoulder),
                (self.shoulder + 18.0, shoulder + 20.0),
            )
            .line(outer)
            .line(inner)
            .line((self.chest - 4.0, self.armpit + 12.0))
            .line((self.shoulder - 22.0, self.armpit - 10.0))
            .closed()
    }
}

/// Long sleeves down to `end`, closed by cuffs.
pub(super) fn sleeves_with_cuffs(canvas: &mut Canvas, torso: &Torso, end: f32, cuff: Ink) {
    let reach = 134.0 - (112.0 - end).max(0.0) * 0.12;
    let (outer, inner) = ((reach, end), (reach - 36.0, end + 6.0));
    canvas.pair(&torso.sleeve(outer, inner), 76.0);
    let cuff_outline = Outline::at((outer.0 + 2.0, outer.1 - 12.0))
        .line((outer.0 + 2.0, outer.1 + 14.0))
        .line((inner.0 - 2.0, inner.1 + 16.0))
        .line((inner.0 - 3.0, inner.1 - 8.0))
        .closed();
    canvas.fitting_pair(&cuff_outline, cuff);
}
