//! A vocabulary moves to scikit-learn and from it with the same vectors; see `fixtures/make_exchange.py`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;
use serde_json::{Value, json};
use textfeat::{
    Language, Norm, Pattern, PatternTokenizer, Settings, TextModel, Tokens, VocabularyError, VocabularyFile,
};

fn fixture() -> Value {
    serde_json::from_str(include_str!("fixtures/exchange.json")).unwrap()
}

fn texts(value: &Value) -> Vec<String> {
    serde_json::from_value(value.clone()).unwrap()
}

fn import(value: &Value) -> Result<TextModel, VocabularyError> {
    serde_json::from_value::<VocabularyFile>(value.clone())
        .unwrap()
        .into_model()
}

fn assert_vectors(model: &TextModel, texts: &[String], expected: &Value, name: &str) {
    let expected: Vec<Vec<f64>> = serde_json::from_value(expected.clone()).unwrap();
    assert_eq!(texts.len(), expected.len());
    for (text, expected) in texts.iter().zip(expected) {
        let vector = model.transform(text);
        assert!(vector[expected.len()..].iter().all(|&w| w == 0.0));
        for (ours, theirs) in vector.iter().zip(&expected) {
            let error = (f64::from(*ours) - theirs).abs();
            assert!(
                error <= 1e-6 * theirs.max(1.0),
                "{name}: `{text}`: {ours} for {theirs}"
            );
        }
    }
}

/// The settings of the flags in the fixture.
fn settings(at: usize) -> Settings {
    let base = Settings::default();
    let pattern = Tokens::Pattern(PatternTokenizer {
        pattern: Pattern::TwoOrMore,
        lowercase: true,
    });
    match at {
        0 => base,
        1 => Settings {
            ngrams: 2,
            norm: Norm::L1,
            sublinear: true,
            dims: 24,
            ..base
        },
        2 => Settings {
            tokens: pattern,
            language: Language::German,
            norm: Norm::None,
            ..base
        },
        3 => Settings {
            tokens: pattern,
            language: Language::None,
            stop_words: false,
            smooth_idf: false,
            min_df: textfeat::Cutoff::Documents(2),
            ..base
        },
        other => panic!("no settings {other}"),
    }
}

#[test]
fn scikit_learn_makes_the_same_vectors_of_what_is_exported() {
    let fixture = fixture();
    let all = texts(&fixture["texts"]);
    for (at, case) in fixture["ours"].as_array().unwrap().iter().enumerate() {
        let name = &case["counting"];
        let model = TextModel::fit(settings(at), texts(&fixture["fit"])).unwrap();
        let text = serde_json::to_string_pretty(&VocabularyFile::of(&model).unwrap()).unwrap() + "\n";
        assert_eq!(
            text,
            case["export"].as_str().unwrap(),
            "{name}: it is this export that scikit-learn read"
        );
        let file: Value = serde_json::from_str(&text).unwrap();
        if file.get("words").is_some() {
            let mut analyzer = model.analyzer().clone();
            analyzer.ngrams = 1;
            let tokens: Vec<String> = all.iter().map(|text| analyzer.terms(text).join(" ")).collect();
            assert_eq!(tokens, texts(&case["tokens"]), "{name}");
        }
        assert_vectors(&model, &all, &case["vectors"], &name.to_string());
        let back = import(&file).unwrap();
        assert_eq!(
            back.to_bytes().unwrap(),
            model.to_bytes().unwrap(),
            "{name}: the very model comes back"
        );
    }
}

#[test]
fn vectors_of_an_imported_vectorizer_are_those_of_scikit_learn() {
    let fixture = fixture();
    for case in fixture["theirs"].as_array().unwrap() {
        let model = import(&case["import"]).unwrap();
        let name = case["import"]["params"].to_string();
        assert_vectors(&model, &texts(&fixture["texts"]), &case["vectors"], &name);
        let bytes = model.to_bytes().unwrap();
        assert_eq!(bytes[8], 3, "version");
        assert_eq!(TextModel::from_bytes(&bytes).unwrap(), model);
        let out = serde_json::to_value(VocabularyFile::of(&model).unwrap()).unwrap();
        assert_eq!(import(&out).unwrap(), model, "{name}: and out again");
    }
}

#[test]
fn what_has_no_counterpart_here_is_refused_by_name() {
    let right =
        json!({ "textfeat_vocabulary": 1, "vocabulary_": { "a b": 0, "red": 1 }, "idf_": [1.5, 1.0] });
    assert!(import(&right).is_ok());
    let with = |path: &str, value: Value| {
        let mut file = right.clone();
        match path.split_once('.') {
            Some((outer, inner)) => file[outer] = json!({ inner: value }),
            None => file[path] = value,
        }
        match import(&file) {
            Err(VocabularyError::Invalid { what, .. }) => what,
            other => panic!("{path}: {other:?}"),
        }
    };
    assert_eq!(with("textfeat_vocabulary", json!(2)), "textfeat_vocabulary");
    assert_eq!(with("params.analyzer", json!("char_wb")), "analyzer");
    assert_eq!(with("params.binary", json!(true)), "binary");
    assert_eq!(with("params.strip_accents", json!("unicode")), "strip_accents");
    assert_eq!(with("params.tokenizer", json!("split")), "tokenizer");
    assert_eq!(with("params.ngram_range", json!([2, 2])), "ngram_range");
    assert_eq!(with("params.ngram_range", json!([1, 9])), "ngrams");
    assert_eq!(with("params.token_pattern", json!("[a-z]+")), "token_pattern");
    assert_eq!(with("params.use_idf", json!(false)), "idf_");
    assert_eq!(with("params.min_df", json!(1.5)), "min_df");
    assert_eq!(with("vocabulary_", json!({})), "vocabulary_");
    assert_eq!(with("vocabulary_", json!({ "a": 0, "b": 0 })), "vocabulary_");
    assert_eq!(with("vocabulary_", json!({ "a": 0, "b": 2 })), "vocabulary_");
    assert_eq!(with("idf_", json!([1.0])), "idf_");
    assert_eq!(with("idf_", json!([1.0, -1.0])), "idf_");
    assert_eq!(with("idf_", json!([1.0, 1e9])), "idf_");
    assert_eq!(with("dims", json!(1)), "vocabulary_");
    let counts = |documents: u64, df: [u64; 2]| json!({ "documents": documents, "tf": [1, 1], "df": df, "words": ["a b", "red"] });
    assert_eq!(
        with("counts", counts(1, [1, 1])),
        "idf_",
        "other weights than the counts give"
    );
    assert_eq!(with("counts", counts(1, [2, 1])), "df");
    assert_eq!(
        with(
            "counts",
            json!({ "documents": 1, "tf": [1], "df": [1], "words": ["a"] })
        ),
        "tf"
    );
    for text in [
        r#"{ "textfeat_vocabulary": 1, "vocabulary_": { "a": 0, "a": 1 } }"#,
        r#"{ "textfeat_vocabulary": 1, "vocabulary_": { "a": 0 }, "more": 1 }"#,
        r#"{ "textfeat_vocabulary": 1, "vocabulary_": { "a": -1 } }"#,
        r#"{ "vocabulary_": { "a": 0 } }"#,
    ] {
        assert!(serde_json::from_str::<VocabularyFile>(text).is_err(), "{text}");
    }
    let lsa = TextModel::fit(
        Settings {
            dims: 2,
            ..Settings::lsa()
        },
        ["red dress", "red shirt"],
    )
    .unwrap();
    let error = VocabularyFile::of(&lsa).unwrap_err();
    assert!(matches!(error, VocabularyError::Unmovable { .. }), "{error}");
}

proptest! {
    /// Whatever the alphabet, language and settings, out and in again is the same model.
    #[test]
    fn an_exported_model_comes_back_to_the_bit(
        texts in prop::collection::vec("\\PC{0,30}", 1..5),
        language in prop::sample::select(Language::all().collect::<Vec<_>>()),
        pattern in prop::option::of(prop::sample::select(Pattern::ALL.to_vec())),
        norm in prop::sample::select(Norm::ALL.to_vec()),
        ngrams in 1_usize..4,
    ) {
        let tokens = pattern.map_or(Tokens::Words, |pattern| Tokens::Pattern(PatternTokenizer { pattern, lowercase: true }));
        let settings = Settings { language, tokens, norm, ngrams, ..Settings::default() };
        if let Ok(model) = TextModel::fit(settings, &texts) {
            let text = serde_json::to_string(&VocabularyFile::of(&model).unwrap()).unwrap();
            let back: VocabularyFile = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(back.into_model().unwrap().to_bytes().unwrap(), model.to_bytes().unwrap());
        }
    }

    #[test]
    fn an_imported_vocabulary_of_any_terms_takes_any_text(
        terms in prop::collection::hash_set("\\PC{0,12}", 1..6),
        pattern in prop::sample::select(Pattern::ALL.to_vec()),
        lowercase: bool,
        text: String,
    ) {
        let columns: serde_json::Map<String, Value> = terms.iter().cloned().zip((0_usize..).map(Value::from)).collect();
        let file = json!({
            "textfeat_vocabulary": 1,
            "params": { "token_pattern": pattern.name(), "lowercase": lowercase },
            "vocabulary_": columns,
            "idf_": vec![1.0; terms.len()],
        });
        let model = import(&file).unwrap();
        prop_assert_eq!(&TextModel::from_bytes(&model.to_bytes().unwrap()).unwrap(), &model);
        for text in terms.iter().chain([&text]) {
            let explained = model.explain(text);
            prop_assert_eq!(explained.is_known, model.transform(text).iter().any(|&w| w != 0.0));
        }
    }
}
