//! FID as papers report it, by a network that the user brings.
//!
//! The file is TorchScript. Its module takes images `[n, 3, h, w]` of u8 in 0..=255 at any side, does its own resizing, and
//! gives features `[n, d]`, d at least 2. It is called as `module(images, True)` first, which is how NVIDIA's
//! `inception-2015-12-05.pt` gives features and not classes, and as `module(images)` where that is refused.

use std::path::Path;

use dataset::{Dataset, Split};
use serde::Serialize;
use stage::{Console, Progress};
use tch::{CModule, IValue, Kind, Tensor};

use super::drawer::Drawer;
use super::measures::{Moments, frechet};
use super::photos::{Photos, to_bytes};
use crate::GanError;
use crate::random::{Random, Stream};

/// Drawn pictures of the two protocols.
const OF_TRAIN: usize = 50_000;
const OF_TEST: usize = 30_000;
/// Pictures in one call.
const LOT: usize = 64;
/// What the whole module may take of memory is the file's own business; more bytes than this are no Inception.
const MAX_BYTES: u64 = 4 << 30;

/// A Fréchet distance under a named protocol.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StandardFid {
    /// What was compared, in words.
    pub protocol: String,
    /// The distance.
    pub fid: f64,
    /// Pictures drawn.
    pub drawn: usize,
    /// Photos compared with.
    pub real: usize,
    /// blake3 of the network's file.
    pub network: String,
}

/// The user's network.
pub struct Inception {
    module: CModule,
    path: std::path::PathBuf,
    hash: String,
    device: crate::Device,
    with_flag: bool,
    dims: usize,
}

impl Inception {
    /// Loads the file and tries it on two grey images.
    ///
    /// # Errors
    /// The file is absent, no TorchScript, or its module does not keep the contract.
    pub fn read(path: &Path, device: crate::Device) -> Result<Self, GanError> {
        let io = |e| GanError::Stage(stage::StageError::io(path, "cannot read", e));
        let length = std::fs::metadata(path).map_err(io)?.len();
        if length > MAX_BYTES {
            return Err(broken(path, format!("{length} bytes")));
        }
        let bytes = std::fs::read(path).map_err(io)?;
        let hash = blake3::hash(&bytes).to_hex().to_string();
        let module = CModule::load_data_on_device(&mut bytes.as_slice(), device.tch());
        let mut module = module.map_err(|e| broken(path, format!("no TorchScript ({})", first_line(&e))))?;
        module.f_set_eval().map_err(|e| broken(path, first_line(&e)))?;
        let mut this = Self {
            module,
            path: path.to_owned(),
            hash,
            device,
            with_flag: true,
            dims: 0,
        };
        let trial = Tensor::full([2, 3, 64, 64], 128, (Kind::Uint8, device.tch()));
        let features = with_flag_or_without(|with_flag| {
            this.with_flag = with_flag;
            this.call(&trial)
        });
        let features = features.map_err(|found| broken(path, found))?;
        this.dims = features.size()[1] as usize;
        Ok(this)
    }

    fn features(&self, bytes: &Tensor) -> Result<Tensor, GanError> {
        self.call(bytes).map_err(|found| broken(&self.path, found))
    }

    /// Features of images, or what was found in their place.
    fn call(&self, bytes: &Tensor) -> Result<Tensor, String> {
        let images = IValue::Tensor(bytes.to_device(self.device.tch()));
        let arguments = if self.with_flag {
            vec![images, IValue::Bool(true)]
        } else {
            vec![images]
        };
        let _no_grad = tch::no_grad_guard();
        let found = match self.module.forward_is(&arguments) {
            Ok(IValue::Tensor(features)) => features,
            Ok(other) => return Err(format!("{other:?}")),
            Err(e) => return Err(first_line(&e)),
        };
        match found.size()[..] {
            [n, d] if n == bytes.size()[0] && d >= 2 && found.is_floating_point() => Ok(found),
            _ => Err(format!("{:?} of {:?}", found.size(), found.kind())),
        }
    }

    /// Both protocols, with at most `most` drawn pictures each.
    ///
    /// # Errors
    /// libtorch refuses a call.
    pub fn measure(
        &self,
        drawer: &Drawer<'_>,
        data: &Dataset,
        most: Option<usize>,
        seed: u64,
        console: &Console,
    ) -> Result<Vec<StandardFid>, GanError> {
        let count = |all: usize| most.map_or(all, |most| most.min(all));
        [(Split::Train, count(OF_TRAIN)), (Split::Test, count(OF_TEST))]
            .into_iter()
            .filter(|(split, _)| data.len(*split) > 1)
            .map(|(split, count)| self.protocol(drawer, data, split, count, seed, console))
            .collect()
    }

    fn protocol(
        &self,
        drawer: &Drawer<'_>,
        data: &Dataset,
        split: Split,
        count: usize,
        seed: u64,
        console: &Console,
    ) -> Result<StandardFid, GanError> {
        let photos = Photos {
            data,
            resolution: drawer.resolution,
            device: self.device,
        };
        let len = data.len(split);
        let progress = Progress::new(console, "FID", "images", 0, (len + count) as u64);
        let mut real = Moments::new(self.dims);
        for lot in photos.lots(split, &(0..len).collect::<Vec<_>>()) {
            let lot = lot?;
            real.add(&self.features(&to_bytes(&lot))?);
            progress.inc(lot.size()[0] as u64);
        }
        // Products in turn, each time with another of their captions.
        let dims = data.dims();
        let mut random = Random::new(seed, Stream::Measures, 20 + split as u64);
        let vectors = (0..count)
            .filter_map(|i| data.sample(split, i % len))
            .map(|sample| {
                let said: Vec<usize> = (0..sample.captions.len())
                    .filter(|&c| !sample.captions[c].is_empty())
                    .collect();
                let caption = said.get(random.below(said.len().max(1))).copied().unwrap_or(0);
                Ok(sample.vectors()?[caption * dims..][..dims].to_vec())
            })
            .collect::<Result<Vec<Vec<f32>>, GanError>>()?;
        let vectors: Vec<&[f32]> = vectors.iter().map(Vec::as_slice).collect();
        let mut drawn = Moments::new(self.dims);
        // Far from the numbers of the other measures' pictures.
        for lot in drawer.pictures(&vectors, seed, (1 + split as u64) << 40) {
            for part in lot.split(LOT as i64, 0) {
                drawn.add(&self.features(&part)?);
            }
            progress.inc(lot.size()[0] as u64);
        }
        progress.finish();
        let protocol = match split {
            Split::Train => format!("{count} pictures of train captions against all {len} train photos"),
            _ => format!("{count} pictures of {split} captions against all {len} {split} photos"),
        };
        Ok(StandardFid {
            protocol,
            fid: frechet(&real, &drawn),
            drawn: drawn.count(),
            real: real.count(),
            network: self.hash.clone(),
        })
    }
}

/// What `call` gives with the flag or, where that is refused, without it; else what was found either way.
fn with_flag_or_without<T>(mut call: impl FnMut(bool) -> Result<T, String>) -> Result<T, String> {
    call(true).or_else(|with| {
        call(false)
            .map_err(|without| format!("for module(images, True) {with}, and for module(images) {without}"))
    })
}

/// What libtorch says; lines after the first are a C++ stack trace.
fn first_line(error: &tch::TchError) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

fn broken(path: &Path, found: String) -> GanError {
    GanError::File {
        path: path.to_owned(),
        expected: "TorchScript that takes u8 images [n, 3, h, w] and gives float features [n, d]".to_owned(),
        found,
        hint: "docs/evaluation.md says what the file must be; NVIDIA's inception-2015-12-05.pt is one",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_that_fails_either_way_says_why_in_both() {
        let said = |flag: bool| {
            if flag {
                "out of memory"
            } else {
                "one argument is missing"
            }
        };
        let both = with_flag_or_without(|flag| Err::<(), _>(said(flag).to_owned()));
        let both = both.err().unwrap_or_default();
        assert!(
            both.contains("True) out of memory") && both.contains("images) one argument"),
            "{both}"
        );
        assert_eq!(with_flag_or_without(Ok), Ok(true));
        let refused = with_flag_or_without(|flag| (!flag).then_some(1).ok_or_else(String::new));
        assert_eq!(refused, Ok(1));
    }
}
