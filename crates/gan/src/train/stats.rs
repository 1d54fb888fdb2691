//! `stats.jsonl`: a line of measures a tick.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use stage::{StageError, atomic};
use tch::{Kind, Tensor};

use super::appended::Appended;
use super::checkpoints::Position;
use crate::GanError;

/// Name of the file in a run folder.
pub const FILE: &str = "stats.jsonl";

/// A line of the file: means since the line before.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Steps taken.
    pub step: u64,
    /// Thousands of real images shown.
    pub kimg: f64,
    /// Means since the line before: losses in nats (`d_loss`, `g_loss`, ...), D's mean belief that reals and fakes are
    /// real (`d_real`, `d_fake`, 0..=1), penalties without their weights (`r1`, `r2`, `gradient_penalty`, `drift`), how alike
    /// images of one text are (`mode_seeking`), how far texts' distributions are from normal ones in nats (`text_divergence`), and of
    /// networks that grow `resolution` in pixels and `alpha`, how far the newest block is faded in. And as of this step:
    /// what D says of fixed images ([`super::probe`]), and now and then the light evaluation ([`super::measuring`]).
    #[serde(flatten)]
    pub measures: BTreeMap<String, f64>,
    /// Rate of the training since the line before.
    pub images_per_second: f64,
    /// Seconds of training so far.
    pub seconds: f64,
    /// Memory that the process holds in the machine (not on a GPU), in MiB, where the system tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_mib: Option<f64>,
}

impl Line {
    /// The mean of a measure, if it was taken.
    #[must_use]
    pub fn measure(&self, name: &str) -> Option<f64> {
        self.measures.get(name).copied()
    }

    /// Every figure but the step, by name.
    pub fn figures(&self) -> impl Iterator<Item = (&str, f64)> {
        let measures = self.measures.iter().map(|(name, value)| (name.as_str(), *value));
        let more = [
            ("kimg", self.kimg),
            ("images_per_second", self.images_per_second),
            ("seconds", self.seconds),
        ];
        let memory = self.memory_mib.map(|mib| ("memory_mib", mib));
        measures.chain(more).chain(memory)
    }
}

/// What a step measured, scalars by name that stay on the device.
#[derive(Debug, Default)]
pub struct Measures(Vec<(&'static str, Tensor)>);

impl Measures {
    /// A single measure.
    #[must_use]
    pub fn one(name: &'static str, value: &Tensor) -> Self {
        Self(vec![(name, value.detach())])
    }

    /// Takes a measure.
    pub fn push(&mut self, name: &'static str, value: &Tensor) {
        self.0.push((name, value.detach()));
    }

    /// Takes the measures of a part of the step's batch, one of `parts` equal ones: what comes of it is the mean.
    pub fn add_part(&mut self, part: &Self, parts: usize) {
        for (name, value) in &part.0 {
            let share = if parts == 1 {
                value.shallow_clone()
            } else {
                value / parts as f64
            };
            match self.0.iter_mut().find(|(known, _)| known == name) {
                Some((_, sum)) => *sum = &*sum + share,
                None => self.0.push((*name, share)),
            }
        }
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
                    return Err(GanError::NotFinite {
                        step,
                        what: loss.to_owned(),
                        value,
                        first: String::new(),
                        rewinds: 0,
                    });
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
pub struct Stats(Appended);

impl Stats {
    /// The file of a run that stands at `position`: lines after it are dropped, for they come again.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn open(dir: &Path, position: Position) -> Result<Self, GanError> {
        let path = dir.join(FILE);
        let text = text(dir)?;
        let known = |line: &&str| parse(line).is_some_and(|l| l.step <= position.step);
        let kept: String = text.lines().filter(known).flat_map(|line| [line, "\n"]).collect();
        atomic::write(&path, kept.as_bytes())?;
        Ok(Self(Appended::new(path, kept.len() as u64)))
    }

    /// Appends a line.
    ///
    /// # Errors
    /// The disk is full or fails. The line is then written with the next.
    pub fn append(&mut self, line: &Line) -> Result<(), GanError> {
        let mut text = serde_json::to_string(line).map_err(|e| GanError::Torch(e.to_string()))?;
        text.push('\n');
        self.0.append(text.as_bytes())
    }
}

/// The lines of a run folder; none where there is no file.
///
/// # Errors
/// The file cannot be read.
pub fn read(dir: &Path) -> Result<Vec<Line>, GanError> {
    Ok(text(dir)?.lines().filter_map(parse).collect())
}

fn text(dir: &Path) -> Result<String, GanError> {
    let path = dir.join(FILE);
    match std::fs::read(&path) {
        // A kill can cut a line anywhere.
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(e) => Err(StageError::io(&path, "cannot read", e).into()),
    }
}

/// A line; one that was cut by a kill is no JSON and none.
fn parse(line: &str) -> Option<Line> {
    serde_json::from_str(line).ok()
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
        let mut stats = Stats::open(dir.path(), Position::default()).unwrap();
        let line = |step| Line {
            step,
            kimg: 0.1,
            measures: [("d_loss".to_owned(), 0.1)].into(),
            ..Line::default()
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
                ..Position::default()
            },
        )
        .unwrap();
        assert_eq!(read(dir.path()).unwrap(), [line(1), line(2)]);
    }
}
