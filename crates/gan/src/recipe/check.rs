//! What the values of a recipe may be.

use super::growth::{GROWN_RESOLUTIONS, in_words};
use super::{
    AdamRecipe, Augment, DiscriminatorKind, GeneratorKind, Loss, Networks, Objective, Penalty, RESOLUTIONS,
    Recipe, Train,
};

impl Recipe {
    /// Says of the first value that cannot be which key it is, what is allowed and what was found.
    pub(super) fn check(&self) -> Result<(), String> {
        let Train {
            resolution,
            batch,
            kimg,
            tick_kimg,
            grid_kimg,
            checkpoint_kimg,
            checkpoint_minutes,
            ..
        } = self.train;
        let progan = self.networks.generator == GeneratorKind::Progan;
        let resolutions: &[usize] = if progan { &GROWN_RESOLUTIONS } else { &RESOLUTIONS };
        within(
            "train.resolution",
            resolutions.contains(&resolution),
            &in_words(resolutions),
            resolution,
        )?;
        // BatchNorm needs more than one value a channel where the map is 1x1.
        let fewest = if progan { 1 } else { 2 };
        let allowed = format!("from {fewest} to 4096");
        within("train.batch", (fewest..=4096).contains(&batch), &allowed, batch)?;
        let rhythm = [
            ("train.kimg", kimg),
            ("train.tick_kimg", tick_kimg),
            ("train.grid_kimg", grid_kimg),
            ("train.checkpoint_kimg", checkpoint_kimg),
            ("train.checkpoint_minutes", checkpoint_minutes),
            ("ema.half_life_kimg", self.ema.half_life_kimg),
        ];
        for (key, value) in rhythm {
            within(key, value > 0.0 && value <= 1e9, "above 0 and at most 1e9", value)?;
        }
        let Train { eval_kimg, keep, .. } = self.train;
        let eval_ok = (0.0..=1e9).contains(&eval_kimg);
        within("train.eval_kimg", eval_ok, "from 0 (never) to 1e9", eval_kimg)?;
        within("train.keep", (1..=1000).contains(&keep), "from 1 to 1000", keep)?;
        let Networks {
            z_dim,
            text_dim,
            width,
            max_width,
            ..
        } = self.networks;
        for (key, value) in [("networks.z_dim", z_dim), ("networks.text_dim", text_dim)] {
            within(key, (1..=4096).contains(&value), "from 1 to 4096", value)?;
        }
        for (key, value, most) in [
            ("networks.width", width, 512),
            ("networks.max_width", max_width, 4096),
        ] {
            let allowed = format!("from 1 to {most}");
            within(key, (1..=most).contains(&value), &allowed, value)?;
        }
        let refuses = progan || self.objective.loss == Loss::Mse;
        within(
            "networks.conditioning_augmentation",
            !(refuses && self.networks.conditioning_augmentation),
            "of false with networks.generator = \"progan\" and with objective.loss = \"mse\"",
            "true",
        )?;
        within(
            "networks.smooth_skip",
            !self.networks.smooth_skip || self.networks.generator == GeneratorKind::Fusion,
            "of false unless networks.generator is \"fusion\"",
            "true",
        )?;
        let AdamRecipe {
            lr,
            beta1,
            beta2,
            eps,
        } = self.adam;
        within("adam.lr", lr > 0.0 && lr <= 1.0, "above 0 and at most 1", lr)?;
        within(
            "adam.beta1",
            (0.0..1.0).contains(&beta1),
            "from 0 to below 1",
            beta1,
        )?;
        within(
            "adam.beta2",
            (0.0..1.0).contains(&beta2),
            "from 0 to below 1",
            beta2,
        )?;
        within("adam.eps", eps > 0.0 && eps <= 1.0, "above 0 and at most 1", eps)?;
        within(
            "ema.ramp_up",
            self.ema.ramp_up > 0.0 && self.ema.ramp_up <= 1.0,
            "above 0 and at most 1",
            self.ema.ramp_up,
        )?;
        if let Some(decay) = self.ema.decay {
            let ok = (0.0..1.0).contains(&decay);
            within("ema.decay", ok, "from 0 to below 1", decay)?;
        }
        self.check_objective()?;
        self.check_growth()?;
        self.check_parts(fewest)?;
        self.check_penalty()?;
        self.check_augment()
    }

    fn check_objective(&self) -> Result<(), String> {
        let Objective {
            reconstruction,
            wrong_text,
            wrong_text_kimg,
            wrong_text_later,
            wrong_text_max_cosine: cosine,
            text_warm_up_kimg: warm_up,
            text_divergence,
            mode_seeking,
            mode_seeking_every: every,
            ..
        } = self.objective;
        for (key, weight) in [
            ("objective.reconstruction", reconstruction),
            ("objective.text_divergence", text_divergence),
            ("objective.mode_seeking", mode_seeking),
        ] {
            within(key, (0.0..=1e6).contains(&weight), "from 0 to 1e6", weight)?;
        }
        for (key, kimg) in [
            ("objective.wrong_text_kimg", wrong_text_kimg),
            ("objective.text_warm_up_kimg", warm_up),
        ] {
            within(key, (0.0..=1e9).contains(&kimg), "from 0 to 1e9", kimg)?;
        }
        let every_ok = (1..=1000).contains(&every);
        within("objective.mode_seeking_every", every_ok, "from 1 to 1000", every)?;
        for (key, weight) in [
            ("objective.wrong_text", wrong_text),
            ("objective.wrong_text_later", wrong_text_later),
        ] {
            within(key, (0.0..=1.0).contains(&weight), "from 0 to 1", weight)?;
        }
        within(
            "objective.wrong_text_max_cosine",
            (-1.0..=1.0).contains(&cosine),
            "from -1 to 1",
            cosine,
        )
    }

    /// Every batch is made of equal parts of at least `fewest` images.
    fn check_parts(&self, fewest: usize) -> Result<(), String> {
        let parts = self.train.accumulate;
        let grown = self.growth.iter().flat_map(|growth| growth.batch.values());
        for batch in grown.chain([&self.train.batch]) {
            let ok = parts > 0 && batch.is_multiple_of(parts) && batch / parts >= fewest;
            let allowed = format!("that divides every batch, here {batch}, into parts of at least {fewest}");
            within("train.accumulate", ok, &allowed, parts)?;
        }
        Ok(())
    }

    fn check_penalty(&self) -> Result<(), String> {
        let Penalty {
            r1,
            r2,
            gradient_penalty: gp,
            drift,
            every,
        } = self.penalty;
        for (key, weight) in [
            ("penalty.r1", r1),
            ("penalty.r2", r2),
            ("penalty.gradient_penalty", gp),
            ("penalty.drift", drift),
        ] {
            within(key, (0.0..=1e6).contains(&weight), "from 0 to 1e6", weight)?;
        }
        within(
            "penalty.every",
            (1..=1000).contains(&every),
            "from 1 to 1000",
            every,
        )?;
        let without = r1 == 0.0 && r2 == 0.0 && gp == 0.0;
        let judged = self.objective.loss != Loss::Mse;
        let smooth = match self.networks.discriminator {
            DiscriminatorKind::Dcgan => None,
            DiscriminatorKind::Projection => Some("projection"),
            DiscriminatorKind::Progan => Some("progan"),
        };
        if let Some(kind) = smooth.filter(|_| without && judged) {
            return Err(format!(
                "penalty.r1: expected a value above 0 with networks.discriminator = \"{kind}\", which nothing else keeps \
                 smooth (or penalty.gradient_penalty above 0), found {r1}"
            ));
        }
        // A gradient through BatchNorm mixes the images of a batch: the penalty would not be that of each.
        let needs = without && self.objective.loss != Loss::Wasserstein;
        within(
            "networks.discriminator",
            needs || smooth.is_some(),
            "\"projection\" or \"progan\" with a penalty, as BatchNorm mixes the gradients of a batch",
            "\"dcgan\"",
        )
    }

    fn check_augment(&self) -> Result<(), String> {
        let Augment {
            translation,
            cutout,
            caption_dropout,
            word_dropout,
            text_noise,
            ..
        } = self.augment;
        for (key, share) in [
            ("augment.translation", translation),
            ("augment.cutout", cutout),
            ("augment.caption_dropout", caption_dropout),
            ("augment.word_dropout", word_dropout),
        ] {
            within(key, (0.0..=0.9).contains(&share), "from 0 to 0.9", share)?;
        }
        let noise_ok = (0.0..=10.0).contains(&text_noise);
        within("augment.text_noise", noise_ok, "from 0 to 10", text_noise)?;
        Ok(())
    }
}

pub(super) fn within(
    key: &str,
    ok: bool,
    allowed: &str,
    found: impl std::fmt::Display,
) -> Result<(), String> {
    if ok {
        Ok(())
    } else {
        Err(format!("{key}: expected a value {allowed}, found {found}"))
    }
}
