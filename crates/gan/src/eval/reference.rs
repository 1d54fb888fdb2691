//! The real side of every measure: what held-out photos, and those learnt from, get from the evaluator.

use std::collections::BTreeMap;
use std::path::Path;

use dataset::{Dataset, Split};
use tch::Tensor;

use super::asked::{Asked, Scope, asked};
use super::evaluator::{Evaluator, Seen};
use super::looked::Looked;
use super::measures::r_precision::AMONG;
use super::photos::{Photos, to_bytes};
use super::rivals::{Ranked, Rivals};
use crate::GanError;
use crate::device::Device;
use crate::random::{Random, Stream};

/// Fewer held-out products, or real ones of a caption, say nothing.
const LEAST_PRODUCTS: usize = 8;
const LEAST_OF_A_CAPTION: usize = 4;
/// Smaller pictures have no room for a patch of the sliced Wasserstein distance.
const LEAST_SIDE: usize = 8;
/// Pictures of one caption, and captions, whose diversity is measured.
pub const OF_A_CAPTION: usize = 8;
const CAPTIONS: usize = 48;

/// Real photos as an evaluator sees them, and the captions asked for.
pub struct Reference<'a> {
    /// Where the photos are.
    pub photos: Photos<'a>,
    /// Who looks.
    pub evaluator: &'a Evaluator,
    /// Which captions are asked for, and with what seed.
    pub scope: Scope,
    /// The captions, in the order of their products.
    pub asked: Vec<Asked<'a>>,
    /// For each product the first of its captions in `asked`.
    pub firsts: Vec<usize>,
    /// For each caption its product's row in `held`.
    pub rows: Vec<usize>,
    /// The photos of the products asked for.
    pub held: Seen,
    /// Indices in train of the photos compared with.
    pub train: Vec<usize>,
    /// Their features.
    pub train_features: Tensor,
    /// Those of their mirror images, where all of train is compared with.
    pub mirrored_features: Option<Tensor>,
    /// The captions ranked, and their embeddings.
    pub rivals: Rivals,
    /// `[m, embedding]` of the captions ranked.
    pub captions: Tensor,
    /// Captions that several products of train have.
    pub shared: Vec<Shared>,
}

/// A caption that several products of train have.
pub struct Shared {
    /// Its vector.
    pub vector: Vec<f32>,
    /// Features `[n, d]` of photos of these products, n at most 8.
    pub real: Tensor,
}

/// Which photos of train are compared with.
pub enum Known<'k> {
    /// So many at random.
    Some(usize),
    /// All of them, and how to come by what is seen in them.
    All(&'k dyn Fn(Photos<'_>) -> Result<Looked, GanError>),
}

impl<'a> Reference<'a> {
    /// Looks at the photos. `path` names the data in errors.
    ///
    /// # Errors
    /// The evaluator is of other data or names too little for the scope, the resolution is below 8 or does not divide that of
    /// the data, or too few products are held out or have a caption of the scope.
    pub fn new(
        data: &'a Dataset,
        path: &Path,
        evaluator: &'a Evaluator,
        scope: Scope,
        known: Known<'_>,
        resolution: usize,
        device: Device,
    ) -> Result<Self, GanError> {
        if !evaluator.is_of(data) {
            let (expected, found) = (
                format!("the data that evaluator {:.8} learnt from", evaluator.hash),
                "others".to_owned(),
            );
            let hint =
                "`gan eval --prepare` trains an evaluator for these data; --evaluator names another file";
            return Err(wrong(path, (expected, found), hint));
        }
        fits(path, &scope, evaluator.about.attributes.len())?;
        fits_side(path, data.resolution(), resolution)?;
        let asked = asked(data, evaluator, &scope)?;
        let Rows {
            products,
            rows,
            firsts,
        } = Rows::of(asked.iter().map(|a| a.index));
        fits_count(path, &scope, data.len(Split::Train), products.len())?;

        let photos = Photos {
            data,
            resolution,
            device,
        };
        let look = |split, indices: &[usize]| -> Result<Seen, GanError> {
            let lots = photos.lots(split, indices).map(|images| evaluator.look(&images?));
            Ok(Seen::join(&lots.collect::<Result<Vec<_>, _>>()?))
        };
        let all = data.len(Split::Train);
        let (train, train_features, mirrored_features) = match known {
            Known::Some(some) => {
                let mut train = Random::new(scope.seed, Stream::Measures, 6).choose(all, some);
                train.sort_unstable();
                let seen = look(Split::Train, &train)?;
                (train, seen.features, None)
            }
            Known::All(looked) => {
                let Looked { plain, mirrored } = looked(photos)?;
                ((0..all).collect(), plain, Some(mirrored))
            }
        };
        let ranked: Vec<Ranked<'_>> = asked.iter().map(Asked::ranked).collect();
        let rivals = Rivals::of(&ranked, AMONG, scope.seed);
        Ok(Self {
            held: look(scope.split, &products)?,
            train_features,
            mirrored_features,
            captions: evaluator.read(&rivals.vectors(data.dims())),
            shared: shared(data, &asked, &look, scope.seed)?,
            photos,
            evaluator,
            scope,
            firsts,
            rows,
            train,
            rivals,
            asked,
        })
    }

    /// So many photos of train at random: as rows of `train_features`.
    #[must_use]
    pub fn some_of_train(&self, count: usize) -> Vec<usize> {
        Random::new(self.scope.seed, Stream::Measures, 7).choose(self.train.len(), count)
    }

    /// Photos of train, by rows of `train_features`, as bytes `[n, 3, r, r]`.
    ///
    /// # Errors
    /// The data are damaged.
    pub fn train_bytes(&self, rows: &[usize]) -> Result<Tensor, GanError> {
        let indices: Vec<usize> = rows.iter().map(|&r| self.train[r]).collect();
        bytes(self.photos, Split::Train, &indices)
    }

    /// The photos asked for, as bytes `[n, 3, r, r]`, in the order of `held`.
    ///
    /// # Errors
    /// The data are damaged.
    pub fn held_bytes(&self) -> Result<Tensor, GanError> {
        let indices: Vec<usize> = self.firsts.iter().map(|&f| self.asked[f].index).collect();
        bytes(self.photos, self.scope.split, &indices)
    }
}

fn wrong(path: &Path, (expected, found): (String, String), hint: &'static str) -> GanError {
    GanError::Data {
        path: path.to_owned(),
        expected,
        found,
        hint,
    }
}

/// Refuses an evaluator that names fewer `attributes` than the scope asks for.
fn fits(path: &Path, scope: &Scope, attributes: usize) -> Result<(), GanError> {
    if !scope.unseen_pairs || attributes >= 2 {
        return Ok(());
    }
    let expected = "an evaluator that names two attributes for --unseen-pairs".to_owned();
    let hint =
        "`gan eval --prepare --force --attributes NAME,NAME` trains one; or measure without --unseen-pairs";
    Err(wrong(
        path,
        (expected, format!("one that names {attributes}")),
        hint,
    ))
}

/// Refuses pictures of `side` pixels that are too small, or that photos of `data` pixels cannot be averaged down to.
fn fits_side(path: &Path, data: usize, side: usize) -> Result<(), GanError> {
    if side < LEAST_SIDE {
        let sides = (
            format!("pictures of at least {LEAST_SIDE} pixels"),
            format!("{side} pixels"),
        );
        return Err(wrong(path, sides, "measure a model of a larger train.resolution"));
    }
    if !data.is_multiple_of(side) {
        let sides = (
            format!("images of {side} pixels or a multiple"),
            format!("{data} pixels"),
        );
        return Err(wrong(path, sides, "ingest again with a fitting --size"));
    }
    Ok(())
}

/// Refuses too few products in train, or too few that are `asked` for.
fn fits_count(path: &Path, scope: &Scope, train: usize, asked: usize) -> Result<(), GanError> {
    let (least, split) = (LEAST_PRODUCTS, scope.split);
    if train >= least && asked >= least {
        return Ok(());
    }
    let (what, hint) = match (scope.unseen_pairs, scope.unseen) {
        _ if train < least => {
            let expected = format!("at least {least} products to measure in each of train and {split}");
            let found = format!("{train} and {asked}");
            return Err(wrong(path, (expected, found), "measure on more products"));
        }
        (true, _) => (
            "a caption that names a pair of values which no product of train has (--unseen-pairs)",
            "`dataset pack --hold-out NAME=VALUE,NAME=VALUE` makes such products; or measure without --unseen-pairs",
        ),
        (false, true) => (
            "a caption that no product of train has (--unseen)",
            "`dataset pack --hold-out NAME=VALUE` makes such products; or measure without --unseen",
        ),
        (false, false) => ("a caption", "measure on more products"),
    };
    let expected = format!("at least {least} products of {split} with {what}");
    Err(wrong(path, (expected, asked.to_string()), hint))
}

/// Captions and their products, by number.
#[derive(Debug, PartialEq, Eq)]
struct Rows {
    /// The products: their indices in the split, ascending.
    products: Vec<usize>,
    /// For each caption its product's place in `products`.
    rows: Vec<usize>,
    /// For each product its first caption.
    firsts: Vec<usize>,
}

impl Rows {
    /// Of the captions' products, those of one product in a row.
    fn of(captions: impl Iterator<Item = usize>) -> Self {
        let (mut products, mut rows, mut firsts) = (Vec::new(), Vec::new(), Vec::new());
        for (caption, product) in captions.enumerate() {
            if products.last() != Some(&product) {
                products.push(product);
                firsts.push(caption);
            }
            rows.push(products.len() - 1);
        }
        Self {
            products,
            rows,
            firsts,
        }
    }
}

fn bytes(photos: Photos<'_>, split: Split, indices: &[usize]) -> Result<Tensor, GanError> {
    let lots = photos.lots(split, indices).map(|lot| Ok(to_bytes(&lot?)));
    Ok(Tensor::cat(&lots.collect::<Result<Vec<_>, GanError>>()?, 0))
}

/// Looks at photos of a split by their indices.
type Look<'l> = dyn Fn(Split, &[usize]) -> Result<Seen, GanError> + 'l;

/// Captions asked for that at least four products of train have word for word, and photos of those.
fn shared(data: &Dataset, asked: &[Asked<'_>], look: &Look<'_>, seed: u64) -> Result<Vec<Shared>, GanError> {
    let (mut wanted, dims) = (BTreeMap::<&str, (Vec<f32>, Vec<usize>)>::new(), data.dims());
    // Every caption of the products counts, whichever of them are asked for.
    for Asked { sample, .. } in asked {
        let vectors = sample.vectors()?;
        for (caption, text) in sample
            .captions
            .iter()
            .enumerate()
            .filter(|(_, text)| !text.is_empty())
        {
            wanted
                .entry(text)
                .or_insert_with(|| (vectors[caption * dims..][..dims].to_vec(), Vec::new()));
        }
    }
    for index in 0..data.len(Split::Train) {
        let captions = data.sample(Split::Train, index).map_or(&[][..], |s| s.captions);
        for text in captions {
            // A product whose title is its short caption too is one product.
            if let Some((_, products)) = wanted.get_mut(text.as_str())
                && products.last() != Some(&index)
            {
                products.push(index);
            }
        }
    }
    let wanted: Vec<_> = wanted
        .into_values()
        .filter(|(_, list)| list.len() >= LEAST_OF_A_CAPTION)
        .collect();
    let mut random = Random::new(seed, Stream::Measures, 8);
    let mut chosen = random.choose(wanted.len(), CAPTIONS);
    chosen.sort_unstable();
    chosen
        .into_iter()
        .map(|i| {
            let (vector, products) = &wanted[i];
            let some = random.choose(products.len(), OF_A_CAPTION);
            let some: Vec<usize> = some.into_iter().map(|p| products[p]).collect();
            Ok(Shared {
                vector: vector.clone(),
                real: look(Split::Train, &some)?.features,
            })
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn scope(unseen: bool, unseen_pairs: bool) -> Scope {
        Scope {
            split: Split::Test,
            products: None,
            unseen,
            unseen_pairs,
            one_each: false,
            seed: 0,
        }
    }

    fn said(result: Result<(), GanError>) -> [String; 2] {
        let text = result.unwrap_err().to_string();
        let (what, hint) = text.split_once("\nhint: ").unwrap();
        [what.to_owned(), hint.to_owned()]
    }

    #[test]
    fn too_few_products_are_told_with_the_flag_that_left_them() {
        let path = Path::new("data");
        for (unseen, unseen_pairs) in [(false, false), (true, false), (false, true)] {
            let scope = scope(unseen, unseen_pairs);
            assert!(fits_count(path, &scope, 8, 8).is_ok());
            let [what, hint] = said(fits_count(path, &scope, 7, 100));
            assert!(what.contains("each of train and test, found 7 and 100"), "{what}");
            assert_eq!(hint, "measure on more products");
        }
        let [what, hint] = said(fits_count(path, &scope(true, true), 10_531, 0));
        assert!(what.contains("at least 8 products of test") && what.ends_with("(--unseen-pairs), found 0"));
        assert!(
            hint.contains("`dataset pack --hold-out NAME=VALUE,NAME=VALUE`"),
            "{hint}"
        );
        let [what, hint] = said(fits_count(path, &scope(true, false), 10_531, 7));
        assert!(what.ends_with("(--unseen), found 7"), "{what}");
        assert!(
            hint.contains("--hold-out") && hint.contains("without --unseen"),
            "{hint}"
        );
        let [what, _] = said(fits_count(path, &scope(false, false), 10_531, 7));
        assert!(
            what.ends_with("products of test with a caption, found 7"),
            "{what}"
        );
    }

    #[test]
    fn pairs_want_an_evaluator_of_two_attributes() {
        let path = Path::new("data");
        assert!(fits(path, &scope(false, true), 2).is_ok() && fits(path, &scope(true, false), 1).is_ok());
        let [what, hint] = said(fits(path, &scope(false, true), 1));
        assert!(what.contains("--unseen-pairs, found one that names 1"), "{what}");
        assert!(hint.contains("--attributes NAME,NAME"), "{hint}");
    }

    #[test]
    fn pictures_without_room_for_a_patch_or_of_a_side_that_does_not_fit_are_refused() {
        let path = Path::new("data");
        assert!(fits_side(path, 64, 8).is_ok() && fits_side(path, 64, 64).is_ok());
        let [what, _] = said(fits_side(path, 64, 4));
        assert!(what.contains("at least 8 pixels, found 4 pixels"), "{what}");
        let [what, _] = said(fits_side(path, 96, 64));
        assert!(
            what.contains("64 pixels or a multiple, found 96 pixels"),
            "{what}"
        );
    }

    #[test]
    fn captions_find_their_products_and_products_their_first_captions() {
        let found = Rows::of([3, 3, 7, 9, 9, 9].into_iter());
        let expected = Rows {
            products: vec![3, 7, 9],
            rows: vec![0, 0, 1, 2, 2, 2],
            firsts: vec![0, 2, 3],
        };
        assert_eq!(found, expected);
        assert!(Rows::of(std::iter::empty()).products.is_empty());
    }
}
