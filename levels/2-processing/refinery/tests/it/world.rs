//! What the tests stand on: records that land, and what silver says in the end.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use strata_lakehouse::{Format, Lakehouse};
use strata_landing::{Availability, Bronze, LIVE, open};
use strata_objects::Objects;
use strata_refinery::{Follower, OnInvalid, Refinery, Settings};
use strata_types::{PatientId, Timestamp, Topic};

/// A record and when it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Arrival {
    pub(crate) topic: Topic,
    pub(crate) patient: PatientId,
    pub(crate) logged: Timestamp,
    pub(crate) line: String,
}

pub(crate) const SECOND: i64 = 1_000_000;
pub(crate) const START: i64 = 1_767_225_600_000_000; // 2026-01-01T00:00:00Z

/// Writes arrivals as a log of their own and refines.
pub(crate) async fn land_and_refine(root: &Path, log: &str, arrivals: Vec<Arrival>, wave_bytes: u64) {
    land(root, log, arrivals).await;
    refine(root, wave_bytes).await;
}

/// Writes arrivals as the log `log`, of which some may have been written before.
pub(crate) async fn land(root: &Path, log: &str, arrivals: Vec<Arrival>) {
    let objects = Objects::directory(root).unwrap();
    let (mut writer, flusher) = open(objects.clone(), log, Availability::AtArrival, Timestamp(0), 300).await.unwrap();
    let writing = tokio::task::spawn_blocking(move || {
        for arrival in arrivals {
            writer.append(arrival.topic, &arrival.patient, Some(arrival.logged), arrival.line.as_bytes()).unwrap();
        }
        writer.finish().unwrap()
    });
    let (written, landed) = tokio::join!(writing, flusher.run());
    written.unwrap();
    landed.unwrap();
}

pub(crate) async fn refine(root: &Path, wave_bytes: u64) {
    let settings = Settings { wave_bytes, ..SETTINGS };
    refinery(root, settings).run(Timestamp(START), &mut |_| {}).await.unwrap();
}

pub(crate) const SETTINGS: Settings =
    Settings { on_invalid: OnInvalid::Cell, require_enrolment: false, wave_bytes: 1 << 30 };

pub(crate) fn refinery(root: &Path, settings: Settings) -> Refinery {
    Refinery::new(Bronze::new(Objects::directory(root).unwrap()), lakehouse(root), settings)
}

pub(crate) fn lakehouse(root: &Path) -> Lakehouse {
    Lakehouse::open(&root.join("tables"), Vec::new()).unwrap()
}

pub(crate) fn follower(root: &Path) -> Follower {
    refinery(root, SETTINGS).follow()
}

/// A reading of a patient at a time, which arrives at once.
pub(crate) fn reading(patient: &str, time: Timestamp, heart_rate: i64) -> Arrival {
    let line = format!(r#"{{"patient_id":"{patient}","timestamp":"{time}","heart_rate":{heart_rate}}}"#);
    Arrival { topic: Topic::Vitals, patient: patient.parse().unwrap(), logged: time, line }
}

/// How many rows a query gives.
pub(crate) async fn count(root: &Path, sql: &str) -> usize {
    lakehouse(root).query(sql).await.unwrap().len()
}

/// The live log, as it grows.
pub(crate) struct Live {
    root: PathBuf,
    arrivals: Vec<Arrival>,
}

impl Live {
    pub(crate) fn at(root: &Path) -> Self {
        Self { root: root.to_owned(), arrivals: Vec::new() }
    }

    /// Lands more, and says how far every partition has landed.
    pub(crate) async fn land(&mut self, more: Vec<Arrival>) -> Vec<(Topic, u8, u64)> {
        self.arrivals.extend(more);
        land(&self.root, LIVE, self.arrivals.clone()).await;
        let mut ends: HashMap<(Topic, u8), u64> = HashMap::new();
        for arrival in &self.arrivals {
            *ends.entry((arrival.topic, arrival.patient.partition())).or_default() += 1;
        }
        ends.into_iter().map(|((topic, partition), end)| (topic, partition, end)).collect()
    }
}

/// Everything that silver and quarantine say, but for places on the log.
pub(crate) async fn state(root: &Path) -> Vec<String> {
    let lakehouse = Lakehouse::open(&root.join("tables"), Vec::new()).unwrap();
    let names = lakehouse.names().await.unwrap();
    let mut state = Vec::new();
    for (table, columns) in [
        ("vitals", "*"),
        ("labs", "*"),
        (
            "quarantine",
            "topic, key, patient_id, timestamp, ingested_at, event_id, scope, rule, variable, raw_value, reason, raw",
        ),
    ] {
        if names.iter().any(|name| name == table) {
            let rows = lakehouse.query(&format!("SELECT {columns} FROM {table}")).await.unwrap();
            let mut csv = Vec::new();
            rows.write(Format::Csv, &mut csv).unwrap();
            let text = String::from_utf8(csv).unwrap();
            let mut lines: Vec<String> = text.lines().skip(1).map(|line| format!("{table}: {line}")).collect();
            lines.sort();
            state.extend(lines);
        }
    }
    state
}
