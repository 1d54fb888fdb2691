//! Pictures: images as tensors to PNG files, alone or in a grid with captions.

pub mod canvas;
pub mod grid;
pub mod image;

pub use canvas::Canvas;
pub use grid::{Layout, Row, draw_grid};
pub use image::{Png, RgbImage, from_tensor};
