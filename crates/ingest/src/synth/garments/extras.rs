//! Caps, watches and ties.

use crate::synth::canvas::{Canvas, Ink};
use crate::synth::catalogue::Gender;
use crate::synth::dice::Dice;
use crate::synth::outline::Outline;

/// Men's: a high crown in panels and a flat brim to the left. Women's: a low, soft crown over a band and a
/// short brim.
pub(super) fn cap(canvas: &mut Canvas, dice: &mut Dice, gender: Gender) {
    let (crown, brim) = (dice.near(0.0, 6.0), dice.near(0.0, 5.0));
    match gender {
        Gender::Men => {
            let top = -112.0 - crown;
            let dome = Outline::at((-72.0, 52.0))
                .cubic((-78.0, top + 24.0), (-30.0, top), (26.0, top))
                .cubic((86.0, top), (126.0, top + 60.0), (124.0, 62.0))
                .quad((30.0, 78.0), (-72.0, 52.0))
                .closed();
            canvas.piece(&dome, 0.0);
            canvas.line(
                &Outline::at((26.0, top)).cubic((-16.0, top + 30.0), (-26.0, 0.0), (-22.0, 64.0)),
                Ink::Seam,
                3.0,
            );
            canvas.line(
                &Outline::at((26.0, top)).cubic((64.0, top + 30.0), (76.0, 0.0), (72.0, 68.0)),
                Ink::Seam,
                3.0,
            );
            canvas.fitting(&Outline::ellipse((26.0, top), 10.0, 6.0), Ink::Shade);
            let visor = Outline::at((-72.0, 44.0))
                .cubic((-110.0, 46.0), (-128.0 - brim, 66.0), (-132.0 - brim, 84.0))
                .cubic((-90.0, 92.0), (-20.0, 88.0), (30.0, 70.0))
                .quad((-20.0, 62.0), (-72.0, 44.0))
                .closed();
            canvas.fitting(&visor, Ink::Shade);
            canvas.line(
                &Outline::at((-118.0 - brim, 76.0)).cubic((-80.0, 80.0), (-30.0, 76.0), (6.0, 70.0)),
                Ink::Seam,
                2.4,
            );
        }
        Gender::Women => {
            let top = -94.0 - crown;
            let dome = Outline::at((0.0, top))
                .cubic((70.0, top - 4.0), (140.0, top + 40.0), (134.0, -4.0))
                .cubic((132.0, 26.0), (110.0, 34.0), (96.0, 36.0))
                .line((0.0, 44.0))
                .mirrored();
            canvas.piece(&dome, 0.0);
            canvas.line_pair(
                &Outline::at((0.0, top)).cubic((40.0, top + 20.0), (60.0, -10.0), (58.0, 34.0)),
                Ink::Seam,
                3.0,
            );
            canvas.fitting(&Outline::ellipse((0.0, top), 12.0, 8.0), Ink::Shade);
            let band = Outline::at((0.0, 40.0))
                .quad((60.0, 38.0), (98.0, 28.0))
                .line((98.0, 52.0))
                .quad((60.0, 64.0), (0.0, 66.0))
                .mirrored();
            canvas.fitting(&band, Ink::Shade);
            let visor = Outline::at((0.0, 62.0))
                .quad((60.0, 62.0), (98.0, 48.0))
                .cubic((118.0, 80.0 + brim), (60.0, 104.0 + brim), (0.0, 106.0 + brim))
                .mirrored();
            canvas.fitting(&visor, Ink::Shade);
        }
    }
}

/// Men's: a broad strap and a large round dial. Women's: a slim strap and a small square dial.
pub(super) fn watch(canvas: &mut Canvas, dice: &mut Dice, gender: Gender) {
    let (strap, taper, dial) = match gender {
        Gender::Men => (dice.near(50.0, 2.0), 10.0, dice.near(90.0, 3.0)),
        Gender::Women => (dice.near(37.0, 2.0), 5.0, dice.near(64.0, 2.0)),
    };
    let end = dice.near(176.0, 4.0);
    let half_strap = Outline::at((0.0, 0.0))
        .line((strap, 0.0))
        .line((strap, dial + 6.0))
        .line((strap - taper, end - 14.0))
        .quad((strap - taper, end), (0.0, end + 2.0))
        .mirrored();
    canvas.piece(&half_strap, 0.0);
    let upper = Outline::at((0.0, 0.0))
        .line((strap, 0.0))
        .line((strap, -dial - 6.0))
        .line((strap - taper, -end))
        .line((0.0, -end))
        .mirrored();
    canvas.piece(&upper, 0.0);
    canvas.line(
        &Outline::rounded(
            (taper - strap - 5.0, -end - 5.0),
            (strap - taper + 5.0, 22.0 - end),
            4.0,
        ),
        Ink::Metal,
        7.0,
    );
    for hole in 0..3 {
        let y = end - 26.0 - 16.0 * hole as f32;
        canvas.line(&Outline::ellipse((0.0, y), 2.0, 2.0), Ink::Seam, 4.0);
    }
    canvas.fitting(
        &Outline::rounded((dial - 2.0, -9.0), (dial + 14.0, 9.0), 4.0),
        Ink::Metal,
    );
    let (case, face) = match gender {
        Gender::Men => (
            Outline::ellipse((0.0, 0.0), dial, dial),
            Outline::ellipse((0.0, 0.0), dial - 14.0, dial - 14.0),
        ),
        Gender::Women => (
            Outline::rounded((-dial, -dial), (dial, dial), 14.0),
            Outline::rounded((10.0 - dial, 10.0 - dial), (dial - 10.0, dial - 10.0), 8.0),
        ),
    };
    canvas.fitting(&case, Ink::Metal);
    canvas.fitting(&face, Ink::Base);
    let (inner, outer) = (dial * 0.66, dial * 0.78);
    for hour in 0..12 {
        let (sin, cos) = (hour as f32 * std::f32::consts::TAU / 12.0).sin_cos();
        canvas.line(
            &Outline::at((sin * inner, cos * inner)).line((sin * outer, cos * outer)),
            Ink::Accent,
            dial * 0.06,
        );
    }
    // Ten past ten, as on every watch that is for sale.
    canvas.line(
        &Outline::at((0.0, 0.0)).line((-dial * 0.36, -dial * 0.22)),
        Ink::Accent,
        dial * 0.09,
    );
    canvas.line(
        &Outline::at((0.0, 0.0)).line((dial * 0.48, -dial * 0.3)),
        Ink::Accent,
        dial * 0.06,
    );
}

/// A knot, and a blade that widens to its point.
pub(super) fn tie(canvas: &mut Canvas, dice: &mut Dice, _: Gender) {
    let (blade, point) = (dice.near(62.0, 4.0), dice.near(184.0, 4.0));
    let loop_ = Outline::at((0.0, -150.0))
        .line((14.0, -186.0))
        .line((78.0, -176.0))
        .line((30.0, -132.0))
        .closed();
    canvas.fitting_pair(&loop_, Ink::Shade);
    let body = Outline::at((0.0, -126.0))
        .line((22.0, -126.0))
        .line((blade, point - 56.0))
        .line((0.0, point))
        .mirrored();
    canvas.piece(&body, 35.0);
    let knot = Outline::at((0.0, -182.0))
        .line((40.0, -180.0))
        .quad((38.0, -140.0), (22.0, -122.0))
        .line((0.0, -118.0))
        .mirrored();
    canvas.piece(&knot, -20.0);
}
