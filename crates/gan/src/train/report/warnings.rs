//! What looks wrong with a run, in plain words, each with what to try: pure functions of the lines of `stats.jsonl`.
//!
//! | warning | when |
//! | --- | --- |
//! | D is winning | `d_real - d_fake` is at least [`SURE`] over the last [`RECENT`] lines; of a relativistic loss `d_loss` at most [`NO_LOSS`] nats |
//! | pictures of one text are alike | `diversity` of the last two evaluations is below [`FLAT`] of that of photos, or below half of what it was; without evaluations `z_spread` below a quarter of what it was |
//! | the text is ignored | in three or more evaluations, the last two, no attribute is found oftener than by chance, nor is the caption among others (R-precision), within [`BY_CHANCE`] of the way to photos |
//! | D knows its photos by heart | over the last [`RECENT`] lines `d_logit_val` is at least [`BY_HEART`] of the way from `d_logit_train` to `d_logit_fake` |
//! | the run went back | `rewinds` is above 0 |

use serde::Serialize;

use crate::recipe::Loss;
use crate::train::recovery::MOST_REWINDS;
use crate::train::stats::Line;

/// Lines that are looked at for what a run does now.
pub const RECENT: usize = 10;
/// Fewer lines say nothing.
pub const LEAST: usize = 5;
/// D tells photos from pictures: the difference of its mean beliefs, 0..=1.
pub const SURE: f64 = 0.9;
/// Nats below which D's relativistic loss is as good as none; ln 2 = 0.69 when both are even.
pub const NO_LOSS: f64 = 0.05;
/// Diversity in units of that of photos; 0.6 is what a good run has.
pub const FLAT: f64 = 0.3;
/// Share of the way from chance to what photos get.
pub const BY_CHANCE: f64 = 0.1;
/// Karras et al. 2020 (section 3.1) aim at an r_v of 0.6 when they adapt their augmentation.
pub const BY_HEART: f64 = 0.6;

/// Something that looks wrong.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Warning {
    /// In a few words.
    pub title: &'static str,
    /// What was seen, with its figures.
    pub seen: String,
    /// What to try, in this order.
    pub remedies: &'static [&'static str],
}

/// What the figures of a run say of it. What they are too few to tell is in neither list.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Findings {
    /// What looks wrong.
    pub wrong: Vec<Warning>,
    /// What was looked at and is as it should be, as half sentences.
    pub fine: Vec<&'static str>,
}

/// Looks at these lines, of a run with this loss.
#[must_use]
pub fn examine(lines: &[Line], loss: Loss) -> Findings {
    let all = [
        d_winning(lines, loss),
        collapse(lines),
        text_ignored(lines),
        overfitting(lines),
        went_back(lines),
    ];
    let mut findings = Findings::default();
    for finding in all.into_iter().flatten() {
        match finding {
            Ok(fine) => findings.fine.push(fine),
            Err(warning) => findings.wrong.push(warning),
        }
    }
    findings
}

/// Either what is fine, or what is wrong; `None` of it where the figures do not say.
type Finding = Option<Result<&'static str, Warning>>;

fn d_winning(lines: &[Line], loss: Loss) -> Finding {
    let (wins, seen) = match loss {
        Loss::Bce | Loss::NonSaturating => {
            let (real, fake) = (recent(lines, "d_real")?, recent(lines, "d_fake")?);
            let seen = format!("D believes photos with {real:.2} and pictures with {fake:.2} (1 is sure)");
            (real - fake >= SURE, seen)
        }
        Loss::Relativistic => {
            let loss = recent(lines, "d_loss")?;
            let seen = format!("D's loss is {loss:.3} nats; 0.69 would be an even game");
            (loss <= NO_LOSS, seen)
        }
        _ => return None,
    };
    let warning = Warning {
        title: "D is winning",
        seen: format!("{seen}, so G learns little from it."),
        remedies: &[
            "a gradient penalty, or a larger one: penalty.r1, with networks.discriminator = \"projection\"",
            "augmentation before D: augment.translation = 0.125, augment.cutout = 0.5",
            "a lower adam.lr",
        ],
    };
    Some(if wins {
        Err(warning)
    } else {
        Ok("D and G are in balance")
    })
}

fn collapse(lines: &[Line]) -> Finding {
    let diversity = values(lines, "diversity");
    let (alike, seen) = if let [.., before, last] = diversity[..] {
        let (now, most) = (f64::midpoint(before, last), highest(&diversity));
        let seen = format!("Their diversity is {now:.2} of that of photos; it was up to {most:.2}");
        (now < FLAT || now < most / 2.0, seen)
    } else {
        let spread = values(lines, "z_spread");
        let [_, .., _, last] = spread[..] else {
            return None;
        };
        let most = highest(&spread);
        let seen = format!("Their pixels vary by {last:.3} between two z; it was up to {most:.3} (of 1)");
        (last < most / 4.0, seen)
    };
    let warning = Warning {
        title: "Pictures of one text are alike",
        seen: format!("{seen}: G pays little heed to its noise."),
        remedies: &[
            "networks.discriminator = \"projection\", which compares the images of a batch",
            "a smaller objective.reconstruction, or none: it draws the mean of all that fits",
            "objective.loss = \"relativistic\" with penalty.r1 and penalty.r2",
            "a smaller objective.wrong_text, or an end of it: objective.wrong_text_kimg and a smaller .wrong_text_later",
            "an earlier model: best.safetensors",
        ],
    };
    Some(if alike {
        Err(warning)
    } else {
        Ok("pictures of one text differ")
    })
}

fn text_ignored(lines: &[Line]) -> Finding {
    let evaluated: Vec<&Line> = lines
        .iter()
        .filter(|line| line.measure("score").is_some())
        .collect();
    let [_, .., before, last] = evaluated[..] else {
        return None;
    };
    // Of the way from chance to what photos get; none where photos themselves get no more than chance.
    let gain = |family: &str, name: &str| -> Option<f64> {
        let of = |kind: &str| {
            let key = format!("{family}{kind}{name}");
            Some(f64::midpoint(before.measure(&key)?, last.measure(&key)?))
        };
        let (drawn, real, chance) = (of("")?, of("_real")?, of("_chance")?);
        (real - chance > 0.1).then(|| (drawn - chance) / (real - chance))
    };
    let names = last
        .measures
        .keys()
        .filter_map(|key| key.strip_prefix("accuracy"));
    let attributes: Vec<(&str, f64)> = names
        .filter(|name| name.starts_with('.'))
        .filter_map(|name| Some((&name[1..], gain("accuracy", name)?)))
        .collect();
    let ranked = gain("r_precision", "");
    if attributes.is_empty() && ranked.is_none() {
        return None;
    }
    let gains = attributes.iter().map(|(_, gain)| *gain).chain(ranked);
    if gains.fold(f64::MIN, f64::max) >= BY_CHANCE {
        return Some(Ok("the text is heeded"));
    }
    let names: Vec<&str> = attributes.iter().map(|(name, _)| *name).collect();
    let what = if names.is_empty() {
        "The caption of a picture is".to_owned()
    } else {
        format!("Of what captions ask for ({}) nothing is", names.join(", "))
    };
    let often = if names.is_empty() { "no oftener" } else { "oftener" };
    Some(Err(Warning {
        title: "The text is ignored",
        seen: format!(
            "{what} found in its picture {often} than by chance. Early in a training that is so in every run."
        ),
        remedies: &[
            "wrong texts for D: objective.wrong_text = 0.5, or a larger .wrong_text_later",
            "networks.generator = \"fusion\" and networks.discriminator = \"projection\", where the text acts at every size",
            "train.captions = \"any\", and smaller augment.caption_dropout and augment.word_dropout",
            "`textfeat coverage`: does the text model know the words of the captions?",
        ],
    }))
}

fn overfitting(lines: &[Line]) -> Finding {
    let of = |name| recent(lines, name);
    let (train, val, fake) = (of("d_logit_train")?, of("d_logit_val")?, of("d_logit_fake")?);
    let width = train - fake;
    let share = (train - val) / width;
    if width <= 0.1 {
        return None;
    }
    let warning = Warning {
        title: "D knows its photos by heart",
        seen: format!(
            "It says {train:.2} to photos that it learns from, {val:.2} to photos that it never saw and {fake:.2} to pictures: \
             new photos are {:.0} % of the way to fakes.",
            100.0 * share
        ),
        remedies: &[
            "augmentation before D: augment.translation = 0.125, augment.cutout = 0.5, augment.flip = true",
            "a larger penalty.r1",
            "more products, or a smaller networks.width",
            "an earlier model: best.safetensors",
        ],
    };
    Some(if share >= BY_HEART {
        Err(warning)
    } else {
        Ok("D does not know its photos by heart")
    })
}

fn went_back(lines: &[Line]) -> Finding {
    let times = lines.last()?.measure("rewinds").filter(|times| *times > 0.0)?;
    Some(Err(Warning {
        title: "The run went back to a checkpoint",
        seen: format!(
            "{times} of {MOST_REWINDS} times something was no longer a finite number; the rate is now 1/{} of adam.lr.",
            2_f64.powf(times)
        ),
        remedies: &[
            "a lower adam.lr from the start",
            "train.precision = \"fp32\"",
            "a larger penalty.r1",
        ],
    }))
}

/// The values of a measure, in the order of the lines that have it.
fn values(lines: &[Line], name: &str) -> Vec<f64> {
    lines.iter().filter_map(|line| line.measure(name)).collect()
}

fn highest(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::MIN, f64::max)
}

/// Mean of a measure over the last lines that have it; `None` where they are too few.
fn recent(lines: &[Line], name: &str) -> Option<f64> {
    let all = values(lines, name);
    let last = &all[all.len().saturating_sub(RECENT)..];
    (last.len() >= LEAST).then(|| last.iter().sum::<f64>() / last.len() as f64)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// `count` lines of the same figures.
    fn lines(count: u64, figures: &[(&str, f64)]) -> Vec<Line> {
        let line = |step| Line {
            step,
            measures: figures.iter().map(|(name, v)| ((*name).to_owned(), *v)).collect(),
            ..Line::default()
        };
        (1..=count).map(line).collect()
    }

    fn titles(lines: &[Line], loss: Loss) -> Vec<&'static str> {
        examine(lines, loss).wrong.iter().map(|w| w.title).collect()
    }

    const HEALTHY: &[(&str, f64)] = &[
        ("d_loss", 0.6),
        ("d_real", 0.7),
        ("d_fake", 0.3),
        ("d_logit_train", 1.0),
        ("d_logit_val", 0.8),
        ("d_logit_fake", -1.0),
        ("diversity", 0.8),
        ("z_spread", 0.2),
        ("score", 50.0),
        ("accuracy.gender", 0.8),
        ("accuracy_real.gender", 0.9),
        ("accuracy_chance.gender", 0.5),
        ("r_precision", 0.2),
        ("r_precision_real", 0.4),
        ("r_precision_chance", 0.01),
    ];

    /// [`HEALTHY`] with other values.
    fn with(other: &[(&'static str, f64)]) -> Vec<(&'static str, f64)> {
        let value = |name: &str, old| other.iter().find(|(n, _)| *n == name).map_or(old, |(_, v)| *v);
        HEALTHY
            .iter()
            .map(|(name, old)| (*name, value(name, *old)))
            .collect()
    }

    #[test]
    fn a_healthy_run_and_a_run_without_lines_get_no_warning() {
        for loss in [Loss::Bce, Loss::NonSaturating, Loss::Relativistic, Loss::Mse] {
            assert!(titles(&lines(20, HEALTHY), loss).is_empty());
            assert!(titles(&[], loss).is_empty());
        }
    }

    #[test]
    fn only_what_was_measured_is_called_fine() {
        let fine = |lines: &[Line]| examine(lines, Loss::Bce).fine;
        let all = [
            "D and G are in balance",
            "pictures of one text differ",
            "the text is heeded",
            "D does not know its photos by heart",
        ];
        assert_eq!(fine(&lines(20, HEALTHY)), all);
        assert!(fine(&[]).is_empty() && fine(&lines(2, &[("z_spread", 0.2)])).is_empty());
        assert_eq!(fine(&lines(20, &[("d_real", 0.7), ("d_fake", 0.3)])), all[..1]);
        assert_eq!(fine(&lines(20, &[("z_spread", 0.2)])), all[1..2]);
        let sure = with(&[("d_real", 0.97), ("d_fake", 0.03)]);
        assert_eq!(fine(&lines(20, &sure)), all[1..]);
    }

    #[test]
    fn d_wins_when_it_is_sure_for_a_while() {
        let sure = with(&[("d_real", 0.97), ("d_fake", 0.03)]);
        assert_eq!(titles(&lines(5, &sure), Loss::Bce), ["D is winning"]);
        assert!(
            titles(&lines(4, &sure), Loss::Bce).is_empty(),
            "four lines are too few"
        );
        // It was so once, and is no longer.
        let mut past = lines(10, &sure);
        past.extend(lines(10, HEALTHY));
        assert!(titles(&past, Loss::Bce).is_empty());
        let none = with(&[("d_loss", 0.01)]);
        assert_eq!(titles(&lines(5, &none), Loss::Relativistic), ["D is winning"]);
        assert!(titles(&lines(5, &none), Loss::Bce).is_empty());
    }

    #[test]
    fn pictures_of_one_text_are_alike_by_photos_or_by_what_they_were() {
        let alike = ["Pictures of one text are alike"];
        assert_eq!(titles(&lines(3, &with(&[("diversity", 0.2)])), Loss::Bce), alike);
        let mut fallen = lines(3, &with(&[("diversity", 0.9)]));
        fallen.extend(lines(2, &with(&[("diversity", 0.4)])));
        assert_eq!(titles(&fallen, Loss::Bce), alike);
        let spread = |spread| lines(2, &[("z_spread", spread)]);
        let mut fallen = spread(0.2);
        fallen.extend(spread(0.04));
        assert_eq!(titles(&fallen, Loss::Bce), alike);
        fallen.extend(spread(0.1));
        assert!(titles(&fallen, Loss::Bce).is_empty());
    }

    #[test]
    fn the_text_is_ignored_when_nothing_asked_for_is_found_oftener_than_by_chance() {
        let chance = with(&[("accuracy.gender", 0.52), ("r_precision", 0.02)]);
        assert_eq!(titles(&lines(3, &chance), Loss::Bce), ["The text is ignored"]);
        assert!(titles(&lines(2, &chance), Loss::Bce).is_empty(), "too early");
        let ranked = with(&[("accuracy.gender", 0.52)]);
        assert!(
            titles(&lines(3, &ranked), Loss::Bce).is_empty(),
            "captions are found"
        );
        // An attribute that photos do not show says nothing.
        let hidden = [
            ("score", 1.0),
            ("accuracy.a", 0.5),
            ("accuracy_real.a", 0.55),
            ("accuracy_chance.a", 0.5),
        ];
        assert!(titles(&lines(3, &hidden), Loss::Bce).is_empty());
    }

    #[test]
    fn d_overfits_when_new_photos_are_nearer_to_fakes() {
        let by_heart = with(&[("d_logit_train", 3.0), ("d_logit_val", 0.0)]);
        let found = examine(&lines(10, &by_heart), Loss::NonSaturating).wrong;
        assert_eq!(found[0].title, "D knows its photos by heart");
        assert!(found[0].seen.contains("75 % of the way"), "{}", found[0].seen);
        let no_val: Vec<_> = by_heart
            .into_iter()
            .filter(|(n, _)| *n != "d_logit_val")
            .collect();
        assert!(titles(&lines(10, &no_val), Loss::NonSaturating).is_empty());
    }

    #[test]
    fn a_run_that_went_back_says_how_often() {
        let found = examine(&lines(1, &[("rewinds", 2.0)]), Loss::Bce).wrong;
        assert!(
            found[0].seen.starts_with("2 of 3 times") && found[0].seen.contains("1/4 of"),
            "{found:?}"
        );
    }
}
