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
use super::rivals::Rivals;
use crate::GanError;
use crate::device::Device;
use crate::random::{Random, Stream};

/// Fewer held-out products, or real ones of a caption, say nothing.
const LEAST_PRODUCTS: usize = 8;
const LEAST_OF_A_CAPTION: usize = 4;
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
    /// The evaluator is of other data, the resolution does not divide that of the data, or too few products are held out.
    pub fn new(
        data: &'a Dataset,
        path: &Path,
        evaluator: &'a Evaluator,
        scope: Scope,
        known: Known<'_>,
        resolution: usize,
        device: Device,
    ) -> Result<Self, GanError> {
        let wrong = |expected: String, found: String, hint| GanError::Data {
            path: path.to_owned(),
            expected,
            found,
            hint,
        };
        if !evaluator.is_of(data) {
            let hint =
                "`gan eval --prepare` trains an evaluator for these data; --evaluator names another file";
            return Err(wrong(
                format!("the data that evaluator {:.8} learnt from", evaluator.hash),
                "others".to_owned(),
                hint,
            ));
        }
        if !data.resolution().is_multiple_of(resolution) {
            let (expected, found) = (
                format!("images of {resolution} pixels or a multiple"),
                data.resolution(),
            );
            return Err(wrong(
                expected,
                format!("{found} pixels"),
                "ingest again with a fitting --size",
            ));
        }
        let asked = asked(data, evaluator, &scope)?;
        let mut products: Vec<usize> = asked.iter().map(|a| a.index).collect();
        products.dedup();
        let least = LEAST_PRODUCTS;
        if products.len() < least || data.len(Split::Train) < least {
            let expected = format!(
                "at least {least} products to measure in each of train and {}",
                scope.split
            );
            let found = format!("{} and {}", data.len(Split::Train), products.len());
            return Err(wrong(expected, found, "measure on more products"));
        }
        let row = |a: &Asked<'_>| products.partition_point(|&p| p < a.index);
        let rows: Vec<usize> = asked.iter().map(row).collect();
        let firsts = (0..products.len())
            .map(|p| rows.partition_point(|&r| r < p))
            .collect();

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
        let texts: Vec<_> = asked.iter().map(|a| (a.text(), a.vector.as_slice())).collect();
        let rivals = Rivals::of(&texts, AMONG, scope.seed);
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
