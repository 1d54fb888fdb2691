//! The keys of a recipe and their defaults.

use serde::{Deserialize, Serialize};

use super::Growth;

/// A checked recipe with all defaults filled in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// How long, on what, how often to look.
    pub train: Train,
    /// Widths of both networks.
    #[serde(default)]
    pub networks: Networks,
    /// How the networks grow; without it they are trained at the full resolution from the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub growth: Option<Growth>,
    /// Terms of the losses.
    #[serde(default)]
    pub objective: Objective,
    /// What keeps D smooth.
    #[serde(default)]
    pub penalty: Penalty,
    /// What is done to images before D sees them, and to texts before anyone does.
    #[serde(default)]
    pub augment: Augment,
    /// Rates of both optimizers.
    #[serde(default)]
    pub adam: AdamRecipe,
    /// The averaged generator that samples are drawn from.
    #[serde(default)]
    pub ema: EmaRecipe,
}

/// Length, batch and rhythm of the training. A kimg is a thousand real images shown to D.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Train {
    /// Side of the images in pixels, where growth ends: 32, 64, 128 or 256; for `progan` 4, 8, 16, 512 and 1024 too. A dataset of a multiple of it is averaged down.
    pub resolution: usize,
    /// Images in a step.
    #[serde(default = "defaults::batch")]
    pub batch: usize,
    /// Parts in which a step takes its batch, one after another: less memory, the same gradients. Except where
    /// BatchNorm normalises, which it then does part by part. With more than one part G draws twice in a step.
    #[serde(default = "defaults::accumulate")]
    pub accumulate: usize,
    /// Length of the training.
    #[serde(default = "defaults::kimg")]
    pub kimg: f64,
    /// A line of statistics is written this often.
    #[serde(default = "defaults::tick_kimg")]
    pub tick_kimg: f64,
    /// A grid of samples is drawn this often.
    #[serde(default = "defaults::grid_kimg")]
    pub grid_kimg: f64,
    /// The whole state is saved this often.
    #[serde(default = "defaults::checkpoint_kimg")]
    pub checkpoint_kimg: f64,
    /// And after so many minutes without a save, so that a slow machine does not lose hours.
    #[serde(default = "defaults::checkpoint_minutes")]
    pub checkpoint_minutes: f64,
    /// The averaged generator is measured this often, where the data have an evaluator; 0 is never.
    #[serde(default = "defaults::eval_kimg")]
    pub eval_kimg: f64,
    /// Checkpoints that are kept, the newest ones.
    #[serde(default = "defaults::keep")]
    pub keep: usize,
    /// What is done when a loss or a weight is no longer a finite number.
    #[serde(default)]
    pub on_nan: OnNan,
    /// What is done when the disk is full.
    #[serde(default)]
    pub on_disk_full: OnDiskFull,
    /// Seed of weights, order, captions and noise.
    #[serde(default = "defaults::seed")]
    pub seed: u64,
    /// Which of a product's captions a step takes.
    #[serde(default)]
    pub captions: Captions,
    /// What large maps are computed in. Weights, optimizers, texts, logits and losses are f32 throughout.
    #[serde(default)]
    pub precision: Precision,
    /// A CUDA device repeats recorded steps by itself, where they can be recorded: without growth, WGAN-GP and images that
    /// are moved or cut out.
    #[serde(default = "defaults::cuda_graphs")]
    pub cuda_graphs: bool,
}

/// What is done when a loss or a weight is no longer a finite number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnNan {
    /// The run stops and says which tensor it was; the last checkpoint stays.
    #[default]
    Stop,
    /// The run goes back to its last checkpoint and on from there at half the rate, three times at most.
    Rewind,
}

/// What is done when the disk is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnDiskFull {
    /// The run stops; the last checkpoint stays.
    #[default]
    Stop,
    /// The run says so and goes on; what could not be written is tried again when it is next due.
    Continue,
}

/// A type of floating-point values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// 32 bits.
    #[default]
    Fp32,
    /// 16 bits with the exponent of 32: twice as fast where the processor has instructions for it.
    Bf16,
    /// `bf16` on a device that computes it, `fp32` elsewhere. A run decides when it begins, and keeps to it.
    Auto,
}

/// Which caption of a product accompanies its image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[derive(Default)]
pub enum Captions {
    /// Always the first, `full`, as the article does.
    #[default]
    Full,
    /// One of them at random, for generators that are to obey short texts too.
    Any,
}

/// Which networks, and their sizes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Networks {
    /// What draws.
    pub generator: GeneratorKind,
    /// What judges.
    pub discriminator: DiscriminatorKind,
    /// Length of the noise vector z; `text_dim` values are added for conditioning augmentation.
    pub z_dim: usize,
    /// Length of the projected text.
    pub text_dim: usize,
    /// The generator makes a normal distribution of a text and draws from it (Zhang et al. 2017, section 3.2), held near a
    /// standard normal by `objective.text_divergence`. Not for `progan`.
    pub conditioning_augmentation: bool,
    /// What bypasses a block of `fusion` is enlarged smoothly (Karras et al. 2020, section 4), not in squares of four equal
    /// pixels, whose pattern an image keeps.
    pub smooth_skip: bool,
    /// Channels at half the resolution; doubled at each halving down to 4x4. For `progan`, channels at 512 pixels,
    /// so that where growth stops does not change them: 32, with `max_width` 512, are those of Karras et al. 2018.
    pub width: usize,
    /// Most channels at any side; a DCGAN has no such limit.
    pub max_width: usize,
}

/// A kind of generator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GeneratorKind {
    /// Transposed convolutions; the text enters with z (Radford et al. 2016, Reed et al. 2016).
    #[default]
    Dcgan,
    /// Residual blocks; noise and text scale and shift every normalisation (Tao et al. 2022, Brock et al. 2019).
    Fusion,
    /// Made to grow from 4x4 up (Karras et al. 2018); the text enters with z. Goes with the discriminator of this name.
    Progan,
}

/// A kind of discriminator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DiscriminatorKind {
    /// Convolutions with BatchNorm; the text is joined at 4x4 (Reed et al. 2016).
    #[default]
    Dcgan,
    /// Convolutions without normalisation; the text is an inner product (Miyato and Koyama 2018). Needs a penalty.
    Projection,
    /// Made to grow from 4x4 up (Karras et al. 2018); the text is an inner product. Needs a penalty.
    Progan,
}

/// What the losses are made of beside the article's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Objective {
    /// What D's logits are worth to both sides.
    pub loss: Loss,
    /// Weight, in G's loss, of the mean absolute difference to the real image of the same text (the L1 term of
    /// Isola et al. 2017, who take 100). It gives colours and outlines early and steadily, at the price of variety:
    /// images of one text become alike. 0 leaves the article's loss.
    pub reconstruction: f64,
    /// Weight, within the half for fakes, of real images with another product's text (Reed et al. 2016,
    /// GAN-CLS, has 0.5). 0 leaves the article's loss.
    pub wrong_text: f64,
    /// After so many kimg wrong texts have the weight `wrong_text_later`. They teach what a text means, and then hold images to
    /// what is typical of it: without them, what was learnt stays and the images of one text become more different.
    pub wrong_text_kimg: f64,
    /// Weight of wrong texts after `wrong_text_kimg`; 0 ends them.
    pub wrong_text_later: f64,
    /// A "wrong" text whose cosine to the right one is above this is not used: captions repeat.
    pub wrong_text_max_cosine: f64,
    /// Over the first so many kimg texts come in gradually: they begin as none and reach their length at the end (the aim of
    /// Shahbazi et al. 2022, that a generator finds the variety of all images before it is bound to texts).
    pub text_warm_up_kimg: f64,
    /// Weight, in G's loss, of the divergence from a standard normal of the distributions that conditioning augmentation makes
    /// of texts (Zhang et al. 2017 have 2 in their code).
    pub text_divergence: f64,
    /// Weight, in G's loss, of the mode-seeking term (Mao et al. 2019, who take 1): how little two images of one text differ,
    /// measured by how much their noise does. It keeps the images of one text apart. 0 leaves it out.
    pub mode_seeking: f64,
    /// The mode-seeking term, which draws each image twice, is taken at every so many steps, and then counts as many times.
    pub mode_seeking_every: u64,
}

/// The game that D and G play.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// Binary cross-entropy, half the sum for D, labels flipped for G: the article's.
    #[default]
    Bce,
    /// Its softplus form without the half (Goodfellow et al. 2014, section 3; StyleGAN's "logistic").
    NonSaturating,
    /// D says how much more real a real image is than a fake (Jolicoeur-Martineau 2019; Huang et al. 2024).
    Relativistic,
    /// D gives marks, not beliefs, and both sides move the difference of their means (Arjovsky et al. 2017). Needs a
    /// gradient penalty, which bounds marks over images but not over texts: `wrong_text` is best left at 0.
    Wasserstein,
    /// No D at all: G is moved by the mean squared difference to the real image. The plain alternative that the
    /// article names.
    Mse,
}

/// Gradient penalties on the images D sees. R1 and R2 are zero-centred, `gamma / 2 * E |dD/dx|²` (Mescheder et al. 2018);
/// WGAN-GP's is centred at 1, `lambda * E (|dD/dx| - 1)²` (Gulrajani et al. 2017).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Penalty {
    /// γ of R1, at real images with their own texts; 0 leaves it out.
    pub r1: f64,
    /// γ of R2, at fakes with their own texts; 0 leaves it out.
    pub r2: f64,
    /// λ of WGAN-GP, between real images and fakes of the same texts (the paper has 10); 0 leaves it out.
    pub gradient_penalty: f64,
    /// Weight of the mean square of D's logits of real images, which keeps them from drifting away where only their
    /// differences count (Karras et al. 2018, appendix A.1: 0.001); taken at every step. 0 leaves it out.
    pub drift: f64,
    /// Gradient penalties are taken at every so many steps, and then count as many times (Karras et al. 2020, section 3).
    pub every: u64,
}

/// Augmentation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Augment {
    /// Real images are mirrored half of the time. The generator learns both sides.
    pub flip: bool,
    /// Before D sees an image, real or fake, it is moved by at most this share of its side (Zhao et al. 2020: 1/8).
    pub translation: f64,
    /// Before D sees an image, real or fake, a square of this share of its side is blanked (Zhao et al. 2020: 1/2).
    pub cutout: f64,
    /// Share of captions that are replaced by none, so that the generator knows what to draw without a text.
    pub caption_dropout: f64,
    /// Share of the values of a text vector that are dropped, so that no single word is relied on.
    pub word_dropout: f64,
    /// Length of the noise that is added to a text vector, itself of length 1, so that between the texts of a catalogue
    /// lie no gaps (the aim of conditioning augmentation: Zhang et al. 2017, section 3.2). Both networks see it.
    pub text_noise: f64,
}

/// Adam's rates, for both networks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AdamRecipe {
    /// Step size.
    pub lr: f64,
    /// Decay of the first moment.
    pub beta1: f64,
    /// Decay of the second moment.
    pub beta2: f64,
    /// Added to the root of the second moment.
    pub eps: f64,
}

/// The moving average of the generator's weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EmaRecipe {
    /// Half-life in kimg (StyleGAN2-ADA: batch * 10 / 32).
    pub half_life_kimg: f64,
    /// The half-life is never above this share of the images seen, so that early samples are not noise.
    pub ramp_up: f64,
    /// Share of the average that each step keeps, whatever its batch (Karras et al. 2018: 0.999), in place of the
    /// half-life.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decay: Option<f64>,
}

mod defaults {
    pub(super) const fn batch() -> usize {
        64
    }
    pub(super) const fn accumulate() -> usize {
        1
    }
    pub(super) const fn cuda_graphs() -> bool {
        true
    }
    pub(super) const fn kimg() -> f64 {
        1000.0
    }
    pub(super) const fn tick_kimg() -> f64 {
        1.0
    }
    pub(super) const fn grid_kimg() -> f64 {
        20.0
    }
    pub(super) const fn checkpoint_kimg() -> f64 {
        20.0
    }
    pub(super) const fn checkpoint_minutes() -> f64 {
        10.0
    }
    pub(super) const fn eval_kimg() -> f64 {
        20.0
    }
    pub(super) const fn keep() -> usize {
        2
    }
    pub(super) const fn seed() -> u64 {
        1
    }
}

impl Networks {
    /// Values of noise that the generator takes for an image.
    #[must_use]
    pub const fn z_len(&self) -> usize {
        self.z_dim
            + if self.conditioning_augmentation {
                self.text_dim
            } else {
                0
            }
    }
}

impl Default for Networks {
    /// The article's networks with the usual width of a DCGAN.
    fn default() -> Self {
        Self {
            generator: GeneratorKind::default(),
            discriminator: DiscriminatorKind::default(),
            z_dim: 100,
            text_dim: 128,
            conditioning_augmentation: false,
            smooth_skip: false,
            width: 64,
            max_width: 512,
        }
    }
}

impl Default for Objective {
    fn default() -> Self {
        Self {
            loss: Loss::default(),
            reconstruction: 0.0,
            wrong_text: 0.0,
            wrong_text_kimg: 1e9,
            wrong_text_later: 0.0,
            wrong_text_max_cosine: 0.8,
            text_warm_up_kimg: 0.0,
            text_divergence: 2.0,
            mode_seeking: 0.0,
            mode_seeking_every: 1,
        }
    }
}

impl Default for Penalty {
    fn default() -> Self {
        Self {
            r1: 0.0,
            r2: 0.0,
            gradient_penalty: 0.0,
            drift: 0.0,
            every: 1,
        }
    }
}

impl Default for Augment {
    fn default() -> Self {
        Self {
            flip: false,
            translation: 0.0,
            cutout: 0.0,
            caption_dropout: 0.0,
            word_dropout: 0.0,
            text_noise: 0.0,
        }
    }
}

impl Default for AdamRecipe {
    /// Radford et al. 2016: 2e-4, β (0.5, 0.999).
    fn default() -> Self {
        Self {
            lr: 2e-4,
            beta1: 0.5,
            beta2: 0.999,
            eps: 1e-8,
        }
    }
}

impl Default for EmaRecipe {
    fn default() -> Self {
        Self {
            half_life_kimg: 20.0,
            ramp_up: 0.05,
            decay: None,
        }
    }
}
