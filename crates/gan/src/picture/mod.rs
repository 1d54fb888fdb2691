//! Pictures: images as tensors to PNG files, alone or in a grid with captions.

pub mod canvas;
pub mod grid;
pub mod image;

pub use canvas::Canvas;
pub use grid::{Row, draw_grid};
pub use image::{RgbImage, from_tensor};
