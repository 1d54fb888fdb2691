//! What a stage's result depends on, and its fingerprint.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::StageError;

/// Stage, format version, resolved settings and hashes of the inputs: equal keys give equal results.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StageKey {
    /// Name of the stage, such as `ingest`.
    pub stage: &'static str,
    /// Version of what the stage writes; raised when old results must be made anew.
    pub format_version: u32,
    /// Every setting that changes the result (`--jobs` does not), with defaults filled in.
    pub settings: Value,
    /// Name of each input and the hash of its content.
    pub inputs: BTreeMap<String, String>,
}

impl StageKey {
    /// A key without inputs.
    ///
    /// # Errors
    /// The settings do not serialise.
    pub fn new(
        stage: &'static str,
        format_version: u32,
        settings: &impl Serialize,
    ) -> Result<Self, StageError> {
        let settings =
            serde_json::to_value(settings).map_err(|source| StageError::Settings { stage, source })?;
        Ok(Self {
            stage,
            format_version,
            settings,
            inputs: BTreeMap::new(),
        })
    }

    /// Adds an input: its name, and the hash of its content.
    #[must_use]
    pub fn with_input(mut self, name: &str, hash: impl Into<String>) -> Self {
        self.inputs.insert(name.to_owned(), hash.into());
        self
    }

    /// blake3 of the key as JSON with sorted names, in hex.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        // serde_json's maps are sorted, so the text is canonical.
        let text =
            serde_json::json!([self.stage, self.format_version, self.settings, self.inputs]).to_string();
        blake3::hash(text.as_bytes()).to_hex().to_string()
    }

    /// What differs from an earlier run, one line each, for the user.
    #[must_use]
    pub fn changes_from(
        &self,
        version: u32,
        settings: &Value,
        inputs: &BTreeMap<String, String>,
    ) -> Vec<String> {
        let mut changes = Vec::new();
        if version != self.format_version {
            changes.push(format!("format version: {version} -> {}", self.format_version));
        }
        let empty = serde_json::Map::new();
        let (old, new) = (
            settings.as_object().unwrap_or(&empty),
            self.settings.as_object().unwrap_or(&empty),
        );
        let show = |v: Option<&Value>| v.map_or_else(|| "(none)".to_owned(), Value::to_string);
        let names: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        for name in names {
            if old.get(name) != new.get(name) {
                changes.push(format!(
                    "{name}: {} -> {}",
                    show(old.get(name)),
                    show(new.get(name))
                ));
            }
        }
        let names: std::collections::BTreeSet<&String> = inputs.keys().chain(self.inputs.keys()).collect();
        for name in names {
            match (inputs.get(name), self.inputs.get(name)) {
                (a, b) if a == b => {}
                (Some(_), Some(_)) => changes.push(format!("input {name}: other content")),
                (None, _) => changes.push(format!("input {name}: new")),
                (_, None) => changes.push(format!("input {name}: no longer used")),
            }
        }
        changes
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_fingerprint_follows_every_part_and_no_order() {
        let key = |s: Value| StageKey::new("ingest", 1, &s).unwrap();
        let a = key(json!({"size": 128, "fit": "pad"})).with_input("dump", "1");
        let b = key(json!({"fit": "pad", "size": 128})).with_input("dump", "1");
        assert_eq!(a.fingerprint(), b.fingerprint());
        let c = key(json!({"fit": "crop", "size": 128})).with_input("dump", "1");
        assert_ne!(a.fingerprint(), c.fingerprint());
        assert_eq!(
            c.changes_from(1, &a.settings, &a.inputs),
            ["fit: \"pad\" -> \"crop\""]
        );
        let d = a.clone().with_input("dump", "2");
        assert_eq!(
            d.changes_from(1, &a.settings, &a.inputs),
            ["input dump: other content"]
        );
    }
}
