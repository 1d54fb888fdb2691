//! One shard: its products' photos decoded and squared in parallel, their texts made captions, both written in
//! the order of ids, a chunk at a time so that memory does not grow with the dump.

use std::collections::BTreeMap;

use fast_image_resize::Resizer;
use rayon::prelude::*;
use stage::atomic::AtomicFile;
use stage::shards::shard_file;
use stage::{Progress, ShardRecord, StageFolder};

use crate::captions;
use crate::decode;
use crate::error::IngestError;
use crate::fit::Square;
use crate::layout::{Entry, Layout};
use crate::near::Looker;
use crate::part::{self, Fate, Ingested};
use crate::rejects::{Flaw, Reason};

/// Bytes of squared images held at a time.
const CHUNK_BYTES: usize = 32 << 20;

/// What all shards are made with.
pub(crate) struct Work<'a> {
    pub(crate) layout: &'a dyn Layout,
    pub(crate) square: Square,
    pub(crate) folder: &'a StageFolder,
    pub(crate) progress: &'a Progress,
}

/// What a thread keeps from photo to photo.
#[derive(Default)]
struct Tools {
    resizer: Resizer,
    looker: Looker,
}

/// Name of the file of squared images.
pub(crate) fn images_file(shard: u32) -> String {
    shard_file("images", shard, "rgb")
}

/// Name of the shard's lines for the last step. It lies among the shard records and goes with them.
pub(crate) fn part_file(shard: u32) -> String {
    format!("shards/{}", shard_file("part", shard, "jsonl"))
}

impl Work<'_> {
    /// Makes and commits a shard of these products, which are in order of their ids.
    ///
    /// # Errors
    /// The stage's folder cannot be written; flaws of products are no errors.
    pub(crate) fn make(&self, shard: u32, entries: &[Entry]) -> Result<ShardRecord, IngestError> {
        let dir = self.folder.dir();
        let mut images = AtomicFile::create(&dir.join(images_file(shard)))?;
        let mut parts = AtomicFile::create(&dir.join(part_file(shard)))?;
        let image_bytes = self.square.size as usize * self.square.size as usize * 3;
        for chunk in entries.chunks((CHUNK_BYTES / image_bytes).clamp(16, 1024)) {
            let made: Vec<(Fate, Vec<u8>)> = chunk
                .par_iter()
                .map_init(Tools::default, |tools, entry| self.product(entry, tools))
                .collect();
            for (fate, pixels) in made {
                images.put(&pixels)?;
                part::push(&mut parts, &fate)?;
            }
        }
        let outputs = BTreeMap::from([
            (images_file(shard), images.commit()?),
            (part_file(shard), parts.commit()?),
        ]);
        Ok(self
            .folder
            .commit_shard(shard, outputs, serde_json::Value::Null)?)
    }

    /// What becomes of a product, and its pixels if it is ingested.
    fn product(&self, entry: &Entry, tools: &mut Tools) -> (Fate, Vec<u8>) {
        let made = self.ingest(entry, tools);
        self.progress.inc(1);
        match made {
            Ok((product, pixels)) => (Fate::Ingested(Box::new(product)), pixels),
            Err((flaw, path)) => (Fate::Rejected(flaw.of(&entry.id, &path)), Vec::new()),
        }
    }

    fn ingest(&self, entry: &Entry, tools: &mut Tools) -> Result<(Ingested, Vec<u8>), (Flaw, String)> {
        let texts = self.layout.texts(entry)?;
        let (captions, cut) = captions::build(&texts);
        let of_image = |flaw| (flaw, entry.image.clone());
        if captions.is_empty() {
            return Err(of_image(Flaw::new(
                Reason::NoText,
                "neither a title nor an attribute",
            )));
        }
        let bytes = self.layout.source().read(&entry.image, decode::MAX_FILE_BYTES);
        let bytes = bytes.map_err(|e| of_image(e.flaw()))?;
        let photo = decode::decode(&bytes, self.square).map_err(of_image)?;
        let squared = self
            .square
            .apply(&photo.pixels, &mut tools.resizer)
            .map_err(of_image)?;
        let look = tools.looker.look(&squared.pixels, self.square.size);
        let product = Ingested {
            id: entry.id.clone(),
            captions,
            attributes: texts.attributes,
            content: squared.content,
            source: entry.image.clone(),
            content_hash: blake3::hash(&bytes).to_hex().to_string(),
            cut: cut || texts.cut,
            profile_ignored: photo.profile_ignored,
            look,
        };
        Ok((product, squared.pixels))
    }
}
