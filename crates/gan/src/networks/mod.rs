//! The networks: generators and discriminators that a recipe puts together, and what they are built of.
//!
//! Everything learnt lives in an ordered [`Params`]; layers hold handles into it. Images are `[n, 3, r, r]` in
//! -1..=1, texts `[n, dims]` (L2-normalised rows of text vectors), z is `[n, z_len]` of standard normals.

pub mod dcgan;
pub mod fusion;
pub mod grown;
pub mod layers;
pub mod params;
pub mod progan;
pub mod projection;

use tch::{Device, Kind, Tensor};

pub use grown::Grown;
pub use params::Params;

use crate::recipe::{DiscriminatorKind, GeneratorKind, Networks, Precision, Recipe};
use dcgan::{DcganDiscriminator, DcganGenerator};
use fusion::FusionGenerator;
use progan::{ProganDiscriminator, ProganGenerator};
use projection::ProjectionDiscriminator;

/// G: noise and text to an image.
pub trait Generator: Send {
    /// Shapes of inputs and images.
    fn shape(&self) -> Shape;

    /// All that is learnt.
    fn params(&self) -> &Params;

    /// Takes part from now on as far as it has grown; a network of one size has nothing to do.
    fn grow(&self, _to: Grown) {}

    /// What the tensor `name` is called in the same network grown on to `resolution`.
    fn name_within(&self, _resolution: usize, name: &str) -> String {
        name.to_owned()
    }

    /// z `[n, z_len]` and texts `[n, dims]` to images `[n, 3, r, r]` in -1..=1.
    fn forward(&self, z: &Tensor, texts: &Tensor, pass: Pass) -> Tensor;

    /// How far the distributions that it makes of texts `[n, dims]` are from standard normals, a scalar in nats; `None`
    /// without conditioning augmentation.
    fn text_divergence(&self, _texts: &Tensor) -> Option<Tensor> {
        None
    }
}

/// D: an image and a text to a logit, "real and fitting" or not.
pub trait Discriminator: Send {
    /// All that is learnt.
    fn params(&self) -> &Params;

    /// Takes part from now on as far as it has grown; a network of one size has nothing to do.
    fn grow(&self, _to: Grown) {}

    /// What the tensor `name` is called in the same network grown on to `resolution`.
    fn name_within(&self, _resolution: usize, name: &str) -> String {
        name.to_owned()
    }

    /// What D sees in images `[n, 3, r, r]` before any text; one image a row.
    fn features(&self, images: &Tensor, pass: Pass) -> Tensor;

    /// Features and texts `[n, dims]` to logits `[n]` in f32.
    fn judge(&self, features: &Tensor, texts: &Tensor, pass: Pass) -> Tensor;

    /// Images and texts to logits `[n]`.
    fn forward(&self, images: &Tensor, texts: &Tensor, pass: Pass) -> Tensor {
        self.judge(&self.features(images, pass), texts, pass)
    }
}

/// How a network is gone through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pass {
    /// Normalise by the batch's own statistics, and let them move the running ones.
    pub training: bool,
    /// What the large maps are computed in; texts, conditions and logits are f32 throughout.
    pub precision: Precision,
}

impl Pass {
    /// A pass that draws or judges without learning, in f32.
    pub const DRAWING: Self = Self {
        training: false,
        precision: Precision::Fp32,
    };

    /// A pass of training.
    #[must_use]
    pub const fn training(precision: Precision) -> Self {
        Self {
            training: true,
            precision,
        }
    }
}

impl Precision {
    /// The type of values in libtorch; f32 where nothing is decided yet.
    #[must_use]
    pub const fn kind(self) -> Kind {
        match self {
            Self::Fp32 | Self::Auto => Kind::Float,
            Self::Bf16 => Kind::BFloat16,
        }
    }
}

/// A generator of the kind that `recipe` asks for, with fresh weights, over text vectors of `dims` values.
#[must_use]
pub fn generator(recipe: &Recipe, dims: usize, seed: u64, device: Device) -> Box<dyn Generator> {
    let shape = Shape::of(recipe, dims);
    match recipe.networks.generator {
        GeneratorKind::Dcgan => Box::new(DcganGenerator::new(shape, seed, device)),
        GeneratorKind::Fusion => Box::new(FusionGenerator::new(shape, seed, device)),
        GeneratorKind::Progan => Box::new(ProganGenerator::new(shape, seed, device)),
    }
}

/// A discriminator of the kind that `recipe` asks for, with fresh weights, over text vectors of `dims` values.
#[must_use]
pub fn discriminator(recipe: &Recipe, dims: usize, seed: u64, device: Device) -> Box<dyn Discriminator> {
    let shape = Shape::of(recipe, dims);
    match recipe.networks.discriminator {
        DiscriminatorKind::Dcgan => Box::new(DcganDiscriminator::new(shape, seed, device)),
        DiscriminatorKind::Projection => Box::new(ProjectionDiscriminator::new(shape, seed, device)),
        DiscriminatorKind::Progan => Box::new(ProganDiscriminator::new(shape, seed, device)),
    }
}

/// Pixels of the images that are drawn in one pass at most: 64 at 256x256.
const LOT_PIXELS: usize = 64 * 256 * 256;

/// Draws images `[n, 3, r, r]` in -1..=1 for z `[n, z_len]` and texts `[n, dims]`, in passes that no number of large
/// images makes too large for the memory.
pub fn draw(generator: &dyn Generator, z: &Tensor, texts: &Tensor) -> Tensor {
    let side = generator.shape().resolution;
    let lot = (LOT_PIXELS / (side * side)).max(1) as i64;
    let passes: Vec<Tensor> = z
        .split(lot, 0)
        .iter()
        .zip(texts.split(lot, 0))
        .map(|(z, texts)| tch::no_grad(|| generator.forward(z, &texts, Pass::DRAWING)))
        .collect();
    match &passes[..] {
        [images] => images.shallow_clone(),
        several => Tensor::cat(several, 0),
    }
}

/// Shapes that both networks follow from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Side of the images in pixels, a power of two of at least 8; of 4 for `progan`.
    pub resolution: usize,
    /// Side of the images that are made first, where networks grow; else `resolution`.
    pub first_resolution: usize,
    /// Whether the images of all sides that are made in training are summed.
    pub skips: bool,
    /// Length of a text vector.
    pub dims: usize,
    /// Length of z, less what conditioning augmentation takes of it.
    pub z_dim: usize,
    /// Length of the projected text.
    pub text_dim: usize,
    /// Whether the generator makes a distribution of a text.
    pub conditioning_augmentation: bool,
    /// Whether what bypasses a block of `fusion` is enlarged smoothly.
    pub smooth_skip: bool,
    /// Channels at half the resolution.
    pub width: usize,
    /// Fewest channels at sides above `first_resolution`.
    pub min_width: usize,
    /// Most channels at any side.
    pub max_width: usize,
}

impl Shape {
    /// The shape a recipe asks for, over text vectors of `dims` values.
    #[must_use]
    pub const fn of(recipe: &Recipe, dims: usize) -> Self {
        let Networks {
            z_dim,
            text_dim,
            conditioning_augmentation,
            smooth_skip,
            width,
            max_width,
            ..
        } = recipe.networks;
        Self {
            resolution: recipe.train.resolution,
            first_resolution: match &recipe.growth {
                Some(growth) => growth.first_resolution,
                None => recipe.train.resolution,
            },
            skips: match &recipe.growth {
                Some(growth) => growth.skips,
                None => false,
            },
            dims,
            z_dim,
            text_dim,
            conditioning_augmentation,
            smooth_skip,
            width,
            min_width: match &recipe.growth {
                Some(growth) => growth.min_width,
                None => 1,
            },
            max_width,
        }
    }

    /// Sides of the images that are made in training, the full one first, then half of it and so on.
    pub fn sides(&self) -> impl Iterator<Item = usize> + use<> {
        let first = self.first_resolution;
        std::iter::successors(Some(self.resolution), |side| Some(side / 2))
            .take_while(move |&side| side >= first)
    }

    /// Halvings from the image down to 4x4.
    #[must_use]
    pub const fn stages(&self) -> usize {
        (self.resolution / 4).ilog2() as usize
    }

    /// Channels of a DCGAN at 4x4: `width` doubled at every halving but the first.
    #[must_use]
    pub const fn top_width(&self) -> usize {
        self.width << (self.stages() - 1)
    }

    /// Channels where maps have this side: `width` at half the resolution, twice as many at half the side, at most
    /// `max_width`; at the full resolution half of `width`; where networks have grown, at least `min_width`.
    #[must_use]
    pub fn width_at(&self, side: usize) -> usize {
        let fewest = if side > self.first_resolution {
            self.min_width
        } else {
            1
        };
        (self.width * self.resolution / (2 * side.max(1))).clamp(fewest, self.max_width.max(fewest))
    }
}
