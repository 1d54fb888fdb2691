//! `stats.jsonl`: a line of measures a tick.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use stage::{StageError, atomic};
use tch::{Kind, Tensor};

use super::run_folder::Position;
use super::step::MEASURES;
use crate::GanError;

/// Name of the file in a run folder.
pub const FILE: &str = "stats.jsonl";

/// A line of the file: means since the line before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Steps taken.
    pub step: u64,
    /// Thousands of real images shown.
    pub kimg: f64,
    /// D's loss, the half sum, in nats.
    pub d_loss: f64,
    /// Its part on real images.
    pub d_real_loss: f64,
    /// Its part on fakes.
    pub d_fake_loss: f64,
    /// G's loss in nats.
    pub g_loss: f64,
    /// D's mean belief that a real image is real, 0..=1.
    pub d_real: f64,
    /// D's mean belief that a fake is real, 0..=1.
    pub d_fake: f64,
    /// Rate of the training since the line before.
    pub images_per_second: f64,
    /// Seconds of training so far.
    pub seconds: f64,
}

/// Measures of the steps since the last tick. They stay on the device until it comes.
#[derive(Default)]
pub struct Pending(Vec<Tensor>);

impl Pending {
    /// Takes the measures of a step.
    pub fn push(&mut self, measures: Tensor) {
        self.0.push(measures);
    }

    /// Fetches and clears the measures: the mean of each.
    ///
    /// # Errors
    /// One of them is not finite: which, and at which step; the last of them belongs to step `step`.
    pub fn take(&mut self, step: u64) -> Result<[f64; MEASURES.len()], GanError> {
        let all = Tensor::stack(&std::mem::take(&mut self.0), 0).to_kind(Kind::Double); // [steps, measures]
        let rows = Vec::<Vec<f64>>::try_from(all.to_device(tch::Device::Cpu))?;
        let mut means = [0.0; MEASURES.len()];
        for (i, row) in rows.iter().enumerate() {
            for ((mean, &value), loss) in means.iter_mut().zip(row).zip(MEASURES) {
                if !value.is_finite() {
                    return Err(GanError::NotFinite {
                        step: step + 1 + i as u64 - rows.len() as u64,
                        loss,
                        value,
                    });
                }
                *mean += value / rows.len() as f64;
            }
        }
        Ok(means)
    }
}

/// The file, open for appending.
pub struct Stats {
    path: PathBuf,
}

impl Stats {
    /// The file of a run that stands at `position`: lines after it are dropped, for they come again.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn open(dir: &Path, position: Position) -> Result<Self, GanError> {
        let path = dir.join(FILE);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(e) => return Err(StageError::io(&path, "cannot read", e).into()),
        };
        // A line cut by a kill is no JSON and goes as well.
        let known = |line: &&str| serde_json::from_str::<Line>(line).is_ok_and(|l| l.step <= position.step);
        let kept: String = text.lines().filter(known).flat_map(|line| [line, "\n"]).collect();
        atomic::write(&path, kept.as_bytes())?;
        Ok(Self { path })
    }

    /// Appends a line.
    ///
    /// # Errors
    /// The disk is full or fails.
    pub fn append(&self, line: &Line) -> Result<(), GanError> {
        let fail = |e| StageError::io(&self.path, "cannot append to", e);
        let mut text = serde_json::to_string(line).map_err(|e| fail(e.into()))?;
        text.push('\n');
        let mut file = OpenOptions::new().append(true).open(&self.path).map_err(fail)?;
        Ok(file.write_all(text.as_bytes()).map_err(fail)?)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn measures(g_loss: f64) -> Tensor {
        Tensor::from_slice(&[0.5, 0.25, 0.75, g_loss, 0.5, 0.5])
    }

    #[test]
    fn a_tick_gives_means_and_forgets() {
        let mut pending = Pending::default();
        [1.0, 3.0].into_iter().for_each(|g| pending.push(measures(g)));
        assert_eq!(pending.take(2).unwrap(), [0.5, 0.25, 0.75, 2.0, 0.5, 0.5]);
        pending.push(measures(5.0));
        assert_eq!(pending.take(3).unwrap()[3], 5.0);
    }

    #[test]
    fn a_loss_that_is_no_number_stops_the_run_with_its_step_and_a_hint() {
        let mut pending = Pending::default();
        [1.0, f64::NAN, f64::INFINITY]
            .into_iter()
            .for_each(|g| pending.push(measures(g)));
        let error = pending.take(30).unwrap_err().to_string();
        assert!(error.starts_with("step 29: g_loss is NaN\nhint: "), "{error}");
        pending.push(measures(f64::NEG_INFINITY));
        assert!(
            pending
                .take(31)
                .unwrap_err()
                .to_string()
                .starts_with("step 31: g_loss is -inf")
        );
    }

    #[test]
    fn lines_after_the_checkpoint_and_cut_lines_are_dropped() {
        let dir = tempfile::tempdir().unwrap();
        let stats = Stats::open(dir.path(), Position::default()).unwrap();
        let line = |step| Line {
            step,
            kimg: 0.1,
            d_loss: 0.1,
            d_real_loss: 0.1,
            d_fake_loss: 0.1,
            g_loss: 0.1,
            d_real: 0.5,
            d_fake: 0.5,
            images_per_second: 1.0,
            seconds: 1.0,
        };
        (1..=3).for_each(|step| stats.append(&line(step)).unwrap());
        let path = dir.path().join(FILE);
        let mut text = std::fs::read_to_string(&path).unwrap();
        text.push_str("{\"step\": 1, \"ki");
        std::fs::write(&path, text).unwrap();
        let _ = Stats::open(
            dir.path(),
            Position {
                step: 2,
                seconds: 0.0,
            },
        )
        .unwrap();
        let kept = std::fs::read_to_string(&path).unwrap();
        let steps: Vec<u64> = kept
            .lines()
            .map(|l| serde_json::from_str::<Line>(l).unwrap().step)
            .collect();
        assert_eq!(steps, [1, 2]);
    }
}
