//! What the figures of a run are, by name: which belong together, in TensorBoard and in the report.

/// Figures that are looked at together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Losses of G and D.
    Losses,
    /// What D believes of the images it learns from.
    Beliefs,
    /// What D says of images that stay the same.
    Logits,
    /// Gradient penalties.
    Penalties,
    /// Shares of pictures in which what was asked for is found.
    Accuracy,
    /// The same in % of what photos get.
    ShareRight,
    /// Captions that find their pictures.
    RPrecision,
    /// Distance to photos.
    Kid,
    /// Difference between pictures of one caption.
    Diversity,
    /// The one number that the best is kept by.
    Score,
    /// Rate, time, memory.
    Speed,
    /// Whatever else is measured.
    Other,
}

impl Group {
    /// All, in the order in which they are shown.
    pub const ALL: [Self; 12] = [
        Self::Losses,
        Self::ShareRight,
        Self::Accuracy,
        Self::RPrecision,
        Self::Kid,
        Self::Diversity,
        Self::Score,
        Self::Beliefs,
        Self::Logits,
        Self::Penalties,
        Self::Speed,
        Self::Other,
    ];

    /// The group of a figure in `stats.jsonl`.
    #[must_use]
    pub fn of(name: &str) -> Self {
        let family = name.split('.').next().unwrap_or(name);
        match family {
            "d_real" | "d_fake" => Self::Beliefs,
            "r1" | "r2" | "gradient_penalty" => Self::Penalties,
            "accuracy" | "accuracy_real" | "accuracy_chance" => Self::Accuracy,
            "share_right" => Self::ShareRight,
            "r_precision" | "r_precision_real" | "r_precision_chance" => Self::RPrecision,
            "kid" | "kid_real" => Self::Kid,
            "diversity" | "z_spread" => Self::Diversity,
            "score" => Self::Score,
            "images_per_second" | "seconds" | "kimg" | "memory_mib" => Self::Speed,
            _ if family.ends_with("_loss") => Self::Losses,
            _ if family.starts_with("d_logit") => Self::Logits,
            _ => Self::Other,
        }
    }

    /// First part of the tag in TensorBoard.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Losses => "loss",
            Self::Beliefs => "belief",
            Self::Logits => "logit",
            Self::Penalties => "penalty",
            Self::Accuracy
            | Self::ShareRight
            | Self::RPrecision
            | Self::Kid
            | Self::Diversity
            | Self::Score => "eval",
            Self::Speed => "speed",
            Self::Other => "other",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_a_group() {
        for (name, group) in [
            ("d_loss", Group::Losses),
            ("d_real_loss", Group::Losses),
            ("d_real", Group::Beliefs),
            ("d_logit_val", Group::Logits),
            ("accuracy.article_type", Group::Accuracy),
            ("share_right.gender", Group::ShareRight),
            ("rewinds", Group::Other),
        ] {
            assert_eq!(Group::of(name), group, "{name}");
        }
        for group in Group::ALL {
            assert_eq!(Group::ALL.iter().filter(|g| **g == group).count(), 1);
        }
    }
}
