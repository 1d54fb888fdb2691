//! The page itself.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::chart::{charts, number};
use super::pictures::Picture;
use super::warnings::Findings;
use super::{Best, Run, escape};
use crate::train::stats::Line;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("page.js");

/// The report as HTML.
pub(super) fn html(run: &Run) -> String {
    let name = escape(&run.name);
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'; \
         script-src 'unsafe-inline'\"><title>{name}</title><style>{STYLE}{}</style></head><body>",
        sheets(run)
    );
    let _ = write!(
        page,
        "<header><h1>{name}</h1><p>{}</p></header><main>",
        summary(run)
    );
    page.push_str(&tiles(run));
    page.push_str(&warnings(run));
    page.push_str(&pictures(run));
    let all: String = charts(&run.lines).iter().map(super::chart::Chart::html).collect();
    if !all.is_empty() {
        let _ = write!(
            page,
            "<section><h2>Curves</h2><p class=\"note\">Over thousands of real images shown (kimg).</p><div class=\"charts\">{all}</div></section>"
        );
    }
    page.push_str(&configuration(run));
    let _ = writeln!(page, "</main><script>{SCRIPT}</script></body></html>");
    page
}

fn summary(run: &Run) -> String {
    let recipe = &run.recipe;
    let word = |kind: &dyn std::fmt::Debug| format!("{kind:?}").to_lowercase();
    format!(
        "{side}&times;{side} pixels, batch {}, generator {}, discriminator {}, loss {}, {}",
        recipe.train.batch,
        word(&recipe.networks.generator),
        word(&recipe.networks.discriminator),
        word(&recipe.objective.loss),
        word(&recipe.train.precision),
        side = recipe.train.resolution
    )
}

/// Figures in large digits.
fn tiles(run: &Run) -> String {
    let Some(last) = run.lines.last() else {
        return "<p class=\"note\">No statistics yet.</p>".to_owned();
    };
    let end = run.recipe.train.kimg;
    let share = (100.0 * last.kimg / end).min(100.0);
    let recent = &run.lines[run.lines.len().saturating_sub(20)..];
    let rate = recent.iter().map(|l| l.images_per_second).sum::<f64>() / recent.len() as f64;
    let left = (end - last.kimg).max(0.0) * 1000.0 / rate.max(1e-9);
    let mut tiles = vec![
        (
            "shown",
            format!("{} kimg", number(last.kimg)),
            format!("of {} kimg, step {}", number(end), last.step),
        ),
        (
            "trained for",
            duration(last.seconds),
            if left > 0.0 {
                format!("about {} to go", duration(left))
            } else {
                "finished".to_owned()
            },
        ),
        (
            "rate",
            format!("{} images/s", number(rate)),
            last.memory_mib.map_or_else(String::new, |mib| {
                format!("{} GiB of memory", number(mib / 1024.0))
            }),
        ),
    ];
    if let Some(Best { score, kimg }) = run.best {
        tiles.push((
            "best score",
            number(score),
            format!("at {} kimg: best.safetensors", number(kimg)),
        ));
    }
    let latest = |name: &str| run.lines.iter().rev().find_map(|l: &Line| l.measure(name));
    if let (Some(kid), Some(real)) = (latest("kid"), latest("kid_real")) {
        tiles.push(("KID", number(kid), format!("photos: {}", number(real))));
    }
    if let Some(diversity) = latest("diversity") {
        tiles.push(("diversity", number(diversity), "photos: 1".to_owned()));
    }
    let mut html =
        format!("<progress value=\"{share:.1}\" max=\"100\">{share:.0} %</progress><ul class=\"tiles\">");
    for (name, value, note) in tiles {
        let _ = write!(
            html,
            "<li><span>{name}</span><b>{value}</b><small>{note}</small></li>"
        );
    }
    html + "</ul>"
}

fn warnings(run: &Run) -> String {
    let Findings { wrong, fine } = &run.findings;
    if wrong.is_empty() {
        let said = match fine.split_last() {
            None => "Too little is measured so far to say whether something is wrong.".to_owned(),
            Some((last, [])) => format!("Nothing looks wrong where this run's figures tell: {last}."),
            Some((last, others)) => {
                let others = others.join(", ");
                format!("Nothing looks wrong where this run's figures tell: {others} and {last}.")
            }
        };
        return format!("<section class=\"well\"><p>{said}</p></section>");
    }
    let mut html = String::from("<section class=\"warnings\"><h2>What looks wrong</h2>");
    for warning in wrong {
        let remedies: String = warning
            .remedies
            .iter()
            .map(|r| format!("<li>{}</li>", escape(r)))
            .collect();
        let _ = write!(
            html,
            "<article><h3>{}</h3><p>{}</p><p>To try, in this order:</p><ol>{remedies}</ol></article>",
            escape(warning.title),
            escape(&warning.seen)
        );
    }
    html + "</section>"
}

/// Style rules that hold each sheet of pictures once, however often it is shown.
fn sheets(run: &Run) -> String {
    let mut rules = String::new();
    let mut rule = |class: &str, picture: &Picture| {
        let data = STANDARD.encode(&picture.bytes);
        let _ = write!(rules, ".{class}{{--sheet:url(data:image/png;base64,{data})}}");
    };
    for (i, grid) in run.grids.iter().enumerate() {
        rule(&format!("sheet{i}"), grid);
    }
    if let Some(photos) = &run.photos {
        rule("photos", photos);
    }
    rules
}

/// Each caption with its photo and what was drawn for it, at the time that a slider chooses.
fn pictures(run: &Run) -> String {
    let Some(latest) = run.grids.last() else {
        return String::new();
    };
    let last = run.grids.len() - 1;
    let times: Vec<String> = run.grids.iter().map(|grid| grid.kimg.to_string()).collect();
    let mut html = format!(
        "<section class=\"pictures sheet{last}\" data-times=\"{}\"><h2>Real and drawn</h2>\
         <p class=\"note\">Captions of products that training never sees, where the data keep any from it; each column has the same \
         noise.</p>",
        times.join(",")
    );
    if last > 0 {
        let _ = write!(
            html,
            "<label class=\"time\">drawn after <output>{}</output> kimg <input type=\"range\" min=\"0\" max=\"{last}\" value=\"{last}\" \
             aria-label=\"Time\"></label>",
            latest.kimg
        );
    } else {
        let _ = write!(
            html,
            "<p class=\"time\">drawn after <output>{}</output> kimg</p>",
            latest.kimg
        );
    }
    html.push_str("<div class=\"scroll\"><table><thead><tr><th>caption</th><th>photo</th>");
    let _ = write!(
        html,
        "<th colspan=\"{}\">drawn</th></tr></thead><tbody>",
        latest.layout.columns
    );
    for (row, caption) in latest.layout.captions.iter().enumerate() {
        let photo = run
            .photos
            .as_ref()
            .filter(|p| p.layout.captions.get(row) == Some(caption));
        let photo = photo.map_or_else(String::new, |p| cell(p, row, 0, "photos"));
        let drawn: String = (0..latest.layout.columns)
            .map(|column| format!("<td>{}</td>", cell(latest, row, column, "")))
            .collect();
        let _ = write!(
            html,
            "<tr><th scope=\"row\">{}</th><td class=\"photo\">{photo}</td>{drawn}</tr>",
            escape(caption)
        );
    }
    html + "</tbody></table></div></section>"
}

/// A window onto one image of a sheet.
fn cell(sheet: &Picture, row: usize, column: usize, class: &str) -> String {
    let layout = &sheet.layout;
    let side = layout.side.max(1) as f64;
    // In units of the window, so that it can have any size on the page.
    let unit = |pixels: f64| pixels / side;
    let left = unit((layout.gap + column * (layout.side + layout.gap)) as f64);
    let top = unit(layout.tops.get(row).copied().unwrap_or(0) as f64);
    format!(
        "<i class=\"cell {class}\" style=\"--x:{left:.4};--y:{top:.4};--w:{:.4};--h:{:.4}\"></i>",
        unit(f64::from(sheet.size.0)),
        unit(f64::from(sheet.size.1))
    )
}

fn configuration(run: &Run) -> String {
    let table = toml::Table::try_from(&run.recipe).unwrap_or_default();
    let mut html = String::from("<section><h2>Configuration</h2><div class=\"configuration\">");
    for (section, values) in &table {
        let rows: String = (values.as_table().into_iter().flatten())
            .map(|(key, value)| {
                format!(
                    "<tr><th scope=\"row\">{}</th><td>{}</td></tr>",
                    escape(key),
                    escape(&value.to_string())
                )
            })
            .collect();
        let _ = write!(
            html,
            "<table><caption>{}</caption><tbody>{rows}</tbody></table>",
            escape(section)
        );
    }
    html + "</div></section>"
}

fn duration(seconds: f64) -> String {
    let minutes = (seconds / 60.0) as u64;
    match (minutes / 1440, minutes / 60 % 24, minutes % 60) {
        (0, 0, 0) => format!("{seconds:.0} s"),
        (0, 0, m) => format!("{m} min"),
        (0, h, m) => format!("{h} h {m} min"),
        (d, h, _) => format!("{d} d {h} h"),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::picture::Layout;
    use crate::recipe::Recipe;
    use crate::train::report::warnings::examine;

    fn run() -> Run {
        let recipe = Recipe::parse("[train]\nresolution = 64\nkimg = 10\n", "a.toml", &[]).unwrap();
        let line = |step: u64| Line {
            step,
            kimg: step as f64,
            measures: [
                ("d_loss", 0.02),
                ("d_real", 0.99),
                ("d_fake", 0.01),
                ("score", 40.0 + step as f64),
            ]
            .map(|(name, v)| (name.to_owned(), v))
            .into(),
            images_per_second: 100.0,
            seconds: 10.0 * step as f64,
            memory_mib: Some(2048.0),
        };
        let lines: Vec<Line> = (1..=8).map(line).collect();
        let picture = |kimg, columns| Picture {
            kimg,
            bytes: format!("png of {kimg}").into_bytes(),
            size: (200, 117),
            layout: Layout {
                captions: vec!["<script>alert(1)</script> \"shirt\"".to_owned()],
                tops: vec![19],
                columns,
                side: 96,
                gap: 2,
            },
        };
        Run {
            name: "a & b".to_owned(),
            findings: examine(&lines, recipe.objective.loss),
            recipe,
            lines,
            grids: vec![picture(4, 2), picture(8, 2)],
            photos: Some(picture(0, 1)),
            best: Some(Best {
                score: 48.0,
                kimg: 8.0,
            }),
        }
    }

    #[test]
    fn a_report_holds_everything_and_asks_for_nothing() {
        let html = html(&run());
        for part in [
            "<h1>a &amp; b</h1>",
            "D is winning",
            "penalty.r1",
            "&lt;script&gt;alert(1)&lt;/script&gt; &quot;shirt&quot;",
            "best.safetensors",
            "8 kimg",
            "about 20 s to go",
            "<caption>adam</caption>",
            "data-times=\"4,8\"",
            "class=\"curve c0\"",
        ] {
            assert!(html.contains(part), "{part}");
        }
        for grid in run().grids {
            assert_eq!(
                html.matches(&STANDARD.encode(&grid.bytes)).count(),
                1,
                "each sheet stands once"
            );
        }
        for outside in ["http:", "https:", "//", "src=", "href=", "@import"] {
            let allowed = html.matches(outside).count();
            assert_eq!(allowed, 0, "{outside}");
        }
        assert!(!html.contains("NaN") && !html.contains("<script>alert"));
    }

    #[test]
    fn a_run_without_lines_or_pictures_has_a_report_too() {
        let empty = Run {
            lines: Vec::new(),
            findings: Findings::default(),
            grids: Vec::new(),
            photos: None,
            ..run()
        };
        let html = html(&empty);
        assert!(html.contains("No statistics yet") && html.contains("Too little is measured"));
    }

    #[test]
    fn durations_are_short() {
        for (seconds, text) in [
            (9.4, "9 s"),
            (61.0, "1 min"),
            (7260.0, "2 h 1 min"),
            (90_000.0, "1 d 1 h"),
        ] {
            assert_eq!(duration(seconds), text);
        }
    }
}
