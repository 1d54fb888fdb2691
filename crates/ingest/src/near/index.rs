//! Finding near looks without comparing all with all.
//!
//! Hashes of one picture differ in at most [`MAX_BITS`] bits. Cut into one band more than that, at least one band
//! of theirs is equal: so looks are filed by the values of their bands, and only what shares one is compared.
//! Norouzi, Punjani and Fleet, "Fast Search in Hamming Space with Multi-Index Hashing", CVPR 2012, section 3.
//!
//! Looks of one silhouette share bands. What tells them apart is how much of them stands out from white, in which
//! pictures that are near differ by [`MAX_TINT`] at most: looks are numbered by it, and of a band's only those within
//! it are compared. Equal looks are one entry, and a look that was found is not found again. Within a silhouette and
//! a tone the search still grows with the square.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use super::{HASH_BYTES, Look, MAX_BITS, MAX_TINT};

const BANDS: usize = MAX_BITS as usize + 1;
/// Values that the longest band can have.
const VALUES: usize = 1 << (HASH_BYTES * 8).div_ceil(BANDS);

type Hash = [u64; HASH_BYTES / 8];

/// Looks to search in; each is found once.
pub struct Index<'a> {
    /// The distinct looks, the palest first.
    lines: Vec<Line<'a>>,
    /// The hash of each, beside them: most of the search reads nothing else.
    hashes: Vec<Hash>,
    bands: Vec<Band>,
    /// Places in the list given of each distinct look, look after look.
    places: Vec<usize>,
}

/// Looks by the value of one band.
struct Band {
    /// Where the looks of each value begin in `lines`.
    starts: Vec<u32>,
    /// Numbers of looks, ascending for each value: the palest first.
    lines: Vec<u32>,
}

/// A distinct look.
struct Line<'a> {
    look: &'a Look,
    stands_out: u32,
    places: Range<usize>,
    found: AtomicBool,
}

impl<'a> Index<'a> {
    /// An index of `looks`. White pictures are near to nothing and left out.
    #[must_use]
    pub fn new(looks: &[&'a Look]) -> Self {
        let mut order: Vec<_> = (looks.iter().enumerate())
            .map(|(place, &look)| (look.stands_out(), &look.hash, &look.tint, place))
            .filter(|&(stands_out, ..)| stands_out > 0)
            .collect();
        order.sort_unstable();
        let mut lines: Vec<Line> = Vec::new();
        let mut places = Vec::with_capacity(order.len());
        for (stands_out, _, _, place) in order {
            let at = places.len();
            places.push(place);
            match lines.last_mut() {
                Some(line) if line.look == looks[place] => line.places.end = at + 1,
                _ => lines.push(Line {
                    look: looks[place],
                    stands_out,
                    places: at..at + 1,
                    found: AtomicBool::new(false),
                }),
            }
        }
        let hashes: Vec<Hash> = lines.iter().map(|line| hash(line.look)).collect();
        let bands = (0..BANDS).map(|band| Band::new(&hashes, band)).collect();
        Self {
            lines,
            hashes,
            bands,
            places,
        }
    }

    /// Places of the looks that are near to one of `others` and were not found before, in ascending order.
    #[must_use]
    pub fn find(&self, others: &[&Look]) -> Vec<usize> {
        // Equal looks find the same.
        let distinct: HashSet<&Look> = others.iter().copied().collect();
        let mut places: Vec<usize> = distinct
            .par_iter()
            .flat_map_iter(|look| self.near(look))
            .flat_map_iter(|line| self.places[line.places.clone()].iter().copied())
            .collect();
        places.sort_unstable();
        places
    }

    /// The looks near to one, those found for the first time.
    fn near(&self, other: &Look) -> Vec<&Line<'a>> {
        let (hash, stands_out) = (hash(other), other.stands_out());
        if stands_out == 0 {
            return Vec::new();
        }
        // Pictures differ by at least the difference of their sums; a pixel's worth more is for rounding.
        let palest = (stands_out as f32 / (1.0 + MAX_TINT)) as u32;
        let darkest = (stands_out as f32 * (1.0 + MAX_TINT)) as u32 + 1;
        let from = self.lines.partition_point(|line| line.stands_out < palest) as u32;
        let end = self.lines.partition_point(|line| line.stands_out <= darkest) as u32;
        let mut near = Vec::new();
        for (number, band) in self.bands.iter().enumerate() {
            let sharing = band.lines(value(&hash, number));
            let sharing = &sharing[sharing.partition_point(|&line| line < from)..];
            for &line in sharing.iter().take_while(|&&line| line < end) {
                let differing = differing(&self.hashes[line as usize], &hash);
                // What shares an earlier band was compared there.
                if ones(&differing) > MAX_BITS || (0..number).any(|earlier| value(&differing, earlier) == 0) {
                    continue;
                }
                let line = &self.lines[line as usize];
                if !line.found.load(Ordering::Relaxed)
                    && line.look.has_colours_of(other)
                    && !line.found.swap(true, Ordering::Relaxed)
                {
                    near.push(line);
                }
            }
        }
        near
    }
}

impl Band {
    fn new(hashes: &[Hash], band: usize) -> Self {
        let mut starts = vec![0; VALUES + 1];
        hashes.iter().for_each(|hash| starts[value(hash, band) + 1] += 1);
        for i in 1..starts.len() {
            starts[i] += starts[i - 1];
        }
        let (mut next, mut sorted) = (starts.clone(), vec![0; hashes.len()]);
        for (number, hash) in (0..).zip(hashes) {
            let place = &mut next[value(hash, band)];
            sorted[*place as usize] = number;
            *place += 1;
        }
        Self {
            starts,
            lines: sorted,
        }
    }

    fn lines(&self, value: usize) -> &[u32] {
        &self.lines[self.starts[value] as usize..self.starts[value + 1] as usize]
    }
}

fn hash(look: &Look) -> Hash {
    let (words, _) = look.hash.as_chunks::<8>();
    std::array::from_fn(|i| u64::from_le_bytes(words[i]))
}

fn ones(hash: &Hash) -> u32 {
    hash.iter().map(|word| word.count_ones()).sum()
}

/// The bits in which two hashes differ.
fn differing(a: &Hash, b: &Hash) -> Hash {
    std::array::from_fn(|i| a[i] ^ b[i])
}

/// The bits of a band as a number. A band takes every seventeenth bit: neighbours say much the same, and white
/// margins would leave whole bands of rows without a say.
fn value(hash: &Hash, band: usize) -> usize {
    let bits = (band..HASH_BYTES * 8).step_by(BANDS);
    bits.enumerate().fold(0, |value, (place, bit)| {
        value | ((hash[bit / 64] >> (bit % 64)) as usize & 1) << place
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::near::TINT_BYTES;

    prop_compose! {
        /// Looks a few bits and tones away from one of three.
        fn looks()(
            base in 0_u8..3,
            flipped in prop::collection::vec(0_usize..256, 0..24),
            tones in prop::collection::vec((0_usize..TINT_BYTES, 0_u8..=255), 0..40),
        ) -> Look {
            let mut made = Look {
                hash: [base * 85; HASH_BYTES],
                tint: [255 - base * 100; TINT_BYTES],
            };
            flipped.into_iter().for_each(|bit| made.hash[bit / 8] ^= 1 << (bit % 8));
            tones.into_iter().for_each(|(at, tone)| made.tint[at] = tone);
            made
        }
    }

    proptest! {
        #[test]
        fn what_is_found_is_what_comparing_all_finds(
            filed in prop::collection::vec(looks(), 0..60),
            first in prop::collection::vec(looks(), 0..30),
            then in prop::collection::vec(looks(), 0..30),
        ) {
            let filed: Vec<&Look> = filed.iter().collect();
            let index = Index::new(&filed);
            let near = |others: &[Look]| -> Vec<usize> {
                (0..filed.len()).filter(|&i| others.iter().any(|other| filed[i].is_near(other))).collect()
            };
            let expected = near(&first);
            prop_assert_eq!(index.find(&first.iter().collect::<Vec<_>>()), expected.clone());
            let mut later = near(&then);
            later.retain(|place| !expected.contains(place));
            prop_assert_eq!(index.find(&then.iter().collect::<Vec<_>>()), later);
        }
    }

    /// Looks around `kinds` silhouettes, up to `bits` and `tones` away from them.
    fn crowd(count: usize, kinds: u64, bits: usize, tones: u8) -> Vec<Look> {
        let mut state = 1_u64;
        let mut draw = move || {
            // xorshift64, Marsaglia 2003.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        let silhouettes: Vec<[u8; HASH_BYTES]> = (0..kinds)
            .map(|_| std::array::from_fn(|_| (draw() & draw()) as u8))
            .collect();
        (0..count)
            .map(|_| {
                let mut hash = silhouettes[(draw() % kinds) as usize];
                for _ in 0..draw() % (bits as u64 + 1) {
                    let bit = draw() as usize % (HASH_BYTES * 8);
                    hash[bit / 8] ^= 1 << (bit % 8);
                }
                let mut tone = || 255 - (draw() % (u64::from(tones) + 1)) as u8;
                let colour = [tone(), tone(), tone()];
                let tint = std::array::from_fn(|at| colour[at % 3].saturating_sub(255 - tone()));
                Look { hash, tint }
            })
            .collect()
    }

    #[test]
    #[ignore = "a measurement: cargo test -p ingest crowds -- --ignored --nocapture"]
    fn time_to_search_crowds() {
        for (name, kinds, bits, tones) in [
            ("garments of 300 silhouettes", 300, 40, 120),
            ("garments of 10 silhouettes", 10, 20, 120),
            ("one silhouette in all colours", 1, 0, 200),
            ("all but white", 1, 12, 3),
        ] {
            for count in [20_000, 200_000] {
                let looks = crowd(count, kinds, bits, tones);
                let (held_out, learnt) = looks.split_at(count / 10);
                let (held_out, learnt): (Vec<_>, Vec<_>) =
                    (held_out.iter().collect(), learnt.iter().collect());
                let begun = std::time::Instant::now();
                let found = Index::new(&held_out).find(&learnt);
                let by_index = begun.elapsed().as_secs_f64();
                let some = &held_out[..held_out.len() / 50];
                let begun = std::time::Instant::now();
                let near: Vec<usize> = (0..some.len())
                    .into_par_iter()
                    .filter(|&i| learnt.iter().any(|other| some[i].is_near(other)))
                    .collect();
                let by_all = begun.elapsed().as_secs_f64() * 50.0;
                assert_eq!(
                    near,
                    found
                        .iter()
                        .copied()
                        .filter(|&i| i < some.len())
                        .collect::<Vec<_>>()
                );
                eprintln!(
                    "{name}, {count}: {} found, index {by_index:.3} s, all with all {by_all:.1} s (of a fiftieth)",
                    found.len()
                );
            }
        }
    }
}
