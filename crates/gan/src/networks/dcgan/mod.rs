//! The networks of a DCGAN (Radford et al. 2016) with the text joined as in Reed et al. 2016: no biases, weights from
//! N(0, 0.02²), normalised batch by batch.

mod discriminator;
mod generator;

pub use discriminator::DcganDiscriminator;
pub use generator::DcganGenerator;

use super::layers::Init;

const INIT: Init = Init::Std(0.02);
