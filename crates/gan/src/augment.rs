//! What is done to images before D sees them, real and fake alike, so that a small catalogue is not learnt by heart
//! (DiffAugment: Zhao et al. 2020). Colours are left alone: the text speaks of them.

use tch::Tensor;

use crate::random::Random;
use crate::recipe::Augment;

/// The augmentation of one batch: what happens to each image.
pub struct Augmentation {
    /// Rows and columns by which each image is moved; empty where none is.
    moves: Vec<[i64; 2]>,
    /// The largest of them.
    reach: i64,
    /// Upper left corner of the hole in each image; empty where there is none.
    holes: Vec<[i64; 2]>,
    /// Side of the holes.
    hole: i64,
}

impl Augmentation {
    /// Draws what happens to each of `n` images of `side` pixels.
    #[must_use]
    pub fn draw(recipe: &Augment, random: &mut Random, n: usize, side: usize) -> Self {
        let share = |share: f64| (share * side as f64).round() as i64;
        let (reach, hole) = (share(recipe.translation), share(recipe.cutout));
        let mut pairs = |from: i64, to: i64| -> Vec<[i64; 2]> {
            let mut one = || from + random.below((to - from + 1) as usize) as i64;
            (0..n).map(|_| [one(), one()]).collect()
        };
        Self {
            moves: if reach > 0 {
                pairs(-reach, reach)
            } else {
                Vec::new()
            },
            reach,
            // The middle of a hole is anywhere in the image, so holes may hang over its edge.
            holes: if hole > 0 {
                pairs(-hole / 2, side as i64 - 1 - hole / 2)
            } else {
                Vec::new()
            },
            hole,
        }
    }

    /// What happens to every `of`th image from number `first` on.
    #[must_use]
    pub fn part(&self, first: usize, of: usize) -> Self {
        let every = |list: &[[i64; 2]]| list.iter().skip(first).step_by(of).copied().collect();
        Self {
            moves: every(&self.moves),
            holes: every(&self.holes),
            ..*self
        }
    }

    /// Images `[n, 3, r, r]` as D shall see them. Moved images show their border repeated, holes are 0: grey.
    pub fn apply(&self, images: &Tensor) -> Tensor {
        self.cut(&self.moved(images))
    }

    fn moved(&self, images: &Tensor) -> Tensor {
        if self.moves.is_empty() {
            return images.shallow_clone();
        }
        let side = images.size()[3];
        let wide = images.replication_pad2d([self.reach; 4]); // [n, 3, r + 2 reach, r + 2 reach]
        let moved: Vec<Tensor> = (0..)
            .zip(&self.moves)
            .map(|(i, [down, right])| {
                wide.narrow(0, i, 1)
                    .narrow(2, self.reach - down, side)
                    .narrow(3, self.reach - right, side)
            })
            .collect();
        Tensor::cat(&moved, 0)
    }

    fn cut(&self, images: &Tensor) -> Tensor {
        if self.holes.is_empty() {
            return images.shallow_clone();
        }
        let side = images.size()[3];
        let mut mask = vec![1.0_f32; self.holes.len() * (side * side) as usize];
        for ([top, left], mask) in self.holes.iter().zip(mask.chunks_mut((side * side) as usize)) {
            let rows = (*top).max(0)..(top + self.hole).min(side);
            for row in rows {
                let columns = (*left).max(0)..(left + self.hole).min(side);
                mask[(row * side + columns.start) as usize..(row * side + columns.end) as usize].fill(0.0);
            }
        }
        images
            * aten::upload(
                &Tensor::from_slice(&mask).view([-1, 1, side, side]),
                images.device(),
            )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;
    use tch::Kind;

    fn drawn(translation: f64, cutout: f64) -> Augmentation {
        let recipe = Augment {
            translation,
            cutout,
            ..Augment::default()
        };
        Augmentation::draw(&recipe, &mut Random::new(3, Stream::Augment, 0), 16, 8)
    }

    fn ramp() -> Tensor {
        Tensor::arange(64, (Kind::Float, tch::Device::Cpu))
            .reshape([1, 1, 8, 8])
            .repeat([16, 3, 1, 1])
    }

    #[test]
    fn a_part_of_the_images_meets_what_it_meets_among_all() {
        let augmentation = drawn(0.25, 0.5);
        let whole = augmentation.apply(&ramp());
        let part = augmentation.part(1, 4).apply(&ramp().slice(0, 1, None, 4));
        assert!(part.equal(&whole.slice(0, 1, None, 4)));
    }

    #[test]
    fn without_augmentation_images_stay_as_they_are() {
        assert!(drawn(0.0, 0.0).apply(&ramp()).equal(&ramp()));
    }

    #[test]
    fn moved_images_keep_their_inside_and_repeat_their_border() {
        let augmentation = drawn(0.25, 0.0);
        let moved = augmentation.apply(&ramp());
        assert_eq!(moved.size(), [16, 3, 8, 8]);
        for (i, [down, right]) in (0..).zip(&augmentation.moves) {
            let (y, x) = (4 + down, 4 + right);
            assert_eq!(moved.double_value(&[i, 0, y.clamp(0, 7), x.clamp(0, 7)]), 36.0);
            let corner = moved.double_value(&[i, 2, 0, 0]);
            let (y, x) = ((-down).max(0), (-right).max(0));
            assert_eq!(corner, (y * 8 + x) as f64);
        }
        let kinds: std::collections::BTreeSet<_> = augmentation.moves.iter().collect();
        assert!(kinds.len() > 5, "images move apart");
    }

    #[test]
    fn holes_take_out_at_most_their_square_and_pass_gradients_elsewhere() {
        let ones = Tensor::ones([16, 3, 8, 8], (Kind::Float, tch::Device::Cpu)).set_requires_grad(true);
        let cut = drawn(0.0, 0.5).apply(&ones);
        let left = cut.sum_dim_intlist([1, 2, 3].as_slice(), false, Kind::Float) / 3.0;
        let least = left.min().double_value(&[]);
        assert!(
            (48.0..64.0).contains(&least),
            "a hole of 4x4, or what of it lies inside: {least}"
        );
        cut.sum(Kind::Float).backward();
        assert!(ones.grad().equal(&cut.detach()));
    }
}
