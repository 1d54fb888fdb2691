//! The evaluator's network: a trunk over images, a head an attribute, and an encoder of texts beside it.
//!
//! Residual blocks with BatchNorm (He et al. 2016), each halving the side, lead to one vector an image. A linear map with
//! BatchNorm but without γ and β makes the features from it, so that each is of mean 0 and variance 1; heads read the
//! features alone.

use tch::{Device, Kind, Tensor};

use super::classes::Attribute;
use super::recipe::EvaluatorRecipe;
use crate::networks::Params;

/// Tells its random numbers from those of G and D.
const NETWORK: u64 = 100;
const HALVINGS: usize = 3;
const MOMENTUM: f64 = 0.1;
const EPS: f64 = 1e-5;
/// The scale of cosines at the start and at most (Radford et al. 2021, section 2.5).
const FIRST_SCALE: f64 = 1.0 / 0.07;
const MOST_SCALE: f64 = 100.0;

pub(super) struct Network {
    params: Params,
    stem: Block,
    blocks: Vec<(Block, Block)>,
    features: Linear,
    feature_norm: Norm,
    heads: Vec<Linear>,
    embedding: Linear,
    words: Linear,
    text_embedding: Linear,
    scale: Tensor,
}

/// What the trunk makes of images.
pub(super) struct Views {
    /// `[n, features]`.
    pub(super) features: Tensor,
    /// `[n, embedding]`, of length 1.
    pub(super) embeddings: Tensor,
    /// `[n, classes]` for each attribute.
    pub(super) logits: Vec<Tensor>,
}

impl Network {
    /// Fresh weights.
    pub(super) fn new(
        recipe: &EvaluatorRecipe,
        attributes: &[Attribute],
        dims: usize,
        device: Device,
    ) -> Self {
        let mut params = Params::new(device, recipe.seed, NETWORK);
        let p = &mut params;
        let width = |halving: usize| recipe.width << halving;
        let stem = Block::new(p, "stem", 12, width(0), 1);
        let blocks = (1..=HALVINGS)
            .map(|i| {
                let down = Block::new(p, &format!("down.{i}"), width(i - 1), width(i), 2);
                (
                    down,
                    Block::new(p, &format!("residual.{i}"), width(i), width(i), 1),
                )
            })
            .collect();
        let pooled = width(HALVINGS);
        let head = |p: &mut Params, a: &Attribute| {
            Linear::new(p, &format!("heads.{}", a.name), recipe.features, a.classes.len())
        };
        Self {
            stem,
            blocks,
            features: Linear::new(p, "features", pooled, recipe.features),
            feature_norm: Norm::plain(p, "feature_norm", recipe.features),
            heads: attributes.iter().map(|a| head(p, a)).collect(),
            embedding: Linear::new(p, "embedding", pooled, recipe.embedding),
            words: Linear::new(p, "words", dims, 2 * recipe.embedding),
            text_embedding: Linear::new(p, "text_embedding", 2 * recipe.embedding, recipe.embedding),
            scale: p.constant("scale".to_owned(), &[], FIRST_SCALE.ln()),
            params,
        }
    }

    pub(super) const fn params(&self) -> &Params {
        &self.params
    }

    /// Looks at images `[n, 3, side, side]` in -1..=1, with convolutions in `kind`.
    pub(super) fn look(&self, images: &Tensor, training: bool, kind: Kind) -> Views {
        let x = images.to_kind(kind).pixel_unshuffle(2); // [n, 12, s/2, s/2]
        let x = channels_last(&x);
        let mut x = self.stem.forward(&x, training, kind).relu(); // [n, w, s/2, s/2]
        for (down, residual) in &self.blocks {
            x = down.forward(&x, training, kind).relu(); // [n, 2w, s/4, s/4], ...
            x = (&x + residual.forward(&x, training, kind)).relu();
        }
        let pooled = x
            .to_kind(Kind::Float)
            .mean_dim([2, 3].as_slice(), false, Kind::Float); // [n, 8w]
        let features = self
            .feature_norm
            .forward(&self.features.forward(&pooled), training);
        Views {
            logits: self.heads.iter().map(|head| head.forward(&features)).collect(),
            embeddings: unit(&self.embedding.forward(&pooled)),
            features,
        }
    }

    /// Text vectors `[n, dims]` to embeddings `[n, embedding]` of length 1.
    pub(super) fn read(&self, texts: &Tensor) -> Tensor {
        let scaled = texts * (texts.size()[1] as f64).sqrt();
        unit(&self.text_embedding.forward(&self.words.forward(&scaled).relu()))
    }

    /// What cosines between embeddings are multiplied by in training.
    pub(super) fn scale(&self) -> Tensor {
        self.scale.clamp_max(MOST_SCALE.ln()).exp()
    }
}

/// A 3x3 convolution without bias, and BatchNorm.
struct Block {
    weight: Tensor,
    stride: i64,
    norm: Norm,
}

impl Block {
    fn new(p: &mut Params, name: &str, c_in: usize, c_out: usize, stride: i64) -> Self {
        // He et al. 2015, equation 10.
        let std = (2.0 / (9 * c_in) as f64).sqrt();
        let shape = [c_out as i64, c_in as i64, 3, 3];
        Self {
            weight: p.weight(format!("{name}.weight"), &shape, 0.0, std),
            stride,
            norm: Norm::learnt(p, name, c_out),
        }
    }

    fn forward(&self, x: &Tensor, training: bool, kind: Kind) -> Tensor {
        let weight = self.weight.to_kind(kind);
        let x = x.conv2d::<&Tensor>(&weight, None, self.stride, 1, 1, 1);
        self.norm.forward(&x, training)
    }
}

/// BatchNorm, with γ and β or without.
struct Norm {
    scale_shift: Option<(Tensor, Tensor)>,
    running_mean: Tensor,
    running_var: Tensor,
}

impl Norm {
    fn learnt(p: &mut Params, name: &str, channels: usize) -> Self {
        let shape = [channels as i64];
        let gamma = p.constant(format!("{name}.norm.weight"), &shape, 1.0);
        let beta = p.constant(format!("{name}.norm.bias"), &shape, 0.0);
        Self {
            scale_shift: Some((gamma, beta)),
            ..Self::plain(p, &format!("{name}.norm"), channels)
        }
    }

    fn plain(p: &mut Params, name: &str, channels: usize) -> Self {
        let shape = [channels as i64];
        Self {
            scale_shift: None,
            running_mean: p.buffer(format!("{name}.running_mean"), &shape, 0.0),
            running_var: p.buffer(format!("{name}.running_var"), &shape, 1.0),
        }
    }

    fn forward(&self, x: &Tensor, training: bool) -> Tensor {
        let (gamma, beta) = self.scale_shift.as_ref().map(|(g, b)| (g, b)).unzip();
        let (mean, var) = (Some(&self.running_mean), Some(&self.running_var));
        x.batch_norm(gamma, beta, mean, var, training, MOMENTUM, EPS, true)
    }
}

/// A linear map with bias.
struct Linear {
    weight: Tensor,
    bias: Tensor,
}

impl Linear {
    fn new(p: &mut Params, name: &str, d_in: usize, d_out: usize) -> Self {
        let shape = [d_out as i64, d_in as i64];
        Self {
            weight: p.weight(format!("{name}.weight"), &shape, 0.0, 1.0 / (d_in as f64).sqrt()),
            bias: p.constant(format!("{name}.bias"), &[d_out as i64], 0.0),
        }
    }

    fn forward(&self, x: &Tensor) -> Tensor {
        x.linear(&self.weight, Some(&self.bias))
    }
}

/// Rows brought to length 1; a row of zeros stays.
fn unit(x: &Tensor) -> Tensor {
    let length = x
        .square()
        .sum_dim_intlist([-1].as_slice(), true, Kind::Float)
        .sqrt();
    x / length.clamp_min(1e-6)
}

/// The same values with the channels innermost in memory, which convolutions are fastest on.
fn channels_last(x: &Tensor) -> Tensor {
    x.permute([0, 2, 3, 1]).contiguous().permute([0, 3, 1, 2])
}
