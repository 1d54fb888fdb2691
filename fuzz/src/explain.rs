//! Arbitrary text against fitted models, and models fitted on arbitrary text.

use std::sync::LazyLock;

use textfeat::{Language, Letters, Method, Settings, TextModel};

use super::Seed;

const CATALOGUE: [&str; 8] = [
    "men navy blue tshirts, casual, summer, solid, cotton, round neck, short sleeves",
    "women red dresses, party, winter, striped, evening gown",
    "unisex black backpacks, casual, 3/4 zip",
    "Crème à la façon T-shirt, girls' white socks",
    "men brown formal shoes, leather",
    "boys green shorts, sports, 100 % cotton",
    "women gold earrings",
    "men checked shirt, slim fit",
];

static MODELS: LazyLock<[TextModel; 3]> = LazyLock::new(|| {
    let terms = Settings {
        ngrams: 3,
        numbers: true,
        sublinear: true,
        ..Settings::default()
    };
    let letters = Settings {
        letters: Some(Letters { least: 2, most: 4 }),
        ..Settings::default()
    };
    let lsa = Settings {
        dims: 6,
        features: 300,
        ..Settings::lsa()
    };
    [terms, letters, lsa]
        .map(|settings| TextModel::fit(settings, CATALOGUE).unwrap_or_else(|e| panic!("{settings:?}: {e}")))
});

pub(crate) fn run(data: &[u8]) {
    let Some((&choice, text)) = data.split_first() else {
        return;
    };
    let text = String::from_utf8_lossy(text);
    // Three in four meet a model that is there already: fitting one takes most of the time.
    if let Some(model) = MODELS.get(usize::from(choice % 4)) {
        return check(model, &text);
    }
    let choice = choice / 4;
    let languages: Vec<Language> = Language::all().collect();
    let settings = Settings {
        dims: 4,
        features: 64,
        ngrams: 1 + usize::from(choice >> 4),
        method: if choice & 1 == 0 {
            Method::Terms
        } else {
            Method::Lsa
        },
        letters: (choice & 2 == 0).then_some(Letters { least: 1, most: 3 }),
        stop_words: choice & 4 == 0,
        language: languages[usize::from(choice) % languages.len()],
        ..Settings::default()
    };
    // Texts without a single word have no model.
    if let Ok(model) = TextModel::fit(settings, text.lines()) {
        check(&model, &text);
        check_bytes(&model, &text);
    }
}

/// The vector of any text is of length 1, or zero where the model says that it knows nothing of it.
pub(crate) fn check(model: &TextModel, text: &str) {
    let vector = model.transform(text);
    assert_eq!(vector.len(), model.dims());
    let length = vector.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt();
    let explained = model.explain(text);
    let known = if explained.is_known { 1.0 } else { 0.0 };
    assert!(
        (length - known).abs() < 1e-3,
        "length {length} of {text:?}: {explained:?}"
    );
    let mut again = vec![9.0; model.dims()];
    let is_known = model.transformer().transform_into(text, &mut again);
    assert_eq!((again, is_known), (vector, explained.is_known), "{text:?}");
}

/// A model read back says of any text what the one that was written says.
pub(crate) fn check_bytes(model: &TextModel, text: &str) {
    let bytes = model.to_bytes().unwrap_or_else(|e| panic!("{e}"));
    let back = TextModel::from_bytes(&bytes).unwrap_or_else(|e| panic!("{e}: {model:?}"));
    assert_eq!(back.to_bytes().as_ref(), Ok(&bytes));
    assert_eq!(back.explain(text), model.explain(text));
    assert_eq!(back.transform(text), model.transform(text));
}

pub(crate) fn seeds() -> Vec<Seed> {
    let texts = [
        (0, "typo", "a red striped shrit for men's evenings"),
        (2, "kin", "reddish shirtts, eveningly qwxzv"),
        (
            1,
            "alphabets",
            "Синяя рубашка 青いシャツ قميص أزرق ΣΊΣΥΦΟΣ İstanbul ß ﬁ",
        ),
        (
            3,
            "lines",
            "navy navy shirts\n\nred dress, the navy dresses\nzebra",
        ),
        (7, "lsa", "navy shirt\nred dress\nnavy dress\nred shirt"),
        (
            23,
            "marks",
            "e\u{301}\u{301}x#ab ###  'n' -- 3/4 ½ a\u{200d}b \u{1f457}",
        ),
        (7, "nothing", ""),
    ];
    texts
        .into_iter()
        .map(|(choice, name, text)| (name.to_owned(), [&[choice], text.as_bytes()].concat()))
        .collect()
}
