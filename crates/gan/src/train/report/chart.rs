//! Curves as inline SVG. Colours are the page's: classes `c0` to `c7`.

use std::fmt::Write;

use super::escape;
use crate::train::figures::Group;
use crate::train::stats::Line;

const WIDTH: f64 = 560.0;
const HEIGHT: f64 = 220.0;
const LEFT: f64 = 52.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 28.0;
/// More points cannot be told apart at this width: neighbours are averaged.
const POINTS: usize = 240;
const COLOURS: usize = 8;

/// Curves over kimg.
pub(super) struct Chart {
    title: String,
    note: &'static str,
    log: bool,
    curves: Vec<Curve>,
}

struct Curve {
    name: String,
    points: Vec<(f64, f64)>,
    /// Drawn broken: not what the run does but what it is compared with.
    reference: bool,
    colour: usize,
}

/// A chart for each group of figures that the lines have.
pub(super) fn charts(lines: &[Line]) -> Vec<Chart> {
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in lines.iter().flat_map(Line::figures) {
        if !names.contains(&name) && !matches!(name, "kimg" | "seconds") {
            names.push(name);
        }
    }
    names.sort_unstable();
    let mut charts = Vec::new();
    for group in Group::ALL {
        let of_group = names.iter().copied().filter(|name| Group::of(name) == group);
        // Figures of different units do not share an axis.
        let alone = matches!(
            group,
            Group::Penalties | Group::Diversity | Group::Speed | Group::Other
        );
        let curves: Vec<Curve> = of_group.map(|name| curve(lines, name)).collect();
        if alone {
            charts.extend(curves.into_iter().map(|curve| chart(group, vec![curve])));
        } else if !curves.is_empty() {
            charts.push(chart(group, curves));
        }
    }
    charts
}

fn chart(group: Group, mut curves: Vec<Curve>) -> Chart {
    let (title, note) = match (group, curves[0].name.as_str()) {
        (Group::Losses, _) => ("Losses", "nats; in a good game both stay away from 0"),
        (Group::Beliefs, _) => (
            "What D believes",
            "1: sure that it is a photo; real against drawn",
        ),
        (Group::Logits, _) => (
            "D on fixed images",
            "train and val drifting apart: D knows its photos by heart",
        ),
        (Group::Accuracy, _) => (
            "Accuracy",
            "share of pictures that show what was asked; broken: photos",
        ),
        (Group::ShareRight, _) => ("Share right", "balanced accuracy, in % of what photos get"),
        (Group::RPrecision, _) => (
            "R-precision",
            "captions found by their picture among others; broken: photos, chance",
        ),
        (Group::Kid, _) => ("KID", "distance to photos, lower is better; broken: photos"),
        (Group::Diversity, "diversity") => (
            "Diversity",
            "difference between pictures of one text; photos are 1",
        ),
        (Group::Diversity, _) => (
            "Spread over z",
            "how much pixels vary from one z to the next, 0 to 1",
        ),
        (Group::Score, _) => ("Score", "the best model is kept by it; higher is better"),
        (Group::Penalties, _) => (
            "Gradient penalty",
            "mean squared length of D's gradient, without its weight",
        ),
        (Group::Speed, "images_per_second") => ("Rate", "images a second, without measuring and drawing"),
        (Group::Speed, _) => ("Memory", "MiB held by the process in the machine"),
        (Group::Other, _) => ("", ""),
    };
    let title = match (group, curves[0].name.as_str()) {
        (Group::Other, name) => name.to_owned(),
        (Group::Penalties, name) => format!("{title} {name}"),
        _ => title.to_owned(),
    };
    // What is compared takes the colour of what it is compared with.
    let family = |name: &str| name.replace("_real", "").replace("_chance", "");
    let mut families: Vec<String> = Vec::new();
    for curve in &mut curves {
        let measured = group == Group::Beliefs || group == Group::Losses;
        let family = if measured {
            curve.name.clone()
        } else {
            family(&curve.name)
        };
        curve.reference = family != curve.name;
        curve.colour = families
            .iter()
            .position(|f| *f == family)
            .unwrap_or(families.len());
        if curve.colour == families.len() {
            families.push(family);
        }
    }
    // Guessing alone, of several attributes, is more lines than anyone can read.
    if group == Group::Accuracy {
        curves.retain(|curve| !curve.name.starts_with("accuracy_chance"));
    }
    Chart {
        title,
        note,
        log: group == Group::Kid,
        curves,
    }
}

fn curve(lines: &[Line], name: &str) -> Curve {
    let value = |line: &Line| line.figures().find(|(n, _)| *n == name).map(|(_, v)| v);
    let points = lines.iter().filter_map(|line| Some((line.kimg, value(line)?)));
    let points: Vec<(f64, f64)> = points.filter(|(_, y)| y.is_finite()).collect();
    let lot = points.len().div_ceil(POINTS).max(1);
    let mean = |some: &[(f64, f64)]| {
        let n = some.len() as f64;
        let sum = some.iter().fold((0.0, 0.0), |a, b| (a.0 + b.0, a.1 + b.1));
        (sum.0 / n, sum.1 / n)
    };
    Curve {
        name: name.to_owned(),
        points: points.chunks(lot).map(mean).collect(),
        reference: false,
        colour: 0,
    }
}

impl Chart {
    /// The chart as a figure of a page, with its legend.
    pub(super) fn html(&self) -> String {
        let points = || self.curves.iter().flat_map(|c| &c.points);
        let positive = points().map(|p| p.1).filter(|y| *y > 0.0);
        let log = self.log && positive.clone().count() > 0;
        // What is 0 or below has no logarithm: it lies on the floor.
        let floor = positive.fold(f64::MAX, f64::min);
        let scaled = |y: f64| if log { y.max(floor).log10() } else { y };
        let x = Axis::of(points().map(|p| p.0), false);
        let y = Axis::of(points().map(|p| scaled(p.1)), !log);
        let at_x = |v: f64| LEFT + x.share(v) * (WIDTH - LEFT - RIGHT);
        let at_y = |v: f64| HEIGHT - BOTTOM - y.share(scaled(v)) * (HEIGHT - TOP - BOTTOM);

        let mut svg = format!(
            "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">",
            escape(&self.title)
        );
        for tick in y.ticks() {
            let value = if log { 10_f64.powf(tick) } else { tick };
            let at = at_y(value);
            let end = WIDTH - RIGHT;
            let _ = write!(
                svg,
                "<path class=\"rule\" d=\"M{LEFT} {at:.1}H{end}\"/><text x=\"{}\" y=\"{:.1}\" class=\"y\">{}</text>",
                LEFT - 6.0,
                at + 4.0,
                number(value)
            );
        }
        for tick in x.ticks() {
            let (at, low) = (at_x(tick), HEIGHT - BOTTOM + 17.0);
            let _ = write!(
                svg,
                "<text x=\"{at:.1}\" y=\"{low}\" class=\"x\">{}</text>",
                number(tick)
            );
        }
        for curve in &self.curves {
            let path = curve.points.iter().enumerate().map(|(i, p)| {
                format!(
                    "{}{:.1} {:.1}",
                    if i == 0 { "M" } else { "L" },
                    at_x(p.0),
                    at_y(p.1)
                )
            });
            let colour = curve.colour % COLOURS;
            let broken = if curve.reference { " ref" } else { "" };
            let values: Vec<String> = curve
                .points
                .iter()
                .map(|p| format!("{:.1},{},{}", at_x(p.0), number(p.0), number(p.1)))
                .collect();
            // A single point has no line.
            let dot = match curve.points[..] {
                [p] => format!(
                    "<circle class=\"c{colour}\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\"/>",
                    at_x(p.0),
                    at_y(p.1)
                ),
                _ => String::new(),
            };
            let _ = write!(
                svg,
                "<path class=\"curve c{colour}{broken}\" d=\"{}\" data-name=\"{}\" data-values=\"{}\"/>{dot}",
                path.collect::<String>(),
                escape(&curve.name),
                values.join(";")
            );
        }
        let (low, right) = (HEIGHT - BOTTOM, WIDTH - RIGHT);
        let _ = write!(
            svg,
            "<path class=\"axis\" d=\"M{LEFT} {low}H{right}\"/><path class=\"cursor\" d=\"M0 {TOP}V{low}\"/></svg>"
        );

        let mut legend = String::new();
        for curve in &self.curves {
            let last = curve.points.last().map_or_else(String::new, |p| number(p.1));
            let broken = if curve.reference { " ref" } else { "" };
            let _ = write!(
                legend,
                "<li class=\"c{}{broken}\"><i></i>{} <b>{last}</b></li>",
                curve.colour % COLOURS,
                escape(&curve.name)
            );
        }
        format!(
            "<figure class=\"chart\"><figcaption><h3>{}</h3><p>{}</p></figcaption>{svg}<ul class=\"legend\">{legend}</ul></figure>",
            escape(&self.title),
            escape(self.note)
        )
    }
}

/// A range of values with round ticks.
struct Axis {
    low: f64,
    high: f64,
}

impl Axis {
    /// Over all values but the outermost hundredth on each side, so that a single spike does not press all else flat; down
    /// to 0 where that is near.
    fn of(values: impl Iterator<Item = f64>, to_zero: bool) -> Self {
        let mut sorted: Vec<f64> = values.collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let (Some(first), Some(last)) = (sorted.first(), sorted.last()) else {
            return Self { low: 0.0, high: 1.0 };
        };
        let out = if to_zero { sorted.len() / 100 } else { 0 };
        let (mut low, mut high) = (sorted[out], sorted[sorted.len() - 1 - out]);
        if to_zero && *first >= 0.0 && low < 0.5 * high {
            low = 0.0;
        }
        if to_zero && *last <= 1.0 && high > 0.8 {
            high = high.max(1.0);
        }
        if high - low < 1e-9 * high.abs().max(1e-9) {
            let around = 0.5 * high.abs().max(1e-3);
            (low, high) = (low - around, high + around);
        }
        Self { low, high }
    }

    /// Where a value lies, 0..=1 from low to high; what is outside lies on the edge.
    fn share(&self, value: f64) -> f64 {
        ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }

    /// Three to seven round values within the range.
    fn ticks(&self) -> Vec<f64> {
        let rough = (self.high - self.low) / 5.0;
        let power = 10_f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0]
            .iter()
            .map(|m| m * power)
            .find(|s| *s >= rough * 0.999);
        let step = step.unwrap_or(10.0 * power);
        let first = (self.low / step - 1e-9).ceil();
        let count = ((self.high / step + 1e-9).floor() - first) as usize;
        (0..=count.min(20)).map(|i| (first + i as f64) * step).collect()
    }
}

/// A value in at most three or four digits.
pub(super) fn number(value: f64) -> String {
    let size = value.abs();
    let text = match size {
        _ if size >= 1e7 => format!("{:.3e}", value),
        _ if size >= 1e5 => format!("{:.0}k", value / 1e3),
        _ if size >= 100.0 => format!("{value:.0}"),
        _ if size >= 10.0 => format!("{value:.1}"),
        _ if size >= 1.0 => format!("{value:.2}"),
        _ if size >= 0.01 => format!("{value:.3}"),
        _ if size < 1e-12 => "0".to_owned(),
        _ => format!("{value:.1e}"),
    };
    if text.contains('.') && !text.contains('e') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_within_the_range() {
        let ticks = |low, high| Axis { low, high }.ticks();
        assert_eq!(ticks(0.0, 1.0), [0.0, 0.2, 0.4, 0.6000000000000001, 0.8, 1.0]);
        assert_eq!(ticks(3.0, 47.0), [10.0, 20.0, 30.0, 40.0]);
        assert_eq!(ticks(-2.0, 2.0), [-2.0, -1.0, 0.0, 1.0, 2.0]);
    }

    #[test]
    fn numbers_are_short() {
        for (value, text) in [
            (0.0, "0"),
            (0.25, "0.25"),
            (12.34, "12.3"),
            (1234.5, "1234"),
            (123_456.0, "123k"),
            (-0.5, "-0.5"),
            (0.000_123, "1.2e-4"),
        ] {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn a_spike_does_not_press_the_curve_flat_and_constants_have_a_range() {
        let values = (0..300).map(|i| if i == 7 { 1e9 } else { f64::from(i) });
        assert!(Axis::of(values, true).high < 300.0);
        let flat = Axis::of([3.0; 4].into_iter(), true);
        assert!(flat.low < 3.0 && flat.high > 3.0 && flat.share(3.0) > 0.0);
        assert_eq!(Axis::of(std::iter::empty(), true).high, 1.0);
    }

    #[test]
    fn every_figure_is_in_some_chart_and_long_runs_are_thinned() {
        let line = |step: u64| Line {
            step,
            kimg: step as f64,
            measures: [
                ("d_loss", 1.0),
                ("g_loss", 2.0),
                ("new<measure>", 3.0),
                ("kid", 0.5),
                ("kid_real", 0.0),
            ]
            .map(|(name, v)| (name.to_owned(), v))
            .into(),
            images_per_second: 100.0,
            seconds: 1.0,
            memory_mib: Some(500.0),
        };
        let lines: Vec<Line> = (1..=10_000).map(line).collect();
        let charts = charts(&lines);
        let titles: Vec<&str> = charts.iter().map(|c| c.title.as_str()).collect();
        assert_eq!(titles, ["Losses", "KID", "Rate", "Memory", "new<measure>"]);
        assert!(
            charts
                .iter()
                .flat_map(|c| &c.curves)
                .all(|c| c.points.len() <= POINTS && c.points.len() > 200)
        );
        let html: String = charts.iter().map(Chart::html).collect();
        assert!(
            html.contains("new&lt;measure&gt;") && !html.contains("NaN") && html.len() < 300_000,
            "{}",
            html.len()
        );
        // Of two curves in a chart one is the other's measure.
        assert!(html.contains("class=\"curve c0 ref\""));
    }
}
