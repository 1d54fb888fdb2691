//! An RGB picture in memory, from a tensor and to a PNG file.

use std::path::Path;

use tch::{Device, Kind, Tensor};

use crate::GanError;

/// Rows of RGB u8.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RgbImage {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `width * height * 3` bytes.
    pub pixels: Vec<u8>,
}

/// Images `[n, 3, h, w]` in -1..=1 as pictures; values outside are clamped.
///
/// # Errors
/// libtorch cannot hand the values over.
pub fn from_tensor(images: &Tensor) -> Result<Vec<RgbImage>, GanError> {
    let bytes = ((images.detach() + 1.0) * 127.5).round().clamp(0.0, 255.0);
    let bytes = bytes
        .permute([0, 2, 3, 1])
        .to_kind(Kind::Uint8)
        .to_device(Device::Cpu)
        .contiguous(); // [n, h, w, 3]
    let (_, height, width, _) = bytes.size4()?;
    let all = Vec::<u8>::try_from(&bytes.view([-1]))?;
    let (height, width) = (height as usize, width as usize);
    let picture = |pixels: &[u8]| RgbImage {
        width,
        height,
        pixels: pixels.to_vec(),
    };
    Ok(all
        .chunks_exact((height * width * 3).max(1))
        .map(picture)
        .collect())
}

/// The bytes of a PNG file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Png {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// The file.
    pub bytes: Vec<u8>,
}

impl Png {
    /// Writes the file, atomically.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), GanError> {
        stage::atomic::write(path, &self.bytes)?;
        Ok(())
    }
}

impl RgbImage {
    /// The picture as a PNG, with `texts` as its iTXt chunks (keyword and value). `path` names it in errors.
    ///
    /// # Errors
    /// A keyword that PNG does not allow.
    pub fn to_png(&self, path: &Path, texts: &[(&str, &str)]) -> Result<Png, GanError> {
        let encode = |source| GanError::Picture {
            path: path.to_owned(),
            source,
        };
        let mut bytes = Vec::new();
        let mut info = png::Info::with_size(self.width as u32, self.height as u32);
        info.color_type = png::ColorType::Rgb;
        info.bit_depth = png::BitDepth::Eight;
        let mut encoder = png::Encoder::with_info(&mut bytes, info).map_err(encode)?;
        for &(keyword, value) in texts {
            encoder
                .add_itxt_chunk(keyword.to_owned(), value.to_owned())
                .map_err(encode)?;
        }
        let mut writer = encoder.write_header().map_err(encode)?;
        writer.write_image_data(&self.pixels).map_err(encode)?;
        writer.finish().map_err(encode)?;
        Ok(Png {
            width: self.width,
            height: self.height,
            bytes,
        })
    }

    /// Writes a PNG, atomically, with `texts` as its iTXt chunks (keyword and value).
    ///
    /// # Errors
    /// A keyword that PNG does not allow, or the file cannot be written.
    pub fn write_png(&self, path: &Path, texts: &[(&str, &str)]) -> Result<(), GanError> {
        self.to_png(path, texts)?.write(path)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_tensor_becomes_pixels_row_by_row() {
        let x = Tensor::from_slice(&[-1.0_f32, 1.0, 0.0, 0.0, 3.0, -3.0]).reshape([1, 3, 1, 2]);
        let pictures = from_tensor(&x).unwrap();
        assert_eq!(
            pictures,
            [RgbImage {
                width: 2,
                height: 1,
                pixels: vec![0, 128, 255, 255, 128, 0]
            }]
        );
    }

    #[test]
    fn a_png_carries_its_texts() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.png");
        let picture = RgbImage {
            width: 1,
            height: 1,
            pixels: vec![1, 2, 3],
        };
        picture.write_png(&path, &[("caption", "crème T-shirt")]).unwrap();
        let decoder = png::Decoder::new(std::io::BufReader::new(std::fs::File::open(&path).unwrap()));
        let reader = decoder.read_info().unwrap();
        let text = &reader.info().utf8_text[0];
        assert_eq!(
            (text.keyword.as_str(), text.get_text().unwrap().as_str()),
            ("caption", "crème T-shirt")
        );
    }
}
