//! Dresses and skirts: what flares from the waist.

use crate::synth::canvas::{Canvas, Ink};
use crate::synth::catalogue::Gender;
use crate::synth::dice::Dice;
use crate::synth::outline::Outline;

/// Straps, a fitted top, a waistband, a wide skirt.
pub(super) fn dress(canvas: &mut Canvas, dice: &mut Dice, _: Gender) {
    let (top, waist_at, hem) = (-172.0, dice.near(-44.0, 5.0), dice.near(170.0, 7.0));
    let (waist, flare) = (dice.near(44.0, 3.0), dice.near(124.0, 7.0));
    canvas.fitting(
        &Outline::at((0.0, top + 40.0))
            .line((40.0, top + 4.0))
            .line((46.0, top + 70.0))
            .line((0.0, top + 80.0))
            .mirrored(),
        Ink::Shade,
    );
    canvas.piece(&flared(waist, waist_at, flare, hem), 0.0);
    folds(canvas, waist, waist_at + 14.0, flare, hem);
    let bodice = Outline::at((0.0, top + 62.0))
        .cubic((24.0, top + 62.0), (34.0, top + 40.0), (36.0, top))
        .line((58.0, top + 2.0))
        .quad((52.0, top + 52.0), (64.0, top + 64.0))
        .cubic(
            (64.0, top + 90.0),
            (waist, waist_at - 20.0),
            (waist, waist_at + 4.0),
        )
        .line((0.0, waist_at + 6.0))
        .mirrored();
    canvas.piece(&bodice, 0.0);
    canvas.fitting(
        &Outline::rounded(
            (-waist - 2.0, waist_at - 6.0),
            (waist + 2.0, waist_at + 14.0),
            3.0,
        ),
        Ink::Shade,
    );
}

/// A waistband and a wide hem.
pub(super) fn skirt(canvas: &mut Canvas, dice: &mut Dice, _: Gender) {
    let (top, hem) = (-128.0, dice.near(124.0, 10.0));
    let (waist, flare) = (dice.near(58.0, 3.0), dice.near(130.0, 6.0));
    canvas.piece(&flared(waist, top + 20.0, flare, hem), 0.0);
    folds(canvas, waist, top + 30.0, flare, hem);
    canvas.fitting(
        &Outline::rounded((-waist - 2.0, top), (waist + 2.0, top + 26.0), 4.0),
        Ink::Shade,
    );
    canvas.button(0.0, top + 13.0, 6.0);
}

/// Cloth from a narrow waist to a wide, waved hem.
fn flared(waist: f32, top: f32, flare: f32, hem: f32) -> Outline {
    Outline::at((0.0, top))
        .line((waist, top))
        .quad((waist + 14.0, top + (hem - top) * 0.4), (flare, hem - 12.0))
        .quad((flare * 0.8, hem + 10.0), (flare * 0.6, hem))
        .quad((flare * 0.4, hem - 6.0), (flare * 0.2, hem + 6.0))
        .line((0.0, hem + 4.0))
        .mirrored()
}

fn folds(canvas: &mut Canvas, waist: f32, top: f32, flare: f32, hem: f32) {
    for share in [0.2, 0.6] {
        let fold = Outline::at((waist * share, top))
            .quad((waist * share + 4.0, hem * 0.4), (flare * share, hem - 2.0));
        canvas.line_pair(&fold, Ink::Seam, 3.0);
    }
}
