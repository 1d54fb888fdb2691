//! `stats.jsonl`: a line of measures a tick.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use stage::{StageError, atomic};
use tch::{Kind, Tensor};

use super::run_folder::Position;
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
    /// Means since the line before: losses in nats (`d_loss`, `g_loss`, ...), D's mean belief that reals and fakes are
    /// real (`d_real`, `d_fake`, 0..=1), penalties without their weights (`r1`, `r2`, `gradient_penalty`, `drift`), and of
    /// networks that grow `resolution` in pixels and `alpha`, how far the newest block is faded in.
    #[serde(flatten)]
    pub measures: BTreeMap<String, f64>,
    /// Rate of the training since the line before.
    pub images_per_second: f64,
    /// Seconds of training so far.
    pub seconds: f64,
}

impl Line {
    /// The mean of a measure, if it was taken.
    #[must_use]
    pub fn measure(&self, name: &str) -> Option<f64> {
        self.measures.get(name).copied()
    }
}

/// What a step measured, scalars by name that stay on the device.
#[derive(Debug, Default)]
pub struct Measures(Vec<(&'static str, Tensor)>);

impl Measures {
    /// Takes a measure.
    pub fn push(&mut self, name: &'static str, value: &Tensor) {
        self.0.push((name, value.detach()));
    }

    /// Name and value, in the order in which they were taken.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Tensor)> {
        self.0.iter().map(|(name, value)| (*name, value))
    }
}

/// Measures of the steps since the last tick. They stay on the device until it comes.
#[derive(Default)]
pub struct Pending(Vec<Measures>);

impl Pending {
    /// Takes the measures of a step.
    pub fn push(&mut self, measures: Measures) {
        self.0.push(measures);
    }

    /// Fetches and clears the measures: the mean of each over the steps that took it.
    ///
    /// # Errors
    /// One of them is not finite: which, and at which step; the last of them belongs to step `step`.
    pub fn take(&mut self, step: u64) -> Result<BTreeMap<String, f64>, GanError> {
        let steps = std::mem::take(&mut self.0);
        let all: Vec<Tensor> = steps
            .iter()
            .flat_map(|measures| measures.iter().map(|(_, value)| value.to_kind(Kind::Double)))
            .collect();
        if all.is_empty() {
            return Ok(BTreeMap::new());
        }
        // One transfer for all of them.
        let values = Tensor::stack(&all, 0).to_device(tch::Device::Cpu);
        let mut values = Vec::<f64>::try_from(values)?.into_iter();
        let mut sums = BTreeMap::<&'static str, (f64, u32)>::new();
        let first = step + 1 - steps.len() as u64;
        for (step, measures) in (first..).zip(&steps) {
            for ((loss, _), value) in measures.iter().zip(&mut values) {
                if !value.is_finite() {
                    return Err(GanError::NotFinite { step, loss, value });
                }
                let (sum, n) = sums.entry(loss).or_default();
                *sum += value;
                *n += 1;
            }
        }
        let mean = |(name, (sum, n)): (&str, (f64, u32))| (name.to_owned(), sum / f64::from(n));
        Ok(sums.into_iter().map(mean).collect())
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

    fn measures(d_loss: f64, r1: Option<f64>) -> Measures {
        let mut measures = Measures::default();
        measures.push("d_loss", &Tensor::from(d_loss));
        if let Some(r1) = r1 {
            measures.push("r1", &Tensor::from(r1 as f32));
        }
        measures
    }

    #[test]
    fn a_tick_gives_means_over_the_steps_that_measured_and_forgets() {
        let mut pending = Pending::default();
        pending.push(measures(1.0, Some(6.0)));
        pending.push(measures(3.0, None));
        let means = pending.take(2).unwrap();
        assert_eq!(means, [("d_loss".to_owned(), 2.0), ("r1".to_owned(), 6.0)].into());
        pending.push(measures(5.0, None));
        assert_eq!(pending.take(3).unwrap()["d_loss"], 5.0);
        assert!(pending.take(3).unwrap().is_empty());
    }

    #[test]
    fn a_loss_that_is_no_number_stops_the_run_with_its_step_and_a_hint() {
        let mut pending = Pending::default();
        [1.0, f64::NAN, f64::INFINITY]
            .into_iter()
            .for_each(|loss| pending.push(measures(loss, Some(1.0))));
        let error = pending.take(30).unwrap_err().to_string();
        assert!(error.starts_with("step 29: d_loss is NaN\nhint: "), "{error}");
        pending.push(measures(f64::NEG_INFINITY, None));
        assert!(
            pending
                .take(31)
                .unwrap_err()
                .to_string()
                .starts_with("step 31: d_loss is -inf")
        );
    }

    #[test]
    fn lines_after_the_checkpoint_and_cut_lines_are_dropped() {
        let dir = tempfile::tempdir().unwrap();
        let stats = Stats::open(dir.path(), Position::default()).unwrap();
        let line = |step| Line {
            step,
            kimg: 0.1,
            measures: [("d_loss".to_owned(), 0.1)].into(),
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
