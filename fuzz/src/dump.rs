//! A dump, opened and read as `ingest` reads it, short of its pictures; and what must hold of any.

use std::path::Path;

use ingest::IngestError;
use ingest::captions;
use ingest::layout::{self, ColumnFlags, Layout, LayoutChoice, Texts, Wants};
use stage::Console;

/// Opens the dump, finds its products, makes captions of their texts.
///
/// # Errors
/// As `ingest` gives them.
pub(crate) fn read(path: &Path, choice: LayoutChoice, columns: &ColumnFlags) -> Result<(), IngestError> {
    let layout = layout::open(path, choice, columns, Wants::Pictures, &Console::silent())?;
    products(layout.as_ref())
}

/// Finds the products of an opened dump and makes captions of their texts.
///
/// # Errors
/// As `ingest` gives them.
pub(crate) fn products(layout: &dyn Layout) -> Result<(), IngestError> {
    let survey = layout.survey(&Console::silent())?;
    let ascending = survey.entries.windows(2).all(|pair| pair[0].id < pair[1].id);
    assert!(ascending, "each id once, in order: {:?}", survey.entries);
    for entry in &survey.entries {
        assert!(!entry.id.is_empty(), "a product has an id: {entry:?}");
        match layout.texts(entry) {
            Ok(texts) => check_texts(&texts),
            Err((flaw, _)) => assert!(!flaw.detail.is_empty(), "{flaw:?}"),
        }
    }
    for reject in &survey.rejects {
        assert!(!reject.detail.is_empty(), "{reject:?}");
    }
    Ok(())
}

/// Captions of these texts are clean lines.
pub(crate) fn check_texts(texts: &Texts) {
    let (made, _) = captions::build(texts);
    let clean = |text: &str| {
        let edges = text.trim() == text;
        edges && !text.contains(char::is_control) && !text.contains("  ")
    };
    assert!(made.all().into_iter().all(clean), "{made:?} of {texts:?}");
}

/// An error says what to do, or hands on what the system said.
pub(crate) fn check_error(error: &IngestError) {
    let text = error.to_string();
    let of_system = matches!(error, IngestError::Polars { .. } | IngestError::Stage(_));
    assert!(of_system || text.contains("\nhint: "), "{text}");
}
