//! The two networks of the text-conditional DCGAN and what they are made of.
//!
//! Everything learnt lives in an ordered [`Params`]; layers hold handles into it. Images are `[n, 3, r, r]` in
//! -1..=1, texts `[n, dims]` (L2-normalised TF-IDF rows), z is `[n, z_dim]` of standard normals.

pub mod discriminator;
pub mod generator;
pub mod layers;
pub mod params;

pub use discriminator::Discriminator;
pub use generator::Generator;
pub use params::Params;

/// Shapes that both networks follow from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Side of the images in pixels, a power of two of at least 8.
    pub resolution: usize,
    /// Length of a text vector.
    pub dims: usize,
    /// Length of z.
    pub z_dim: usize,
    /// Length of the projected text.
    pub text_dim: usize,
    /// Channels next to the image.
    pub width: usize,
}

impl Shape {
    /// The shape a recipe asks for, over text vectors of `dims` values.
    #[must_use]
    pub const fn of(recipe: &crate::Recipe, dims: usize) -> Self {
        let crate::recipe::Networks {
            z_dim,
            text_dim,
            width,
        } = recipe.networks;
        Self {
            resolution: recipe.train.resolution,
            dims,
            z_dim,
            text_dim,
            width,
        }
    }

    /// Halvings from the image down to 4x4.
    #[must_use]
    pub const fn stages(&self) -> usize {
        (self.resolution / 4).ilog2() as usize
    }

    /// Channels at 4x4: `width` doubled at every halving but the first.
    #[must_use]
    pub const fn top_width(&self) -> usize {
        self.width << (self.stages() - 1)
    }
}
