//! From what was seen of real and drawn pictures to figures.

use tch::Tensor;

use super::drawn::Drawn;
use super::evaluator::{Attribute, Seen};
use super::measures::nearest::median;
use super::measures::precision_recall::K;
use super::measures::{
    Accuracy, Moments, Nearest, frechet, kid, lattices, mean_pairwise, nearest, precision_recall,
    r_precision, speckle, swd,
};
use super::photos::from_bytes;
use super::reference::Reference;
use super::report::{
    AttributeReport, ClassReport, Diversity, Light, Memorisation, NearPair, Pair, RPrecision, Report,
};
use crate::GanError;

/// Pairs of picture and photo that a report names.
const WORST: usize = 12;

/// The light measures.
#[must_use]
pub fn light(reference: &Reference<'_>, drawn: &Drawn) -> Light {
    let Reference {
        evaluator,
        rivals,
        rows,
        ..
    } = reference;
    let real_embeddings = by_caption(&reference.held.embeddings, rows);
    let ranked = |pictures: &Tensor| r_precision(pictures, &reference.captions, &rivals.own, &rivals.others);
    let distance = |features: &Tensor| kid(&reference.train_features, features, reference.scope.seed);
    let attributes = evaluator.about.attributes.iter().enumerate();
    Light {
        evaluator: evaluator.hash.clone(),
        captions: reference.asked.len(),
        attributes: attributes
            .filter_map(|(head, attribute)| judge_attribute(reference, &drawn.seen, head, attribute))
            .collect(),
        r_precision: RPrecision {
            among: rivals.among(),
            share: Pair {
                drawn: ranked(&drawn.seen.embeddings),
                real: ranked(&real_embeddings),
            },
        },
        kid: Pair {
            drawn: distance(&drawn.first_features(reference)),
            real: distance(&reference.held.features),
        },
        diversity: diversity(reference, drawn),
    }
}

/// All measures.
///
/// # Errors
/// libtorch refuses a call.
pub fn full(reference: &Reference<'_>, drawn: &Drawn) -> Result<Report, GanError> {
    let (seed, count) = (reference.scope.seed, reference.firsts.len());
    let features = drawn.first_features(reference);
    let held = &reference.held.features;
    let train = Moments::of(&reference.train_features);
    let gaussian = |features: &Tensor| frechet(&train, &Moments::of(features));

    let some = reference.some_of_train(count);
    let some_features = by_caption(&reference.train_features, &some);
    // With fewer training photos than held-out ones, the sets are made equal from the other side.
    let count = some.len() as i64;
    let region = |features: &Tensor| precision_recall(&some_features, &features.narrow(0, 0, count), K);
    let (photos, held_photos) = (reference.train_bytes(&some)?, reference.held_bytes()?);
    Ok(Report {
        light: light(reference, drawn),
        fid: Pair {
            drawn: gaussian(&features),
            real: gaussian(held),
        },
        precision_recall: Pair {
            drawn: region(&features),
            real: region(held),
        },
        swd: Pair {
            drawn: swd(&photos, &drawn.firsts, seed),
            real: swd(&photos, &held_photos, seed),
        },
        lattice: Pair {
            drawn: lattices(&drawn.firsts),
            real: lattices(&held_photos),
        },
        speckle: Pair {
            drawn: speckle(&drawn.firsts),
            real: speckle(&held_photos),
        },
        memorisation: memorisation(reference, &features),
        products: reference.firsts.len(),
        train: reference.train.len(),
        split: reference.scope.split.name(),
        unseen: reference.scope.unseen,
        unseen_pairs: reference.scope.unseen_pairs,
        seed,
        resolution: reference.photos.resolution,
        evaluator_about: reference.evaluator.about.clone(),
    })
}

/// Rows of `x`, repeated and ordered.
fn by_caption(x: &Tensor, rows: &[usize]) -> Tensor {
    let rows: Vec<i64> = rows.iter().map(|&r| r as i64).collect();
    x.index_select(0, &Tensor::from_slice(&rows))
}

fn judge_attribute(
    reference: &Reference<'_>,
    drawn: &Seen,
    head: usize,
    attribute: &Attribute,
) -> Option<AttributeReport> {
    // (named, found in the picture, found in the photo), for captions that name the attribute.
    let triples: Vec<[usize; 3]> = (reference.asked.iter().enumerate())
        .filter_map(|(i, asked)| {
            let real = reference.held.classes[head][reference.rows[i]];
            Some([asked.named[head]?, drawn.classes[head][i], real])
        })
        .collect();
    let accuracy = |which: usize| Accuracy::of(&triples.iter().map(|t| (t[0], t[which])).collect::<Vec<_>>());
    let accuracy = Pair {
        drawn: accuracy(1)?,
        real: accuracy(2)?,
    };
    let chance = Accuracy::of_the_commonest(&triples.iter().map(|t| t[0]).collect::<Vec<_>>())?.plain;
    let class = |(number, name): (usize, &String)| {
        let of_class = || triples.iter().filter(move |t| t[0] == number);
        ClassReport {
            name: name.clone(),
            captions: of_class().count(),
            drawn: of_class().filter(|t| t[1] == number).count(),
            real: of_class().filter(|t| t[2] == number).count(),
        }
    };
    let classes = attribute.classes.iter().enumerate().map(class);
    Some(AttributeReport {
        name: attribute.name.clone(),
        captions: triples.len(),
        accuracy,
        chance,
        share_right: percent(accuracy.drawn.plain, accuracy.real.plain),
        balanced_share_right: percent(accuracy.drawn.balanced, accuracy.real.balanced),
        classes: classes.filter(|c| c.captions > 0).collect(),
    })
}

/// `drawn` in % of `real`; 0 where photos get nothing either.
fn percent(drawn: f64, real: f64) -> f64 {
    if real > 0.0 { 100.0 * drawn / real } else { 0.0 }
}

fn diversity(reference: &Reference<'_>, drawn: &Drawn) -> Option<Diversity> {
    let captions = reference.shared.len();
    if captions == 0 {
        return None;
    }
    let mean = |sum: f64| sum / captions as f64;
    let distance = Pair {
        drawn: mean(drawn.shared.iter().map(mean_pairwise).sum()),
        real: mean(reference.shared.iter().map(|s| mean_pairwise(&s.real)).sum()),
    };
    Some(Diversity {
        captions,
        distance,
        ratio: percent(distance.drawn, distance.real) / 100.0,
    })
}

/// Features `[n, d]` of each product's first picture against the training photos and, where they were looked at, their
/// mirror images.
fn memorisation(reference: &Reference<'_>, features: &Tensor) -> Memorisation {
    let photos = reference.photos;
    let plain = std::iter::once(&reference.train_features);
    let known = Tensor::cat(&plain.chain(&reference.mirrored_features).collect::<Vec<_>>(), 0);
    let (drawn, real) = (
        nearest(features, &known),
        nearest(&reference.held.features, &known),
    );
    let distances = |found: &[Nearest]| found.iter().map(|n| n.distance).collect::<Vec<_>>();
    let distance = Pair {
        drawn: median(distances(&drawn)),
        real: median(distances(&real)),
    };
    let mut sorted = distances(&real);
    sorted.sort_unstable_by(f64::total_cmp);
    let threshold = sorted[sorted.len() / 20];
    let suspicious = drawn.iter().filter(|n| n.distance < threshold).count();
    let mut order: Vec<usize> = (0..drawn.len()).collect();
    order.sort_by(|&a, &b| drawn[a].distance.total_cmp(&drawn[b].distance));
    let pair = |&picture: &usize| {
        let Nearest { index, distance } = drawn[picture];
        let row = index % reference.train.len();
        let photo = photos.data.sample(dataset::Split::Train, reference.train[row]);
        NearPair {
            caption: reference.asked[reference.firsts[picture]].text().to_owned(),
            id: photo.map_or_else(String::new, |s| s.id.to_owned()),
            mirrored: index >= reference.train.len(),
            distance,
            picture,
            row,
        }
    };
    Memorisation {
        distance,
        ratio: percent(distance.drawn, distance.real) / 100.0,
        suspicious: suspicious as f64 / drawn.len() as f64,
        worst: order.iter().take(WORST).map(pair).collect(),
    }
}

/// A picture and the photo nearest to it, side by side `[2, 3, r, r]` in -1..=1.
///
/// # Errors
/// The data are damaged.
pub fn side_by_side(reference: &Reference<'_>, drawn: &Drawn, pair: &NearPair) -> Result<Tensor, GanError> {
    let photo = from_bytes(&reference.train_bytes(&[pair.row])?);
    let photo = if pair.mirrored { photo.flip([3]) } else { photo };
    let picture = from_bytes(&drawn.firsts.narrow(0, pair.picture as i64, 1));
    Ok(Tensor::cat(&[picture, photo], 0))
}
