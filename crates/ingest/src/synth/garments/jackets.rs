//! Jackets: open in front, over a lining.

use super::torso::{Torso, sleeves_with_cuffs};
use crate::synth::canvas::{Canvas, Ink};
use crate::synth::catalogue::Gender;
use crate::synth::dice::Dice;
use crate::synth::outline::Outline;

/// Both: open in front over a pale lining, long sleeves. Men's: a bomber with ribbing and a zip. Women's:
/// a waist, wide lapels and a belt.
pub(super) fn jacket(canvas: &mut Canvas, dice: &mut Dice, gender: Gender) {
    let longer = dice.near(0.0, 6.0);
    let torso = match gender {
        Gender::Men => Torso {
            neck: 30.0,
            neck_depth: 14.0,
            chest: 88.0,
            waist: 88.0,
            hip: 80.0,
            shoulder: 90.0,
            hem: 128.0,
            ..Torso::men(dice)
        },
        Gender::Women => Torso {
            neck: 30.0,
            neck_depth: 14.0,
            chest: 70.0,
            hip: 88.0,
            hem: 142.0,
            ..Torso::women(dice)
        },
    };
    sleeves_with_cuffs(canvas, &torso, 116.0 + longer, Ink::Shade);
    canvas.piece(&torso.front(0.0), 0.0);
    let Torso {
        top, neck, hip, hem, ..
    } = torso;
    match gender {
        Gender::Men => {
            let hem_band = Outline::at((0.0, hem - 4.0))
                .line((hip + 1.0, hem - 6.0))
                .line((hip - 6.0, hem + 24.0))
                .line((0.0, hem + 26.0))
                .mirrored();
            canvas.fitting(&hem_band, Ink::Shade);
            let opening = Outline::at((0.0, top + 2.0))
                .line((18.0, top + 2.0))
                .line((5.0, hem + 24.0))
                .line((0.0, hem + 24.0))
                .mirrored();
            canvas.fitting(&opening, Ink::Pale);
            canvas.line_pair(
                &Outline::at((18.0, top + 2.0)).line((5.0, hem + 24.0)),
                Ink::Metal,
                4.0,
            );
            let collar = Outline::at((20.0, top + 34.0))
                .line((16.0, top - 16.0))
                .quad((neck + 14.0, top - 14.0), (neck + 14.0, top + 8.0))
                .closed();
            canvas.fitting_pair(&collar, Ink::Shade);
            canvas.line_pair(&Outline::at((38.0, 70.0)).line((62.0, 20.0)), Ink::Seam, 5.0);
        }
        Gender::Women => {
            let waist = -2.0;
            let opening = Outline::at((0.0, top + 4.0))
                .line((26.0, top + 2.0))
                .line((0.0, waist - 6.0))
                .mirrored();
            canvas.fitting(&opening, Ink::Pale);
            let lapel = Outline::at((0.0, waist - 4.0))
                .line((22.0, top - 8.0))
                .line((neck + 14.0, top + 6.0))
                .line((neck + 26.0, top + 52.0))
                .line((neck + 8.0, top + 58.0))
                .closed();
            canvas.fitting_pair(&lapel, Ink::Shade);
            canvas.line(&Outline::at((0.0, waist)).line((0.0, hem)), Ink::Seam, 3.0);
            let belt = Outline::rounded(
                (-torso.waist - 3.0, waist + 6.0),
                (torso.waist + 3.0, waist + 28.0),
                3.0,
            );
            canvas.fitting(&belt, Ink::Shade);
            canvas.line(
                &Outline::rounded((-12.0, waist + 4.0), (12.0, waist + 30.0), 3.0),
                Ink::Metal,
                4.0,
            );
            canvas.line_pair(&Outline::at((36.0, 66.0)).line((64.0, 58.0)), Ink::Seam, 4.0);
        }
    }
}
