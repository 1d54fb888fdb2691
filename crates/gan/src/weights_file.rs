//! Files of weights: safetensors with one JSON object about them, and a checksum over both.
//!
//! The value of the metadata key `atelier` is `{"blake3": HASH, "about": OBJECT}`. The object holds at least
//! `format` (the version) and `kind` (`checkpoint`, `model`, `evaluator` or `photos`); the hash is over the object's text as it stands in
//! the file, and over every tensor's name, shape and bytes in order of name. Any other program that reads
//! safetensors can open the file.

use std::collections::BTreeMap;
use std::path::Path;

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use tch::{Device, Kind, Tensor};

use crate::GanError;

/// Version of what this module writes.
pub const FORMAT: u64 = 1;
const KEY: &str = "atelier";
/// Above the largest network of the house; a header that asks for more is not believed.
const MAX_BYTES: u64 = 16 << 30;

/// The metadata. The object about the file stays text until the checksum has been compared: parsed and printed
/// again it need not be the same bytes.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sealed {
    blake3: String,
    about: Box<RawValue>,
}

/// Tensors by name, in the order of the names.
pub type Tensors = BTreeMap<String, Tensor>;

/// Writes `tensors` (f32) and what is to be known of them, atomically.
///
/// # Errors
/// A tensor is not f32, or the file cannot be written.
pub fn write(path: &Path, kind: &str, about: Map<String, Value>, tensors: &Tensors) -> Result<(), GanError> {
    let mut bytes = Vec::with_capacity(tensors.len());
    for (name, tensor) in tensors {
        bytes.push((name, shape(tensor), values(tensor)?));
    }
    let cannot_print = |e: serde_json::Error| GanError::Torch(e.to_string());
    let mut about = about;
    about.insert("format".to_owned(), FORMAT.into());
    about.insert("kind".to_owned(), kind.into());
    let views = bytes
        .iter()
        .map(|(name, shape, values)| (name.as_str(), shape.as_slice(), bytemuck::cast_slice(values)));
    let about = serde_json::value::to_raw_value(&about).map_err(cannot_print)?;
    let sealed = Sealed {
        blake3: checksum(about.get(), views),
        about,
    };
    let metadata = serde_json::to_string(&sealed).map_err(cannot_print)?;

    let views: Vec<(&str, TensorView<'_>)> = bytes
        .iter()
        .map(|(name, shape, values)| {
            TensorView::new(Dtype::F32, shape.clone(), bytemuck::cast_slice(values))
                .map(|v| (name.as_str(), v))
        })
        .collect::<Result<_, _>>()
        .map_err(|e| GanError::Torch(e.to_string()))?;
    let file = safetensors::serialize(views, Some([(KEY.to_owned(), metadata)].into()))
        .map_err(|e| GanError::Torch(e.to_string()))?;
    stage::atomic::write(path, &file)?;
    Ok(())
}

/// Reads a file of weights of the given kind and verifies it whole.
///
/// # Errors
/// The file is absent, cut, damaged, of another kind or of a newer version.
pub fn read(path: &Path, kind: &str) -> Result<(Map<String, Value>, Tensors), GanError> {
    parse(path, kind, &bytes(path, kind)?)
}

/// [`read`], and blake3 of the bytes that were read, in hex: the name of exactly this file.
///
/// # Errors
/// As [`read`].
pub fn read_named(path: &Path, kind: &str) -> Result<(Map<String, Value>, Tensors, String), GanError> {
    let file = bytes(path, kind)?;
    let (about, tensors) = parse(path, kind, &file)?;
    Ok((about, tensors, blake3::hash(&file).to_hex().to_string()))
}

fn bytes(path: &Path, kind: &str) -> Result<Vec<u8>, GanError> {
    let io = |e| GanError::Stage(stage::StageError::io(path, "cannot read", e));
    let length = std::fs::metadata(path).map_err(io)?.len();
    if length > MAX_BYTES {
        return Err(bad(path, kind, "at most 16 GiB", format!("{length} bytes")));
    }
    std::fs::read(path).map_err(io)
}

fn bad(path: &Path, kind: &str, expected: &str, found: String) -> GanError {
    let hint = match kind {
        "checkpoint" => {
            "the file was cut, damaged or is something else; take an earlier checkpoint or train again"
        }
        "model" => {
            "the file was cut, damaged or is something else; `gan train --resume` writes model.safetensors of a run anew"
        }
        "evaluator" => {
            "the file was cut, damaged or is something else; `gan eval --prepare --force` trains an evaluator in its place"
        }
        "photos" => "the file was cut, damaged or is something else; the next `gan eval` writes it anew",
        _ => "the file was cut, damaged or is something else",
    };
    GanError::File {
        path: path.to_owned(),
        expected: expected.to_owned(),
        found,
        hint,
    }
}

fn parse(path: &Path, kind: &str, file: &[u8]) -> Result<(Map<String, Value>, Tensors), GanError> {
    let (bad, length) = (
        |expected: &str, found: String| bad(path, kind, expected, found),
        file.len(),
    );
    let not_safetensors = |e: safetensors::SafeTensorError| {
        bad(
            "a safetensors file",
            format!("{length} bytes that are none ({e})"),
        )
    };
    let (_, header) = SafeTensors::read_metadata(file).map_err(not_safetensors)?;
    let text = header.metadata().as_ref().and_then(|m| m.get(KEY));
    let text = text.ok_or_else(|| bad("a file written by atelier", "no metadata `atelier`".to_owned()))?;
    let not_json = |e: serde_json::Error| bad("metadata as a JSON object", e.to_string());
    let sealed: Sealed = serde_json::from_str(text).map_err(not_json)?;
    let about: Map<String, Value> = serde_json::from_str(sealed.about.get()).map_err(not_json)?;
    let format = about.get("format").and_then(Value::as_u64).unwrap_or(0);
    if format > FORMAT {
        return Err(GanError::File {
            path: path.to_owned(),
            expected: format!("format version {FORMAT} or lower"),
            found: format!("version {format}"),
            hint: "the file comes from a newer atelier; update this one",
        });
    }
    let found_kind = about.get("kind").and_then(Value::as_str).unwrap_or_default();
    if found_kind != kind {
        return Err(GanError::File {
            path: path.to_owned(),
            expected: a(kind),
            found: a(found_kind),
            hint: "runs/NAME/model.safetensors is the model, runs/NAME/checkpoints holds checkpoints, DATA.evaluator.safetensors is the evaluator",
        });
    }
    let contents = SafeTensors::deserialize(file).map_err(not_safetensors)?;
    let views: BTreeMap<String, TensorView<'_>> = contents.tensors().into_iter().collect();
    if let Some((name, view)) = views.iter().find(|(_, v)| v.dtype() != Dtype::F32) {
        return Err(bad("tensors of F32", format!("`{name}` of {:?}", view.dtype())));
    }
    let hash = checksum(
        sealed.about.get(),
        views.iter().map(|(n, v)| (n.as_str(), v.shape(), v.data())),
    );
    if sealed.blake3 != hash {
        return Err(bad(
            "content of the recorded checksum",
            format!("other content (blake3 {hash})"),
        ));
    }
    let mut tensors = Tensors::new();
    for (name, view) in views {
        let values: Vec<f32> = bytemuck::pod_collect_to_vec(view.data());
        let shape: Vec<i64> = view.shape().iter().map(|&d| d as i64).collect();
        tensors.insert(name, Tensor::from_slice(&values).reshape(shape));
    }
    Ok((about, tensors))
}

/// Copies into each named tensor the values of the same name in `source`.
///
/// # Errors
/// What was expected and what was found, where a tensor is missing or has another shape.
pub fn copy_into<'a>(
    parts: impl Iterator<Item = (String, &'a Tensor)>,
    source: &Tensors,
) -> Result<(), (String, String)> {
    let _no_grad = tch::no_grad_guard();
    for (name, tensor) in parts {
        let expected = || format!("tensor `{name}` of shape {:?}", tensor.size());
        let Some(value) = source.get(&name) else {
            return Err((expected(), "none".to_owned()));
        };
        if value.size() != tensor.size() {
            return Err((expected(), format!("shape {:?}", value.size())));
        }
        tensor.shallow_clone().copy_(value);
    }
    Ok(())
}

fn a(kind: &str) -> String {
    let article = if kind.starts_with('e') { "an" } else { "a" };
    format!("{article} {kind}")
}

fn checksum<'a>(about: &str, tensors: impl Iterator<Item = (&'a str, &'a [usize], &'a [u8])>) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(about.as_bytes());
    for (name, shape, data) in tensors {
        hasher.update(format!("\n{name} {shape:?} {}\n", data.len()).as_bytes());
        hasher.update(data);
    }
    hasher.finalize().to_hex().to_string()
}

fn shape(tensor: &Tensor) -> Vec<usize> {
    tensor.size().iter().map(|&d| d as usize).collect()
}

fn values(tensor: &Tensor) -> Result<Vec<f32>, GanError> {
    if tensor.kind() != Kind::Float {
        return Err(GanError::Torch(format!(
            "expected a tensor of f32 to save, found {:?}",
            tensor.kind()
        )));
    }
    let flat = tensor.detach().to_device(Device::Cpu).contiguous().view([-1]);
    Ok(Vec::<f32>::try_from(&flat)?)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn example(dir: &Path) -> (std::path::PathBuf, Tensors) {
        let tensors = Tensors::from([
            (
                "b".to_owned(),
                Tensor::from_slice(&[1.0_f32, 2.0, 3.0, 4.0]).reshape([2, 2]),
            ),
            ("a".to_owned(), Tensor::from(7.0_f32)),
        ]);
        let path = dir.join("x.safetensors");
        let about = Map::from_iter([("step".to_owned(), Value::from(3))]);
        write(&path, "checkpoint", about, &tensors).unwrap();
        (path, tensors)
    }

    #[test]
    fn what_is_written_is_read_and_equal_bytes_come_each_time() {
        let dir = tempfile::tempdir().unwrap();
        let (path, tensors) = example(dir.path());
        let (about, back) = read(&path, "checkpoint").unwrap();
        assert_eq!(about["step"], 3);
        assert!(
            tensors
                .iter()
                .all(|(name, t)| back[name].equal(t) && back[name].size() == t.size())
        );
        let first = std::fs::read(&path).unwrap();
        example(dir.path());
        assert_eq!(first, std::fs::read(&path).unwrap());
    }

    #[test]
    fn a_file_is_whole_whatever_number_is_in_it() {
        use rand::{RngExt, SeedableRng};
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.safetensors");
        let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(1);
        for _ in 0..500 {
            let seconds = random.random::<f64>() * 1e6;
            let about = Map::from_iter([("seconds".to_owned(), Value::from(seconds))]);
            write(&path, "checkpoint", about, &Tensors::new()).unwrap();
            let (about, _) = read(&path, "checkpoint").unwrap();
            assert_eq!(about["seconds"].as_f64(), Some(seconds));
        }
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let (path, _) = example(dir.path());
        let whole = std::fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << (at % 8);
            std::fs::write(&path, &bytes).unwrap();
            let error = read(&path, "checkpoint").map(|_| at).unwrap_err().to_string();
            assert!(
                error.contains("x.safetensors: expected") && error.contains("\nhint: "),
                "{error}"
            );
            std::fs::write(&path, &whole[..at]).unwrap();
            assert!(read(&path, "checkpoint").is_err(), "cut at {at}");
        }
    }

    #[test]
    fn what_to_do_about_a_damaged_file_depends_on_what_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.safetensors");
        std::fs::write(&path, b"cut").unwrap();
        for (kind, says) in [
            ("checkpoint", "take an earlier checkpoint"),
            ("model", "`gan train --resume`"),
            ("evaluator", "`gan eval --prepare --force`"),
            ("photos", "the next `gan eval`"),
        ] {
            let error = read(&path, kind).map(|_| ()).unwrap_err().to_string();
            let (_, hint) = error.split_once("\nhint: ").unwrap();
            assert!(hint.contains(says), "{kind}: {hint}");
            assert_eq!(
                hint.contains("earlier checkpoint"),
                kind == "checkpoint",
                "{kind}: {hint}"
            );
        }
    }

    #[test]
    fn another_kind_and_a_newer_version_say_so() {
        let dir = tempfile::tempdir().unwrap();
        let (path, _) = example(dir.path());
        let error = read(&path, "model").map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("expected a model, found a checkpoint"), "{error}");
        let text = std::fs::read(&path).unwrap();
        // The header is JSON within JSON, of the same length with another digit.
        let text: Vec<u8> = {
            let at = text.windows(13).position(|w| w == b"\\\"format\\\":1,").unwrap();
            let mut text = text;
            text[at + 11] = b'9';
            text
        };
        std::fs::write(&path, text).unwrap();
        let error = read(&path, "checkpoint").map(|_| ()).unwrap_err().to_string();
        assert!(
            error.contains("expected format version 1 or lower, found version 9"),
            "{error}"
        );
    }
}
