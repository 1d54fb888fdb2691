//! A recipe: everything that decides what is trained and how, read from TOML and `--set`.

mod check;
mod growth;
mod schema;

use std::collections::BTreeSet;
use std::path::Path;

use crate::GanError;
use crate::device::Device;
use crate::schedule::Schedule;

pub use growth::{GROWN_RESOLUTIONS, Growth, Side};
pub use schema::{
    AdamRecipe, Augment, Captions, DiscriminatorKind, EmaRecipe, GeneratorKind, Loss, Networks, Objective,
    OnDiskFull, OnNan, Penalty, Precision, Recipe, Train,
};

/// Resolutions that networks of a fixed size come in, in pixels.
pub const RESOLUTIONS: [usize; 4] = [32, 64, 128, 256];

impl Recipe {
    /// Reads a recipe file, applies `--set` pairs, checks the result.
    ///
    /// # Errors
    /// The file is absent or no TOML, a key is unknown, a value is of the wrong type or out of range.
    pub fn read(path: &Path, set: &[String]) -> Result<Self, GanError> {
        let origin = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|e| GanError::Recipe {
            origin: origin.clone(),
            message: format!("cannot read: {e}"),
        })?;
        Self::parse(&text, &origin, set)
    }

    /// As [`Recipe::read`], from text; `origin` names it in errors.
    ///
    /// # Errors
    /// As [`Recipe::read`].
    pub fn parse(text: &str, origin: &str, set: &[String]) -> Result<Self, GanError> {
        let bad = |origin: &str, message: String| GanError::Recipe {
            origin: origin.to_owned(),
            message,
        };
        // Parsed as a whole first, so that a mistake in the file is shown with its line.
        let _: Self = toml::from_str(text).map_err(|e| bad(origin, e.to_string().trim_end().to_owned()))?;
        let mut table: toml::Table = toml::from_str(text).map_err(|e| bad(origin, e.to_string()))?;
        for pair in set {
            apply(&mut table, pair).map_err(|message| bad(&format!("--set {pair}"), message))?;
        }
        let origin = if set.is_empty() {
            origin.to_owned()
        } else {
            format!("{origin} with --set")
        };
        let recipe: Self = table
            .try_into()
            .map_err(|e: toml::de::Error| bad(&origin, e.to_string().trim_end().replace('\n', " ")))?;
        recipe.check().map_err(|message| bad(&origin, message))?;
        Ok(recipe)
    }

    /// The recipe as TOML, every key written out.
    ///
    /// # Errors
    /// Never for a checked recipe.
    pub fn to_toml(&self) -> Result<String, GanError> {
        toml::to_string(self).map_err(|e| GanError::Recipe {
            origin: "recipe".to_owned(),
            message: e.to_string(),
        })
    }

    /// The recipe with `precision = "auto"` decided: as `before` where the run was begun already, else by what `device`
    /// is fast at.
    #[must_use]
    pub fn settled(&self, before: Option<&Self>, device: Device) -> Self {
        let mut recipe = self.clone();
        if recipe.train.precision == Precision::Auto {
            recipe.train.precision = match before.map(|before| before.train.precision) {
                Some(decided) => decided,
                None if device.is_fast_at_bf16() => Precision::Bf16,
                None => Precision::Fp32,
            };
        }
        recipe
    }

    /// Steps of the whole training: as many as it takes to show `train.kimg` thousand images.
    #[must_use]
    pub fn steps(&self) -> u64 {
        Schedule::of(self).steps(self.train.kimg)
    }

    /// Real images shown in the first `steps` steps.
    #[must_use]
    pub fn images_in(&self, steps: u64) -> u64 {
        Schedule::of(self).images_seen(steps)
    }

    /// The keys, as `a.b: old -> new`, in which `other` would give other weights. Length and rhythm of the
    /// training do not, nor does what is done in trouble: a run may be prolonged, and helped.
    #[must_use]
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let neutral = |recipe: &Self| {
            let mut recipe = recipe.clone();
            recipe.train.kimg = 0.0;
            recipe.train.tick_kimg = 0.0;
            recipe.train.grid_kimg = 0.0;
            recipe.train.checkpoint_kimg = 0.0;
            recipe.train.checkpoint_minutes = 0.0;
            recipe.train.eval_kimg = 0.0;
            recipe.train.keep = 0;
            recipe.train.on_nan = OnNan::Stop;
            recipe.train.on_disk_full = OnDiskFull::Stop;
            toml::Table::try_from(recipe).unwrap_or_default()
        };
        let (old, new) = (neutral(self), neutral(other));
        let mut lines = Vec::new();
        let sections: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        for section in sections {
            let values = |table: &toml::Table| table.get(section).and_then(toml::Value::as_table).cloned();
            let (old, new) = (values(&old).unwrap_or_default(), values(&new).unwrap_or_default());
            let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            let said = |value: Option<&toml::Value>| value.map_or("none".to_owned(), ToString::to_string);
            for key in keys {
                let (old, new) = (old.get(key), new.get(key));
                if old != new {
                    lines.push(format!("{section}.{key}: {} -> {}", said(old), said(new)));
                }
            }
        }
        lines
    }
}

/// Puts `section.key=value` into the table; the value is TOML, or a bare word taken as a string.
fn apply(table: &mut toml::Table, pair: &str) -> Result<(), String> {
    let (path, value) = pair
        .split_once('=')
        .ok_or("expected section.key=value, found no `=`")?;
    let (sections, key) = path
        .trim()
        .rsplit_once('.')
        .ok_or("expected section.key=value, found no `.` in the key")?;
    let value = value.trim();
    let value = toml::from_str::<toml::Table>(&format!("v = {value}"))
        .ok()
        .and_then(|mut t| t.remove("v"))
        .unwrap_or_else(|| toml::Value::String(value.to_owned()));
    let mut within = table;
    for section in sections.split('.') {
        let entry = within.entry(section).or_insert_with(|| toml::Table::new().into());
        within = entry
            .as_table_mut()
            .ok_or_else(|| format!("expected a section, found a value at `{section}`"))?;
    }
    within.insert(key.to_owned(), value);
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn parse(text: &str, set: &[&str]) -> Result<Recipe, String> {
        let set: Vec<String> = set.iter().map(|&s| s.to_owned()).collect();
        Recipe::parse(text, "a.toml", &set).map_err(|e| e.to_string())
    }

    const SHORT: &str = "[train]\nresolution = 64\n";

    #[test]
    fn defaults_are_filled_in_and_survive_a_round_trip() {
        let recipe = parse(SHORT, &[]).unwrap();
        assert_eq!(
            (recipe.train.batch, recipe.networks.z_dim, recipe.adam.beta1),
            (64, 100, 0.5)
        );
        assert_eq!(parse(&recipe.to_toml().unwrap(), &[]).unwrap(), recipe);
    }

    #[test]
    fn set_overrides_numbers_and_words() {
        let recipe = parse(SHORT, &["train.kimg=2", "adam.lr=1e-3", "train.captions=any"]).unwrap();
        assert_eq!(recipe.steps(), 32);
        assert_eq!((recipe.adam.lr, recipe.train.captions), (1e-3, Captions::Any));
        // One of several sides, as the advice on memory names it.
        let growing = "[train]\nresolution = 64\n[networks]\ngenerator = \"progan\"\ndiscriminator = \"progan\"\n[penalty]\nr1 = 1.0\n\
                       [growth]\nbatch = { 32 = 64, 64 = 32 }\n";
        let recipe = parse(growing, &["growth.batch.32=16"]).unwrap();
        let batches: Vec<(Side, usize)> = recipe.growth.unwrap().batch.into_iter().collect();
        assert_eq!(batches, [(Side(32), 16), (Side(64), 32)]);
    }

    #[test]
    fn what_cannot_be_is_refused_with_its_key() {
        let cases: [(&str, &[&str], &str); 21] = [
            (
                "[train]\nresolution = 48\n",
                &[],
                "train.resolution: expected a value 32, 64, 128 or 256, found 48",
            ),
            (
                "[train]\nresolution = 64\nbatsch = 3\n",
                &[],
                "unknown field `batsch`",
            ),
            (
                "[train]\nresolution = \"big\"\n",
                &[],
                "invalid type: string \"big\"",
            ),
            ("", &[], "missing field `train`"),
            (
                SHORT,
                &["train.batch=1"],
                "train.batch: expected a value from 2 to 4096",
            ),
            (SHORT, &["train.kimgs=1"], "unknown field `kimgs`"),
            (
                SHORT,
                &["train.eval_kimg=-1"],
                "train.eval_kimg: expected a value from 0 (never) to 1e9, found -1",
            ),
            (
                SHORT,
                &["train.keep=0"],
                "train.keep: expected a value from 1 to 1000, found 0",
            ),
            (SHORT, &["train.on_nan=pray"], "unknown variant `pray`"),
            (SHORT, &["adam.lr"], "found no `=`"),
            (
                SHORT,
                &["train.batch=big"],
                "invalid type: string \"big\", expected usize in `train.batch`",
            ),
            (SHORT, &["networks.generator=3"], "in `networks.generator`"),
            (SHORT, &["objective.loss=hinge"], "unknown variant `hinge`"),
            (
                SHORT,
                &["penalty.every=0"],
                "penalty.every: expected a value from 1 to 1000, found 0",
            ),
            (
                SHORT,
                &["augment.cutout=1"],
                "augment.cutout: expected a value from 0 to 0.9, found 1",
            ),
            (
                SHORT,
                &["networks.max_width=0"],
                "networks.max_width: expected a value from 1 to 4096",
            ),
            (
                SHORT,
                &["networks.discriminator=projection"],
                "penalty.r1: expected a value above 0 with networks.discriminator = \"projection\"",
            ),
            (
                SHORT,
                &["objective.text_warm_up_kimg=-1"],
                "objective.text_warm_up_kimg: expected a value from 0 to 1e9, found -1",
            ),
            (
                SHORT,
                &["objective.loss=mse", "networks.conditioning_augmentation=true"],
                "networks.conditioning_augmentation: expected a value of false with",
            ),
            (
                SHORT,
                &["networks.smooth_skip=true"],
                "networks.smooth_skip: expected a value of false unless networks.generator is \"fusion\"",
            ),
            (
                SHORT,
                &["penalty.r1=1"],
                "networks.discriminator: expected a value \"projection\" or \"progan\" with a penalty",
            ),
        ];
        for (text, set, expected) in cases {
            let error = parse(text, set).unwrap_err();
            assert!(error.contains(expected) && error.contains("\nhint: "), "{error}");
        }
    }

    #[test]
    fn what_is_left_to_the_machine_is_decided_once() {
        let open = parse(SHORT, &["train.precision=auto"]).unwrap();
        let begun = open.settled(None, Device::CPU);
        assert_ne!(begun.train.precision, Precision::Auto);
        let other = Recipe {
            train: Train {
                precision: Precision::Bf16,
                ..begun.train.clone()
            },
            ..begun
        };
        assert_eq!(
            open.settled(Some(&other), Device::CPU).train.precision,
            Precision::Bf16
        );
        let named = parse(SHORT, &[]).unwrap();
        assert_eq!(named.settled(Some(&other), Device::CPU), named);
    }

    #[test]
    fn a_longer_training_is_the_same_run_and_another_rate_is_not() {
        let recipe = parse(SHORT, &[]).unwrap();
        for set in ["train.kimg=5", "train.on_nan=rewind", "train.keep=9"] {
            let other = parse(SHORT, &[set]).unwrap();
            assert_eq!(recipe.differences(&other), <[&str; 0]>::default(), "{set}");
        }
        let other = parse(SHORT, &["adam.lr=0.001"]).unwrap();
        assert_eq!(recipe.differences(&other), ["adam.lr: 0.0002 -> 0.001"]);
    }
}
