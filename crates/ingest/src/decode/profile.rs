//! Colours as an ICC profile means them, to sRGB, by moxcms.

use std::cell::RefCell;
use std::sync::Arc;

use moxcms::{ColorProfile, DataColorSpace, Layout, Transform8BitExecutor, TransformOptions};

/// What the samples of a pixel are, one byte each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Channels {
    Rgb,
    Rgba,
    /// Ink, 255 is full.
    Cmyk,
}

impl Channels {
    const fn count(self) -> usize {
        match self {
            Self::Rgb => 3,
            Self::Rgba | Self::Cmyk => 4,
        }
    }
}

/// A profile made ready for pixels of its kind.
#[derive(Clone)]
struct Ready {
    transform: Arc<Transform8BitExecutor>,
    /// The profile is of greys: the pixels' equal channels are one to it.
    grey: bool,
}

/// The profile used last, by its hash; `None` for one that cannot be used.
type Last = ([u8; 32], Channels, Option<Ready>);

thread_local! {
    // The photos of a catalogue share theirs, and making one ready costs more than using it.
    static LAST: RefCell<Option<Last>> = const { RefCell::new(None) };
}

/// `pixels` in sRGB, RGBA for RGBA and RGB for all others; `None` where the profile is damaged or of another
/// kind of colour than the pixels.
pub(super) fn to_srgb(profile: &[u8], pixels: &[u8], channels: Channels) -> Option<Vec<u8>> {
    let Ready { transform, grey } = ready(profile, channels)?;
    let out = if channels == Channels::Rgba { 4 } else { 3 };
    let mut srgb = vec![0; pixels.len() / channels.count() * out];
    if grey {
        let lightness: Vec<u8> = pixels.iter().step_by(channels.count()).copied().collect();
        transform.transform(&lightness, &mut srgb).ok()?;
    } else {
        transform.transform(pixels, &mut srgb).ok()?;
    }
    Some(srgb)
}

fn ready(profile: &[u8], channels: Channels) -> Option<Ready> {
    let hash = *blake3::hash(profile).as_bytes();
    LAST.with_borrow_mut(|last| match last {
        Some((known, of, ready)) if *known == hash && *of == channels => ready.clone(),
        _ => {
            let ready = prepare(profile, channels);
            *last = Some((hash, channels, ready.clone()));
            ready
        }
    })
}

fn prepare(profile: &[u8], channels: Channels) -> Option<Ready> {
    let profile = ColorProfile::new_from_slice(profile).ok()?;
    let (from, to) = match (profile.color_space, channels) {
        (DataColorSpace::Rgb, Channels::Rgb) => (Layout::Rgb, Layout::Rgb),
        (DataColorSpace::Rgb, Channels::Rgba) => (Layout::Rgba, Layout::Rgba),
        (DataColorSpace::Gray, Channels::Rgb) => (Layout::Gray, Layout::Rgb),
        (DataColorSpace::Cmyk, Channels::Cmyk) => (Layout::Rgba, Layout::Rgb),
        _ => return None,
    };
    let srgb = ColorProfile::new_srgb();
    let transform = profile.create_transform_8bit(from, &srgb, to, TransformOptions::default());
    Some(Ready {
        transform: transform.ok()?,
        grey: profile.color_space == DataColorSpace::Gray,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const WIDE: &[u8] = include_bytes!("../../tests/fixtures/wide.icc");
    const INKS: &[u8] = include_bytes!("../../tests/fixtures/inks.icc");

    #[derive(serde::Deserialize)]
    struct Case {
        profile: String,
        colours: Vec<Vec<u8>>,
        srgb: Vec<[u8; 3]>,
    }

    #[test]
    fn colours_are_those_of_pillows_colour_management() {
        let cases: Vec<Case> =
            serde_json::from_str(include_str!("../../tests/fixtures/colours.json")).unwrap();
        for case in cases {
            let (profile, channels) = match case.profile.as_str() {
                "wide.icc" => (WIDE, Channels::Rgb),
                _ => (INKS, Channels::Cmyk),
            };
            let found = to_srgb(profile, &case.colours.concat(), channels).unwrap();
            for ((colour, expected), found) in case.colours.iter().zip(&case.srgb).zip(found.chunks(3)) {
                let off = expected.iter().zip(found).map(|(&a, &b)| a.abs_diff(b)).max();
                assert!(
                    off <= Some(3),
                    "{}: {colour:?} became {found:?}, not {expected:?}",
                    case.profile
                );
            }
        }
    }

    #[test]
    fn transparency_stays_and_greys_stay_grey() {
        let pixel = to_srgb(WIDE, &[0, 128, 0, 77], Channels::Rgba).unwrap();
        assert_eq!(pixel[3], 77);
        assert!(pixel[1] >= 128 && pixel[0] <= 5, "{pixel:?}");
        let grey = ColorProfile::new_gray_with_gamma(2.2).encode().unwrap();
        let light = to_srgb(&grey, &[90, 90, 90, 255, 255, 255], Channels::Rgb).unwrap();
        assert!(
            light[0] == light[1] && light[1] == light[2] && light[0].abs_diff(90) <= 5,
            "{light:?}"
        );
        assert_eq!(light[3..], [255; 3]);
    }

    #[test]
    fn a_profile_that_is_damaged_or_of_another_kind_is_not_used() {
        assert_eq!(to_srgb(b"no profile", &[1, 2, 3], Channels::Rgb), None);
        assert_eq!(to_srgb(&WIDE[..200], &[1, 2, 3], Channels::Rgb), None);
        assert_eq!(to_srgb(INKS, &[1, 2, 3], Channels::Rgb), None);
        assert_eq!(to_srgb(WIDE, &[1, 2, 3, 4], Channels::Cmyk), None);
    }

    #[test]
    fn no_flipped_byte_of_a_profile_makes_a_panic() {
        // The second is its header and tags, then tables.
        for (profile, channels, step) in [(WIDE, Channels::Rgb, 1), (INKS, Channels::Cmyk, 5)] {
            for at in (0..240).step_by(step).chain((240..profile.len()).step_by(97)) {
                for value in [0, 0xff, profile[at] ^ 0x10] {
                    let mut flipped = profile.to_vec();
                    flipped[at] = value;
                    // Any answer will do.
                    let _ = to_srgb(&flipped, &[9; 24], channels);
                }
            }
        }
    }
}
