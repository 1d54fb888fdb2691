//! A report in plain words.

use std::path::Path;

use serde_json::Value;

use super::inception::StandardFid;
use super::report::{AttributeReport, Light, Pair, Report};

/// Classes from the rare end of an attribute that are summed up by themselves.
const RARE: usize = 20;

/// The report's lines.
#[must_use]
pub fn lines(report: &Report) -> Vec<String> {
    let Report { light, .. } = report;
    let mut lines = vec![
        format!(
            "{} pictures for {} captions of {} products of the {} split{}, {} pixels, seed {}",
            light.captions,
            if report.unseen { "unseen" } else { "all" },
            report.products,
            report.split,
            match (report.unseen, report.unseen_pairs) {
                (_, true) => ", each naming a pair of values that no product of train has",
                (true, false) => ", none a caption of train",
                (false, false) => "",
            },
            report.resolution,
            report.seed
        ),
        format!(
            "judged by evaluator {:.16}, beside {} training photos",
            light.evaluator, report.train
        ),
        String::new(),
        row("", ["drawn", "real photos", ""]),
    ];
    lines.extend(light_lines(light));
    let number = |pair: Pair<f64>| [format!("{:.4}", pair.drawn), format!("{:.4}", pair.real)];
    let mut add =
        |name: &str, [drawn, real]: [String; 2], note: &str| lines.push(row(name, [&drawn, &real, note]));
    add(
        "FID (evaluator's features)",
        number(report.fid),
        "lower is better; real: two halves of reality",
    );
    let of = |which: fn(&super::measures::PrecisionRecall) -> f64| Pair {
        drawn: which(&report.precision_recall.drawn),
        real: which(&report.precision_recall.real),
    };
    add(
        "precision",
        number(of(|p| p.precision)),
        "share of pictures that look like photos",
    );
    add(
        "recall",
        number(of(|p| p.recall)),
        "share of photos that look like pictures",
    );
    for (drawn, real) in report.swd.drawn.iter().zip(&report.swd.real) {
        let pair = [format!("{:.2}", drawn.distance), format!("{:.2}", real.distance)];
        add(
            &format!("SWD x1000 at {}", drawn.side),
            pair,
            "texture and shape; lower is better",
        );
        let pair = [
            format!("{:.2}", drawn.unnormalised),
            format!("{:.2}", real.unnormalised),
        ];
        add(
            &format!("SWD unnormalised at {}", drawn.side),
            pair,
            "in grey values; sees colour and contrast",
        );
    }
    for (drawn, real) in report.lattice.drawn.iter().zip(&report.lattice.real) {
        let pair = [drawn, real].map(|l| format!("{:.2}, {:.2}", l.x, l.y));
        let name = format!("lattice of {} pixels, x and y", drawn.period);
        add(&name, pair, "amplitude in grey values of 255");
    }
    add(
        "speckle",
        [report.speckle.drawn, report.speckle.real].map(|share| format!("{:.2} %", 100.0 * share)),
        "pixels of a colour that no neighbour has",
    );
    let memory = &report.memorisation;
    let note = format!("ratio {:.2}; well below 1 are copies", memory.ratio);
    add("distance to nearest train photo", number(memory.distance), &note);
    let share = [
        percent(memory.suspicious),
        percent(suspicious_photos(report.products)),
    ];
    add(
        "suspiciously near a train photo",
        share,
        "nearer than 19 of 20 photos are",
    );
    lines
}

/// The share of so many held-out photos that are nearer to a training photo than nineteen of twenty of them are: less than a
/// twentieth where their number is no multiple of twenty.
fn suspicious_photos(photos: usize) -> f64 {
    (photos / 20) as f64 / photos.max(1) as f64
}

/// The lines of the light measures.
#[must_use]
pub fn light_lines(light: &Light) -> Vec<String> {
    let mut lines = Vec::new();
    for a in &light.attributes {
        let shares = |which: fn(&super::measures::Accuracy) -> f64| {
            [
                percent(which(&a.accuracy.drawn)),
                percent(which(&a.accuracy.real)),
            ]
        };
        let [drawn, real] = shares(|a| a.plain);
        let note = format!(
            "{:.0} % of the photos'; chance {}",
            a.share_right,
            percent(a.chance)
        );
        lines.push(row(&format!("{} as asked", a.name), [&drawn, &real, &note]));
        let [drawn, real] = shares(|a| a.balanced);
        let note = format!("{:.0} % of the photos'", a.balanced_share_right);
        lines.push(row(&format!("{}, balanced", a.name), [&drawn, &real, &note]));
        lines.extend(rare(a));
    }
    let r = &light.r_precision;
    let note = format!(
        "own caption nearest of {}; chance {}",
        r.among,
        percent(1.0 / r.among.max(1) as f64)
    );
    lines.push(row(
        "R-precision",
        [&percent(r.share.drawn), &percent(r.share.real), &note],
    ));
    let kid = |kid: &super::measures::Kid| format!("{:.4} ±{:.4}", kid.mean, kid.std);
    let note = "lower is better; real: two halves of reality";
    lines.push(row("KID", [&kid(&light.kid.drawn), &kid(&light.kid.real), note]));
    match &light.diversity {
        Some(d) => {
            let note = format!(
                "{:.0} % of the photos', over {} captions",
                100.0 * d.ratio,
                d.captions
            );
            let [drawn, real] = [d.distance.drawn, d.distance.real].map(|v| format!("{v:.3}"));
            lines.push(row("diversity within a caption", [&drawn, &real, &note]));
        }
        None => lines.push(row(
            "diversity within a caption",
            ["-", "-", "no caption is shared by four products"],
        )),
    }
    lines
}

/// The rarest classes of an attribute of many, by themselves.
fn rare(attribute: &AttributeReport) -> Option<String> {
    let named: Vec<_> = attribute
        .classes
        .iter()
        .filter(|c| c.name != super::evaluator::classes::OTHER)
        .collect();
    let rest = named.len().checked_sub(RARE).filter(|&rest| rest > 0)?;
    let sum =
        |of: fn(&super::report::ClassReport) -> usize| named[rest..].iter().map(|c| of(c)).sum::<usize>();
    let captions = sum(|c| c.captions).max(1) as f64;
    let share = |n: usize| percent(n as f64 / captions);
    let name = format!("{}, {RARE} rarest", attribute.name);
    let note = format!("of {captions} captions");
    Some(row(
        &name,
        [&share(sum(|c| c.drawn)), &share(sum(|c| c.real)), &note],
    ))
}

/// Each class of each attribute, for those who want more.
#[must_use]
pub fn class_lines(light: &Light) -> Vec<String> {
    let class = |name: &str, c: &super::report::ClassReport| {
        let (drawn, real, captions) = (c.drawn, c.real, c.captions);
        format!("{name} {}: {drawn} of {captions} drawn, {real} real", c.name)
    };
    light
        .attributes
        .iter()
        .flat_map(|a| a.classes.iter().map(move |c| class(&a.name, c)))
        .collect()
}

/// The lines of standard FIDs.
#[must_use]
pub fn inception_lines(found: &[StandardFid]) -> Vec<String> {
    found
        .iter()
        .map(|f| format!("FID {:.3}: {}, network {:.16}", f.fid, f.protocol, f.network))
        .collect()
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

fn row(name: &str, [drawn, real, note]: [&str; 3]) -> String {
    format!("{name:<34} {drawn:>16} {real:>16}   {note}")
        .trim_end()
        .to_owned()
}

/// Figures of this document beside those of an earlier one by the same evaluator.
#[must_use]
pub fn against(now: &Value, earlier: &Value, path: &Path) -> Vec<String> {
    let figures = [
        ("R-precision", "/report/r_precision/drawn"),
        ("KID", "/report/kid/drawn/mean"),
        ("FID (evaluator's features)", "/report/fid/drawn"),
        ("precision", "/report/precision_recall/drawn/precision"),
        ("recall", "/report/precision_recall/drawn/recall"),
        ("diversity ratio", "/report/diversity/ratio"),
        ("speckle", "/report/speckle/drawn"),
        ("memorisation ratio", "/report/memorisation/ratio"),
    ];
    let number = |v: Option<&Value>| {
        v.and_then(Value::as_f64)
            .map_or("-".to_owned(), |v| format!("{v:.4}"))
    };
    let mut lines = vec![
        String::new(),
        row("", ["now", "earlier", &path.display().to_string()]),
    ];
    let attributes = now["report"]["attributes"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    for attribute in attributes {
        let name = attribute["name"].as_str().unwrap_or_default();
        let others = earlier["report"]["attributes"]
            .as_array()
            .map_or(&[][..], Vec::as_slice);
        let other = others
            .iter()
            .find(|o| o["name"] == attribute["name"])
            .and_then(|o| o.get("share_right"));
        let cells = [number(attribute.get("share_right")), number(other)];
        lines.push(row(
            &format!("{name}, % of the photos'"),
            [&cells[0], &cells[1], ""],
        ));
    }
    for (name, pointer) in figures {
        let cells = [number(now.pointer(pointer)), number(earlier.pointer(pointer))];
        lines.push(row(name, [&cells[0], &cells[1], ""]));
    }
    let asked = [
        "split",
        "unseen",
        "unseen_pairs",
        "seed",
        "products",
        "resolution",
    ];
    // Reports of before have no `unseen_pairs`, and asked for none.
    let value = |of: &Value, key: &str| match &of["report"][key] {
        Value::Null => Value::Bool(false),
        value => value.clone(),
    };
    let differs = |key: &&&str| value(now, key) != value(earlier, key);
    let differing: Vec<&str> = asked.iter().filter(differs).copied().collect();
    if !differing.is_empty() {
        lines.push(format!(
            "they differ in {}: compare with care",
            differing.join(", ")
        ));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_few_photos_fewer_than_a_twentieth_are_suspicious() {
        assert_eq!([100, 1000].map(suspicious_photos), [0.05; 2]);
        assert_eq!(
            [0, 8, 25, 39].map(suspicious_photos),
            [0.0, 0.0, 0.04, 1.0 / 39.0]
        );
    }
}
