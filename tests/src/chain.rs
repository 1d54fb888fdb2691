//! A small drawn dump and the stages that follow it, in a temporary folder.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::{Finished, Program};

/// A folder in which the stages run one after the other, at a size that takes seconds. Each stage is a
/// [`Program`] with its folders filled in; a test adds its flags and runs it.
pub struct Chain {
    folder: TempDir,
}

impl Chain {
    /// An empty folder.
    ///
    /// # Panics
    /// No temporary folder can be made.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            folder: TempDir::new().unwrap_or_else(|e| panic!("no temporary folder: {e}")),
        }
    }

    /// A folder with a drawn dump of so many products.
    ///
    /// # Panics
    /// `ingest synth` fails.
    #[must_use]
    pub fn drawn(products: u32) -> Self {
        let chain = Self::empty();
        chain.synth(products).run().success();
        chain
    }

    /// A folder with a drawn dump of so many products and the dataset that the stages make of it.
    ///
    /// # Panics
    /// A stage fails.
    #[must_use]
    pub fn packed(products: u32) -> Self {
        let chain = Self::drawn(products);
        let _ = chain.preprocess();
        chain
    }

    /// [`Chain::packed`] with pictures of `side` pixels.
    ///
    /// # Panics
    /// A stage fails.
    #[must_use]
    pub fn packed_at(products: u32, side: u32) -> Self {
        let chain = Self::drawn(products);
        let ingest = ingest_at(&chain.path("dump"), &chain.path("ingested"), side);
        for stage in [ingest, chain.textfeat(), chain.pack()] {
            let _ = stage.run().success();
        }
        chain
    }

    /// The folder, or something in it: `dump`, `ingested`, `features`, `dataset`.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `ingest synth` into `dump`.
    #[must_use]
    pub fn synth(&self, products: u32) -> Program {
        let products = products.to_string();
        Program::new("ingest")
            .args(["synth", "--products", &products, "--seed", "7"])
            .arg("--out")
            .arg(self.path("dump"))
    }

    /// `ingest` from `dump` into `ingested`, at 32 pixels.
    #[must_use]
    pub fn ingest(&self) -> Program {
        self.ingest_into("ingested")
    }

    /// [`Chain::ingest`] into another folder.
    #[must_use]
    pub fn ingest_into(&self, out: &str) -> Program {
        ingest(&self.path("dump"), &self.path(out))
    }

    /// `textfeat fit` from `ingested` into `features`.
    #[must_use]
    pub fn textfeat(&self) -> Program {
        Program::new("textfeat")
            .arg("fit")
            .arg(self.path("ingested"))
            .arg("--out")
            .arg(self.path("features"))
    }

    /// `dataset pack` from `ingested` and `features` into `dataset`.
    #[must_use]
    pub fn pack(&self) -> Program {
        self.pack_into("dataset")
    }

    /// [`Chain::pack`] into another folder.
    #[must_use]
    pub fn pack_into(&self, out: &str) -> Program {
        let pack = Program::new("dataset")
            .arg("pack")
            .arg("--images")
            .arg(self.path("ingested"));
        pack.arg("--features")
            .arg(self.path("features"))
            .arg("--out")
            .arg(self.path(out))
    }

    /// `gan train` of a recipe that takes a second a few dozen steps, from `dataset` into a run folder.
    ///
    /// # Panics
    /// The recipe cannot be written.
    #[must_use]
    pub fn train(&self, run: &str) -> Program {
        let recipe = self.path("tiny.toml");
        std::fs::write(&recipe, TINY).unwrap_or_else(|e| panic!("cannot write the recipe: {e}"));
        // One thread, so that two runs add up their sums in the same order on any machine.
        self.train_by(&recipe, run).args(["--jobs", "1"])
    }

    /// `gan train` of any recipe, from `dataset` into a run folder.
    #[must_use]
    pub fn train_by(&self, recipe: &Path, run: &str) -> Program {
        let train = Program::new("gan").arg("train").arg(recipe);
        let train = train.arg("--data").arg(self.path("dataset"));
        train.arg("--run").arg(self.path(run)).args(["--device", "cpu"])
    }

    /// All three stages; gives the results of each.
    ///
    /// # Panics
    /// One of them fails.
    pub fn preprocess(&self) -> [Finished; 3] {
        [self.ingest(), self.textfeat(), self.pack()].map(|stage| stage.arg("--json").run().success())
    }
}

/// 48 steps of small networks, with a checkpoint every twelfth.
const TINY: &str = "
[train]
resolution = 32
batch = 8
kimg = 0.384
tick_kimg = 0.032
grid_kimg = 0.192
checkpoint_kimg = 0.096
captions = \"any\"
[networks]
z_dim = 8
text_dim = 16
width = 4
[objective]
wrong_text = 0.5
";

/// `ingest` of any dump, at 32 pixels.
#[must_use]
pub fn ingest(dump: &Path, out: &Path) -> Program {
    ingest_at(dump, out, 32)
}

fn ingest_at(dump: &Path, out: &Path, side: u32) -> Program {
    Program::new("ingest")
        .arg(dump)
        .arg("--out")
        .arg(out)
        .args(["--size", &side.to_string()])
}
