//! The keys of progressive growing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::check::within;
use super::{DiscriminatorKind, GeneratorKind, Recipe};

/// Resolutions that `progan` can have, in pixels.
pub const GROWN_RESOLUTIONS: [usize; 9] = [4, 8, 16, 32, 64, 128, 256, 512, 1024];

/// Progressive growing (Karras et al. 2018, section 2): training begins at a few pixels, and every so often the side is
/// doubled. The first resolution is trained for `stable_kimg`; at each one after it the new blocks are faded in for
/// `fade_kimg` and then trained for `stable_kimg`, and at `train.resolution` until the training ends. Both optimizers
/// begin anew at each resolution, unless `skips` are asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Growth {
    /// Side to begin with, in pixels.
    pub first_resolution: usize,
    /// Thousands of images over which new blocks are faded in; 0 puts them in at once.
    pub fade_kimg: f64,
    /// Thousands of images that each resolution is trained on beside that.
    pub stable_kimg: f64,
    /// Images in a step at these resolutions; at all others `train.batch`.
    pub batch: BTreeMap<Side, usize>,
    /// Adam's step size at these resolutions; at all others `adam.lr`.
    pub lr: BTreeMap<Side, f64>,
    /// The images of all resolutions are summed in G, and what D sees at all of them (the output and input skips of Karras et al.
    /// 2020, section 4), where else the new ones take the place of those before. What is new begins at nothing, so that growing
    /// by itself changes no image and no logit. Both optimizers go on, and R1 and R2 count as many times as there are more
    /// pixels than at first: gradients of the same logit are spread over that many. Not for `progan`.
    pub skips: bool,
    /// Fewest channels at sides that are grown to; else there are half as many at each doubling. Not for `progan`.
    pub min_width: usize,
}

impl Default for Growth {
    /// The paper's lengths.
    fn default() -> Self {
        Self {
            first_resolution: 4,
            fade_kimg: 600.0,
            stable_kimg: 600.0,
            batch: BTreeMap::new(),
            lr: BTreeMap::new(),
            skips: false,
            min_width: 1,
        }
    }
}

/// A resolution as a key, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Side(pub usize);

impl TryFrom<String> for Side {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let side = text.parse().ok().filter(|side| GROWN_RESOLUTIONS.contains(side));
        side.map(Self).ok_or_else(|| {
            format!(
                "expected a resolution {}, found `{text}`",
                in_words(&GROWN_RESOLUTIONS)
            )
        })
    }
}

impl From<Side> for String {
    fn from(side: Side) -> Self {
        side.0.to_string()
    }
}

/// Resolutions in words: `8, 16 or 32`.
pub(super) fn in_words(resolutions: &[usize]) -> String {
    let all: Vec<String> = resolutions.iter().map(ToString::to_string).collect();
    let (last, others) = all.split_last().map_or(("", &[][..]), |(l, o)| (l.as_str(), o));
    format!("{} or {last}", others.join(", "))
}

impl Recipe {
    /// Whether networks grow by skips.
    #[must_use]
    pub fn has_skips(&self) -> bool {
        self.growth.as_ref().is_some_and(|growth| growth.skips)
    }

    /// The recipe of the networks as they are at `side` of a growth, by themselves.
    #[must_use]
    pub fn at_side(&self, side: usize) -> Self {
        let mut stage = self.clone();
        if stage.networks.generator != GeneratorKind::Progan {
            // `width` is that of half the resolution.
            stage.networks.width = (stage.networks.width * stage.train.resolution / side.max(1)).max(1);
        }
        stage.train.resolution = side;
        stage.growth = None;
        stage
    }

    /// The networks of `progan` go together, and a DCGAN cannot grow.
    pub(super) fn check_growth(&self) -> Result<(), String> {
        let (g, d) = (self.networks.generator, self.networks.discriminator);
        let (g_progan, d_progan) = (g == GeneratorKind::Progan, d == DiscriminatorKind::Progan);
        within(
            "networks.discriminator",
            g_progan == d_progan,
            if g_progan {
                "\"progan\" with networks.generator = \"progan\""
            } else {
                "other than \"progan\" with another generator"
            },
            if d_progan { "\"progan\"" } else { "another" },
        )?;
        let Some(growth) = &self.growth else {
            return Ok(());
        };
        within(
            "networks.generator",
            g != GeneratorKind::Dcgan,
            "\"fusion\" or \"progan\" with a section [growth], as a DCGAN cannot grow",
            "\"dcgan\"",
        )?;
        within(
            "networks.discriminator",
            d != DiscriminatorKind::Dcgan,
            "\"projection\" or \"progan\" with a section [growth], as a DCGAN cannot grow",
            "\"dcgan\"",
        )?;
        // The first convolution of the projection discriminator halves the side, and 4x4 is where its last one looks.
        let smallest = if g_progan { 4 } else { 8 };
        let resolution = self.train.resolution;
        let Growth {
            first_resolution,
            fade_kimg,
            stable_kimg,
            skips,
            min_width,
            ..
        } = *growth;
        within(
            "growth.skips",
            !(skips && g_progan),
            "of false with networks.generator = \"progan\"",
            skips,
        )?;
        let most = if g_progan { 1 } else { self.networks.max_width };
        within(
            "growth.min_width",
            (1..=most).contains(&min_width),
            &match g_progan {
                true => "of 1 with networks.generator = \"progan\"".to_owned(),
                false => format!("from 1 to networks.max_width, {most}"),
            },
            min_width,
        )?;
        let sides: Vec<usize> = GROWN_RESOLUTIONS
            .into_iter()
            .filter(|side| (smallest..=resolution).contains(side))
            .collect();
        within(
            "growth.first_resolution",
            sides.contains(&first_resolution),
            &format!(
                "{} with networks.generator = \"{}\" and train.resolution = {resolution}",
                in_words(&sides),
                if g_progan { "progan" } else { "fusion" }
            ),
            first_resolution,
        )?;
        let fade_ok = fade_kimg == 0.0 || (0.001..=1e9).contains(&fade_kimg);
        within("growth.fade_kimg", fade_ok, "0 or from 0.001 to 1e9", fade_kimg)?;
        within(
            "growth.stable_kimg",
            (0.001..=1e9).contains(&stable_kimg),
            "from 0.001 to 1e9",
            stable_kimg,
        )?;
        // BatchNorm needs more than one value a channel.
        let fewest = if g_progan { 1 } else { 2 };
        for (Side(side), batch) in &growth.batch {
            let ok = (fewest..=4096).contains(batch);
            let allowed = format!("from {fewest} to 4096");
            within(&format!("growth.batch.{side}"), ok, &allowed, batch)?;
        }
        for (Side(side), lr) in &growth.lr {
            let ok = *lr > 0.0 && *lr <= 1.0;
            within(&format!("growth.lr.{side}"), ok, "above 0 and at most 1", lr)?;
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const GROWING: &str = "[train]\nresolution = 64\n[networks]\ngenerator = \"progan\"\ndiscriminator = \"progan\"\n\
                           [penalty]\nr1 = 1.0\n";

    const FUSION: &str = "[train]\nresolution = 64\n[networks]\ngenerator = \"fusion\"\ndiscriminator = \"projection\"\n\
                          [penalty]\nr1 = 1.0\n";

    fn parse(text: &str, set: &[&str]) -> Result<Recipe, String> {
        let set: Vec<String> = set.iter().map(|&s| s.to_owned()).collect();
        Recipe::parse(text, "a.toml", &set).map_err(|e| e.to_string())
    }

    #[test]
    fn what_cannot_grow_is_refused_with_its_key() {
        let fixed = "[train]\nresolution = 64\n";
        let cases: [(&str, &[&str], &str); 23] = [
            (
                fixed,
                &["networks.generator=progan"],
                "networks.discriminator: expected a value \"progan\" with networks.generator = \"progan\", found another",
            ),
            (
                fixed,
                &["networks.discriminator=progan"],
                "networks.discriminator: expected a value other than \"progan\" with another generator",
            ),
            (
                fixed,
                &["growth.fade_kimg=5"],
                "networks.generator: expected a value \"fusion\" or \"progan\" with a section [growth]",
            ),
            (
                fixed,
                &["growth.fade_kimg=5", "networks.generator=fusion"],
                "networks.discriminator: expected a value \"projection\" or \"progan\" with a section [growth]",
            ),
            (
                FUSION,
                &["growth.first_resolution=8", "growth.batch={ 64 = 1 }"],
                "growth.batch.64: expected a value from 2 to 4096, found 1",
            ),
            (
                FUSION,
                &["growth.first_resolution=4"],
                "growth.first_resolution: expected a value 8, 16, 32 or 64 with networks.generator = \"fusion\" and \
                 train.resolution = 64, found 4",
            ),
            (
                fixed,
                &["train.resolution=512"],
                "expected a value 32, 64, 128 or 256, found 512",
            ),
            (
                GROWING,
                &["train.resolution=2048"],
                "train.resolution: expected a value 4, 8, 16, 32, 64, 128, 256, 512 or 1024, found 2048",
            ),
            (
                GROWING,
                &["train.resolution=48"],
                "train.resolution: expected a value 4, 8",
            ),
            (
                GROWING,
                &["growth.first_resolution=128"],
                "growth.first_resolution: expected a value 4, 8, 16, 32 or 64 with networks.generator = \"progan\" and \
                 train.resolution = 64, found 128",
            ),
            (
                GROWING,
                &["growth.first_resolution=5"],
                "growth.first_resolution: expected a value 4, 8",
            ),
            (
                GROWING,
                &["growth.fade_kimg=-1"],
                "growth.fade_kimg: expected a value 0 or from 0.001",
            ),
            (
                GROWING,
                &["growth.stable_kimg=0"],
                "growth.stable_kimg: expected a value from 0.001",
            ),
            (
                GROWING,
                &["growth.batch={ 8 = 0 }"],
                "growth.batch.8: expected a value from 1 to 4096, found 0",
            ),
            (GROWING, &["growth.batch={ 9 = 4 }"], "expected a resolution 4, 8"),
            (
                GROWING,
                &["growth.lr={ 8 = 0.0 }"],
                "growth.lr.8: expected a value above 0",
            ),
            (GROWING, &["growth.speed=3"], "unknown field `speed`"),
            (
                GROWING,
                &["growth.skips=true"],
                "growth.skips: expected a value of false with networks.generator = \"progan\", found true",
            ),
            (
                GROWING,
                &["growth.min_width=2"],
                "growth.min_width: expected a value of 1 with networks.generator = \"progan\", found 2",
            ),
            (
                FUSION,
                &["growth.first_resolution=32", "growth.min_width=600"],
                "growth.min_width: expected a value from 1 to networks.max_width, 512, found 600",
            ),
            (
                GROWING,
                &["penalty.r1=0"],
                "penalty.r1: expected a value above 0 with networks.discriminator = \"progan\"",
            ),
            (
                fixed,
                &["objective.loss=wasserstein"],
                "networks.discriminator: expected a value \"projection\" or \"progan\" with a penalty",
            ),
            (
                GROWING,
                &["ema.decay=1.0"],
                "ema.decay: expected a value from 0 to below 1, found 1",
            ),
        ];
        for (text, set, expected) in cases {
            let error = parse(text, set).unwrap_err();
            assert!(
                error.contains(expected) && error.contains("\nhint: "),
                "{expected}\n{error}"
            );
        }
    }

    #[test]
    fn growth_can_end_anywhere_and_begin_at_one_image_a_step() {
        for resolution in GROWN_RESOLUTIONS {
            let set = [
                format!("train.resolution={resolution}"),
                "growth.first_resolution=4".to_owned(),
            ];
            let set: Vec<&str> = set.iter().map(String::as_str).collect();
            assert_eq!(parse(GROWING, &set).unwrap().train.resolution, resolution);
        }
        let penalties = [
            "penalty.r1=0",
            "penalty.gradient_penalty=10",
            "objective.loss=wasserstein",
        ];
        assert!(parse(GROWING, &penalties).is_ok());
        assert!(parse(GROWING, &["train.batch=1"]).is_ok());
        for first in [8, 16, 32, 64] {
            assert!(parse(FUSION, &[&format!("growth.first_resolution={first}")]).is_ok());
        }
    }

    #[test]
    fn growth_survives_a_round_trip_and_makes_another_run() {
        let set = [
            "growth.batch={ 8 = 4, 64 = 2 }",
            "growth.lr={ 64 = 0.5 }",
            "ema.decay=0.999",
        ];
        let recipe = parse(GROWING, &set).unwrap();
        assert_eq!(parse(&recipe.to_toml().unwrap(), &[]).unwrap(), recipe);
        let growth = recipe.growth.as_ref().unwrap();
        assert_eq!((growth.batch[&Side(64)], growth.lr[&Side(64)]), (2, 0.5));
        let plain = parse(GROWING, &[]).unwrap();
        assert_eq!(plain.growth, None);
        let differences = plain.differences(&recipe);
        let said = |start: &str| differences.iter().any(|line| line.starts_with(start));
        assert!(
            said("growth.fade_kimg: none -> 600") && said("ema.decay: none -> 0.999"),
            "{differences:?}"
        );
        assert_eq!(recipe.differences(&plain).len(), differences.len());
    }
}
