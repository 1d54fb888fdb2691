//! Handbags and backpacks.

use crate::synth::canvas::{Canvas, Ink};
use crate::synth::catalogue::Gender;
use crate::synth::dice::Dice;
use crate::synth::outline::Outline;

/// A body wider at its foot, a flap with a clasp, an arched handle.
pub(super) fn handbag(canvas: &mut Canvas, dice: &mut Dice, _: Gender) {
    let (top, bottom) = (dice.near(-34.0, 5.0), dice.near(150.0, 6.0));
    let (shoulder, foot) = (dice.near(98.0, 4.0), dice.near(128.0, 5.0));
    let arch = dice.near(-178.0, 6.0);
    let handle =
        Outline::at((-66.0, top + 8.0)).cubic((-66.0, arch * 1.22), (66.0, arch * 1.22), (66.0, top + 8.0));
    canvas.band(&handle, Ink::Base, 13.0);
    let body = Outline::at((0.0, top))
        .line((shoulder - 10.0, top))
        .quad((shoulder, top), (shoulder + 3.0, top + 10.0))
        .line((foot, bottom - 20.0))
        .quad((foot + 2.0, bottom), (foot - 20.0, bottom))
        .line((0.0, bottom))
        .mirrored();
    canvas.piece(&body, 0.0);
    let fall = top + 78.0;
    let flap = Outline::at((0.0, top - 2.0))
        .line((shoulder, top - 2.0))
        .line((shoulder + 10.0, fall - 30.0))
        .quad((shoulder, fall), (0.0, fall + 12.0))
        .mirrored();
    canvas.piece(&flap, 0.0);
    canvas.fitting(
        &Outline::rounded((-16.0, fall - 8.0), (16.0, fall + 26.0), 6.0),
        Ink::Metal,
    );
    for x in [-66.0, 66.0] {
        canvas.fitting(&Outline::ellipse((x, top + 10.0), 11.0, 11.0), Ink::Metal);
    }
    canvas.line(
        &Outline::at((-foot + 8.0, bottom - 16.0)).line((foot - 8.0, bottom - 16.0)),
        Ink::Seam,
        2.6,
    );
}

/// Both: straps, a loop on top and a pocket. Men's: tall, with zips and side pockets. Women's: small and
/// round, with a flap and a buckle.
pub(super) fn backpack(canvas: &mut Canvas, dice: &mut Dice, gender: Gender) {
    let (half, bottom) = (dice.near(96.0, 4.0), dice.near(160.0, 5.0));
    let (top, round) = match gender {
        Gender::Men => (-148.0, 52.0),
        Gender::Women => (-120.0, 84.0),
    };
    canvas.band(
        &Outline::at((-26.0, top + 8.0)).cubic((-26.0, top - 46.0), (26.0, top - 46.0), (26.0, top + 8.0)),
        Ink::Shade,
        12.0,
    );
    let strap = Outline::at((half - 34.0, top + 12.0)).cubic(
        (half + 42.0, top + 20.0),
        (half + 36.0, 60.0),
        (half - 4.0, bottom - 26.0),
    );
    canvas.line_pair(&strap, Ink::Seam, 22.0);
    canvas.line_pair(&strap, Ink::Shade, 17.0);
    let body = Outline::at((0.0, top))
        .line((half - round, top))
        .quad((half, top), (half, top + round * 1.2))
        .line((half + 4.0, bottom - 30.0))
        .quad((half + 4.0, bottom), (half - 28.0, bottom))
        .line((0.0, bottom))
        .mirrored();
    canvas.piece(&body, 0.0);
    match gender {
        Gender::Men => {
            let zip = Outline::at((-half + 10.0, top + 108.0)).cubic(
                (-half + 14.0, top + 8.0),
                (half - 14.0, top + 8.0),
                (half - 10.0, top + 108.0),
            );
            canvas.line(&zip, Ink::Seam, 4.0);
            let pocket = Outline::rounded((-half + 20.0, 34.0), (half - 20.0, bottom - 14.0), 16.0);
            canvas.piece(&pocket, 0.0);
            canvas.line(
                &Outline::at((-half + 32.0, 52.0)).line((half - 32.0, 52.0)),
                Ink::Metal,
                5.0,
            );
            canvas.line(
                &Outline::at((half - 34.0, 52.0)).line((half - 34.0, 72.0)),
                Ink::Metal,
                5.0,
            );
        }
        Gender::Women => {
            let pocket = Outline::rounded((-half + 26.0, 66.0), (half - 26.0, bottom - 12.0), 26.0);
            canvas.piece(&pocket, 0.0);
            let flap = Outline::at((0.0, top - 2.0))
                .line((half - round + 2.0, top - 2.0))
                .quad((half + 4.0, top), (half + 4.0, top + round))
                .quad((half + 2.0, 40.0), (0.0, 48.0))
                .mirrored();
            canvas.piece(&flap, 0.0);
            canvas.fitting(&Outline::rounded((-13.0, 14.0), (13.0, 78.0), 4.0), Ink::Shade);
            canvas.line(
                &Outline::rounded((-18.0, 42.0), (18.0, 64.0), 4.0),
                Ink::Metal,
                5.0,
            );
        }
    }
}
