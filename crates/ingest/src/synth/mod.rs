//! A made-up product catalogue in the dump's own layout, drawn and written from a seed.
//!
//! Every product follows from the seed and its index alone: what it is (`catalogue`), what it looks like
//! (`garments`, in a dye of the `palette` and a `pattern`) and what is said of it (`texts`). Threads
//! and interruptions change no byte. Nothing here comes from anybody's photos.

mod canvas;
mod catalogue;
mod dice;
mod garments;
mod outline;
mod palette;
mod pattern;
mod picture;
mod record;
mod texts;
mod wording;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context as _;
use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use serde::Serialize;
use serde_json::json;
use stage::folder::{self, Summary};
use stage::{
    CommonArgs, Console, Interrupt, Outcome, OutputFile, Progress, ShardRecord, StageFolder, StageKey,
    Standing, atomic,
};

use catalogue::Product;
use dice::Dice;
use texts::Texts;

/// Raised when the same seed gives another catalogue.
const FORMAT_VERSION: u32 = 1;
/// Products in a unit of work: a second or two.
const SHARD: u32 = 250;
const CSV: &str = "styles.csv";

/// Draw a made-up catalogue of garments in the dump's layout
#[derive(Debug, Clone, clap::Args)]
pub struct SynthArgs {
    /// How many products to draw
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub products: u32,
    /// Another seed gives another catalogue
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,
    /// Folder for images/, styles/ and styles.csv
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}

/// All that the catalogue depends on.
#[derive(Debug, Clone, Copy, Serialize)]
struct Settings {
    products: u32,
    seed: u64,
}

/// Draws the catalogue that `args` ask for; what is there already is not drawn again.
///
/// # Errors
/// The folder holds somebody else's dump or another stage, another process is at work in it, or the file
/// system fails.
pub fn run(args: &SynthArgs, common: &CommonArgs, interrupt: &Interrupt) -> anyhow::Result<Outcome> {
    let console = common.console();
    let settings = Settings {
        products: args.products,
        seed: args.seed,
    };
    let key = StageKey::new("synth", FORMAT_VERSION, &settings)?;
    let out = args.out.as_path();

    let before = folder::standing(out, &key)?;
    if matches!(before, Standing::Fresh) && out.join(CSV).exists() {
        anyhow::bail!(
            "{}: expected a folder for a drawn catalogue, found a {CSV} that was not drawn\n\
             hint: choose another --out",
            out.display()
        );
    }
    if common.dry_run {
        console.result(match before {
            Standing::Done(_) if !common.force => format!("{}: drawn already, nothing to do", out.display()),
            Standing::Resumed(n) if !common.force => {
                format!(
                    "would draw {} of {} shards into {}",
                    settings.shards() as usize - n,
                    settings.shards(),
                    out.display()
                )
            }
            _ => format!("would draw {} products into {}", settings.products, out.display()),
        })?;
        return Ok(Outcome::Done);
    }

    let (folder, standing) = StageFolder::open(out, key, common.force)?;
    match standing {
        Standing::Done(_) => {
            console.info(format!(
                "{}: {} products are drawn already",
                out.display(),
                settings.products
            ));
            report(&console, out, settings, 0.0)?;
            return Ok(Outcome::Done);
        }
        Standing::Changed(changes) => console.info(format!("drawing anew: {}", changes.join(", "))),
        Standing::Resumed(n) => {
            console.info(format!("going on: {n} of {} shards are drawn", settings.shards()))
        }
        Standing::Fresh => {}
    }
    for name in ["images", "styles"] {
        atomic::remove_leftovers(&out.join(name))?;
    }

    let begun = Instant::now();
    let Some(shards) = draw_shards(&folder, settings, &console, interrupt)? else {
        console.info("stopped; finished shards are saved, and the same command goes on from there");
        return Ok(Outcome::Interrupted);
    };
    let csv = atomic::write(&out.join(CSV), settings.csv().as_bytes())?;
    let seconds = begun.elapsed().as_secs_f64();
    let summary = Summary {
        counts: BTreeMap::from([("products".to_owned(), u64::from(settings.products))]),
        timings: BTreeMap::from([("draw".to_owned(), seconds)]),
        outputs: BTreeMap::from([(CSV.to_owned(), csv)]),
        ..Summary::default()
    };
    folder.finish(shards.values(), summary)?;
    report(&console, out, settings, seconds)?;
    Ok(Outcome::Done)
}

/// All shards, those of an earlier run among them; `None` when interrupted between two.
fn draw_shards(
    folder: &StageFolder,
    settings: Settings,
    console: &Console,
    interrupt: &Interrupt,
) -> anyhow::Result<Option<BTreeMap<u32, ShardRecord>>> {
    let mut shards = folder.done().clone();
    let drawn: u32 = shards
        .keys()
        .map(|&shard| settings.members(shard).len() as u32)
        .sum();
    let progress = Progress::new(
        console,
        "synth",
        "products",
        u64::from(drawn),
        u64::from(settings.products),
    );
    for shard in 0..settings.shards() {
        if shards.contains_key(&shard) {
            continue;
        }
        if interrupt.requested() {
            progress.finish();
            return Ok(None);
        }
        let outputs: Vec<[(String, OutputFile); 2]> = settings
            .members(shard)
            .into_par_iter()
            .map(|index| {
                let written = write_product(folder.dir(), settings.seed, index)?;
                progress.inc(1);
                anyhow::Ok(written)
            })
            .collect::<anyhow::Result<_>>()?;
        // Pictures and styles are not waited for one by one: the shard counts from its record on.
        atomic::sync_disk(folder.dir())?;
        let outputs = outputs.into_iter().flatten().collect();
        shards.insert(shard, folder.commit_shard(shard, outputs, json!({}))?);
    }
    progress.finish();
    Ok(Some(shards))
}

/// Writes picture and JSON of the product at `index`; gives their paths in the folder.
fn write_product(dir: &Path, seed: u64, index: u32) -> anyhow::Result<[(String, OutputFile); 2]> {
    let product = Product::draw(seed, index);
    let drawing =
        garments::draw(&product, Dice::new(seed, index, "drawing")).context("no memory for a picture")?;
    let texts = Texts::write(&product, Dice::new(seed, index, "texts"));
    let write = |name: String, bytes: &[u8]| {
        atomic::write_unsynced(&dir.join(&name), bytes).map(|output| (name, output))
    };
    Ok([
        write(format!("images/{}.jpg", product.id), &picture::jpeg(&drawing)?)?,
        write(
            format!("styles/{}.json", product.id),
            record::style(&product, &texts).to_string().as_bytes(),
        )?,
    ])
}

fn report(console: &Console, out: &Path, settings: Settings, seconds: f64) -> anyhow::Result<()> {
    let Settings { products, seed } = settings;
    console.result(format!(
        "{products} products drawn from seed {seed} in {}",
        out.display()
    ))?;
    console.json_result(&json!({ "products": products, "seed": seed, "seconds": seconds }))?;
    Ok(())
}

impl Settings {
    const fn shards(self) -> u32 {
        self.products.div_ceil(SHARD)
    }

    /// Indices of the products in a shard.
    fn members(self, shard: u32) -> std::ops::Range<u32> {
        shard * SHARD..self.products.min((shard + 1) * SHARD)
    }

    fn csv(self) -> String {
        let rows = (0..self.products).map(|index| {
            let product = Product::draw(self.seed, index);
            record::csv_row(
                &product,
                &Texts::write(&product, Dice::new(self.seed, index, "texts")),
            )
        });
        std::iter::once(record::CSV_HEADER.to_owned())
            .chain(rows)
            .collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::fs;

    use stage::StageRecord;

    use super::*;

    fn synth(out: &Path, products: u32, seed: u64) -> anyhow::Result<Outcome> {
        let args = SynthArgs {
            products,
            seed,
            out: out.to_owned(),
        };
        let quiet = CommonArgs {
            jobs: None,
            force: false,
            dry_run: false,
            json: false,
            quiet: true,
            verbose: 0,
        };
        run(&args, &quiet, &Interrupt::default())
    }

    fn outputs(dir: &Path) -> BTreeMap<String, OutputFile> {
        StageRecord::read(dir, "synth", FORMAT_VERSION).unwrap().outputs
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes_on_any_number_of_threads() {
        let dirs = [(); 3].map(|()| tempfile::tempdir().unwrap());
        let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        one.install(|| synth(dirs[0].path(), 20, 1)).unwrap();
        synth(dirs[1].path(), 20, 1).unwrap();
        synth(dirs[2].path(), 20, 2).unwrap();
        let [first, again, other] = dirs.each_ref().map(|dir| outputs(dir.path()));
        assert_eq!(first.len(), 41);
        assert_eq!(first, again);
        assert!(first.iter().all(|(name, output)| other[name] != *output));
    }

    #[test]
    fn an_interrupted_run_goes_on_to_the_same_catalogue() {
        let [whole, broken] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let settings = Settings {
            products: SHARD + 10,
            seed: 1,
        };
        synth(whole.path(), settings.products, 1).unwrap();

        let key = StageKey::new("synth", FORMAT_VERSION, &settings).unwrap();
        let (folder, _) = StageFolder::open(broken.path(), key, false).unwrap();
        let stop = Interrupt::default();
        stop.request();
        assert!(
            draw_shards(&folder, settings, &Console::silent(), &stop)
                .unwrap()
                .is_none()
        );
        let last = settings
            .members(1)
            .flat_map(|i| write_product(folder.dir(), 1, i).unwrap())
            .collect();
        folder.commit_shard(1, last, json!({})).unwrap();
        drop(folder);

        synth(broken.path(), settings.products, 1).unwrap();
        assert_eq!(outputs(whole.path()), outputs(broken.path()));
    }

    #[test]
    fn pictures_styles_and_rows_are_as_many_as_asked_for_and_belong_together() {
        let dir = tempfile::tempdir().unwrap();
        synth(dir.path(), 12, 4).unwrap();
        let csv = fs::read_to_string(dir.path().join(CSV)).unwrap();
        let rows: Vec<&str> = csv.lines().skip(1).collect();
        assert_eq!(rows.len(), 12);
        for row in rows {
            let (id, rest) = row.split_once(',').unwrap();
            let jpeg = fs::read(dir.path().join(format!("images/{id}.jpg"))).unwrap();
            let header = turbojpeg::read_header(&jpeg).unwrap();
            assert_eq!((header.width, header.height), (300, 400));
            let style = fs::read(dir.path().join(format!("styles/{id}.json"))).unwrap();
            let style: serde_json::Value = serde_json::from_slice(&style).unwrap();
            assert_eq!(style["data"]["id"].to_string(), id);
            assert!(rest.ends_with(style["data"]["productDisplayName"].as_str().unwrap()));
        }
    }

    #[test]
    fn somebody_elses_dump_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(CSV), "id\n1\n").unwrap();
        let error = synth(dir.path(), 5, 1).unwrap_err().to_string();
        assert!(error.contains("\nhint: choose another --out"), "{error}");
        assert_eq!(fs::read_to_string(dir.path().join(CSV)).unwrap(), "id\n1\n");
    }
}
