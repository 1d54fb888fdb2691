//! Which lines of a description are about the product. Sections on care, size, fit and warranty are about the
//! parcel and say nothing that a photo shows.

use super::clean;

/// Headings whose section goes, whole lines in lower case without punctuation at the end.
const UNSEEN: [&str; 23] = [
    "care",
    "caution",
    "disclaimer",
    "fit",
    "fitting",
    "flammable",
    "how to wash",
    "material and care",
    "material & care",
    "measurement",
    "measurements",
    "model statistics",
    "model stats",
    "return policy",
    "size",
    "size & fit",
    "size and fit",
    "size guide",
    "wash",
    "washcare",
    "washing instructions",
    "care instructions",
    "warranty",
];
/// Headings that say nothing themselves; the text below them stays.
const BARE: [&str; 8] = [
    "composition",
    "description",
    "details",
    "features",
    "product description",
    "product details",
    "style note",
    "style notes",
];
/// Headings that stay, with the text below them.
const SEEN: [&str; 12] = [
    "upper",
    "midsole",
    "outsole",
    "sole",
    "heel",
    "lining",
    "dial shape",
    "strap",
    "lens",
    "frame",
    "closure",
    "design",
];

/// Phrases of lines on care that stand without a heading.
const CARE: [&str; 6] = [
    "machine wash",
    "hand wash",
    "dry clean only",
    "do not bleach",
    "mild detergent",
    "is wearing a size",
];
/// A longer line says more than how to wash.
const CARE_BYTES: usize = 160;

/// Drops headings without content and sections that a photo does not show.
///
/// Such a section ends at the next heading or, once something was said in it, at the end of the paragraph:
/// catalogues often put the best sentence last.
pub(super) fn about_the_product(lines: &[String]) -> Vec<String> {
    let mut kept = Vec::new();
    let mut unseen = false;
    let mut said = false;
    for line in lines {
        if line.is_empty() {
            unseen &= !said;
            continue;
        }
        match kind(line) {
            Kind::Unseen => (unseen, said) = (true, false),
            Kind::UnseenWithText => (unseen, said) = (true, true),
            Kind::Bare => unseen = false,
            Kind::Nothing => {}
            Kind::Seen => {
                unseen = false;
                kept.push(line.clone());
            }
            Kind::Text if unseen => said = true,
            Kind::Text => kept.push(line.clone()),
        }
    }
    kept
}

enum Kind {
    Unseen,
    /// `Warranty: 2 years`: heading and text in one line.
    UnseenWithText,
    Bare,
    Seen,
    Text,
    /// A dash, `NA`, or a line on care or warranty without a heading.
    Nothing,
}

fn kind(line: &str) -> Kind {
    let lower = line.to_lowercase();
    let heading = lower.trim_end_matches([':', '.', '-', ' ']);
    if clean::is_placeholder(heading) && !BARE.contains(&heading) {
        return Kind::Nothing;
    }
    if UNSEEN.contains(&heading) || (heading.ends_with(" care") && heading.split(' ').count() <= 4) {
        return Kind::Unseen;
    }
    if BARE.contains(&heading) {
        return Kind::Bare;
    }
    if SEEN.contains(&heading) {
        return Kind::Seen;
    }
    let on_care = lower.len() <= CARE_BYTES && CARE.iter().any(|phrase| lower.contains(phrase));
    if on_care || lower.starts_with("warranty provided") || lower.starts_with("warranty for") {
        return Kind::Nothing;
    }
    match lower.split_once(':') {
        Some((heading, _)) if UNSEEN.contains(&heading.trim()) || heading.trim().ends_with("wash care") => {
            Kind::UnseenWithText
        }
        _ => Kind::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::about_the_product;

    fn kept(text: &str) -> Vec<String> {
        about_the_product(&text.split('|').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn care_size_fit_and_warranty_go() {
        assert_eq!(
            kept(
                "Composition|Blue polo made of cotton||Fitting|Slim|Wash Care:|Drip dry||Bag care|Wipe||Warranty: 2 years|From the maker"
            ),
            ["Blue polo made of cotton"]
        );
    }

    #[test]
    fn the_section_ends_at_a_heading_or_with_its_paragraph() {
        assert_eq!(
            kept("Wash care||Warm iron||Pure cotton tee for summer"),
            ["Pure cotton tee for summer"]
        );
        assert_eq!(
            kept("Shoe Care|Wipe clean|Outsole|Rubber outsole"),
            ["Outsole", "Rubber outsole"]
        );
        assert_eq!(
            kept("Fit: Regular|Style Note|Wear it with jeans"),
            ["Wear it with jeans"]
        );
    }

    #[test]
    fn lines_on_care_and_warranty_go_without_a_heading_too() {
        let text =
            "Thick rubber outsole|Do not machine wash|Warranty provided by the brand owner|Grooves for grip";
        assert_eq!(kept(text), ["Thick rubber outsole", "Grooves for grip"]);
    }

    #[test]
    fn sentences_that_mention_care_stay() {
        let text = "Made with care for people who fit in|A snug fit: it hugs the waist|Easy care";
        assert_eq!(
            kept(text),
            [
                "Made with care for people who fit in",
                "A snug fit: it hugs the waist"
            ]
        );
    }
}
