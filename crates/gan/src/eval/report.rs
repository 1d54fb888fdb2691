//! What an evaluation finds: figures of drawn pictures, each beside that of real photos.

use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use super::evaluator::About;
use super::measures::swd::Level;
use super::measures::{Accuracy, Kid, Lattice, PrecisionRecall};
use super::{ColourReport, inception};
use crate::GanError;

/// A figure of drawn pictures and the same of real photos: of a share what can be reached, of a distance what remains
/// between two halves of reality.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Pair<T> {
    /// Of what the model draws.
    pub drawn: T,
    /// Of held-out photos in the same place.
    pub real: T,
}

/// How often the pictures show what their captions name.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AttributeReport {
    /// The attribute's name.
    pub name: String,
    /// Captions that name it.
    pub captions: usize,
    /// Accuracies, 0..=1.
    #[serde(flatten)]
    pub accuracy: Pair<Accuracy>,
    /// Plain accuracy of always finding the commonest class.
    pub chance: f64,
    /// Plain accuracy in % of the real photos'.
    pub share_right: f64,
    /// Balanced accuracy in % of the real photos'.
    pub balanced_share_right: f64,
    /// By class that is named, from the commonest in train down.
    pub classes: Vec<ClassReport>,
}

/// One class of an attribute.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassReport {
    /// Its name.
    pub name: String,
    /// Captions that name it.
    pub captions: usize,
    /// Pictures in which it is found.
    pub drawn: usize,
    /// Photos in which it is found.
    pub real: usize,
}

/// Whether a picture's own caption is the nearest among others.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RPrecision {
    /// Captions ranked, the own one included.
    pub among: usize,
    /// Shares, 0..=1.
    #[serde(flatten)]
    pub share: Pair<f64>,
}

/// How far apart the pictures of one caption are.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Diversity {
    /// Captions that several products of train share.
    pub captions: usize,
    /// Mean distance between two pictures, and between two photos, of one caption.
    #[serde(flatten)]
    pub distance: Pair<f64>,
    /// `drawn / real`.
    pub ratio: f64,
}

/// Whether pictures are remembered.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Memorisation {
    /// Median distance to the nearest training photo or its mirror image.
    #[serde(flatten)]
    pub distance: Pair<f64>,
    /// `drawn / real`: well below 1 the pictures are copies.
    pub ratio: f64,
    /// Share of the pictures nearer to a training photo than nineteen of twenty held-out photos are: at most .05 for photos.
    pub suspicious: f64,
    /// The nearest ones.
    pub worst: Vec<NearPair>,
}

/// A picture and the training photo nearest to it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NearPair {
    /// What was asked for.
    pub caption: String,
    /// The product of the photo.
    pub id: String,
    /// Whether its mirror image is meant.
    pub mirrored: bool,
    /// Distance of features.
    pub distance: f64,
    /// The picture's number among those of each product's first caption.
    #[serde(skip)]
    pub picture: usize,
    /// The photo's row among the features of train.
    #[serde(skip)]
    pub row: usize,
}

/// The light measures, for use during training.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Light {
    /// The evaluator's hash.
    pub evaluator: String,
    /// Captions drawn.
    pub captions: usize,
    /// By attribute.
    pub attributes: Vec<AttributeReport>,
    /// R-precision.
    pub r_precision: RPrecision,
    /// Kernel distance to the training photos.
    pub kid: Pair<Kid>,
    /// Diversity, where captions are shared.
    pub diversity: Option<Diversity>,
}

/// Everything.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The light measures, on all captions.
    #[serde(flatten)]
    pub light: Light,
    /// Fréchet distance to the training photos, in the evaluator's features.
    pub fid: Pair<f64>,
    /// Precision and recall against as many training photos.
    pub precision_recall: Pair<PrecisionRecall>,
    /// SWD to as many training photos, from fine to coarse.
    pub swd: Pair<Vec<Level>>,
    /// Lattices over the pictures.
    pub lattice: Pair<Vec<Lattice>>,
    /// Share of pixels that are speckle.
    pub speckle: Pair<f64>,
    /// Memorisation.
    pub memorisation: Memorisation,
    /// Products asked for.
    pub products: usize,
    /// Training photos compared with.
    pub train: usize,
    /// The split the captions are of.
    pub split: &'static str,
    /// Whether only captions that train does not have were asked for.
    pub unseen: bool,
    /// Whether only captions were asked for that name a pair of values which no product of train has.
    pub unseen_pairs: bool,
    /// Seed of noise and choices.
    pub seed: u64,
    /// Side of the pictures.
    pub resolution: usize,
    /// What is known of the evaluator.
    pub evaluator_about: About,
}

/// What `gan eval` writes to `eval.json` and prints with `--json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Document {
    /// blake3 of the model's file.
    pub model: String,
    /// Real images shown during the model's training.
    pub images_seen: u64,
    /// Content hash of the data.
    pub data: String,
    /// Colours by the eye of a program, where the data have colours.
    pub colour: Option<ColourReport>,
    /// What the evaluator finds, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<Report>,
    /// Standard FID, where a network for it is given.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inception: Vec<inception::StandardFid>,
}

impl Document {
    /// Writes it as JSON, in the place of an earlier one.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), GanError> {
        let text = serde_json::to_string_pretty(self).map_err(std::io::Error::from);
        let text = text.map_err(|e| stage::StageError::io(path, "cannot write", e))?;
        stage::atomic::write(path, text.as_bytes())?;
        Ok(())
    }
}

/// Reads an earlier document to set beside a report of `evaluator`.
///
/// # Errors
/// It is no such file, or its figures are another evaluator's.
pub fn read_comparable(path: &Path, evaluator: &str) -> Result<Value, GanError> {
    let bad = |expected: String, found: String, hint| GanError::File {
        path: path.to_owned(),
        expected,
        found,
        hint,
    };
    let text = std::fs::read_to_string(path).map_err(|e| stage::StageError::io(path, "cannot read", e))?;
    let hint = "name the eval.json of a run that `gan eval` has measured";
    let value: Value =
        serde_json::from_str(&text).map_err(|e| bad("a report as JSON".to_owned(), e.to_string(), hint))?;
    let found = value["report"]["evaluator"].as_str();
    let found = found.ok_or_else(|| {
        bad(
            "a report with the hash of its evaluator".to_owned(),
            "none".to_owned(),
            hint,
        )
    })?;
    if found != evaluator {
        return Err(bad(
            format!("figures by evaluator {evaluator:.16}"),
            format!("figures by evaluator {found:.16}"),
            "figures of two evaluators say nothing of each other; measure both runs with one (--evaluator)",
        ));
    }
    Ok(value)
}
