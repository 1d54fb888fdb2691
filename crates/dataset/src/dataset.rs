//! A packed data set, open for reading.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::hint::black_box;
use std::path::Path;

use rayon::prelude::*;
use stage::StageError;

use crate::compress::Compression;
use crate::folder::{Folder, TEXT_MODEL};
use crate::format::{Shape, TextRecord};
use crate::parse;
use crate::shard::Shard;
use crate::{DatasetError, Split};

/// A text model larger than this is not read.
const MAX_TEXT_MODEL: u64 = 1 << 30;

/// Bytes of a page on the machines in use; on others a touch reads a little more or less than needed.
const PAGE: usize = 4096;

/// The shards that `dataset pack` wrote, mapped into memory. Shared by threads as it is.
///
/// Opening checks `stage.json`, the text model and each shard's header and texts; images and vectors are
/// checked by [`crate::verify`] alone, so that opening takes no longer for larger images.
pub struct Dataset {
    shape: Shape,
    compression: Option<Compression>,
    shards: Vec<Shard>,
    /// For each split, shard and place of each sample.
    places: [Vec<(u32, u32)>; Split::ALL.len()],
    text_model: Vec<u8>,
    content_hash: String,
}

/// A product: views into a [`Dataset`]. Image and vectors are read when they are asked for, so that looking through
/// texts unpacks nothing.
#[derive(Debug, Clone, Copy)]
pub struct Sample<'a> {
    /// The dump's id.
    pub id: &'a str,
    /// The texts, in the order of the vectors; a text may be empty.
    pub captions: &'a [String],
    /// Attributes by name, such as `base_colour`.
    pub attributes: &'a BTreeMap<String, String>,
    /// Where the photo lies in the squared image: x, y, width, height in pixels.
    pub content_box: [u32; 4],
    /// What the sample is for.
    pub split: Split,
    shard: &'a Shard,
    place: usize,
}

impl<'a> Sample<'a> {
    /// `[resolution, resolution, 3]` u8: rows of RGB. A view of a raw shard, or unpacked from a compressed one.
    ///
    /// # Errors
    /// The shard is compressed and damaged here.
    pub fn image(&self) -> Result<Cow<'a, [u8]>, DatasetError> {
        self.shard.image(self.place)
    }

    /// `[captions, dims]`: a vector of length 1 a caption, or zeros where no word is known. A view or unpacked, as the
    /// image.
    ///
    /// # Errors
    /// The shard is compressed and damaged here.
    pub fn vectors(&self) -> Result<Cow<'a, [f32]>, DatasetError> {
        self.shard.vectors(self.place)
    }

    /// The caption to learn from where `chosen` is asked for: that one, or another that stands in for it where it has no
    /// text, as the `attributes` of a product without attributes. The first without text gives way to the first that has
    /// one, the second to the second and so on, around: where all are chosen evenly, those with texts come nearly evenly.
    /// Where none has a text, it stays as it is.
    #[must_use]
    pub fn caption_with_text(&self, chosen: usize) -> usize {
        let is_empty = |caption: &&String| caption.is_empty();
        if self
            .captions
            .get(chosen)
            .is_none_or(|caption| !caption.is_empty())
        {
            return chosen;
        }
        let number = self.captions.iter().take(chosen).filter(is_empty).count();
        let mut with_text = (0..self.captions.len()).filter(|&i| !self.captions[i].is_empty());
        let number = number.checked_rem(with_text.clone().count());
        number.and_then(|number| with_text.nth(number)).unwrap_or(chosen)
    }
}

impl Dataset {
    /// Opens the data set in `dir`.
    ///
    /// # Errors
    /// It is not finished, or a file of it is gone, cut, damaged, foreign or of a newer version.
    pub fn open(dir: &Path) -> Result<Self, DatasetError> {
        let folder = Folder::read(dir)?;
        let text_model = read_text_model(&folder)?;
        let shards: Vec<Shard> = folder
            .shards()?
            .par_iter()
            .map(|(path, _)| {
                let shard = Shard::open(path)?;
                folder.check_shape(path, shard.header().shape)?;
                Ok(shard)
            })
            .collect::<Result<_, DatasetError>>()?;
        let mut places = [const { Vec::new() }; Split::ALL.len()];
        for (number, shard) in (0..).zip(&shards) {
            for (place, text) in (0..).zip(shard.texts()) {
                places[text.split as usize].push((number, place));
            }
        }
        let content_hash = folder.content_hash();
        Ok(Self {
            shape: folder.settings.shape,
            compression: folder.settings.compress,
            shards,
            places,
            text_model,
            content_hash,
        })
    }

    /// Width and height of an image in pixels.
    #[must_use]
    pub const fn resolution(&self) -> usize {
        self.shape.resolution as usize
    }

    /// Length of a caption's vector.
    #[must_use]
    pub const fn dims(&self) -> usize {
        self.shape.dims as usize
    }

    /// Captions a product.
    #[must_use]
    pub const fn captions(&self) -> usize {
        self.shape.captions as usize
    }

    /// Bytes of an image.
    #[must_use]
    pub const fn image_bytes(&self) -> usize {
        self.resolution() * self.resolution() * 3
    }

    /// How the shards are compressed; `None` where they are raw.
    #[must_use]
    pub const fn compression(&self) -> Option<Compression> {
        self.compression
    }

    /// Samples in a split.
    #[must_use]
    pub const fn len(&self, split: Split) -> usize {
        self.places[split as usize].len()
    }

    /// Whether a split has no sample.
    #[must_use]
    pub const fn is_empty(&self, split: Split) -> bool {
        self.len(split) == 0
    }

    /// A sample by its index in the split, in order of shard and place; `None` beyond the end.
    #[must_use]
    pub fn sample(&self, split: Split, index: usize) -> Option<Sample<'_>> {
        let (shard, place) = *self.places[split as usize].get(index)?;
        self.sample_at(shard as usize, place as usize)
    }

    /// A sample by shard and place in it; `None` where there is none.
    #[must_use]
    pub fn sample_at(&self, shard: usize, place: usize) -> Option<Sample<'_>> {
        let shard = self.shards.get(shard)?;
        let text = shard.texts().get(place)?;
        Some(Sample {
            id: &text.id,
            captions: &text.captions,
            attributes: &text.attributes,
            content_box: text.content_box,
            split: text.split,
            shard,
            place,
        })
    }

    /// Indices of a split's samples by their value of an attribute; those without it under `None`.
    #[must_use]
    pub fn classes(&self, split: Split, attribute: &str) -> BTreeMap<Option<&str>, Vec<usize>> {
        let mut classes = BTreeMap::<_, Vec<usize>>::new();
        for (index, text) in self.texts(split).enumerate() {
            let value = text.attributes.get(attribute).map(String::as_str);
            classes.entry(value).or_default().push(index);
        }
        classes
    }

    /// Names of the attributes that a split's samples have, in order.
    #[must_use]
    pub fn attributes(&self, split: Split) -> Vec<&str> {
        let names = self.texts(split).flat_map(|text| text.attributes.keys());
        names
            .map(String::as_str)
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect()
    }

    /// The texts of a split's samples, in the order of their indices.
    fn texts(&self, split: Split) -> impl Iterator<Item = &TextRecord> {
        let places = self.places[split as usize].iter();
        places.map(|&(shard, place)| &self.shards[shard as usize].texts()[place as usize])
    }

    /// Reads a byte of each page of a sample's image as it lies in the file, and one of the caption's vector, so that
    /// the machine looks up all these pages at once and not one after the other while they are copied.
    pub(crate) fn touch(&self, split: Split, index: usize, caption: usize) {
        let place = self.places[split as usize].get(index);
        let shard =
            place.and_then(|&(shard, place)| Some((self.shards.get(shard as usize)?, place as usize)));
        let Some((shard, place)) = shard else {
            return;
        };
        let pages = shard.stored_image(place).iter().step_by(PAGE);
        let vector = shard.stored_vectors(place, caption * self.dims()).first();
        black_box(pages.chain(vector).fold(0, |sum, byte| sum ^ byte));
    }

    /// Copies or unpacks a sample's image and the vector of one of its captions to places of just their sizes.
    pub(crate) fn copy(
        &self,
        split: Split,
        index: usize,
        caption: usize,
        image: &mut [u8],
        vector: &mut [f32],
    ) -> Result<(), DatasetError> {
        thread_local! {
            static SCRATCH: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
        }
        let place = self.places[split as usize].get(index);
        let found =
            place.and_then(|&(shard, place)| Some((self.shards.get(shard as usize)?, place as usize)));
        let Some((shard, place)) = found.filter(|_| caption < self.captions()) else {
            let expected = format!(
                "a sample below {} with a caption below {}",
                self.len(split),
                self.captions()
            );
            return Err(DatasetError::load(
                &expected,
                format!("sample {index}, caption {caption}"),
            ));
        };
        let range = caption * self.dims()..(caption + 1) * self.dims();
        SCRATCH.with_borrow_mut(|scratch| shard.read_vectors(place, range, vector, scratch))?;
        shard.read_image(place, image)
    }

    /// Samples in each shard, in order.
    #[must_use]
    pub fn shard_sizes(&self) -> Vec<usize> {
        self.shards.iter().map(|shard| shard.texts().len()).collect()
    }

    /// The content of `text.model`, the model that made the vectors.
    #[must_use]
    pub fn text_model(&self) -> &[u8] {
        &self.text_model
    }

    /// One hash over the content of all files.
    #[must_use]
    pub fn content_hash(&self) -> &str {
        &self.content_hash
    }
}

/// Reads the text model and checks it against its record.
pub(crate) fn read_text_model(folder: &Folder) -> Result<Vec<u8>, DatasetError> {
    let (path, recorded) = folder.output(TEXT_MODEL)?;
    let fail = |e| StageError::io(&path, "cannot read", e);
    let found = fs::metadata(&path).map_err(fail)?.len();
    let expected = recorded.bytes;
    if found > MAX_TEXT_MODEL {
        return Err(DatasetError::Malformed {
            path,
            part: "text model",
            expected: format!("at most {MAX_TEXT_MODEL} bytes"),
            found: format!("{found} bytes"),
        });
    }
    if found < expected {
        return Err(DatasetError::Cut {
            path,
            expected,
            found,
        });
    }
    if found > expected {
        return Err(DatasetError::Trailing {
            path,
            expected,
            found,
        });
    }
    let bytes = fs::read(&path).map_err(fail)?;
    parse::check_hex(&path, "text model", &bytes, &recorded.blake3)?;
    Ok(bytes)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::fixture::{self, Fixture, flip};

    #[test]
    fn every_sample_comes_back_as_it_was_packed() {
        for compress in [None, Some("zstd"), Some("zstd:19")] {
            comes_back(&Fixture::packed_as(&[4, 0, 2], compress), compress);
        }
    }

    fn comes_back(fixture: &Fixture, compress: Option<&str>) {
        let data = Dataset::open(&fixture.out()).unwrap();
        assert_eq!(
            data.compression(),
            compress.map(|compress| compress.parse().unwrap())
        );
        assert_eq!((data.resolution(), data.captions(), data.dims()), (4, 4, 5));
        assert_eq!(Split::ALL.map(|split| data.len(split)), [3, 2, 1]);
        assert_eq!(data.text_model(), b"a text model");
        assert_eq!(data.shard_sizes(), [4, 0, 2]);
        let ids = |split| -> Vec<&str> {
            (0..data.len(split))
                .map(|i| data.sample(split, i).unwrap().id)
                .collect()
        };
        assert_eq!(
            ids(Split::Train),
            ["0-0", "0-3", "2-0"],
            "in order of shard and place"
        );
        for (shard, count) in [(0, 4), (2, 2)] {
            for index in 0..count {
                let sample = data.sample_at(shard, index).unwrap();
                assert_eq!(sample.id, fixture::id(shard, index));
                assert_eq!(sample.image().unwrap(), fixture::pixels(shard, index));
                assert_eq!(sample.vectors().unwrap(), fixture::vectors(shard, index));
                let in_place = matches!(sample.image().unwrap(), Cow::Borrowed(_));
                assert_eq!(in_place, compress.is_none());
                assert_eq!(sample.captions[1], format!("red bag {index}"));
                assert_eq!(sample.captions[3], "");
                assert_eq!(
                    [0, 1, 2, 3, 4].map(|i| sample.caption_with_text(i)),
                    [0, 1, 2, 0, 4]
                );
                assert_eq!(sample.attributes["base_colour"], "Red");
                assert_eq!(sample.content_box, [1, 0, 2, 4]);
            }
        }
        assert!(data.sample(Split::Train, 3).is_none() && data.sample_at(1, 0).is_none());
        assert!(data.sample(Split::Val, usize::MAX).is_none() && data.sample_at(3, 0).is_none());
    }

    #[test]
    fn captions_without_text_give_way_to_those_with_one_in_turns() {
        let fixture = Fixture::packed(&[1]);
        let data = Dataset::open(&fixture.out()).unwrap();
        let sample = data.sample_at(0, 0).unwrap();
        let stand_in = |texts: [&str; 4]| {
            let captions = texts.map(str::to_owned);
            let sample = Sample {
                captions: &captions,
                ..sample
            };
            [0, 1, 2, 3].map(|chosen| sample.caption_with_text(chosen))
        };
        assert_eq!(stand_in(["a", "b", "c", "d"]), [0, 1, 2, 3]);
        assert_eq!(stand_in(["a", "", "c", ""]), [0, 0, 2, 2], "both as often");
        assert_eq!(stand_in(["", "", "c", "d"]), [2, 3, 2, 3]);
        assert_eq!(stand_in(["", "b", "", ""]), [1, 1, 1, 1]);
        assert_eq!(stand_in(["", "", "", ""]), [0, 1, 2, 3], "no text at all");
    }

    #[test]
    fn a_data_set_without_samples_or_shards_opens() {
        for shards in [&[0, 0][..], &[]] {
            let data = Dataset::open(&Fixture::packed(shards).out()).unwrap();
            assert!(Split::ALL.into_iter().all(|split| data.is_empty(split)));
            assert!(data.sample(Split::Test, 0).is_none());
        }
    }

    #[test]
    fn the_content_hash_is_of_the_data_and_not_of_their_sums() {
        let fixture = Fixture::packed(&[2]);
        let path = fixture.out().join("stage.json");
        let hash = || Dataset::open(&fixture.out()).unwrap().content_hash().to_owned();
        let with_sums = hash();
        let mut record: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let outputs = record["outputs"].as_object_mut().unwrap();
        outputs.remove("shard-00000.sums").unwrap();
        fs::write(&path, record.to_string()).unwrap();
        assert_eq!(hash(), with_sums, "as a data set from before there were sums");
        assert_ne!(
            Dataset::open(&Fixture::packed_as(&[2], Some("zstd")).out())
                .unwrap()
                .content_hash(),
            with_sums
        );
    }

    #[test]
    fn a_damaged_text_model_is_named() {
        let fixture = Fixture::packed(&[1]);
        flip(&fixture.out().join(TEXT_MODEL), 3, 0);
        let error = Dataset::open(&fixture.out()).err().unwrap();
        assert!(
            matches!(&error, DatasetError::Damaged { path, .. } if path.ends_with(TEXT_MODEL)),
            "{error}"
        );
    }

    #[test]
    fn a_shard_of_another_data_set_is_refused() {
        let (fixture, other) = (Fixture::packed(&[1]), Fixture::packed(&[1]));
        let mut stage_json = fs::read_to_string(fixture.out().join("stage.json")).unwrap();
        stage_json = stage_json.replace("\"resolution\": 4", "\"resolution\": 8");
        fs::write(other.out().join("stage.json"), stage_json).unwrap();
        let error = Dataset::open(&other.out()).err().unwrap();
        assert!(
            matches!(error, DatasetError::Malformed { part: "header", .. }),
            "{error}"
        );
    }

    #[test]
    fn threads_share_a_data_set() {
        fn shared<T: Send + Sync>() {}
        shared::<Dataset>();
    }
}
