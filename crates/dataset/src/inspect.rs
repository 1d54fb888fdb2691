//! Showing what is inside: the whole in figures, a sample in words, its image as PNG.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use serde::Serialize;
use stage::StageError;
use stage::atomic::AtomicFile;

use crate::{Compression, Dataset, DatasetError, Sample, Split};

/// A data set in figures.
#[derive(Debug, Serialize)]
pub struct Overview {
    /// Samples in all.
    pub products: usize,
    /// Samples by split.
    pub splits: BTreeMap<&'static str, usize>,
    /// Samples by shard.
    pub shards: Vec<usize>,
    /// Width and height of an image in pixels.
    pub resolution: usize,
    /// Captions a product.
    pub captions: usize,
    /// Length of a caption's vector.
    pub dims: usize,
    /// How the shards are compressed, `zstd:LEVEL`; `None` where they are raw.
    pub compress: Option<Compression>,
    /// One hash over the content of all files.
    pub content_hash: String,
}

impl Overview {
    /// The figures of a data set.
    #[must_use]
    pub fn of(data: &Dataset) -> Self {
        let splits: BTreeMap<_, _> = Split::ALL
            .into_iter()
            .map(|split| (split.name(), data.len(split)))
            .collect();
        Self {
            products: splits.values().sum(),
            splits,
            shards: data.shard_sizes(),
            resolution: data.resolution(),
            captions: data.captions(),
            dims: data.dims(),
            compress: data.compression(),
            content_hash: data.content_hash().to_owned(),
        }
    }
}

/// A sample in words.
#[derive(Debug, Serialize)]
pub struct SampleView<'a> {
    /// The dump's id.
    pub id: &'a str,
    /// What the sample is for.
    pub split: &'static str,
    /// Where the photo lies in the squared image: x, y, width, height in pixels.
    pub content_box: [u32; 4],
    /// Attributes by name.
    pub attributes: &'a BTreeMap<String, String>,
    /// Each text and its vector.
    pub captions: Vec<CaptionView<'a>>,
}

/// A caption and its vector.
#[derive(Debug, Serialize)]
pub struct CaptionView<'a> {
    /// The text; it may be empty.
    pub text: &'a str,
    /// Column and value of each entry of the vector that is not zero.
    pub vector: Vec<(usize, f32)>,
}

impl<'a> SampleView<'a> {
    /// A sample of `data`, in words.
    ///
    /// # Errors
    /// The sample's vectors are damaged.
    pub fn of(data: &Dataset, sample: &Sample<'a>) -> Result<Self, DatasetError> {
        let vectors = sample.vectors()?;
        let vectors = vectors.chunks_exact(data.dims());
        let captions = sample
            .captions
            .iter()
            .zip(vectors)
            .map(|(text, vector)| CaptionView {
                text,
                vector: vector
                    .iter()
                    .copied()
                    .enumerate()
                    .filter(|&(_, value)| value != 0.0)
                    .collect(),
            });
        Ok(Self {
            id: sample.id,
            split: sample.split.name(),
            content_box: sample.content_box,
            attributes: sample.attributes,
            captions: captions.collect(),
        })
    }
}

/// Writes `image`, `resolution * resolution * 3` bytes of RGB, as PNG.
///
/// # Errors
/// The file cannot be written.
pub fn write_png(path: &Path, resolution: usize, image: &[u8]) -> Result<(), DatasetError> {
    let mut file = AtomicFile::create(path)?;
    let written = encode_png(&mut file, resolution, image);
    written.map_err(|e| StageError::io(path, "cannot write as PNG", e))?;
    file.commit()?;
    Ok(())
}

/// Writes `image` as PNG to the end of `to`.
pub(crate) fn encode_png(to: impl io::Write, resolution: usize, image: &[u8]) -> io::Result<()> {
    let side = u32::try_from(resolution).map_err(io::Error::other)?;
    let mut encoder = png::Encoder::new(to, side, side);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(image)?;
    Ok(writer.finish()?)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::fs::File;
    use std::io::BufReader;

    use super::*;
    use crate::fixture::{Fixture, pixels};

    #[test]
    fn figures_and_words_are_those_of_the_data() {
        let fixture = Fixture::packed(&[2, 1]);
        let data = Dataset::open(&fixture.out()).unwrap();
        let overview = Overview::of(&data);
        assert_eq!(
            (overview.products, overview.splits["val"], overview.shards),
            (3, 1, vec![2, 1])
        );
        let sample = data.sample_at(0, 0).unwrap();
        let view = SampleView::of(&data, &sample).unwrap();
        assert_eq!((view.id, view.split, view.captions.len()), ("0-0", "train", 4));
        assert_eq!(
            view.captions[0].vector,
            [(1, 1.0), (2, 2.0), (3, 3.0), (4, 4.0)],
            "zeros are left out"
        );
    }

    #[test]
    fn a_png_holds_the_very_pixels() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.png");
        write_png(&path, 4, &pixels(0, 1)).unwrap();
        let mut reader = png::Decoder::new(BufReader::new(File::open(&path).unwrap()))
            .read_info()
            .unwrap();
        let mut decoded = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut decoded).unwrap();
        assert_eq!((info.width, info.height, decoded), (4, 4, pixels(0, 1)));
    }

    #[test]
    fn an_image_of_the_wrong_size_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        assert!(write_png(&dir.path().join("a.png"), 4, &[0; 47]).is_err());
        assert_eq!(dir.path().read_dir().unwrap().count(), 0);
    }
}
