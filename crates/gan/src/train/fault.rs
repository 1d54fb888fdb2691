//! What is no longer finite, and where it began.

use tch::{Kind, Tensor};

use super::stats::Pending;
use super::step::Trainer;
use crate::GanError;
use crate::weights_file::Tensors;

/// Seconds that the search for the beginning may take.
const PATIENCE: f64 = 120.0;

/// Checks every weight, buffer and moment before they are saved.
///
/// # Errors
/// One of them is not finite.
pub fn check(trainer: &Trainer, step: u64) -> Result<(), GanError> {
    let state = trainer.state();
    let bad = not_finite(&state)?;
    let Some(name) = bad.first() else {
        return Ok(());
    };
    Err(GanError::NotFinite {
        step,
        what: trainer_name(trainer, name),
        value: first_value(&state[name.as_str()])?,
        first: String::new(),
        rewinds: 0,
    })
}

/// [`check`], where it is due.
///
/// # Errors
/// As [`check`].
pub fn check_if(due: bool, trainer: &Trainer, step: u64) -> Result<(), GanError> {
    if due { check(trainer, step) } else { Ok(()) }
}

/// Goes once more through the steps from a good state up to the one at fault, and looks at everything after each: the
/// beginning in words. `steps` of `per_second` are too many where they would take longer than two minutes.
///
/// # Errors
/// A step fails.
pub fn beginning(
    trainer: &Trainer,
    steps: std::ops::Range<u64>,
    per_second: f64,
    take_step: &mut dyn FnMut(&Trainer, u64) -> Result<super::stats::Measures, GanError>,
) -> Result<String, GanError> {
    let count = steps.end - steps.start;
    if per_second > 0.0 && count as f64 / per_second > PATIENCE {
        return Ok(format!(
            "; where it began is {count} steps after the last checkpoint, too many to look through"
        ));
    }
    for step in steps {
        let measures = take_step(trainer, step)?;
        let state = trainer.state();
        let bad = not_finite(&state)?;
        let mut losses = Pending::default();
        losses.push(measures);
        let loss = match losses.take(step + 1) {
            Err(GanError::NotFinite { what, .. }) => Some(what),
            _ => None,
        };
        if bad.is_empty() && loss.is_none() {
            continue;
        }
        let tensors: Vec<String> = bad.iter().map(|name| trainer_name(trainer, name)).collect();
        return Ok(match (loss, tensors.first()) {
            (Some(loss), None) => format!(
                "; {loss} at step {} is the first, all weights are finite",
                step + 1
            ),
            (loss, Some(name)) => {
                let before = loss.map_or_else(String::new, |loss| format!("{loss}, then "));
                let others = match tensors.len() - 1 {
                    0 => String::new(),
                    n => format!(" and {n} other tensors"),
                };
                format!("; first at step {}: {before}{name}{others}", step + 1)
            }
            (None, None) => String::new(),
        });
    }
    Ok("; it did not come again when these steps were taken once more".to_owned())
}

/// Names of the tensors with a value that is not finite, gradients' moments before the weights they move.
fn not_finite(state: &Tensors) -> Result<Vec<String>, GanError> {
    let mut names = Vec::new();
    for (name, tensor) in state {
        let sum = tensor.detach().isfinite().all();
        if i64::try_from(sum.to_kind(Kind::Int64))? == 0 {
            names.push(name.clone());
        }
    }
    names.sort_by_key(|name| (!name.contains("exp_avg."), !name.starts_with("adam")));
    Ok(names)
}

/// `adam_d.exp_avg.3` is the running mean of the gradient of D's fourth weight: whose name says more.
fn trainer_name(trainer: &Trainer, name: &str) -> String {
    let params = match name.split('.').next() {
        Some("adam_g") => trainer.generator.params(),
        Some("adam_d") => trainer.discriminator.params(),
        _ => return name.to_owned(),
    };
    let prefix = &name[5..6];
    let number = name.rsplit('.').next().and_then(|n| n.parse::<usize>().ok());
    match number.and_then(|n| params.named().nth(n)) {
        Some((weight, _)) if name.contains("exp_avg") => format!("the gradient of {prefix}.{weight}"),
        _ => name.to_owned(),
    }
}

fn first_value(tensor: &Tensor) -> Result<f64, GanError> {
    let flat = tensor
        .detach()
        .to_kind(Kind::Double)
        .to_device(tch::Device::Cpu)
        .contiguous();
    let values = Vec::<f64>::try_from(&flat.view([-1]))?;
    Ok(values.into_iter().find(|v| !v.is_finite()).unwrap_or(f64::NAN))
}
