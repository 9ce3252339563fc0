//! The online store at size: a million patients charted hourly, what they take on disk and in memory, and how long a vector
//! takes. `cargo bench -p strata-online-store --bench vectors -- [PATIENTS]`; the states are made directly.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints what it measured, and fails by panicking"
)]

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use strata_features::sign::{DBP, HR, MAP, RR, SBP, SPO2, TEMP};
use strata_features::{Lab, PatientFacts, Vitals, compute};
use strata_key_value::Embedded;
use strata_online_store::{Change, Limits, Mark, Marks, OnlineStore, Rank, Recent, Seen, Tie, What};
use strata_runtime::{clock::System, memory};
use strata_types::{HOUR, MINUTE, PatientId, Timestamp, Topic, VARIABLES};

/// 2026-03-01T12:00:00Z.
const NOON: i64 = 1_772_366_400_000_000;
const LIMITS: Limits = Limits { lateness: 24 * HOUR };
const QUESTIONS: usize = 200_000;

/// A small generator of its own, so that a run can be repeated.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }

    fn around(&mut self, middle: f64, spread: u64) -> f64 {
        middle + self.below(2 * spread + 1) as f64 - spread as f64
    }
}

fn rank(dice: &mut Dice, ingested_at: Timestamp) -> Rank {
    let id = (dice.below(1 << 31), dice.below(1 << 16));
    let event_id = format!("{:08x}-{:04x}-5c0e-9b6f-2d58a7c310e4", id.0, id.1).into();
    Rank { ingested_at, tie: Some(Tie { event_id, record_hash: id.0 as i64 }) }
}

/// A patient with a reading every `step`, two days long, and the laboratory's morning rounds of a week.
fn patient(dice: &mut Dice, step: i64) -> Recent {
    let mut recent = Recent::default();
    let facts = PatientFacts {
        age_years: Some(dice.around(60.0, 25)),
        sex_male: Some(dice.below(2) == 0),
        admitted_at: Some(Timestamp(NOON - 7 * 24 * HOUR)),
        spo2_scale_2: false,
        weight_kg: Some(dice.around(75.0, 25)),
    };
    let when = Timestamp(NOON - 7 * 24 * HOUR);
    let what = What::Patient(Some(facts));
    recent.apply(Change { time: when, name: "".into(), rank: rank(dice, when), what });
    for day in 0..7 {
        for (code, variable) in VARIABLES.iter().enumerate().filter(|(_, v)| v.reference.is_some()).take(20) {
            let time = Timestamp(NOON - day * 24 * HOUR - 6 * HOUR + dice.below(30) as i64 * MINUTE);
            let known = time + dice.below(90) as i64 * MINUTE + dice.below(60_000) as i64 * 1_000;
            let (low, high) = variable.reference.unwrap();
            let value = ((low + (high - low) * dice.below(100) as f64 / 100.0) * 10.0).round() / 10.0;
            let row = Lab { time, available_at: known, variable: code as u8, value, reference: Some((low, high)) };
            let what = What::Lab(code as u8, Some(row));
            recent.apply(Change { time, name: "laboratory".into(), rank: rank(dice, known), what });
        }
    }
    let (rate, pressure) = (dice.around(80.0, 15), dice.around(120.0, 15));
    for number in (0..48 * HOUR / step).rev() {
        let time = Timestamp(NOON - number * step - dice.below(20) as i64 * 1_000_000);
        let known = time + 200_000 + dice.below(900) as i64 * 1_000;
        let mut row = Vitals { available_at: known, ..Vitals::at(time) };
        row.signs[HR] = dice.around(rate, 6);
        row.signs[RR] = dice.around(16.0, 4);
        row.signs[SPO2] = dice.around(96.0, 3);
        row.signs[TEMP] = (370.0 + dice.around(0.0, 6)) / 10.0;
        row.signs[SBP] = dice.around(pressure, 9);
        row.signs[DBP] = dice.around(pressure - 45.0, 6);
        row.signs[MAP] = (row.signs[SBP] + 2.0 * row.signs[DBP]) / 3.0;
        row.quality = 1.0;
        let what = What::Vitals(Some(row));
        recent.apply(Change { time, name: "bedside-monitor".into(), rank: rank(dice, known), what });
    }
    recent.settle(LIMITS);
    recent
}

fn id(number: u64) -> PatientId {
    // Pseudonyms have no order.
    format!("{:016x}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15)).parse().unwrap()
}

fn main() {
    let patients: u64 = std::env::args().filter_map(|word| word.parse().ok()).next_back().unwrap_or(1_000_000);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut dice = Dice(42);

    for (what, step) in [("hourly", HOUR), ("each 15 minutes", 15 * MINUTE), ("each minute", MINUTE)] {
        let recent = patient(&mut dice, step);
        let (bytes, rounds) = (recent.bytes(), 2_000);
        let began = Instant::now();
        let mut sum = 0.0;
        for _ in 0..rounds {
            let seen = Seen::read(&bytes, false).unwrap().unwrap();
            sum += compute(&seen.timeline, Timestamp(NOON))[0];
        }
        let micros = began.elapsed().as_secs_f64() * 1e6 / f64::from(rounds);
        println!(
            "a patient charted {what:16} {:7} bytes, read and computed in {micros:6.1} us ({sum:.0})",
            bytes.len()
        );
    }

    let below = Arc::new(Embedded::open(folder.path(), Arc::new(System)).unwrap());
    let store = OnlineStore::new(below, LIMITS, false);
    let before = memory::current_bytes().unwrap_or(0);
    let (began, cpu) = (Instant::now(), cpu_seconds());
    // A few hundred different patients, so that making them does not take longer than what is measured.
    let kinds: Vec<Recent> = (0..500).map(|_| patient(&mut dice, HOUR)).collect();
    runtime.block_on(async {
        let mut from = 0;
        while from < patients {
            let to = (from + 10_000).min(patients);
            store
                .fill((from..to).map(|number| (id(number), kinds[(number % 500) as usize].clone())).collect())
                .await
                .unwrap();
            from = to;
        }
        let mark = Mark { next: 1, logged: None };
        store.mark(&Marks { live: [((Topic::Vitals, 0), mark)].into(), silver: 0 }).await.unwrap();
    });
    println!("{patients} patients put in {:.1} s, {:.1} s CPU", began.elapsed().as_secs_f64(), cpu_seconds() - cpu);
    println!("  on disk  {:8.0} MB", bytes_below(folder.path()) as f64 / 1e6);

    let mut took = Vec::with_capacity(QUESTIONS);
    let cpu = cpu_seconds();
    runtime.block_on(async {
        for _ in 0..QUESTIONS {
            let patient = id(dice.below(patients));
            let began = Instant::now();
            let seen = store.seen(&patient).await.unwrap().unwrap();
            let vector = seen.vector(Timestamp(NOON)).unwrap();
            took.push(began.elapsed());
            assert!(!vector[0].is_nan());
        }
    });
    let cpu = (cpu_seconds() - cpu) * 1e6 / QUESTIONS as f64;
    took.sort_unstable();
    let at = |share: f64| took[((QUESTIONS - 1) as f64 * share) as usize].as_secs_f64() * 1e6;
    println!("a vector of a random patient, {QUESTIONS} times:");
    println!("  p50 {:.1} us, p99 {:.1} us, p99.9 {:.1} us, CPU {cpu:.1} us", at(0.5), at(0.99), at(0.999));
    println!(
        "  memory   {:8.0} MB, {:.0} MB before",
        memory::current_bytes().unwrap_or(0) as f64 / 1e6,
        before as f64 / 1e6
    );
}

fn bytes_below(path: &Path) -> u64 {
    let entries = std::fs::read_dir(path).unwrap().map(Result::unwrap);
    entries
        .map(|entry| if entry.path().is_dir() { bytes_below(&entry.path()) } else { entry.metadata().unwrap().len() })
        .sum()
}

/// User and system time of this process, in seconds, by proc(5).
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |field: usize| fields.get(field).and_then(|ticks| ticks.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}
