//! The name of a picture's colour: foreground by flood fill, pixels named by the nearest of eleven colours.
//!
//! The eleven are the basic colour terms of Berlin and Kay (1969). Nearness is Euclidean in CIELAB (CIE 1976, D65),
//! where equal distances look about equally large.

use crate::picture::RgbImage;

/// Names, and sRGB values that are typical of them on printed cloth and on screens.
const TERMS: [(&str, &[[u8; 3]]); 11] = [
    ("black", &[[0, 0, 0], [40, 40, 44]]),
    ("white", &[[255, 255, 255], [232, 232, 234]]),
    ("grey", &[[128, 128, 128], [165, 165, 168], [90, 90, 94]]),
    ("red", &[[215, 30, 35], [160, 20, 30]]),
    ("orange", &[[245, 130, 30], [225, 105, 20]]),
    ("yellow", &[[250, 215, 40], [225, 190, 40]]),
    ("green", &[[40, 150, 65], [25, 95, 50], [120, 180, 90]]),
    ("blue", &[[40, 85, 190], [20, 35, 100], [90, 150, 220]]),
    ("purple", &[[120, 50, 150], [85, 35, 110], [150, 90, 180]]),
    ("pink", &[[245, 130, 175], [250, 175, 200], [230, 80, 140]]),
    ("brown", &[[115, 70, 40], [80, 50, 30], [150, 100, 65]]),
];

/// A pixel belongs to the background while it differs from the border's colour by at most this in each channel.
const BACKGROUND_TOLERANCE: u8 = 12;
/// A foreground of fewer pixels than this share is noise.
const LEAST_FOREGROUND: f64 = 0.02;

/// The basic term of a catalogue's colour word, if it is one of the eleven or begins or ends with one
/// ("Navy Blue" is blue, "Grey Melange" is grey).
#[must_use]
pub fn basic_term(word: &str) -> Option<&'static str> {
    let word = word.to_lowercase();
    let mut parts = word.split(|c: char| !c.is_alphanumeric());
    let (first, last) = (parts.next(), parts.next_back());
    let term = |part: &str| {
        TERMS
            .iter()
            .map(|t| t.0)
            .find(|name| *name == part || (*name == "grey" && part == "gray"))
    };
    last.and_then(term).or_else(|| first.and_then(term))
}

/// The term that most foreground pixels are nearest to; `None` where there is no foreground to speak of.
#[must_use]
pub fn dominant_term(image: &RgbImage) -> Option<&'static str> {
    let background = background(image);
    let prototypes: Vec<(usize, [f64; 3])> = TERMS
        .iter()
        .enumerate()
        .flat_map(|(term, (_, values))| values.iter().map(move |&rgb| (term, lab(rgb))))
        .collect();
    let mut votes = [0_usize; TERMS.len()];
    for (pixel, _) in image
        .pixels
        .as_chunks::<3>()
        .0
        .iter()
        .zip(&background)
        .filter(|(_, b)| !**b)
    {
        let here = lab(*pixel);
        let nearest = prototypes
            .iter()
            .min_by(|a, b| distance(a.1, here).total_cmp(&distance(b.1, here)));
        if let Some((term, _)) = nearest {
            votes[*term] += 1;
        }
    }
    let foreground: usize = votes.iter().sum();
    if (foreground as f64) < LEAST_FOREGROUND * (image.width * image.height) as f64 {
        return None;
    }
    (0..TERMS.len()).max_by_key(|&i| votes[i]).map(|i| TERMS[i].0)
}

/// Which pixels are connected to the border through pixels like it. A white garment inside its outline is not.
fn background(image: &RgbImage) -> Vec<bool> {
    let (width, height) = (image.width, image.height);
    let at = |i: usize| &image.pixels[i * 3..i * 3 + 3];
    let border = |i: &usize| {
        let (x, y) = (i % width, i / width);
        x == 0 || x == width - 1 || y == 0 || y == height - 1
    };
    let border: Vec<usize> = (0..width * height).filter(border).collect();
    let median = |channel: usize| {
        let mut values: Vec<u8> = border.iter().map(|&i| at(i)[channel]).collect();
        values.sort_unstable();
        values.get(values.len() / 2).copied().unwrap_or(255)
    };
    let colour = [median(0), median(1), median(2)];
    let like = |i: usize| {
        at(i)
            .iter()
            .zip(colour)
            .all(|(&p, c)| p.abs_diff(c) <= BACKGROUND_TOLERANCE)
    };
    let mut found = vec![false; width * height];
    let mut open: Vec<usize> = border.into_iter().filter(|&i| like(i)).collect();
    while let Some(i) = open.pop() {
        if std::mem::replace(&mut found[i], true) {
            continue;
        }
        let (x, y) = (i % width, i / width);
        let neighbours = [
            (x > 0).then(|| i - 1),
            (x + 1 < width).then(|| i + 1),
            (y > 0).then(|| i - width),
            (y + 1 < height).then(|| i + width),
        ];
        open.extend(neighbours.into_iter().flatten().filter(|&j| !found[j] && like(j)));
    }
    found
}

fn distance(a: [f64; 3], b: [f64; 3]) -> f64 {
    (0..3).map(|i| (a[i] - b[i]).powi(2)).sum()
}

/// sRGB (IEC 61966-2-1) to CIELAB under D65.
fn lab(rgb: [u8; 3]) -> [f64; 3] {
    let linear = rgb.map(|v| {
        let v = f64::from(v) / 255.0;
        if v <= 0.040_45 {
            v / 12.92
        } else {
            ((v + 0.055) / 1.055).powf(2.4)
        }
    });
    let row = |m: [f64; 3]| m[0] * linear[0] + m[1] * linear[1] + m[2] * linear[2];
    let x = row([0.412_456_4, 0.357_576_1, 0.180_437_5]) / 0.950_47;
    let y = row([0.212_672_9, 0.715_152_2, 0.072_175_0]);
    let z = row([0.019_333_9, 0.119_192_0, 0.950_304_1]) / 1.088_83;
    let f = |t: f64| {
        if t > 216.0 / 24389.0 {
            t.cbrt()
        } else {
            (24389.0 / 27.0 * t + 16.0) / 116.0
        }
    };
    [116.0 * f(y) - 16.0, 500.0 * (f(x) - f(y)), 200.0 * (f(y) - f(z))]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(colour: [u8; 3]) -> RgbImage {
        let inside = |i: usize| (8..24).contains(&(i % 32)) && (8..24).contains(&(i / 32));
        let pixels = (0..32 * 32)
            .flat_map(|i| if inside(i) { colour } else { [255; 3] })
            .collect();
        RgbImage {
            width: 32,
            height: 32,
            pixels,
        }
    }

    #[test]
    fn each_prototype_is_named_after_itself() {
        for (name, values) in TERMS.iter().filter(|t| t.0 != "white") {
            for &rgb in *values {
                assert_eq!(dominant_term(&square(rgb)), Some(*name), "{rgb:?}");
            }
        }
    }

    #[test]
    fn a_white_square_counts_when_an_outline_closes_it() {
        let mut image = square([60, 60, 60]);
        for i in (0..32 * 32).filter(|i| (9..23).contains(&(i % 32)) && (9..23).contains(&(i / 32))) {
            image.pixels[i * 3..i * 3 + 3].copy_from_slice(&[250, 250, 250]);
        }
        assert_eq!(dominant_term(&image), Some("white"));
        assert_eq!(dominant_term(&square([255; 3])), None, "nothing there");
    }

    #[test]
    fn catalogue_words_become_basic_terms() {
        let words = ["Red", "Navy Blue", "Grey Melange", "gray", "Teal", "", "Copper"];
        let terms = [
            Some("red"),
            Some("blue"),
            Some("grey"),
            Some("grey"),
            None,
            None,
            None,
        ];
        assert_eq!(words.map(basic_term), terms);
    }

    #[test]
    fn lab_agrees_with_the_published_value_of_red() {
        let found = lab([255, 0, 0]);
        let close = found
            .iter()
            .zip([53.24, 80.09, 67.20])
            .all(|(a, b)| (a - b).abs() < 0.02);
        assert!(close, "{found:?}");
    }
}
