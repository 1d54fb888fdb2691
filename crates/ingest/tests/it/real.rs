//! The real dump, where it is at hand. It is research data and no part of the repository.

use std::path::Path;

use ingest::Plan;
use ingest::fit::Fit;
use ingest::layout::LayoutChoice;

use crate::dump::ingest;

#[test]
fn a_hundred_products_at_full_resolution_are_ingested_or_told() {
    let dump = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/fashion-fullres");
    if !dump.exists() {
        eprintln!("skipped: {} is not there", dump.display());
        return;
    }
    let out = tempfile::tempdir().unwrap();
    let plan = Plan {
        dump,
        out: out.path().join("out"),
        layout: LayoutChoice::Auto,
        columns: Default::default(),
        size: 128,
        fit: Fit::Pad,
        shards: 4,
        force: false,
        dry_run: false,
    };
    let record = ingest(&plan).unwrap();
    assert_eq!(record.counts["seen"], 100);
    assert_eq!(record.counts["ingested"] + record.counts["rejected"], 100);
    assert!(record.counts["ingested"] >= 93, "{:?}", record.rejects);
}
