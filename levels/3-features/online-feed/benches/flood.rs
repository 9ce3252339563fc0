//! What following costs: a million readings of a thousand patients, in batches as the feed takes them.
//! `cargo bench -p strata-online-feed [-- RECORDS]`
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and fails by panicking")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use strata_key_value::Embedded;
use strata_online_feed::live_changes;
use strata_online_store::{Limits, Marks, OnlineStore};
use strata_refinery::{LiveRecord, OnInvalid};
use strata_runtime::{clock, memory};
use strata_types::{HOUR, Timestamp, Topic};

// As in the binary.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

const PATIENTS: u64 = 1_000;
const BATCH: u64 = 20_000;
/// 2026-03-01T00:00:00Z; a reading each minute and patient.
const START: i64 = 1_772_323_200_000_000;

fn main() {
    let count = std::env::args().find_map(|word| word.parse().ok()).unwrap_or(1_000_000_u64);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let below = Embedded::open(folder.path(), Arc::new(clock::System)).unwrap();
    let store = OnlineStore::new(Arc::new(below), Limits { lateness: 24 * HOUR }, false);
    let (mut changing, mut applying) = (Duration::ZERO, Duration::ZERO);
    let used = cpu();
    for from in (0..count).step_by(BATCH as usize) {
        let records: Vec<LiveRecord> = (from..(from + BATCH).min(count)).map(record).collect();
        let began = Instant::now();
        let mut changes = BTreeMap::new();
        live_changes(Topic::Vitals, &records, OnInvalid::Cell, &mut changes).unwrap();
        changing += began.elapsed();
        let began = Instant::now();
        runtime.block_on(store.apply(changes, &Marks::default())).unwrap();
        applying += began.elapsed();
    }
    let each = |took: Duration| took.as_secs_f64() * 1e6 / count as f64;
    println!(
        "{count} records: {:.2} us each to changes, {:.2} us to the store; {:.2} CPU us in all; peak {} MB",
        each(changing),
        each(applying),
        (cpu() - used) * 1e6 / count as f64,
        memory::peak_bytes().unwrap_or(0) / 1_000_000,
    );
}

fn record(number: u64) -> LiveRecord {
    let (patient, minute) = (number % PATIENTS, (number / PATIENTS) as i64);
    let logged = Timestamp(START + minute * 60_000_000 + 1_000_000);
    let time = Timestamp(START + minute * 60_000_000);
    let line = format!(
        r#"{{"patient_id":"P{patient:06}","timestamp":"{time}","source":"monitor-{}","heart_rate":{},"respiratory_rate":{},"spo2":97,"temperature":36.{},"blood_pressure_systolic":{},"blood_pressure_diastolic":80,"event_id":"{:08x}-0000-5000-8000-{number:012x}"}}"#,
        patient % 40,
        60 + number * 7_919 % 80,
        12 + number % 10,
        number % 10,
        90 + number * 104_729 % 70,
        number * 0x9E37_79B9 % 0xFFFF_FFFF,
    );
    LiveRecord { partition: (patient % 16) as u8, offset: number, logged, line: line.into_bytes() }
}

/// Seconds of processor that this process has used.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let after_name = stat.rsplit_once(')').unwrap().1;
    after_name.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<f64>().unwrap()).sum::<f64>() / 100.0
}
