//! A model from its file.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Result, anyhow, bail};
use stage::atomic;
use textfeat::{MAX_MODEL_BYTES, TextModel};

/// Name of the model in the folder of the stage.
pub(super) const NAME: &str = "text.model";

/// Reads the model in the file `path`, or in the folder `path`.
pub(super) fn read(path: &Path) -> Result<TextModel> {
    let path = if path.is_dir() {
        path.join(NAME)
    } else {
        path.to_owned()
    };
    let shown = path.display();
    let size = fs::metadata(&path).map(|meta| meta.len());
    match size {
        Ok(size) if size > MAX_MODEL_BYTES as u64 => {
            bail!(
                "{shown}: expected a text model of at most {MAX_MODEL_BYTES} bytes, found {size} bytes\nhint: name the file {NAME} that `textfeat fit` wrote"
            )
        }
        Err(e) if e.kind() == ErrorKind::NotFound => {
            bail!(
                "{shown}: expected a text model, found nothing\nhint: run `textfeat fit` first, or name the folder it wrote to"
            )
        }
        _ => {}
    }
    let bytes = fs::read(&path).map_err(|e| anyhow!("{shown}: cannot read: {e}"))?;
    TextModel::from_bytes(&bytes).map_err(|e| anyhow!("{shown}: {e}"))
}

/// Writes a model to the file `path`.
pub(super) fn write(path: &Path, model: &TextModel) -> Result<()> {
    let bytes = model.to_bytes().map_err(|e| anyhow!("{}: {e}", path.display()))?;
    atomic::write(path, &bytes)?;
    Ok(())
}
