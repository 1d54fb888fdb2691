//! An evaluator's training, and what it reaches on held-out products.

use std::path::Path;

use dataset::{Dataset, Split};
use stage::{Console, Progress};
use tch::{Kind, Reduction, Tensor};

use super::adamw::AdamW;
use super::batches::{Batch, Batches};
use super::classes;
use super::network::Network;
use super::{About, Evaluator, EvaluatorRecipe, HeldOut, HeldOutAccuracy, Seen};
use crate::GanError;
use crate::device::Device;
use crate::eval::measures::r_precision;
use crate::eval::measures::r_precision::AMONG;
use crate::eval::photos::Photos;
use crate::eval::rivals::{Ranked, Rivals};

/// Two texts whose vectors are this near are one text: neither is wrong for the other's picture.
const SAME_TEXT: f64 = 0.999;
/// Steps between looks at the loss.
const TICK: u64 = 50;

/// Trains an evaluator on the train split of `data`. `attributes` are those to name; none are the house's own choice.
/// `path` names the data in errors.
///
/// # Errors
/// The data have too few products or no attribute to name, or the loss is no longer finite.
pub fn train(
    data: &Dataset,
    path: &Path,
    recipe: &EvaluatorRecipe,
    attributes: &[String],
    device: Device,
    console: &Console,
) -> Result<Evaluator, GanError> {
    let attributes = chosen(data, path, attributes)?;
    let network = Network::new(recipe, &attributes, data.dims(), device.tch());
    let products = data.len(Split::Train);
    let steps = recipe.steps(products);
    let mut batches = Batches::new(data, recipe, &attributes, device)?;
    let optimizer = AdamW::new(network.params(), recipe.lr, recipe.weight_decay, steps);
    let progress = Progress::new(console, "evaluator", "images", 0, steps * recipe.batch as u64);
    for step in 0..steps {
        let loss = loss(&network, &batches.at(step)?, recipe);
        if step % TICK == 0 || step + 1 == steps {
            let value = loss.double_value(&[]);
            if !value.is_finite() {
                return Err(GanError::Evaluator { step, value });
            }
            progress.note(&format!("loss {value:.3}"));
        }
        let grads = Tensor::f_run_backward(&[loss], network.params().weights(), false, false)?;
        optimizer.step(network.params(), &grads, step)?;
        progress.inc(recipe.batch as u64);
    }
    progress.finish();
    network.params().set_trainable(false);
    let mut evaluator = Evaluator {
        about: About {
            recipe: recipe.clone(),
            attributes,
            dims: data.dims(),
            data: data.content_hash().to_owned(),
            trained_on: products,
            held_out: HeldOut::default(),
        },
        hash: String::new(),
        network,
        device,
    };
    evaluator.about.held_out = examine(&evaluator, data)?;
    Ok(evaluator)
}

/// The attributes of these names, or the house's own choice.
fn chosen(data: &Dataset, path: &Path, names: &[String]) -> Result<Vec<super::Attribute>, GanError> {
    let wrong = |expected: String, found: String, hint| GanError::Data {
        path: path.to_owned(),
        expected,
        found,
        hint,
    };
    let products = data.len(Split::Train);
    if products < 2 {
        let hint = "an evaluator learns from the train split; ingest more products";
        return Err(wrong(
            "at least 2 products in the train split".to_owned(),
            products.to_string(),
            hint,
        ));
    }
    let found = if names.is_empty() {
        classes::attributes(data)
    } else {
        names
            .iter()
            .map(|name| super::Attribute::of(data, name))
            .collect()
    };
    if let Some(poor) = found.iter().find(|a| a.classes.len() < 2) {
        let known = data.attributes(Split::Train).join(", ");
        let expected = format!(
            "an attribute `{}` with at least two values of five products each",
            poor.name
        );
        return Err(wrong(
            expected,
            format!("among the attributes {known}: none such"),
            "name others with --attributes",
        ));
    }
    if found.is_empty() {
        let expected = "an attribute with at least two values of five products each".to_owned();
        return Err(wrong(
            expected,
            "none".to_owned(),
            "pictures are judged by attributes; ingest a catalogue that has some",
        ));
    }
    Ok(found)
}

/// The sum of the heads' cross entropies and of the contrast between pictures and texts.
fn loss(network: &Network, batch: &Batch, recipe: &EvaluatorRecipe) -> Tensor {
    let kind = if recipe.bf16 { Kind::BFloat16 } else { Kind::Float };
    let views = network.look(&batch.images, true, kind);
    let head = |(logits, classes): (&Tensor, &Tensor)| {
        let known = classes.ge(0).sum(Kind::Float).clamp_min(1.0);
        let sum =
            logits.cross_entropy_loss::<&Tensor>(classes, None, Reduction::Sum, -1, recipe.label_smoothing);
        sum / known
    };
    let named = views
        .logits
        .iter()
        .zip(&batch.classes)
        .map(head)
        .fold(Tensor::from(0.0_f32).to_device(batch.images.device()), |a, b| {
            a + b
        });
    named
        + contrast(
            &views.embeddings,
            &network.read(&batch.texts),
            &network.scale(),
            &batch.texts,
        )
}

/// InfoNCE both ways (Radford et al. 2021, figure 3), without taking an equal text for a wrong one.
fn contrast(pictures: &Tensor, captions: &Tensor, scale: &Tensor, texts: &Tensor) -> Tensor {
    let n = pictures.size()[0];
    let logits = pictures.matmul(&captions.tr()) * scale; // [n, n]
    let equal = texts.matmul(&texts.tr()).gt(SAME_TEXT);
    let own = Tensor::eye(n, (Kind::Bool, pictures.device()));
    let logits = logits.masked_fill(&equal.logical_and(&own.logical_not()), f64::NEG_INFINITY);
    let right = Tensor::arange(n, (Kind::Int64, pictures.device()));
    let half = |x: &Tensor| x.cross_entropy_loss::<&Tensor>(&right, None, Reduction::Mean, -1, 0.0) * 0.5;
    half(&logits) + half(&logits.tr())
}

/// Asks an evaluator about the val and test splits.
fn examine(evaluator: &Evaluator, data: &Dataset) -> Result<HeldOut, GanError> {
    let splits = [Split::Val, Split::Test];
    let mut lots = Vec::new();
    let photos = Photos {
        data,
        resolution: data.resolution(),
        device: evaluator.device,
    };
    for split in splits {
        for images in photos.lots(split, &(0..data.len(split)).collect::<Vec<_>>()) {
            lots.push(evaluator.look(&images?)?);
        }
    }
    if lots.is_empty() {
        return Ok(HeldOut {
            attributes: vec![None; evaluator.about.attributes.len()],
            ..HeldOut::default()
        });
    }
    let seen = Seen::join(&lots);
    let samples: Vec<_> = splits
        .into_iter()
        .flat_map(|split| (0..data.len(split)).filter_map(move |i| data.sample(split, i)))
        .collect();
    let asked: Vec<Vec<Option<usize>>> = samples.iter().map(|s| evaluator.classes_of(s)).collect();
    let accuracy = |head: usize| {
        let pairs: Vec<(usize, usize)> = asked
            .iter()
            .zip(&seen.classes[head])
            .filter_map(|(asked, &found)| Some((asked[head]?, found)))
            .collect();
        HeldOutAccuracy::of(&pairs)
    };
    // The second caption is the title where there is one; a lone caption is the first.
    let (caption, dims) = (1.min(data.captions() - 1), data.dims());
    let titled = with_text(samples.iter().map(|s| s.captions[caption].as_str()));
    let vectors = titled
        .iter()
        .map(|&row| samples[row].vectors())
        .collect::<Result<Vec<_>, _>>()?;
    let ranked: Vec<Ranked<'_>> = titled
        .iter()
        .zip(&vectors)
        .map(|(&row, vectors)| Ranked {
            text: &samples[row].captions[caption],
            vector: &vectors[caption * dims..][..dims],
            product: samples[row].captions,
        })
        .collect();
    let rivals = Rivals::of(&ranked, AMONG, evaluator.about.recipe.seed);
    let embeddings = evaluator.read(&rivals.vectors(dims));
    let rows: Vec<i64> = titled.iter().map(|&row| row as i64).collect();
    let pictures = seen.embeddings.index_select(0, &Tensor::from_slice(&rows));
    Ok(HeldOut {
        products: samples.len(),
        attributes: (0..evaluator.about.attributes.len()).map(accuracy).collect(),
        among: rivals.among(),
        r_precision: r_precision(&pictures, &embeddings, &rivals.own, &rivals.others),
    })
}

/// Which of the texts are not empty.
fn with_text<'t>(texts: impl Iterator<Item = &'t str>) -> Vec<usize> {
    let told = texts.enumerate().filter(|(_, text)| !text.is_empty());
    told.map(|(number, _)| number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_without_a_title_are_not_ranked() {
        assert_eq!(with_text(["red bag", "", "belt", ""].into_iter()), [0, 2]);
    }
}
