//! `gan bench`: the rate of training steps on made-up data, without files.

use std::time::Instant;

use serde::Serialize;
use tch::Kind;

use crate::GanError;
use crate::device::Device;
use crate::random::{Random, Stream};
use crate::recipe::Recipe;
use crate::schedule::Schedule;
use crate::train::step::{Batch, Trainer};

/// Steps before the clock starts: libtorch chooses its kernels in the first ones.
const WARM_UP: u64 = 3;
/// On a CUDA device, where steps of each kind are recorded after the first ones.
const WARM_UP_CUDA: u64 = 80;
/// Length of the made-up text vectors, as the article's.
const DIMS: usize = 256;

/// What was measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BenchReport {
    /// Rate over all measured steps.
    pub images_per_second: f64,
    /// Images in a step.
    pub batch: usize,
    /// Steps measured.
    pub steps: u64,
    /// Seconds they took.
    pub seconds: f64,
}

/// Trains fresh networks for `steps` steps on noise; those that grow, fully grown.
///
/// # Errors
/// libtorch refuses a call.
pub fn bench(recipe: &Recipe, steps: u64, device: Device) -> Result<BenchReport, GanError> {
    let recipe = &Schedule::of(recipe).settled(recipe);
    let trainer = Trainer::new(recipe, DIMS, device);
    let (n, side) = (recipe.train.batch as i64, recipe.train.resolution as i64);
    let mut random = Random::new(recipe.train.seed, Stream::Noise, 0);
    let images = random.normal_tensor(&[n, 3, side, side], device.tch()).tanh();
    let texts = random.normal_tensor(&[n, DIMS as i64], device.tch());
    let texts = &texts
        / texts
            .square()
            .sum_dim_intlist([1].as_slice(), true, Kind::Float)
            .sqrt();
    let batch = Batch { images, texts };
    let warm_up = if device.tch().is_cuda() {
        WARM_UP_CUDA
    } else {
        WARM_UP
    };
    let mut started = Instant::now();
    for step in 0..warm_up + steps {
        if step == warm_up {
            wait(device);
            started = Instant::now();
        }
        let z = random.normal_tensor(&[n, recipe.networks.z_len() as i64], device.tch());
        drop(trainer.step(&batch, &z, step)?);
    }
    wait(device);
    let seconds = started.elapsed().as_secs_f64();
    Ok(BenchReport {
        images_per_second: (steps * n as u64) as f64 / seconds,
        batch: recipe.train.batch,
        steps,
        seconds,
    })
}

/// Kernels run behind the program's back on a GPU.
fn wait(device: Device) {
    if let tch::Device::Cuda(n) = device.tch() {
        tch::Cuda::synchronize(n as i64);
    }
}
