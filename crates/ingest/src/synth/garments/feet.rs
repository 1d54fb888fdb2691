//! Shoes and socks, in pairs.

use crate::synth::canvas::{Canvas, Ink};
use crate::synth::catalogue::Gender;
use crate::synth::dice::Dice;
use crate::synth::outline::Outline;

/// Men's: sneakers with laces and a thick sole. Women's: ballerinas with a bow and a low heel.
pub(super) fn shoes(canvas: &mut Canvas, dice: &mut Dice, gender: Gender) {
    let (height, toe) = (dice.near(0.0, 5.0), dice.near(0.0, 5.0));
    // The far shoe stands a little higher and to the right.
    for (x, y) in [(12.0, -62.0), (-8.0, 76.0)] {
        match gender {
            Gender::Men => sneaker(canvas, x, y, height, toe),
            Gender::Women => ballerina(canvas, x, y, height, toe),
        }
    }
}

/// Seen from the side, the toe to the left; `y` is where the sole begins.
fn sneaker(canvas: &mut Canvas, x: f32, y: f32, height: f32, toe: f32) {
    let top = -88.0 - height;
    let upper = Outline::at((-118.0 - toe, 4.0))
        .cubic((-122.0 - toe, -34.0), (-84.0, -40.0), (-52.0, -46.0))
        .cubic((-24.0, -54.0), (-4.0, -76.0), (20.0, top))
        .quad((50.0, top + 16.0), (84.0, top - 4.0))
        .cubic((112.0, top + 10.0), (110.0, -30.0), (116.0, 4.0))
        .closed();
    canvas.piece(&upper.moved(x, y), 0.0);
    let cap = Outline::at((-118.0 - toe, 4.0))
        .cubic((-122.0 - toe, -34.0), (-90.0, -39.0), (-78.0, -41.0))
        .quad((-58.0, -20.0), (-64.0, 4.0))
        .closed();
    canvas.fitting(&cap.moved(x, y), Ink::Shade);
    let heel = Outline::at((84.0, 4.0))
        .quad((80.0, -30.0), (104.0, -48.0))
        .quad((110.0, -20.0), (116.0, 4.0))
        .closed();
    canvas.fitting(&heel.moved(x, y), Ink::Shade);
    for step in 0..4 {
        let (lx, ly) = (-46.0 + 18.0 * step as f32, -44.0 - 11.0 * step as f32);
        canvas.line(
            &Outline::at((lx, ly)).line((lx + 18.0, ly + 20.0)).moved(x, y),
            Ink::Pale,
            6.0,
        );
    }
    let sole = Outline::at((-124.0 - toe, 0.0))
        .line((118.0, 0.0))
        .quad((126.0, 12.0), (112.0, 15.0))
        .line((-104.0 - toe, 15.0))
        .quad((-128.0 - toe, 14.0), (-124.0 - toe, 0.0))
        .closed();
    canvas.fitting(&sole.moved(x, y), Ink::Pale);
    canvas.line(
        &Outline::at((-118.0 - toe, 8.0)).line((116.0, 8.0)).moved(x, y),
        Ink::Seam,
        2.4,
    );
}

/// Seen from the side, the toe to the left; `y` is where the sole begins.
fn ballerina(canvas: &mut Canvas, x: f32, y: f32, height: f32, toe: f32) {
    let (top, vamp) = (-82.0 - height, -50.0);
    let lining = Outline::at((-56.0, vamp))
        .cubic((-20.0, -46.0), (44.0, -50.0), (74.0, top))
        .cubic((46.0, -6.0), (-30.0, -10.0), (-56.0, vamp))
        .closed();
    canvas.fitting(&lining.moved(x, y), Ink::Shade);
    let upper = Outline::at((-124.0 - toe, 8.0))
        .cubic((-128.0 - toe, -34.0), (-92.0, -48.0), (-56.0, vamp))
        .cubic((-34.0, -12.0), (44.0, -8.0), (74.0, top))
        .quad((92.0, top - 12.0), (110.0, top))
        .cubic((122.0, -40.0), (112.0, -14.0), (114.0, 8.0))
        .closed();
    canvas.piece(&upper.moved(x, y), 0.0);
    let sole = Outline::at((-126.0 - toe, 4.0))
        .line((116.0, 4.0))
        .line((114.0, 34.0))
        .line((70.0, 34.0))
        .quad((64.0, 16.0), (30.0, 16.0))
        .line((-112.0 - toe, 16.0))
        .quad((-126.0 - toe, 16.0), (-126.0 - toe, 4.0))
        .closed();
    canvas.fitting(&sole.moved(x, y), Ink::Shade);
    let bow = Outline::at((0.0, 0.0))
        .cubic((10.0, -24.0), (36.0, -20.0), (30.0, 2.0))
        .cubic((32.0, 20.0), (10.0, 20.0), (0.0, 0.0))
        .closed();
    for half in [bow.flipped(), bow] {
        canvas.fitting(&half.moved(x - 66.0, y - 46.0), Ink::Accent);
    }
}

/// Men's: up to the calf. Women's: ankle socks with a frilled top.
pub(super) fn socks(canvas: &mut Canvas, dice: &mut Dice, gender: Gender) {
    let (leg, foot) = (dice.near(0.0, 8.0), dice.near(0.0, 4.0));
    for x in [66.0, -66.0] {
        match gender {
            Gender::Men => sock(
                canvas,
                x,
                Sock {
                    top: -176.0 - leg,
                    width: 38.0,
                    heel: 92.0,
                    sole: 160.0,
                    toe: -66.0 - foot,
                    frilled: false,
                },
            ),
            Gender::Women => sock(
                canvas,
                x,
                Sock {
                    top: -112.0 - leg,
                    width: 44.0,
                    heel: 54.0,
                    sole: 136.0,
                    toe: -72.0 - foot,
                    frilled: true,
                },
            ),
        }
    }
}

struct Sock {
    top: f32,
    width: f32,
    heel: f32,
    sole: f32,
    toe: f32,
    frilled: bool,
}

/// Seen from the side, the toe to the left.
fn sock(canvas: &mut Canvas, x: f32, measures: Sock) {
    let Sock {
        top,
        width,
        heel,
        sole,
        toe,
        frilled,
    } = measures;
    let body = Outline::at((-width + 12.0, top))
        .line((width + 12.0, top))
        .cubic(
            (width + 8.0, heel - 60.0),
            (width + 16.0, heel),
            (width + 16.0, heel + 24.0),
        )
        .cubic((width + 16.0, sole - 14.0), (width, sole), (width - 24.0, sole))
        .line((toe + 24.0, sole))
        .cubic(
            (toe - 4.0, sole),
            (toe - 4.0, heel + 16.0),
            (toe + 24.0, heel + 14.0),
        )
        .cubic(
            (-24.0, heel + 6.0),
            (-22.0, heel - 20.0),
            (-width + 14.0, heel - 60.0),
        )
        .closed();
    canvas.piece(&body.moved(x, 0.0), 0.0);
    let heel_cap = Outline::at((width + 14.0, heel - 6.0))
        .quad((width - 24.0, heel + 20.0), (width - 24.0, sole))
        .cubic(
            (width, sole),
            (width + 16.0, sole - 14.0),
            (width + 16.0, heel + 24.0),
        )
        .closed();
    canvas.fitting(&heel_cap.moved(x, 0.0), Ink::Shade);
    let toe_cap = Outline::at((toe + 24.0, sole))
        .cubic(
            (toe - 4.0, sole),
            (toe - 4.0, heel + 16.0),
            (toe + 24.0, heel + 14.0),
        )
        .quad((toe + 34.0, (sole + heel) / 2.0), (toe + 24.0, sole))
        .closed();
    canvas.fitting(&toe_cap.moved(x, 0.0), Ink::Shade);
    if frilled {
        let (left, right) = (-width + 4.0, width + 20.0);
        let step = (right - left) / 4.0;
        let mut frill = Outline::at((left, top - 10.0))
            .line((right, top - 10.0))
            .line((right, top + 16.0));
        for wave in (0..4).rev() {
            let end = left + step * wave as f32;
            frill = frill.quad((end + step / 2.0, top + 36.0), (end, top + 16.0));
        }
        canvas.fitting(&frill.closed().moved(x, 0.0), Ink::Pale);
    } else {
        let cuff = Outline::rounded((-width + 10.0, top - 4.0), (width + 14.0, top + 34.0), 5.0);
        canvas.fitting(&cuff.moved(x, 0.0), Ink::Shade);
        for rib in 1..5 {
            let rx = -width + 10.0 + (2.0 * width + 4.0) * rib as f32 / 5.0;
            canvas.line(
                &Outline::at((rx, top + 2.0)).line((rx, top + 28.0)).moved(x, 0.0),
                Ink::Seam,
                2.4,
            );
        }
    }
}
