//! Values equal those of scikit-learn on the same tokens; see `fixtures/make_sklearn.py`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use serde_json::Value;
use textfeat::{Cutoff, Language, Norm, Settings, TextModel};

fn texts(value: &Value) -> Vec<&str> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|text| text.as_str().unwrap())
        .collect()
}

fn numbers(value: &Value) -> Vec<f64> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|number| number.as_f64().unwrap())
        .collect()
}

fn cutoff(value: &Value, default: Cutoff) -> Cutoff {
    match value {
        Value::Null => default,
        _ => value
            .as_u64()
            .map_or_else(|| Cutoff::Share(value.as_f64().unwrap()), Cutoff::Documents),
    }
}

/// Tokens of the fixture are split at spaces: no language, no stop words, numbers kept.
fn settings(of: &Value) -> Settings {
    let base = Settings {
        language: Language::None,
        stop_words: false,
        numbers: true,
        ..Settings::default()
    };
    Settings {
        dims: of["max_features"].as_u64().map_or(base.dims, |n| n as usize),
        min_df: cutoff(&of["min_df"], base.min_df),
        max_df: cutoff(&of["max_df"], base.max_df),
        ngrams: of["ngram_range"][1].as_u64().map_or(1, |n| n as usize),
        sublinear: of["sublinear_tf"].as_bool().unwrap_or(false),
        smooth_idf: of["smooth_idf"].as_bool().unwrap_or(true),
        norm: match of.get("norm") {
            None => base.norm,
            Some(Value::Null) => Norm::None,
            Some(name) => serde_json::from_value(name.clone()).unwrap(),
        },
        ..base
    }
}

#[test]
fn vectors_equal_those_of_scikit_learn() {
    let fixture: Value = serde_json::from_str(include_str!("fixtures/sklearn.json")).unwrap();
    let (fit, unseen) = (texts(&fixture["fit"]), texts(&fixture["unseen"]));
    let cases = fixture["cases"].as_array().unwrap();
    assert!(cases.len() > 20);
    for case in cases {
        let name = &case["settings"];
        let model = TextModel::fit(settings(name), &fit).unwrap();
        let terms: Vec<_> = model
            .vocabulary()
            .terms()
            .iter()
            .map(|t| t.term.as_str())
            .collect();
        assert_eq!(terms, texts(&case["terms"]), "{name}");
        for (ours, theirs) in model.idf().iter().zip(numbers(&case["idf"])) {
            assert!((ours - theirs).abs() < 1e-9, "{name}: idf {ours} for {theirs}");
        }
        let rows = [(&fit, &case["fitted"]), (&unseen, &case["unseen"])];
        for (texts, expected) in rows {
            let expected = expected.as_array().unwrap();
            assert_eq!(texts.len(), expected.len());
            for (text, expected) in texts.iter().zip(expected) {
                let (vector, expected) = (model.transform(text), numbers(expected));
                let (used, unused) = vector.split_at(expected.len());
                assert!(unused.iter().all(|&w| w == 0.0));
                for (ours, theirs) in used.iter().zip(expected) {
                    assert!(
                        (f64::from(*ours) - theirs).abs() < 1e-6,
                        "{name}: `{text}`: {ours} for {theirs}"
                    );
                }
            }
        }
    }
}
