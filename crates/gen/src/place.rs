//! Where pictures are to go, looked at before anything is drawn.

use std::path::Path;

use crate::GenerateError;

/// A folder for pictures; it need not be there.
///
/// # Errors
/// A file is in its place or above it.
pub fn check_folder(dir: &Path) -> Result<(), GenerateError> {
    let mut above = dir.ancestors().filter(|path| !path.as_os_str().is_empty());
    match above.find(|path| path.exists()) {
        Some(path) if !path.is_dir() => Err(GenerateError::Out {
            path: path.to_owned(),
            expected: "a folder",
            found: "a file",
        }),
        _ => Ok(()),
    }
}

/// A PNG file; it need not be there.
///
/// # Errors
/// A folder is in its place, or a file is above it.
pub fn check_file(path: &Path) -> Result<(), GenerateError> {
    if path.is_dir() {
        return Err(GenerateError::Out {
            path: path.to_owned(),
            expected: "a file",
            found: "a folder",
        });
    }
    path.parent().map_or(Ok(()), check_folder)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_the_way_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("x.png");
        std::fs::write(&file, b"x").unwrap();
        for good in [dir.path(), &dir.path().join("a/b"), Path::new("no/such")] {
            check_folder(good).unwrap();
        }
        for bad in [&file, &file.join("a/b")] {
            let error = check_folder(bad).unwrap_err().to_string();
            assert!(
                error.ends_with("x.png: expected a folder, found a file\nhint: take another --out"),
                "{error}"
            );
        }
        check_file(&file).unwrap();
        check_file(Path::new("x.png")).unwrap();
        let error = check_file(dir.path()).unwrap_err().to_string();
        assert!(error.contains("expected a file, found a folder"), "{error}");
        assert!(check_file(&file.join("y.png")).is_err());
    }
}
