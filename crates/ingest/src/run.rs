//! The stage from end to end: survey, shards, groups, tables, record.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use stage::folder::{self, Summary};
use stage::shards::{shard_file, shard_of};
use stage::{
    Console, Interrupt, OutputFile, Progress, ShardRecord, StageError, StageFolder, StageKey, StageRecord,
    Standing,
};

use crate::catalogue::{self, Row};
use crate::error::IngestError;
use crate::fit::Square;
use crate::groups::{self, Likeness, Membership};
use crate::layout::{self, Entry, Layout, Survey, Wants};
use crate::part::{self, Fate, Ingested};
use crate::plan::{Plan, Settings};
use crate::rejects::{self, Reject};
use crate::shard::{self, Work};

/// Name of the stage.
pub const STAGE: &str = "ingest";
/// Version of what the stage writes.
pub const FORMAT_VERSION: u32 = 1;

/// Shards in hand at a time: while one is synced to the disk, the other keeps the threads busy.
const LANES: usize = 2;

/// How an ingest ended.
#[derive(Debug)]
pub enum Ended {
    /// All is there; the rejects of this run, none where the work was done before.
    Finished(Box<StageRecord>, Vec<Reject>),
    /// The user stopped it; this many of all shards are finished.
    Interrupted(usize),
    /// Nothing was done, as asked.
    DryRun,
}

/// Ingests a dump.
///
/// # Errors
/// The dump cannot be used or the output folder cannot be written; flaws of single products are rejects.
pub fn run(plan: &Plan, console: &Console, interrupt: &Interrupt) -> Result<Ended, IngestError> {
    let layout = layout::open(&plan.dump, plan.layout, &plan.columns, Wants::Pictures, console)?;
    let settings = Settings {
        layout: layout.name(),
        size: plan.size,
        fit: plan.fit,
        shards: plan.shards,
        columns: plan.columns.clone(),
    };
    let mut key = StageKey::new(STAGE, FORMAT_VERSION, &settings)?;
    for (name, hash) in layout.inputs() {
        key = key.with_input(name, hash.as_str());
    }
    if plan.dry_run {
        say(console, plan, &folder::standing(&plan.out, &key)?, "would ");
        return Ok(Ended::DryRun);
    }
    let (folder, standing) = StageFolder::open(&plan.out, key, plan.force)?;
    say(console, plan, &standing, "");
    if let Standing::Done(record) = standing {
        return Ok(Ended::Finished(record, Vec::new()));
    }
    let begun = Instant::now();
    let Survey {
        entries,
        rejects,
        further,
        ..
    } = layout.survey(console)?;
    let with_picture = entries.len();
    let shards = into_shards(entries, plan.shards);
    let records = make_shards(plan, layout.as_ref(), &folder, &shards, console, interrupt)?;
    let made = begun.elapsed().as_secs_f64();
    if records.len() < shards.len() {
        return Ok(Ended::Interrupted(records.len()));
    }
    console.detail(format!("{with_picture} photos in {made:.1} s"));
    // The last step needs memory for all products; what was known of the dump does not stay beside it.
    drop((shards, layout));
    finish(folder, records, rejects, further, made)
}

/// Says how the folder stands to the work; `would` opens what is only talked about.
fn say(console: &Console, plan: &Plan, standing: &Standing, would: &str) {
    let out = plan.out.display();
    match standing {
        Standing::Done(_) if plan.force => {
            console.info(format!("{out}: finished before; {would}redo it by force"))
        }
        Standing::Done(_) => console.info(format!(
            "{out}: finished before with the same dump and settings; nothing to do"
        )),
        Standing::Fresh => console.info(format!(
            "{would}ingest {} into {out}, {} shards",
            plan.dump.display(),
            plan.shards
        )),
        Standing::Resumed(n) => console.info(format!(
            "{out}: {n} of {} shards are finished; {would}do the others",
            plan.shards
        )),
        Standing::Changed(changes) => {
            console.info(format!("{out}: made otherwise before; {would}do it anew"));
            changes
                .iter()
                .for_each(|change| console.info(format!("  {change}")));
        }
    }
}

/// Products by shard; a shard keeps the order of ids.
fn into_shards(entries: Vec<Entry>, shards: u32) -> Vec<Vec<Entry>> {
    let mut by_shard: Vec<Vec<Entry>> = (0..shards).map(|_| Vec::new()).collect();
    for entry in entries {
        by_shard[shard_of(&entry.id, shards) as usize].push(entry);
    }
    by_shard
}

/// Makes the shards that are missing; all records, or fewer where the user stopped it.
fn make_shards(
    plan: &Plan,
    layout: &dyn Layout,
    folder: &StageFolder,
    shards: &[Vec<Entry>],
    console: &Console,
    interrupt: &Interrupt,
) -> Result<BTreeMap<u32, ShardRecord>, IngestError> {
    let missing: Vec<(u32, &Vec<Entry>)> = (0..)
        .zip(shards)
        .filter(|(shard, _)| !folder.done().contains_key(shard))
        .collect();
    let total = shards.iter().map(Vec::len).sum::<usize>() as u64;
    let left = missing.iter().map(|(_, entries)| entries.len()).sum::<usize>() as u64;
    let progress = Progress::new(console, STAGE, "photos", total - left, total);
    let work = Work {
        layout,
        square: Square {
            size: plan.size,
            fit: plan.fit,
        },
        folder,
        progress: &progress,
    };
    let next = AtomicUsize::new(0);
    let failed = AtomicBool::new(false);
    let made = Mutex::new(folder.done().clone());
    let lane = || -> Result<(), IngestError> {
        while !interrupt.requested() && !failed.load(Ordering::Relaxed) {
            let Some(&(shard, entries)) = missing.get(next.fetch_add(1, Ordering::Relaxed)) else {
                break;
            };
            let record = work
                .make(shard, entries)
                .inspect_err(|_| failed.store(true, Ordering::Relaxed))?;
            made.lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .insert(shard, record);
        }
        Ok(())
    };
    let ended: Vec<Result<(), IngestError>> = thread::scope(|scope| {
        let lanes: Vec<_> = (0..LANES).map(|_| scope.spawn(lane)).collect();
        lanes
            .into_iter()
            .map(|lane| {
                lane.join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })
            .collect()
    });
    progress.finish();
    ended.into_iter().collect::<Result<Vec<()>, _>>()?;
    Ok(made
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner))
}

/// Groups and splits over the whole dump, the tables, and the stage's record.
fn finish(
    folder: StageFolder,
    records: BTreeMap<u32, ShardRecord>,
    mut rejects: Vec<Reject>,
    further: u64,
    made: f64,
) -> Result<Ended, IngestError> {
    let begun = Instant::now();
    let dir = folder.dir().to_owned();
    let mut lasting: Vec<(u32, ShardRecord, OutputFile)> = Vec::with_capacity(records.len());
    let mut likenesses = Vec::new();
    for (number, mut record) in records {
        let part = record
            .outputs
            .remove(&shard::part_file(number))
            .ok_or_else(|| StageError::Malformed {
                path: dir.join("shards").join(format!("{number:05}.json")),
                expected: "the record of a shard with its part".to_owned(),
                found: "none".to_owned(),
            })?;
        part::each(&dir.join(shard::part_file(number)), &part, |fate| {
            match fate {
                Fate::Ingested(product) => {
                    let Ingested {
                        id,
                        content_hash,
                        captions,
                        look,
                        ..
                    } = *product;
                    likenesses.push(Likeness::new(id, &content_hash, &captions.title, look));
                }
                Fate::Rejected(reject) => rejects.push(reject),
            }
            Ok::<_, IngestError>(())
        })?;
        lasting.push((number, record, part));
    }
    rejects.sort();

    let memberships = groups::memberships(&likenesses);
    let (splits, near_duplicates) = groups::splits(&likenesses, &memberships);
    let mut tally = Tally {
        near_duplicates,
        further,
        ..Tally::default()
    };
    let mut outputs = BTreeMap::new();
    // The parts are read a second time, rather than held for all shards at once.
    let mut placed = memberships.iter().zip(splits);
    for (number, _, part) in &lasting {
        let mut rows: Vec<Row<'_>> = Vec::new();
        part::each(&dir.join(shard::part_file(*number)), part, |fate| {
            if let Fate::Ingested(product) = fate
                && let Some((&Membership { group, duplicate_of }, split)) = placed.next()
            {
                rows.push(Row {
                    product: *product,
                    split,
                    group: &likenesses[group].id,
                    duplicate_of: duplicate_of.map(|i| likenesses[i].id.as_str()),
                });
            }
            Ok::<_, IngestError>(())
        })?;
        rows.iter().for_each(|row| tally.add(row));
        let name = shard_file("catalogue", *number, "parquet");
        outputs.insert(name.clone(), catalogue::write(&dir.join(name), &rows)?);
    }
    outputs.insert(
        rejects::FILE.to_owned(),
        rejects::write(&dir.join(rejects::FILE), &rejects)?,
    );
    let timings = BTreeMap::from([
        ("photos".to_owned(), made),
        ("tables".to_owned(), begun.elapsed().as_secs_f64()),
    ]);
    let summary = Summary {
        counts: tally.counts(rejects.len()),
        rejects: rejects::by_reason(&rejects),
        timings,
        outputs,
    };
    let record = folder.finish(lasting.iter().map(|(_, record, _)| record), summary)?;
    Ok(Ended::Finished(Box::new(record), rejects))
}

/// What the catalogue's rows add up to.
#[derive(Default)]
struct Tally {
    ingested: u64,
    splits: [u64; 3],
    duplicates: u64,
    near_duplicates: u64,
    further: u64,
    cut: u64,
    profiles_ignored: u64,
}

impl Tally {
    fn add(&mut self, row: &Row<'_>) {
        self.ingested += 1;
        self.splits[row.split as usize] += 1;
        self.duplicates += u64::from(row.duplicate_of.is_some());
        self.cut += u64::from(row.product.cut);
        self.profiles_ignored += u64::from(row.product.profile_ignored);
    }

    fn counts(&self, rejected: usize) -> BTreeMap<String, u64> {
        let rejected = rejected as u64;
        let [train, val, test] = self.splits;
        let counts = [
            ("seen", self.ingested + rejected),
            ("ingested", self.ingested),
            ("rejected", rejected),
            ("train", train),
            ("val", val),
            ("test", test),
            ("duplicates", self.duplicates),
            ("near_duplicates", self.near_duplicates),
            ("further_records", self.further),
            ("texts_cut", self.cut),
            ("profiles_ignored", self.profiles_ignored),
        ];
        counts
            .into_iter()
            .map(|(name, count)| (name.to_owned(), count))
            .collect()
    }
}
