//! T-shirts and shirts.

use super::torso::{Torso, sleeves_with_cuffs};
use crate::synth::canvas::{Canvas, Ink};
use crate::synth::catalogue::Gender;
use crate::synth::dice::Dice;
use crate::synth::outline::Outline;

/// Men's: straight, a round neck, half sleeves. Women's: a waist, a deep neck, cap sleeves.
pub(super) fn tshirt(canvas: &mut Canvas, dice: &mut Dice, gender: Gender) {
    let longer = dice.near(0.0, 8.0);
    let (torso, outer, inner) = match gender {
        Gender::Men => (Torso::men(dice), (138.0, -34.0 + longer), (96.0, -18.0 + longer)),
        Gender::Women => (
            Torso::women(dice),
            (112.0, -82.0 + longer),
            (76.0, -62.0 + longer),
        ),
    };
    canvas.pair(&torso.sleeve(outer, inner), -30.0);
    canvas.line_pair(
        &Outline::at((outer.0 - 5.0, outer.1 - 9.0)).line((inner.0 - 5.0, inner.1 - 8.0)),
        Ink::Seam,
        2.0,
    );
    canvas.fitting(&torso.back(), Ink::Shade);
    canvas.piece(&torso.front(4.0), 0.0);
    let Torso {
        top,
        neck,
        neck_depth,
        hip,
        hem,
        ..
    } = torso;
    let ribbing = Outline::at((-neck, top + 6.0))
        .cubic(
            (-neck, top + neck_depth * 0.5),
            (-neck * 0.7, top + neck_depth),
            (0.0, top + neck_depth),
        )
        .cubic(
            (neck * 0.7, top + neck_depth),
            (neck, top + neck_depth * 0.5),
            (neck, top + 6.0),
        );
    canvas.band(&ribbing, Ink::Shade, 5.0);
    canvas.line(
        &Outline::at((4.0 - hip, hem - 9.0)).quad((0.0, hem - 4.0), (hip - 4.0, hem - 9.0)),
        Ink::Seam,
        2.0,
    );
}

/// Both: a collar, a row of buttons, long sleeves with cuffs. Men's: straight, with a pocket. Women's: a
/// waist, an open neck, three-quarter sleeves.
pub(super) fn shirt(canvas: &mut Canvas, dice: &mut Dice, gender: Gender) {
    let longer = dice.near(0.0, 8.0);
    let (torso, cuff) = match gender {
        Gender::Men => (
            Torso {
                neck: 27.0,
                neck_depth: 26.0,
                ..Torso::men(dice)
            },
            112.0 + longer,
        ),
        Gender::Women => (
            Torso {
                neck: 30.0,
                neck_depth: 62.0,
                ..Torso::women(dice)
            },
            34.0 + longer,
        ),
    };
    sleeves_with_cuffs(canvas, &torso, cuff, Ink::Base);
    canvas.fitting(&torso.back(), Ink::Shade);
    canvas.piece(&torso.front(16.0), 90.0);
    let Torso {
        top,
        neck,
        neck_depth,
        chest,
        armpit,
        hem,
        ..
    } = torso;
    let placket = top + neck_depth;
    for x in [-8.0, 8.0] {
        canvas.line(
            &Outline::at((x, placket + 8.0)).line((x, hem + 13.0)),
            Ink::Seam,
            2.0,
        );
    }
    let gap = (hem - placket) / 7.0;
    for row in 1..=6 {
        canvas.button(0.0, placket + gap * (row as f32 + 0.1), 4.5);
    }
    let collar = Outline::at((0.0, placket + 2.0))
        .line((neck - 2.0, top - 10.0))
        .line((neck + 22.0, top + 14.0))
        .line((neck - 2.0, placket.min(top + 40.0) + 24.0))
        .closed();
    canvas.pair(&collar, -50.0);
    if gender == Gender::Men {
        let pocket = Outline::at((22.0, armpit - 6.0))
            .line((chest - 16.0, armpit - 6.0))
            .line((chest - 16.0, armpit + 40.0))
            .line(((chest + 6.0) / 2.0, armpit + 50.0))
            .line((22.0, armpit + 40.0))
            .closed();
        canvas.line(&pocket, Ink::Seam, 2.4);
    }
}
