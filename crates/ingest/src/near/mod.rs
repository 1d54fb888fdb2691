//! Near-duplicates: two photos of one picture, saved anew, resized or hardly retouched. Equal bytes find copies;
//! this finds what would let a model be tested on a picture that it has learnt.
//!
//! Catalogue photos are much alike: garments of a kind stand in one place on one background, and differ by a
//! colour. So two tests must agree: a perceptual hash of shape, and a small picture of colours whose difference is
//! measured by how much there is on the background at all.

mod index;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x3;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image::RgbImage;
use image_hasher::{HashAlg, Hasher, HasherConfig};
use serde::{Deserialize, Serialize};

pub use self::index::Index;

/// Side of the hash, in bits.
const HASH_SIDE: u32 = 16;
const HASH_BYTES: usize = (HASH_SIDE * HASH_SIDE / 8) as usize;
/// Side of the small picture of colours, in pixels.
const TINT_SIDE: u32 = 8;
const TINT_BYTES: usize = (TINT_SIDE * TINT_SIDE * 3) as usize;
/// What both are made from, in pixels.
const THUMBNAIL_SIDE: u32 = 64;

/// Bits of 256 in which the hashes of one picture may differ.
const MAX_BITS: u32 = 16;
/// Difference of colours that one picture may have, by the sum of what stands out from white.
const MAX_TINT: f32 = 0.08;

/// What a photo looks like, in 224 bytes. As text it is base64.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Look {
    hash: [u8; HASH_BYTES],
    tint: [u8; TINT_BYTES],
}

/// Takes looks of squared images; one a thread.
pub struct Looker {
    hasher: Hasher<[u8; HASH_BYTES]>,
    resizer: Resizer,
    options: ResizeOptions,
}

impl Default for Looker {
    fn default() -> Self {
        let hasher = HasherConfig::with_bytes_type()
            .hash_size(HASH_SIDE, HASH_SIDE)
            .hash_alg(HashAlg::Gradient)
            .resize_filter(image::imageops::FilterType::Triangle);
        Self {
            hasher: hasher.to_hasher(),
            resizer: Resizer::new(),
            options: ResizeOptions::new()
                .resize_alg(ResizeAlg::Convolution(FilterType::Box))
                .use_alpha(false),
        }
    }
}

impl Looker {
    /// The look of a squared image of `size * size * 3` bytes; `None` where the bytes are fewer.
    pub fn look(&mut self, pixels: &[u8], size: u32) -> Option<Look> {
        let thumbnail = self.resize(pixels, size, THUMBNAIL_SIDE)?;
        let tint = self.resize(&thumbnail, THUMBNAIL_SIDE, TINT_SIDE)?;
        let thumbnail = RgbImage::from_raw(THUMBNAIL_SIDE, THUMBNAIL_SIDE, thumbnail)?;
        Some(Look {
            hash: self.hasher.hash_image(&thumbnail).into_inner(),
            tint: tint.try_into().ok()?,
        })
    }

    fn resize(&mut self, pixels: &[u8], from: u32, to: u32) -> Option<Vec<u8>> {
        let source = TypedImageRef::<U8x3>::from_buffer(from, from, pixels).ok()?;
        let mut small = vec![0; to as usize * to as usize * 3];
        let mut target = TypedImage::<U8x3>::from_buffer(to, to, &mut small).ok()?;
        self.resizer
            .resize_typed(&source, &mut target, &self.options)
            .ok()?;
        Some(small)
    }
}

impl From<Look> for String {
    fn from(look: Look) -> Self {
        BASE64.encode([look.hash.as_slice(), &look.tint].concat())
    }
}

impl TryFrom<String> for Look {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let bytes = BASE64.decode(text).map_err(|e| format!("a photo's look: {e}"))?;
        let length = bytes.len();
        let wrong = |_| format!("a photo's look: {length} bytes");
        let (hash, tint) = bytes.split_at_checked(HASH_BYTES).ok_or_else(|| wrong(()))?;
        Ok(Self {
            hash: hash.try_into().map_err(|_| wrong(()))?,
            tint: tint.try_into().map_err(|_| wrong(()))?,
        })
    }
}

impl Look {
    /// Whether both are photos of one picture.
    #[must_use]
    pub fn is_near(&self, other: &Self) -> bool {
        let bits: u32 = self
            .hash
            .iter()
            .zip(&other.hash)
            .map(|(a, b)| (a ^ b).count_ones())
            .sum();
        if bits > MAX_BITS {
            return false;
        }
        self.has_colours_of(other)
    }

    /// Whether both have the same colours in the same places.
    fn has_colours_of(&self, other: &Self) -> bool {
        let both = self.tint.iter().zip(&other.tint);
        let difference: u32 = both.map(|(&a, &b)| u32::from(a.abs_diff(b))).sum();
        let stands_out = self.stands_out().min(other.stands_out());
        // Two white pictures are no evidence. Both sums are below 2^24: exact.
        difference as f32 <= MAX_TINT * stands_out as f32 && stands_out > 0
    }

    /// What is not white, summed over pixels and channels.
    fn stands_out(&self) -> u32 {
        self.tint.iter().map(|&tone| u32::from(255 - tone)).sum()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use image::Rgb;

    use super::*;

    const SIZE: u32 = 96;

    /// A garment with a print, in a colour, moved by `shift` pixels.
    fn garment(colour: [u8; 3], print: u32, shift: u32) -> RgbImage {
        RgbImage::from_fn(SIZE, SIZE, |x, y| {
            let (x, y) = (x.wrapping_sub(shift), y);
            let body = (24..72).contains(&x) && (10..90).contains(&y);
            let sleeve = (12..84).contains(&x) && (10..40).contains(&y);
            let printed = (36..60).contains(&x) && (30..60).contains(&y) && (x * print / 6 + y) % 8 < 4;
            match (body || sleeve, printed && print > 0) {
                (_, true) => Rgb([240, 230, 40]),
                (true, _) => Rgb(colour),
                _ => Rgb([255; 3]),
            }
        })
    }

    fn look(picture: &RgbImage) -> Look {
        Looker::default().look(picture, picture.width()).unwrap()
    }

    #[test]
    fn a_picture_saved_anew_or_resized_is_near() {
        let original = garment([40, 60, 150], 1, 0);
        let noisy = RgbImage::from_fn(SIZE, SIZE, |x, y| {
            Rgb(original
                .get_pixel(x, y)
                .0
                .map(|v| v.saturating_sub(((x * 7 + y * 13) % 5) as u8)))
        });
        let smaller = image::imageops::resize(&original, 70, 70, image::imageops::FilterType::Lanczos3);
        for other in [&original, &noisy, &smaller] {
            assert!(look(&original).is_near(&look(other)));
        }
    }

    #[test]
    fn another_colour_print_or_garment_is_not() {
        let original = look(&garment([40, 60, 150], 1, 0));
        for other in [
            garment([150, 40, 40], 1, 0),
            garment([40, 110, 110], 1, 0),
            garment([40, 60, 150], 0, 0),
            garment([40, 60, 150], 1, 12),
            RgbImage::from_pixel(SIZE, SIZE, Rgb([255; 3])),
        ] {
            assert!(!original.is_near(&look(&other)));
        }
        let white = look(&RgbImage::from_pixel(SIZE, SIZE, Rgb([255; 3])));
        assert!(!white.is_near(&white));
    }

    #[test]
    fn the_search_finds_what_comparing_all_finds() {
        let looks: Vec<Look> = (0..60)
            .map(|i| look(&garment([40 + (i % 5) as u8 * 3, 60, 150], i / 5, (i % 3) * 4)))
            .collect();
        let (held_out, learnt): (Vec<&Look>, Vec<&Look>) =
            (looks[..20].iter().collect(), looks[20..].iter().collect());
        let all: Vec<usize> = (0..20)
            .filter(|&i| learnt.iter().any(|other| held_out[i].is_near(other)))
            .collect();
        assert!(!all.is_empty() && all.len() < 20, "{all:?}");
        assert_eq!(Index::new(&held_out).find(&learnt), all);
    }

    #[test]
    fn a_look_is_the_same_as_text_and_other_text_is_none() {
        let look = look(&garment([1, 2, 3], 2, 0));
        let text = String::from(look.clone());
        assert_eq!(Look::try_from(text.clone()), Ok(look));
        for text in ["", "x", &text[..100], "!!!!"] {
            let error = Look::try_from(text.to_owned()).unwrap_err();
            assert!(error.starts_with("a photo's look: "), "{error}");
        }
        assert_eq!(Looker::default().look(&[0; 9], 2), None);
    }
}
