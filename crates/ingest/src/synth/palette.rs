//! The eleven basic colours, and the shades that one garment is drawn in.

use tiny_skia::Color;

use super::dice::Dice;

/// A basic colour term: the words that every language with a full set of colour words has, and that
/// everybody agrees on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Colour {
    Black,
    White,
    Grey,
    Red,
    Orange,
    Yellow,
    Green,
    Blue,
    Purple,
    Pink,
    Brown,
}

impl Colour {
    pub(crate) const ALL: [Self; 11] = [
        Self::Black,
        Self::White,
        Self::Grey,
        Self::Red,
        Self::Orange,
        Self::Yellow,
        Self::Green,
        Self::Blue,
        Self::Purple,
        Self::Pink,
        Self::Brown,
    ];

    /// The name that the dump's `baseColour` uses.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Black => "Black",
            Self::White => "White",
            Self::Grey => "Grey",
            Self::Red => "Red",
            Self::Orange => "Orange",
            Self::Yellow => "Yellow",
            Self::Green => "Green",
            Self::Blue => "Blue",
            Self::Purple => "Purple",
            Self::Pink => "Pink",
            Self::Brown => "Brown",
        }
    }

    /// The typical sRGB of the colour. White stays below 255: it must show on a white ground.
    pub(crate) const fn rgb(self) -> Rgb {
        match self {
            Self::Black => Rgb([34, 34, 37]),
            Self::White => Rgb([240, 241, 244]),
            Self::Grey => Rgb([137, 139, 143]),
            Self::Red => Rgb([208, 28, 36]),
            Self::Orange => Rgb([246, 126, 16]),
            Self::Yellow => Rgb([250, 212, 32]),
            Self::Green => Rgb([38, 146, 62]),
            Self::Blue => Rgb([34, 84, 200]),
            Self::Purple => Rgb([122, 48, 164]),
            Self::Pink => Rgb([247, 140, 186]),
            Self::Brown => Rgb([116, 70, 38]),
        }
    }
}

/// An opaque sRGB colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rgb(pub(crate) [u8; 3]);

impl Rgb {
    const BLACK: Self = Self([0, 0, 0]);
    const WHITE: Self = Self([255, 255, 255]);

    /// `share` of `other` in this colour, from 0 to 1.
    pub(crate) fn mixed(self, other: Self, share: f32) -> Self {
        let channel = |i: usize| {
            let (a, b) = (f32::from(self.0[i]), f32::from(other.0[i]));
            (a + (b - a) * share).round() as u8
        };
        Self([0, 1, 2].map(channel))
    }

    pub(crate) fn paint(self) -> Color {
        Color::from_rgba8(self.0[0], self.0[1], self.0[2], 255)
    }
}

/// The shades of one garment, all from one colour.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dye {
    /// The cloth itself.
    pub(crate) base: Rgb,
    /// Stripes, checks and dots: nearly white, and grey on white.
    pub(crate) accent: Rgb,
    /// The line around a piece.
    pub(crate) edge: Rgb,
    /// Lines within a piece: seams, folds, laces. Lighter than the cloth where that is black.
    pub(crate) seam: Rgb,
    /// What lies in shade: a lining, a neck's inside, ribbing.
    pub(crate) shade: Rgb,
}

impl Dye {
    /// Shades around the typical `colour`, which varies no further than the eye takes for the same dye.
    pub(crate) fn new(colour: Colour, dice: &mut Dice) -> Self {
        let light = dice.near(0.0, 6.0);
        let channels = colour
            .rgb()
            .0
            .map(|c| (f32::from(c) + light + dice.near(0.0, 4.0)).clamp(0.0, 248.0));
        let base = Rgb(channels.map(|c| c.round() as u8));
        let dark = |share| base.mixed(Rgb::BLACK, share);
        match colour {
            Colour::White => Self {
                base,
                accent: dark(0.3),
                edge: dark(0.38),
                seam: dark(0.2),
                shade: dark(0.1),
            },
            Colour::Black => Self {
                base,
                accent: base.mixed(Rgb::WHITE, 0.82),
                edge: dark(0.6),
                seam: base.mixed(Rgb::WHITE, 0.36),
                shade: base.mixed(Rgb::WHITE, 0.14),
            },
            _ => Self {
                base,
                accent: base.mixed(Rgb::WHITE, 0.86),
                edge: dark(0.42),
                seam: dark(0.36),
                shade: dark(0.14),
            },
        }
    }
}

#[cfg(test)]
impl Colour {
    /// The basic colour whose typical value is nearest.
    pub(crate) fn nearest(rgb: Rgb) -> Self {
        let distance = |c: &Self| -> i32 {
            (0..3)
                .map(|i| (i32::from(c.rgb().0[i]) - i32::from(rgb.0[i])).pow(2))
                .sum()
        };
        Self::ALL.into_iter().min_by_key(distance).unwrap_or(Self::Black)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dye_stays_nearest_to_its_own_colour() {
        for colour in Colour::ALL {
            for index in 0..200 {
                let base = Dye::new(colour, &mut Dice::new(1, index, "dye")).base;
                assert_eq!(Colour::nearest(base), colour, "{base:?}");
            }
        }
    }
}
