//! How long the table of features of a lake takes: `cargo bench -p strata-feature-store -- TABLES`, where TABLES is the folder
//! `tables` of a data folder whose silver is refined. The features in it are erased, and made anew.
#![expect(clippy::print_stdout, reason = "its numbers are its point")]

use std::path::Path;
use std::time::Instant;

use strata_feature_store::{FeatureStore, Labelling};
use strata_lakehouse::Lakehouse;
use strata_lakehouse::batch::Engine;
use strata_runtime::memory::peak_bytes;
use strata_types::{LabelRule, Timestamp};

/// As the command has it: memory is measured too.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() {
    // `cargo test` asks benches whether they work; without a lake there is nothing to do.
    let Some(tables) = std::env::args().skip(1).find(|argument| !argument.starts_with('-')) else {
        println!("give the folder of a lake's tables");
        return;
    };
    for table in ["features", "feature_profiles", "feature_bins", "feature_definitions"] {
        let _ = std::fs::remove_dir_all(Path::new(&tables).join(table));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let begun = Instant::now();
        let lakehouse = Lakehouse::open(Path::new(&tables), Vec::new()).expect("a lake");
        let rule = LabelRule { horizon_hours: 6.0, min_grade: 3 };
        let store = FeatureStore::new(lakehouse, Labelling { rule, grid_hours: 1.0 });
        let written = store.materialise(Timestamp(0), &Engine::Embedded, &mut |_| {}).await.expect("features");
        let seconds = begun.elapsed().as_secs_f64();
        let peak = peak_bytes().unwrap_or(0) / 1_000_000;
        println!("{} rows of {} patients in {seconds:.2} s, peak {peak} MB", written.rows, written.patients);
    });
}
