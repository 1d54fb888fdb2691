//! What can go wrong when drawing.

use std::path::PathBuf;

use stage::StageError;

use crate::captions::MAX_CAPTIONS;

/// A failure of this crate.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// Captions that say nothing to the model.
    #[error("captions: expected at least one known word, found none in {count} of {of}: {}{}\nhint: {}", list(named, *count), near(nearest), advice(nearest, count == of))]
    NoKnownWord {
        /// The first of them, each with its place and id.
        named: Vec<String>,
        /// How many there are.
        count: usize,
        /// How many captions were to be drawn.
        of: usize,
        /// Known words near to their words.
        nearest: Vec<String>,
    },
    /// A line of a captions file.
    #[error("{origin}:{line}: expected {expected}, found {found}\nhint: {hint}")]
    CaptionLine {
        /// The file.
        origin: String,
        /// Number of the line, from 1.
        line: u64,
        /// What it should be.
        expected: &'static str,
        /// What is wrong with it.
        found: String,
        /// What to do.
        hint: &'static str,
    },
    /// Nothing to draw, or too much of it.
    #[error("{origin}: expected {expected}, found {found}\nhint: {hint}")]
    Captions {
        /// The file or the command line.
        origin: String,
        /// What is allowed.
        expected: &'static str,
        /// What was given.
        found: String,
        /// What to do.
        hint: &'static str,
    },
    /// No model where one was named.
    #[error("{}: cannot read: expected a trained model, found nothing\nhint: {hint}", path.display())]
    NoModel {
        /// The model file.
        path: PathBuf,
        /// What to do.
        hint: &'static str,
    },
    /// Pictures cannot go where they are to go.
    #[error("{}: expected {expected}, found {found}\nhint: take another --out", path.display())]
    Out {
        /// The file or folder in the way.
        path: PathBuf,
        /// What should be there, if anything.
        expected: &'static str,
        /// What is there.
        found: &'static str,
    },
    /// A picture is there under the same name, and is another one.
    #[error("{}: expected {expected}, found {found}{}\nhint: take another --out, or draw it anew in its place with --force", path.display(), and_more(*more))]
    OtherPicture {
        /// The picture.
        path: PathBuf,
        /// What was to be drawn.
        expected: String,
        /// What is there.
        found: String,
        /// Further pictures of which the same is true.
        more: usize,
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
    Stage(#[from] StageError),
}

impl GenerateError {
    /// So many captions of `origin` are none, or too many.
    pub(crate) fn captions(origin: &str, found: usize) -> Self {
        Self::Captions {
            origin: origin.to_owned(),
            expected: "from one to a million captions",
            found: if found > MAX_CAPTIONS {
                "more".to_owned()
            } else {
                found.to_string()
            },
            hint: "one caption a line, or a JSON object a line in a file whose name ends in .jsonl",
        }
    }

    /// A failure of the reader of a captions file, told as all else that is wrong with a line of it.
    pub(crate) fn of_line(error: StageError) -> Self {
        match error {
            StageError::Line {
                origin,
                line,
                expected,
                found,
                hint,
            } => Self::CaptionLine {
                origin,
                line,
                expected,
                found,
                hint,
            },
            other => Self::Stage(other),
        }
    }
}

fn list(named: &[String], count: usize) -> String {
    let more = match count.saturating_sub(named.len()) {
        0 => String::new(),
        n => format!("; and {n} more"),
    };
    named.join("; ") + &more
}

fn near(words: &[String]) -> String {
    if words.is_empty() {
        String::new()
    } else {
        format!(" (near: {})", words.join(", "))
    }
}

fn advice(words: &[String], all: bool) -> String {
    let other = words.first().map_or_else(
        || "use words of the catalogue the model was trained on".to_owned(),
        |word| format!("did you mean \"{word}\"?"),
    );
    let skip = if all {
        ""
    } else {
        ", --skip-unknown draws the others alone"
    };
    format!("{other}; --allow-unknown draws without text{skip}")
}

fn and_more(more: usize) -> String {
    match more {
        0 => String::new(),
        1 => " (and 1 more picture is another one)".to_owned(),
        n => format!(" (and {n} more pictures are others)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captions_without_a_known_word_are_named_with_advice() {
        let error = |named: &[&str], count, nearest: &[&str]| {
            let texts =
                |texts: &[&str]| -> Vec<String> { texts.iter().map(|&text| text.to_owned()).collect() };
            let error = GenerateError::NoKnownWord {
                named: texts(named),
                count,
                of: 9,
                nearest: texts(nearest),
            };
            error.to_string()
        };
        assert_eq!(
            error(&["c.jsonl:2", "c.jsonl:5"], 7, &["red", "rose"]),
            "captions: expected at least one known word, found none in 7 of 9: c.jsonl:2; c.jsonl:5; and 5 more (near: red, rose)\n\
             hint: did you mean \"red\"?; --allow-unknown draws without text, --skip-unknown draws the others alone"
        );
        assert_eq!(
            error(&["c.jsonl:2"], 9, &[]),
            "captions: expected at least one known word, found none in 9 of 9: c.jsonl:2; and 8 more\n\
             hint: use words of the catalogue the model was trained on; --allow-unknown draws without text"
        );
    }
}
