//! Which lines of a description are about the product. Sections on care, size, fit and warranty are about the
//! parcel and say nothing that a photo shows.

use super::clean;

/// Headings whose section goes, whole lines in lower case without apostrophes, and punctuation at the end.
const UNSEEN: [&str; 25] = [
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
    "models statistics",
    "models stats",
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

/// Phrases of lines on care, on the model's size and on warranty that stand without a heading.
const ASIDE: [&str; 40] = [
    "machine wash",
    "hand wash",
    "gentle wash",
    "wash dark",
    "wash inside",
    "wash separately",
    "wash with like",
    "wash with similar",
    "dry clean",
    "dry flat",
    "dry in shade",
    "dry in the shade",
    "dry inside",
    "dry low",
    "dry under shade",
    "drip dry",
    "flat dry",
    "line dry",
    "tumble dry",
    "do not bleach",
    "do not iron",
    "do not scrub",
    "do not soak",
    "do not tumble",
    "do not wring",
    "cool iron",
    "hot iron",
    "warm iron",
    "iron on reverse",
    "non-chlorine",
    "mild detergent",
    "remove promptly",
    "remove dust",
    "is wearing a size",
    "model wears",
    "the model (height",
    "on a model of height",
    "warranty for",
    "no warranty",
    "may vary from",
];
/// What is measured in the lines that go: `Height: 24 cm`. A photo has no scale.
const MEASURED: [&str; 10] = [
    "height",
    "width",
    "depth",
    "length",
    "dimension",
    "dimensions",
    "diameter",
    "weight",
    "quantity",
    "volume",
];
/// A longer line says more than how to wash.
const ASIDE_BYTES: usize = 160;

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
            Kind::Aside => said |= unseen,
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
    /// A measure, or a line on care, the model or warranty without a heading.
    Aside,
    /// A dash, or `NA`.
    Nothing,
}

fn kind(line: &str) -> Kind {
    let lower = line.to_lowercase().replace(['\'', '’', '`'], "");
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
    // What follows belongs to the section as well, so this goes before lines that stand alone.
    if lower
        .split_once(':')
        .is_some_and(|(heading, _)| UNSEEN.contains(&heading.trim()) || heading.trim().ends_with("wash care"))
    {
        return Kind::UnseenWithText;
    }
    let aside = lower.len() <= ASIDE_BYTES && ASIDE.iter().any(|phrase| lower.contains(phrase));
    if aside || is_measure(&lower) || lower.starts_with("warranty provided") {
        return Kind::Aside;
    }
    Kind::Text
}

/// `height: 24 cm`, `length 95 cm`; not `length: to the knee`.
fn is_measure(lower: &str) -> bool {
    let end = lower.find(|c: char| !c.is_alphabetic()).unwrap_or(lower.len());
    let rest = lower[end..].trim_start_matches([' ', ':', '-', '=', '(']);
    lower.len() <= ASIDE_BYTES
        && MEASURED.contains(&&lower[..end])
        && rest.starts_with(|c: char| c.is_ascii_digit())
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
    fn the_models_size_and_the_things_measures_go() {
        assert_eq!(
            kept(
                "Leather bag|Height: 34 cm|Width : 12|LENGTH-95 cm|Quantity: 50 ml|Length: to the knee|Two handles"
            ),
            ["Leather bag", "Length: to the knee", "Two handles"]
        );
        for heading in ["Model's statistics", "Models' Statistics:", "Model’s stats."] {
            let text = format!(
                "Blue tee|{heading}|1. The model stands 6' tall|2. Height-5.11\"||Team it with jeans"
            );
            assert_eq!(kept(&text), ["Blue tee", "Team it with jeans"]);
        }
        assert_eq!(
            kept("Model's Statistics: 1. The model wears size M|Red"),
            Vec::<String>::new()
        );
        assert_eq!(
            kept("The model (height 5'8” and chest 32”) wears a size M|Red"),
            ["Red"]
        );
    }

    #[test]
    fn care_goes_line_by_line() {
        let text = "Cotton tee|Do not wring or bleach|Flat dry in shade|Warm iron; do not iron on decorations|\
            15 days warranty for sole debonding only|The colour may vary from what is shown|A print of irons";
        assert_eq!(kept(text), ["Cotton tee", "A print of irons"]);
    }

    #[test]
    fn sentences_that_mention_care_stay() {
        let text = "Made with care for people who fit in|Weight off your shoulders|A snug fit: it hugs the waist|Easy care";
        assert_eq!(
            kept(text),
            [
                "Made with care for people who fit in",
                "Weight off your shoulders",
                "A snug fit: it hugs the waist"
            ]
        );
    }
}
