//! What can go wrong when drawing.

use std::path::PathBuf;

/// A failure of this crate.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// The caption says nothing to the model.
    #[error("caption \"{caption}\": expected at least one known word, found none{}\nhint: {}", near(.nearest), advice(.nearest))]
    NoKnownWord {
        /// The caption.
        caption: String,
        /// Known words near to its words.
        nearest: Vec<String>,
    },
    /// A line of a captions file.
    #[error("{}:{line}: expected {{\"id\": ..., \"caption\": ...}}, found {found}\nhint: one JSON object a line, both values texts", path.display())]
    CaptionLine {
        /// The file.
        path: PathBuf,
        /// Number of the line, from 1.
        line: usize,
        /// What is wrong with it.
        found: String,
    },
    /// Nothing to draw, or too much of it.
    #[error("{origin}: expected {expected}, found {found}")]
    Captions {
        /// The file or the command line.
        origin: String,
        /// What is allowed.
        expected: &'static str,
        /// What was given.
        found: String,
    },
    /// The model holds no usable text model.
    #[error("{}: its text model", path.display())]
    TextModel {
        /// The model file.
        path: PathBuf,
        /// What textfeat said.
        source: textfeat::ModelError,
    },
    /// Image vectors and text vectors of different lengths.
    #[error("{}: expected a text model of {expected} values, found {found}\nhint: the file was put together by hand; train again", path.display())]
    Dims {
        /// The model file.
        path: PathBuf,
        /// What the generator takes.
        expected: usize,
        /// What the text model gives.
        found: usize,
    },
    /// The generator.
    #[error(transparent)]
    Gan(#[from] gan::GanError),
    /// Files.
    #[error(transparent)]
    Stage(#[from] stage::StageError),
}

fn near(words: &[String]) -> String {
    if words.is_empty() {
        String::new()
    } else {
        format!(" (near: {})", words.join(", "))
    }
}

fn advice(words: &[String]) -> String {
    let other = words.first().map_or_else(
        || "use words of the catalogue the model was trained on".to_owned(),
        |word| format!("did you mean \"{word}\"?"),
    );
    format!("{other} --allow-unknown draws without text")
}
