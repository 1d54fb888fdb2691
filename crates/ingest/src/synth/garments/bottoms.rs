//! Trousers and shorts: two legs and a waistband.

use crate::synth::canvas::{Canvas, Ink};
use crate::synth::catalogue::Gender;
use crate::synth::dice::Dice;
use crate::synth::outline::Outline;

/// The measures of legs; widths are from the middle to one side.
struct Legs {
    top: f32,
    waist: f32,
    hip: f32,
    crotch: f32,
    knee: f32,
    hem: f32,
    hem_inner: f32,
    hem_outer: f32,
}

impl Legs {
    fn outline(&self) -> Outline {
        let Self {
            top,
            waist,
            hip,
            crotch,
            knee,
            hem,
            hem_inner,
            hem_outer,
        } = *self;
        let knee_at = (crotch + hem) / 2.0;
        Outline::at((0.0, top))
            .line((waist, top))
            .cubic((waist + 6.0, top + 30.0), (hip, crotch - 60.0), (hip, crotch))
            .cubic((hip, crotch + 30.0), (knee, knee_at - 30.0), (knee, knee_at))
            .cubic(
                (knee, knee_at + 40.0),
                (hem_outer - 6.0, hem - 50.0),
                (hem_outer, hem),
            )
            .line((hem_inner, hem + 3.0))
            .quad((hem_inner * 0.7, knee_at), (0.0, crotch))
            .mirrored()
    }
}

/// Men's: straight legs and a low waist. Women's: a high, narrow waist, slim knees and flared hems.
pub(super) fn trousers(canvas: &mut Canvas, dice: &mut Dice, gender: Gender) {
    let hem = dice.near(178.0, 6.0);
    let legs = match gender {
        Gender::Men => Legs {
            top: -172.0,
            waist: dice.near(72.0, 3.0),
            hip: dice.near(86.0, 3.0),
            crotch: -56.0,
            knee: dice.near(84.0, 3.0),
            hem,
            hem_inner: dice.near(24.0, 3.0),
            hem_outer: dice.near(82.0, 3.0),
        },
        Gender::Women => Legs {
            top: -178.0,
            waist: dice.near(46.0, 2.0),
            hip: dice.near(74.0, 3.0),
            crotch: -48.0,
            knee: dice.near(60.0, 3.0),
            hem,
            hem_inner: dice.near(26.0, 3.0),
            hem_outer: dice.near(100.0, 4.0),
        },
    };
    canvas.piece(&legs.outline(), 90.0);
    waistband(canvas, &legs, 20.0);
    let crease =
        Outline::at((legs.hip * 0.5, legs.crotch)).line(((legs.hem_inner + legs.hem_outer) / 2.0, hem));
    canvas.line_pair(&crease, Ink::Seam, 2.4);
}

/// Men's: wide, down to the knee. Women's: short, with turned-up hems and a bow.
pub(super) fn shorts(canvas: &mut Canvas, dice: &mut Dice, gender: Gender) {
    let legs = match gender {
        Gender::Men => Legs {
            top: -132.0,
            waist: dice.near(88.0, 3.0),
            hip: dice.near(108.0, 3.0),
            crotch: 2.0,
            knee: dice.near(116.0, 3.0),
            hem: dice.near(138.0, 8.0),
            hem_inner: 14.0,
            hem_outer: dice.near(124.0, 4.0),
        },
        Gender::Women => Legs {
            top: -104.0,
            waist: dice.near(78.0, 3.0),
            hip: dice.near(116.0, 3.0),
            crotch: 28.0,
            knee: dice.near(124.0, 3.0),
            hem: dice.near(78.0, 5.0),
            hem_inner: 12.0,
            hem_outer: dice.near(132.0, 4.0),
        },
    };
    canvas.piece(&legs.outline(), 0.0);
    waistband(canvas, &legs, 24.0);
    let Legs {
        top,
        hem,
        hem_inner,
        hem_outer,
        ..
    } = legs;
    match gender {
        Gender::Men => {
            canvas.line_pair(
                &Outline::at((hem_inner, hem - 12.0)).line((hem_outer - 2.0, hem - 15.0)),
                Ink::Seam,
                2.4,
            );
        }
        Gender::Women => {
            let cuff = Outline::at((hem_inner - 4.0, hem - 14.0))
                .line((hem_outer - 1.0, hem - 18.0))
                .line((hem_outer + 2.0, hem + 4.0))
                .line((hem_inner, hem + 8.0))
                .closed();
            canvas.fitting_pair(&cuff, Ink::Shade);
            let bow = Outline::at((0.0, top + 16.0))
                .cubic((14.0, top - 6.0), (34.0, top - 2.0), (34.0, top + 14.0))
                .cubic((34.0, top + 32.0), (14.0, top + 30.0), (0.0, top + 16.0))
                .closed();
            canvas.line_pair(
                &Outline::at((0.0, top + 16.0)).quad((16.0, top + 40.0), (18.0, top + 64.0)),
                Ink::Accent,
                5.0,
            );
            canvas.fitting_pair(&bow, Ink::Accent);
        }
    }
}

/// The band with its button, the fly and the pockets.
fn waistband(canvas: &mut Canvas, legs: &Legs, height: f32) {
    let Legs {
        top,
        waist,
        hip,
        crotch,
        ..
    } = *legs;
    let band = Outline::at((0.0, top))
        .line((waist + 1.0, top - 2.0))
        .line((waist + 5.0, top + height))
        .line((0.0, top + height))
        .mirrored();
    canvas.fitting(&band, Ink::Shade);
    canvas.button(0.0, top + height / 2.0, 5.0);
    canvas.line(
        &Outline::at((0.0, top + height)).line((0.0, crotch)),
        Ink::Seam,
        2.6,
    );
    canvas.line(
        &Outline::at((14.0, top + height)).quad((16.0, crotch - 34.0), (0.0, crotch - 22.0)),
        Ink::Seam,
        2.0,
    );
    canvas.line_pair(
        &Outline::at((waist - 16.0, top + height)).quad(
            (waist - 6.0, top + height + 30.0),
            ((waist + hip) / 2.0 - 2.0, top + height + 42.0),
        ),
        Ink::Seam,
        3.0,
    );
}
