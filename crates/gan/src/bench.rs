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
/// Steps of each kind before it is recorded, and one more.
const OF_A_KIND: u64 = 4;
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

/// Trains fresh networks for at least `steps` steps on noise; those that grow, fully grown. What a recipe does at every so
/// many steps has its share: whole rounds of it are measured.
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
    let round = round(recipe);
    let steps = steps.next_multiple_of(round);
    let warm_up = match device.tch().is_cuda() {
        true => WARM_UP_CUDA.max(OF_A_KIND * round),
        false => WARM_UP,
    };
    // The clock starts with a round, when all has grown.
    let begin = (Schedule::of(recipe).last_begins() + warm_up).next_multiple_of(round);
    let mut started = Instant::now();
    for step in begin - warm_up..begin + steps {
        if step == begin {
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

/// Steps after which everything that is not done at each of them comes round again.
fn round(recipe: &Recipe) -> u64 {
    let Recipe {
        penalty, objective, ..
    } = recipe;
    let penalised = [penalty.r1, penalty.r2, penalty.gradient_penalty]
        .iter()
        .any(|weight| *weight > 0.0);
    let penalty = if penalised { penalty.every } else { 1 };
    let seeking = match objective.mode_seeking > 0.0 {
        true => objective.mode_seeking_every,
        false => 1,
    };
    (1..=seeking)
        .map(|n| n * penalty)
        .find(|n| n.is_multiple_of(seeking))
        .unwrap_or(1)
}

/// Kernels run behind the program's back on a GPU.
fn wait(device: Device) {
    if let tch::Device::Cuda(n) = device.tch() {
        tch::Cuda::synchronize(n as i64);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn whole_rounds_of_penalties_are_measured() {
        let parsed = |text: &str| {
            Recipe::parse(
                &format!("[train]\nresolution = 32\nbatch = 2\n{text}"),
                "a.toml",
                &[],
            )
        };
        let round_of = |text: &str| round(&parsed(text).unwrap());
        let projection = "[networks]\ndiscriminator = \"projection\"\n";
        assert_eq!(round_of(""), 1);
        assert_eq!(
            round_of(&format!("{projection}[penalty]\nr1 = 1.0\nevery = 16\n")),
            16
        );
        let seeking = "[objective]\nmode_seeking = 0.1\nmode_seeking_every = 6\n";
        assert_eq!(
            round_of(&format!("{projection}[penalty]\nr1 = 1.0\nevery = 4\n{seeking}")),
            12
        );
        assert_eq!(round_of(seeking), 6);

        let small = "[networks]\nwidth = 2\nz_dim = 4\ntext_dim = 4\n";
        let recipe = parsed(&format!("{small}{seeking}")).unwrap();
        let report = bench(&recipe, 7, Device::CPU).unwrap();
        assert_eq!((report.steps, report.batch), (12, 2));
    }
}
