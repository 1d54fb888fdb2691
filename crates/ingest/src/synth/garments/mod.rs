//! How each garment looks: men's and women's cuts, with proportions that vary a little.

mod bags;
mod bottoms;
mod dresses;
mod extras;
mod feet;
mod jackets;
mod tops;
mod torso;

use tiny_skia::{Pixmap, Transform};

use super::canvas::Canvas;
use super::catalogue::{Article, Product};
use super::dice::Dice;
use super::palette::Dye;

/// Draws a product, transparent where it is not. The garment fills most of the frame and stays near its
/// middle: a small generator learns shapes before places.
///
/// `None` where there is no memory for the picture.
pub(crate) fn draw(product: &Product, mut dice: Dice) -> Option<Pixmap> {
    let dice = &mut dice;
    let dye = Dye::new(product.colour, dice);
    let cloth = product.pattern.weave(&dye, dice)?;
    let scale = dice.near(1.0, 0.03);
    let place = Transform::from_scale(scale, scale * dice.near(1.0, 0.02))
        .post_concat(Transform::from_rotate(dice.near(0.0, 1.5)))
        .post_translate(dice.near(0.0, 3.0), dice.near(0.0, 4.0));
    let mut canvas = Canvas::new(dye, cloth, place)?;
    let cut = match product.article {
        Article::Tshirt => tops::tshirt,
        Article::Shirt => tops::shirt,
        Article::Jacket => jackets::jacket,
        Article::Dress => dresses::dress,
        Article::Skirt => dresses::skirt,
        Article::Trousers => bottoms::trousers,
        Article::Shorts => bottoms::shorts,
        Article::Shoes => feet::shoes,
        Article::Socks => feet::socks,
        Article::Handbag => bags::handbag,
        Article::Backpack => bags::backpack,
        Article::Cap => extras::cap,
        Article::Watch => extras::watch,
        Article::Tie => extras::tie,
    };
    cut(&mut canvas, dice, product.gender);
    Some(canvas.into_sheet())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rayon::iter::{IndexedParallelIterator as _, IntoParallelIterator as _, ParallelIterator as _};

    use super::*;
    use crate::synth::catalogue::Gender;
    use crate::synth::palette::{Colour, Rgb};
    use crate::synth::pattern::Pattern;

    fn drawn(article: Article, gender: Gender, colour: Colour, pattern: Pattern, index: u32) -> Pixmap {
        let product = Product {
            article,
            gender,
            colour,
            pattern,
            ..Product::draw(3, index)
        };
        draw(&product, Dice::new(3, index, "drawing")).unwrap()
    }

    #[test]
    fn every_garment_draws_in_every_colour_and_pattern_and_its_colour_dominates() {
        let mut cases = Vec::new();
        for article in Article::ALL {
            for &gender in article.genders() {
                for colour in Colour::ALL {
                    cases.extend(Pattern::ALL.map(|pattern| (article, gender, colour, pattern)));
                }
            }
        }
        let drawn = cases.into_par_iter().enumerate().map(|(index, case)| {
            let (article, gender, colour, pattern) = case;
            let sheet = drawn(article, gender, colour, pattern, index as u32);
            (case, shares(&sheet))
        });
        let faint = drawn.filter(|((.., colour, _), shares)| {
            let next = shares
                .iter()
                .filter(|(other, _)| other != colour)
                .map(|(_, n)| *n)
                .fold(0.0, f32::max);
            let own = shares.iter().find(|(c, _)| c == colour).map_or(0.0, |(_, n)| *n);
            own < 1.25 * next || own < 0.1
        });
        let faint: Vec<_> = faint.collect();
        assert!(faint.is_empty(), "{faint:#?}");
    }

    /// For each basic colour, the share of the picture that is nearest to it.
    fn shares(sheet: &Pixmap) -> Vec<(Colour, f32)> {
        let inside: Vec<Colour> = sheet
            .pixels()
            .iter()
            .filter(|p| p.alpha() == 255)
            .map(|p| Colour::nearest(Rgb([p.red(), p.green(), p.blue()])))
            .collect();
        let share = |c| inside.iter().filter(|i| **i == c).count() as f32 / sheet.pixels().len() as f32;
        Colour::ALL
            .map(|c| (c, share(c)))
            .into_iter()
            .filter(|(_, share)| *share > 0.0)
            .collect()
    }

    #[test]
    fn no_garment_touches_the_frame() {
        let cut = (0..300)
            .into_par_iter()
            .map(|index| Product::draw(5, index))
            .filter(|product| {
                let sheet = draw(product, Dice::new(5, product.id, "drawing")).unwrap();
                let (width, height) = (sheet.width() as usize, sheet.height() as usize);
                let on_frame = |i: usize| {
                    let (x, y) = (i % width, i / width);
                    x == 0 || y == 0 || x == width - 1 || y == height - 1
                };
                sheet
                    .pixels()
                    .iter()
                    .enumerate()
                    .any(|(i, p)| p.alpha() > 0 && on_frame(i))
            });
        let cut: Vec<Product> = cut.collect();
        assert!(cut.is_empty(), "{cut:#?}");
    }

    #[test]
    fn cuts_for_men_and_women_differ_in_outline() {
        for article in Article::ALL.into_iter().filter(|a| a.genders().len() == 2) {
            for index in 0..10 {
                let [men, women] = [Gender::Men, Gender::Women]
                    .map(|gender| drawn(article, gender, Colour::Red, Pattern::Plain, index));
                let (mut both, mut either) = (0_u32, 0_u32);
                for (m, w) in men.pixels().iter().zip(women.pixels()) {
                    let (m, w) = (m.alpha() > 127, w.alpha() > 127);
                    both += u32::from(m && w);
                    either += u32::from(m || w);
                }
                let overlap = both as f32 / either as f32;
                assert!(overlap < 0.9, "{article:?}: outlines overlap by {overlap}");
            }
        }
    }
}
