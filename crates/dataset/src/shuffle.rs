//! Shuffles that depend on nothing but named numbers, so that results move with no crate.
//!
//! * The random words are those of ChaCha8 with the 32-byte key `seed, pass` (u64, little-endian), a name
//!   of 16 bytes, the nonce given and a counter from zero; two 32-bit words a draw, the lower first.
//! * The shuffle is Fisher and Yates's from the end: for `i` from `len - 1` down to 1, swap `i` with a draw
//!   from `0..=i`.
//! * A draw below `n` is Lemire's (2019, algorithm 5): the upper word of `word * n`, words again while
//!   the lower word is below `2^64 mod n`. It has no bias.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Which numbers a shuffle draws.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Draws {
    /// The last half of the cipher's key: names the stream and its version.
    pub(crate) name: [u8; 16],
    pub(crate) seed: u64,
    pub(crate) pass: u64,
    pub(crate) nonce: u64,
}

/// Shuffles `items` in place.
pub(crate) fn shuffle(draws: Draws, items: &mut [usize]) {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&draws.seed.to_le_bytes());
    key[8..16].copy_from_slice(&draws.pass.to_le_bytes());
    key[16..].copy_from_slice(&draws.name);
    let mut rng = ChaCha8Rng::from_seed(key);
    rng.set_stream(draws.nonce);
    for i in (1..items.len()).rev() {
        items.swap(i, below(&mut rng, i as u64 + 1) as usize);
    }
}

/// A shuffled `0..len`.
pub(crate) fn permutation(draws: Draws, len: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..len).collect();
    shuffle(draws, &mut order);
    order
}

/// A draw from `0..n`, for `n` above 0.
fn below(rng: &mut ChaCha8Rng, n: u64) -> u64 {
    let reject_below = n.wrapping_neg() % n;
    loop {
        let product = u128::from(rng.next_u64()) * u128::from(n);
        if product as u64 >= reject_below {
            return (product >> 64) as u64;
        }
    }
}
