//! The drawn side of every measure: a picture for each caption asked for, as the evaluator sees it.

use tch::Tensor;

use super::drawer::Drawer;
use super::evaluator::Seen;
use super::photos::from_bytes;
use super::reference::{OF_A_CAPTION, Reference};
use crate::GanError;

/// Pictures of the captions asked for.
pub struct Drawn {
    /// Of each caption, in the order of `Reference::asked`.
    pub seen: Seen,
    /// The pictures of each product's first caption, as bytes `[n, 3, r, r]`.
    pub firsts: Tensor,
    /// Features `[8, d]` of pictures of each caption of `Reference::shared`.
    pub shared: Vec<Tensor>,
}

impl Drawn {
    /// Draws one picture for each caption asked for, and eight for each shared one. `progress` hears of each lot.
    ///
    /// # Errors
    /// libtorch refuses a call, or the images are not those announced.
    pub fn of(
        drawer: &Drawer<'_>,
        reference: &Reference<'_>,
        progress: &dyn Fn(u64),
    ) -> Result<Self, GanError> {
        let (evaluator, seed) = (reference.evaluator, reference.scope.seed);
        let vectors: Vec<&[f32]> = reference.asked.iter().map(|a| a.vector.as_slice()).collect();
        let (mut lots, mut kept, mut next) = (Vec::new(), Vec::new(), 0);
        for bytes in drawer.pictures(&vectors, seed, 0) {
            check(&bytes, drawer.resolution)?;
            lots.push(evaluator.look(&from_bytes(&bytes))?);
            let end = next + bytes.size()[0] as usize;
            let firsts: Vec<i64> = (reference.firsts.iter())
                .filter(|f| (next..end).contains(*f))
                .map(|f| (f - next) as i64)
                .collect();
            kept.push(bytes.index_select(0, &Tensor::from_slice(&firsts)));
            next = end;
            progress(bytes.size()[0] as u64);
        }
        let vectors: Vec<&[f32]> = reference
            .shared
            .iter()
            .flat_map(|s| std::iter::repeat_n(s.vector.as_slice(), OF_A_CAPTION))
            .collect();
        let mut shared = Vec::new();
        for bytes in drawer.pictures(&vectors, seed, next as u64) {
            let features = evaluator.look(&from_bytes(&bytes))?.features;
            shared.extend(features.split(OF_A_CAPTION as i64, 0));
            progress(bytes.size()[0] as u64);
        }
        Ok(Self {
            seen: Seen::join(&lots),
            firsts: Tensor::cat(&kept, 0),
            shared,
        })
    }

    /// Features `[n, d]` of the pictures of each product's first caption.
    pub fn first_features(&self, reference: &Reference<'_>) -> Tensor {
        let firsts: Vec<i64> = reference.firsts.iter().map(|&f| f as i64).collect();
        self.seen.features.index_select(0, &Tensor::from_slice(&firsts))
    }
}

fn check(bytes: &Tensor, resolution: usize) -> Result<(), GanError> {
    let side = resolution as i64;
    match bytes.size()[..] {
        [_, 3, h, w] if h == side && w == side => Ok(()),
        _ => Err(GanError::Torch(format!(
            "expected images [n, 3, {side}, {side}] of the generator, found {:?}",
            bytes.size()
        ))),
    }
}
