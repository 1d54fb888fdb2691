//! Paths as tables and archives write them, made safe: relative, parted by `/`, never leading out of the dump.

use crate::rejects::{Flaw, Reason};

/// Extensions of pictures, in lowercase. They only decide which files want a text; what a file holds is
/// decided by its bytes.
const PICTURES: [&str; 11] = [
    "jpg", "jpeg", "jpe", "jfif", "png", "webp", "gif", "bmp", "tif", "tiff", "avif",
];

/// `raw` as a path in the dump: `\` becomes `/`, `.` and doubled separators go.
///
/// # Errors
/// The path is empty or absolute, or a part of it is `..`.
pub fn relative(raw: &str) -> Result<String, Flaw> {
    let refused = |why: &str| Flaw::new(Reason::BadPath, format!("\"{}\" {why}", raw.escape_debug()));
    let path = raw.replace('\\', "/");
    let bytes = path.as_bytes();
    if path.starts_with('/') || (bytes.get(1) == Some(&b':') && bytes[0].is_ascii_alphabetic()) {
        return Err(refused("is absolute; expected a path in the dump"));
    }
    if path.contains('\0') {
        return Err(refused("holds a zero byte"));
    }
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => return Err(refused("leads upwards; expected a path in the dump")),
            part => parts.push(part),
        }
    }
    if parts.is_empty() {
        return Err(refused("names no file"));
    }
    Ok(parts.join("/"))
}

/// Folder and name: `("images/010", "0108775015.jpg")`; the folder of a name alone is "".
#[must_use]
pub fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// The path without the extension of its name: `train/1` of `train/1.jpg`. A name that only begins with a
/// dot has no extension.
#[must_use]
pub fn stem(path: &str) -> &str {
    let from = path.len() - split(path).1.len();
    match path[from..].rfind('.') {
        Some(at) if at > 0 => &path[..from + at],
        _ => path,
    }
}

/// The extension in lowercase; may be empty.
#[must_use]
pub fn extension(path: &str) -> String {
    path[stem(path).len()..].trim_start_matches('.').to_lowercase()
}

/// Whether the file calls itself a picture.
#[must_use]
pub fn is_picture(path: &str) -> bool {
    PICTURES.contains(&extension(path).as_str())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_relative_or_are_refused() {
        for (raw, path) in [
            ("1.jpg", "1.jpg"),
            ("./a//b/./1.jpg", "a/b/1.jpg"),
            ("a\\b\\1.jpg", "a/b/1.jpg"),
            ("a..b/...", "a..b/..."),
        ] {
            assert_eq!(relative(raw).unwrap(), path);
        }
        for raw in [
            "",
            ".",
            "/etc/passwd",
            "\\\\host\\x",
            "C:\\x.jpg",
            "../x",
            "a/../../x",
            "a\0b",
        ] {
            assert_eq!(relative(raw).unwrap_err().reason, Reason::BadPath, "{raw:?}");
        }
    }

    #[test]
    fn names_come_apart_at_the_last_dot() {
        for (path, folder, stem_of, extension_of) in [
            ("a/b.c/1.tar.JPG", "a/b.c", "a/b.c/1.tar", "jpg"),
            ("1", "", "1", ""),
            ("a.b/1", "a.b", "a.b/1", ""),
            ("a/.hidden", "a", "a/.hidden", ""),
            ("ü.png", "", "ü", "png"),
        ] {
            assert_eq!(
                (split(path).0, stem(path), extension(path).as_str()),
                (folder, stem_of, extension_of)
            );
        }
        assert!(is_picture("a/1.JPeG") && !is_picture("a/jpg") && !is_picture("1.txt"));
    }
}
