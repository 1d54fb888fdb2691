//! The measures, each a pure function of tensors. Features are `[n, d]`; sums are in f64 on the CPU. Each is checked against an independent source by `tests/metrics_parity.rs`.

pub mod accuracy;
pub mod diversity;
pub mod fid;
pub mod kid;
pub mod lattice;
pub mod nearest;
pub mod precision_recall;
pub mod pyramid;
pub mod r_precision;
pub mod speckle;
pub mod swd;

pub use accuracy::Accuracy;
pub use diversity::mean_pairwise;
pub use fid::{Moments, frechet};
pub use kid::{Kid, kid};
pub use lattice::{Lattice, lattices};
pub use nearest::{Nearest, nearest};
pub use precision_recall::{PrecisionRecall, precision_recall};
pub use r_precision::r_precision;
pub use speckle::speckle;
pub use swd::{Level, swd};

use tch::{Device, Kind, Tensor};

/// Rows that are compared with others at a time: the distances of one lot to ten thousand rows take 5 MB.
const LOT: i64 = 64;

/// Pixels of images that are looked at at a time: nine f32 of each channel of each take 28 MB.
const PIXELS: i64 = 1 << 18;

/// Images `[n, 3, h, w]` in lots of so many pixels, of at least one image.
fn lots(images: &Tensor) -> Vec<Tensor> {
    let pixels = images.size()[2] * images.size()[3];
    images.split((PIXELS / pixels.max(1)).max(1), 0)
}

/// The same values in f64 on the CPU.
fn doubles(x: &Tensor) -> Tensor {
    x.detach().to_device(Device::Cpu).to_kind(Kind::Double)
}

/// Euclidean distances `[n, m]` between rows, computed difference by difference: the way by products loses small ones.
fn distances(a: &Tensor, b: &Tensor) -> Tensor {
    const WITHOUT_PRODUCTS: i64 = 2;
    Tensor::cdist(a, b, 2.0, WITHOUT_PRODUCTS)
}
