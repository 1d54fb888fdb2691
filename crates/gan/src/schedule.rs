//! What a training does when: images seen, batch, rate, growth and texts at each step, all of them functions of the step alone,
//! so that a run resumed anywhere goes on as if it had never stopped.

use crate::networks::Grown;
use crate::recipe::{Growth, Recipe, Side};

/// The course of a training. Without growth it is one stage of one batch and one rate.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    stages: Vec<Stage>,
    /// Images over which a stage after the first is faded in.
    fade: u64,
    /// Images over which texts come in.
    warm_up: u64,
    /// Images after which wrong texts have another weight, and the weights before and after.
    wrong_texts: (u64, [f64; 2]),
}

/// The part of a training at one resolution.
#[derive(Debug, Clone, PartialEq)]
struct Stage {
    side: usize,
    batch: u64,
    lr: f64,
    /// Images after which it begins.
    due: u64,
    /// Images seen when it does begin: the first whole number of steps that is not before `due`.
    from_images: u64,
    /// Steps taken by then.
    from_step: u64,
}

/// Images in so many thousands of them, to a thousandth: 2007 in 2.007, which times 1000 is a little more.
fn images(kimg: f64) -> f64 {
    (kimg * 1e6).round() / 1e3
}

/// What holds at a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moment {
    /// Real images shown before it.
    pub images_seen: u64,
    /// Images in it.
    pub batch: usize,
    /// Adam's step size.
    pub lr: f64,
    /// How far the networks have grown.
    pub grown: Grown,
    /// Length of the text vectors, 0..=1.
    pub text_length: f64,
    /// Weight of wrong texts, 0..=1; 0 where D is shown none.
    pub wrong_text: f64,
    /// The first step at a resolution other than the first: what the optimizers remember is of another network.
    pub is_new: bool,
}

impl Schedule {
    /// The schedule of a checked recipe.
    #[must_use]
    pub fn of(recipe: &Recipe) -> Self {
        let full = recipe.train.resolution;
        let none = Growth {
            first_resolution: full,
            ..Growth::default()
        };
        let growth = recipe.growth.as_ref().unwrap_or(&none);
        let whole = |kimg: f64| images(kimg).round() as u64;
        let (fade, stable) = (whole(growth.fade_kimg), whole(growth.stable_kimg));
        let mut stages = Vec::<Stage>::new();
        let mut side = growth.first_resolution;
        while side <= full {
            let (due, from_images, from_step) = stages.last().map_or((0, 0, 0), |last| {
                let length = if stages.len() == 1 { stable } else { fade + stable };
                let due = last.due + length;
                let steps = due.saturating_sub(last.from_images).div_ceil(last.batch);
                (due, last.from_images + steps * last.batch, last.from_step + steps)
            });
            stages.push(Stage {
                side,
                batch: growth.batch.get(&Side(side)).map_or(recipe.train.batch, |b| *b) as u64,
                lr: growth.lr.get(&Side(side)).map_or(recipe.adam.lr, |lr| *lr),
                due,
                from_images,
                from_step,
            });
            side *= 2;
        }
        Self {
            stages,
            fade,
            warm_up: whole(recipe.objective.text_warm_up_kimg),
            wrong_texts: (
                whole(recipe.objective.wrong_text_kimg),
                [recipe.objective.wrong_text, recipe.objective.wrong_text_later],
            ),
        }
    }

    /// What holds at a step, counted from 0.
    #[must_use]
    pub fn at(&self, step: u64) -> Moment {
        let i = self.last(|stage| stage.from_step <= step);
        let stage = &self.stages[i];
        let images_seen = stage.from_images + (step - stage.from_step) * stage.batch;
        Moment {
            images_seen,
            batch: stage.batch as usize,
            lr: stage.lr,
            grown: self.grown(images_seen),
            wrong_text: self.wrong_texts.1[usize::from(images_seen >= self.wrong_texts.0)],
            text_length: match self.warm_up {
                0 => 1.0,
                images => (images_seen as f64 / images as f64).min(1.0),
            },
            is_new: i > 0 && step == stage.from_step,
        }
    }

    /// How far the networks have grown after so many images.
    #[must_use]
    pub fn grown(&self, images_seen: u64) -> Grown {
        let i = self.last(|stage| stage.due <= images_seen);
        let Stage { side, due, .. } = self.stages[i];
        let alpha = if i == 0 || self.fade == 0 {
            1.0
        } else {
            ((images_seen - due) as f64 / self.fade as f64).min(1.0)
        };
        Grown { side, alpha }
    }

    /// Real images shown by the first `steps` steps.
    #[must_use]
    pub fn images_seen(&self, steps: u64) -> u64 {
        self.at(steps).images_seen
    }

    /// Steps that it takes to show so many thousands of images, at least one.
    #[must_use]
    pub fn steps(&self, kimg: f64) -> u64 {
        let images = images(kimg);
        let i = self.last(|stage| (stage.from_images as f64) < images);
        let stage = &self.stages[i];
        let more = (images - stage.from_images as f64) / stage.batch as f64;
        (stage.from_step + more.ceil() as u64).max(1)
    }

    /// Whether what is done every so many thousands of images is to be done after `steps` steps: the last of them went
    /// over a multiple.
    #[must_use]
    pub fn due(&self, steps: u64, every_kimg: f64) -> bool {
        let times = |steps: u64| (self.images_seen(steps) as f64 / images(every_kimg)).floor();
        steps > 0 && times(steps) > times(steps - 1)
    }

    /// The recipe of the last stage by itself: what a training settles to when nothing is left to grow. With skips networks keep
    /// what they have grown from: those of the recipe are fully grown after [`Schedule::last_begins`] steps.
    #[must_use]
    pub fn settled(&self, recipe: &Recipe) -> Recipe {
        let mut settled = recipe.clone();
        settled.growth = recipe
            .growth
            .as_ref()
            .filter(|growth| growth.skips)
            .map(|growth| Growth {
                first_resolution: growth.first_resolution,
                fade_kimg: 0.0,
                stable_kimg: 0.001,
                skips: true,
                min_width: growth.min_width,
                ..Growth::default()
            });
        if let Some(last) = self.stages.last() {
            settled.train.batch = last.batch as usize;
            settled.adam.lr = last.lr;
        }
        settled
    }

    /// Steps after which the last resolution begins.
    #[must_use]
    pub fn last_begins(&self) -> u64 {
        self.stages.last().map_or(0, |stage| stage.from_step)
    }

    /// When each resolution begins, as `4 from 0, 8 from 600`, in kimg; `None` where nothing grows.
    #[must_use]
    pub fn in_words(&self) -> Option<String> {
        let stage = |s: &Stage| format!("{} from {} (batch {})", s.side, s.due as f64 / 1000.0, s.batch);
        let all: Vec<String> = self.stages.iter().map(stage).collect();
        (all.len() > 1).then(|| format!("growth, in pixels from kimg: {}", all.join(", ")))
    }

    /// The last stage for which `holds`, which it does for the first.
    fn last(&self, holds: impl Fn(&Stage) -> bool) -> usize {
        self.stages.iter().rposition(holds).unwrap_or(0)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn schedule(text: &str) -> Schedule {
        let networks =
            "[networks]\ngenerator = \"progan\"\ndiscriminator = \"progan\"\n[penalty]\nr1 = 1.0\n";
        Schedule::of(&Recipe::parse(&format!("{networks}{text}"), "test", &[]).unwrap())
    }

    #[test]
    fn without_growth_steps_and_images_are_proportional() {
        let recipe = Recipe::parse("[train]\nresolution = 64\nbatch = 48\n", "test", &[]).unwrap();
        let schedule = Schedule::of(&recipe);
        let moment = schedule.at(1000);
        assert_eq!(
            (moment.images_seen, moment.batch, moment.is_new),
            (48_000, 48, false)
        );
        assert_eq!(moment.grown, Grown::fully(64));
        assert_eq!(moment.lr, recipe.adam.lr);
        assert_eq!((schedule.steps(2.0), schedule.steps(0.001)), (42, 1));
        assert_eq!(schedule.in_words(), None);
        // A multiple of 0.1 kimg is passed after 144, 240, 336, 432, 528, 624 images.
        let due: Vec<u64> = (0..14).filter(|&steps| schedule.due(steps, 0.1)).collect();
        assert_eq!(due, [3, 5, 7, 9, 11, 13]);
    }

    #[test]
    fn wrong_texts_end_where_the_recipe_says() {
        let last_with = |settings: &str| {
            let text = format!("[train]\nresolution = 64\nbatch = 100\n[objective]\n{settings}");
            let schedule = Schedule::of(&Recipe::parse(&text, "test", &[]).unwrap());
            (0..100).rev().find(|&step| schedule.at(step).wrong_text == 0.5)
        };
        assert_eq!(last_with("wrong_text = 0.5\nwrong_text_kimg = 1.0"), Some(9));
        assert_eq!(last_with("wrong_text = 0.5"), Some(99));
        assert_eq!(last_with("wrong_text = 0.5\nwrong_text_kimg = 0.0"), None);
        assert_eq!(last_with(""), None);
        let text =
            "[train]\nresolution = 64\nbatch = 100\n[objective]\nwrong_text = 0.5\nwrong_text_kimg = 0.3\n";
        let weights = |later: &str| {
            let recipe = Recipe::parse(&format!("{text}{later}"), "test", &[]).unwrap();
            [2, 3, 99].map(|step| Schedule::of(&recipe).at(step).wrong_text)
        };
        assert_eq!(weights(""), [0.5, 0.0, 0.0]);
        assert_eq!(weights("wrong_text_later = 0.1"), [0.5, 0.1, 0.1]);
    }

    #[test]
    fn texts_come_in_over_the_warm_up() {
        let lengths = |settings: &str| {
            let text = format!("[train]\nresolution = 64\nbatch = 100\n[objective]\n{settings}");
            let schedule = Schedule::of(&Recipe::parse(&text, "test", &[]).unwrap());
            [0, 1, 4, 100].map(|step| schedule.at(step).text_length)
        };
        assert_eq!(lengths("text_warm_up_kimg = 0.4"), [0.0, 0.25, 1.0, 1.0]);
        assert_eq!(lengths(""), [1.0; 4]);
    }

    #[test]
    fn what_a_growth_settles_to_keeps_the_old_ways_in_and_out_where_they_stay() {
        let text = |skips| {
            format!(
                "[train]\nresolution = 64\nbatch = 8\n[networks]\ngenerator = \"fusion\"\ndiscriminator = \"projection\"\n\
                 [penalty]\nr1 = 1.0\n[growth]\nfirst_resolution = 16\nbatch = {{ 16 = 4, 64 = 2 }}\nskips = {skips}\n"
            )
        };
        let settled = |skips| {
            let recipe = Recipe::parse(&text(skips), "test", &[]).unwrap();
            Schedule::of(&recipe).settled(&recipe)
        };
        assert_eq!((settled(false).growth, settled(false).train.batch), (None, 2));
        let schedule = Schedule::of(&settled(true));
        // Two images are past all growth.
        assert_eq!((schedule.at(0).grown.side, schedule.last_begins()), (16, 1));
        let moment = schedule.at(1);
        assert_eq!((moment.grown, moment.batch), (Grown::fully(64), 2));
    }

    #[test]
    fn the_papers_figures() {
        let recipe = Recipe::parse(include_str!("../../../configs/progan.toml"), "progan.toml", &[]).unwrap();
        let schedule = Schedule::of(&recipe);
        let kimg = |kimg: u64| schedule.grown(kimg * 1000);
        let grown = |side, alpha| Grown { side, alpha };
        assert_eq!(kimg(0), grown(4, 1.0));
        assert_eq!(schedule.grown(599_999), grown(4, 1.0));
        assert_eq!(kimg(600), grown(8, 0.0));
        assert_eq!(kimg(750), grown(8, 0.25));
        assert_eq!(kimg(1200), grown(8, 1.0));
        assert_eq!(kimg(1800), grown(16, 0.0));
        // 600 at 4, 1200 at each of 8 to 512.
        assert_eq!(kimg(9000), grown(1024, 0.0));
        assert_eq!(kimg(9300), grown(1024, 0.5));
        assert_eq!(kimg(12_000), grown(1024, 1.0));
        let at = |kimg: f64| schedule.at(schedule.steps(kimg));
        let figures: Vec<(usize, usize, f64)> = [
            0.016, 700.0, 2000.0, 3100.0, 4300.0, 5500.0, 6700.0, 7900.0, 9100.0,
        ]
        .map(|kimg| (at(kimg).grown.side, at(kimg).batch, at(kimg).lr))
        .to_vec();
        let expected = [
            (4, 16, 0.001),
            (8, 16, 0.001),
            (16, 16, 0.001),
            (32, 32, 0.001),
            (64, 32, 0.001),
            (128, 16, 0.001),
            (256, 8, 0.001),
            (512, 4, 0.001),
            (1024, 4, 0.0015),
        ];
        assert_eq!(figures, expected);
    }

    #[test]
    fn every_step_follows_the_one_before_whatever_the_batches() {
        let text = "[train]\nresolution = 32\nbatch = 7\n[growth]\nfade_kimg = 0.05\nstable_kimg = 0.03\n\
                    batch = { 8 = 5, 32 = 3 }\nlr = { 16 = 0.5 }\n";
        let schedule = schedule(text);
        let (mut seen, mut news, mut last) = (0, Vec::new(), Grown { side: 4, alpha: 1.0 });
        for step in 0..120 {
            let moment = schedule.at(step);
            assert_eq!(moment.images_seen, seen, "step {step}");
            assert_eq!(moment.grown, schedule.grown(seen));
            assert_eq!(moment.is_new, moment.grown.side != last.side, "step {step}");
            assert!(moment.grown.side > last.side || moment.grown.alpha >= last.alpha);
            if moment.is_new {
                news.push((step, seen, moment.batch, moment.lr));
            }
            (seen, last) = (seen + moment.batch as u64, moment.grown);
            assert_eq!(schedule.steps(seen as f64 / 1000.0), step + 1);
        }
        // 4 pixels end at 30 images, 8 at 110, 16 at 190; a step is never cut.
        assert_eq!(news, [(5, 35, 5, 2e-4), (20, 110, 7, 0.5), (32, 194, 3, 2e-4)]);
    }
}
