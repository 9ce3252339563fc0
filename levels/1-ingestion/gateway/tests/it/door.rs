//! A gateway before a log that is a file.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use strata_audit::{Audit, Filter, Record, read};
use strata_gateway::{Config, Converted, Parts, Stats, build};
use strata_runtime::{Scope, clock};
use strata_types::Topic;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use crate::client::{Answer, send};
use crate::file_log::FileLog;

/// 2026-03-01T12:00:00Z.
pub(crate) const NOON: i64 = 1_772_366_400_000_000;
pub(crate) const JSON: &str = "application/json";
pub(crate) const LINES: &str = "application/x-ndjson";
pub(crate) const VITALS: &str = "/v1/events/patient-vitals";

pub(crate) struct Door {
    pub(crate) address: SocketAddr,
    pub(crate) log: Arc<FileLog>,
    pub(crate) folder: TempDir,
    pub(crate) stats: Arc<Stats>,
    scope: Scope,
    runtime: Runtime,
}

impl Door {
    pub(crate) fn open() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::made(|config, _| change(config))
    }

    pub(crate) fn made(change: impl FnOnce(&mut Config, &mut Parts)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::on_loopback(0, folder.path().join("data"));
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let log = Arc::new(FileLog::create(folder.path()));
        let mut parts = parts(&folder, Arc::<FileLog>::clone(&log), clock::Fixed::at(NOON));
        change(&mut config, &mut parts);
        let inside = runtime.enter();
        let gateway = build(&config, parts).unwrap();
        let (address, stats, scope) = (gateway.local_addr(), gateway.stats(), Scope::root("test"));
        let of_gateway = scope.child("gateway");
        let running = of_gateway.clone();
        of_gateway.spawn_service("gateway", async move { gateway.run(&running).await });
        drop(inside);
        Self { address, log, folder, stats, scope, runtime }
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        send(self.address, &format!("GET {path}"), &[], b"")
    }

    pub(crate) fn post(&self, path: &str, content_type: &str, body: impl AsRef<[u8]>) -> Answer {
        send(self.address, &format!("POST {path}"), &[("content-type", content_type)], body.as_ref())
    }

    pub(crate) fn audited(&self) -> Vec<Record> {
        let folder = audit_folder(&self.folder);
        read(&folder, Filter::default()).unwrap().map(Result::unwrap).collect()
    }

    /// One number of the metrics.
    pub(crate) fn metric(&self, series: &str) -> Option<f64> {
        let metrics = self.get("/metrics").body;
        metrics.lines().find_map(|line| line.strip_prefix(series)?.trim().parse().ok())
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        let _ = self.runtime.block_on(self.scope.close(Duration::from_secs(10)));
    }
}

pub(crate) fn parts(folder: &TempDir, log: Arc<FileLog>, clock: clock::Fixed) -> Parts {
    let clock = Arc::new(clock);
    let audit = Audit::open(audit_folder(folder), Arc::<clock::Fixed>::clone(&clock)).unwrap();
    Parts { log, convert: Arc::new(heart_rates), audit, clock, pages: None, collectors: Vec::new() }
}

fn audit_folder(folder: &TempDir) -> PathBuf {
    folder.path().join("audit")
}

/// A converter of one kind of Observation, alone or in a Bundle.
fn heart_rates(resource: &Value) -> Vec<Converted> {
    let entries: Vec<&Value> = match resource["resourceType"].as_str() {
        Some("Bundle") => resource["entry"].as_array().into_iter().flatten().map(|entry| &entry["resource"]).collect(),
        _ => vec![resource],
    };
    entries.into_iter().enumerate().map(|(entry, resource)| Converted { entry, event: heart_rate(resource) }).collect()
}

fn heart_rate(resource: &Value) -> Result<(Topic, Value), String> {
    if resource["code"]["coding"][0]["code"] != "8867-4" || resource["status"] == "entered-in-error" {
        return Err("not an Observation of the heart rate (LOINC 8867-4)".into());
    }
    let subject = resource["subject"]["reference"].as_str().unwrap_or_default();
    Ok((
        Topic::Vitals,
        json!({
            "patient_id": subject.trim_start_matches("Patient/"),
            "timestamp": resource["effectiveDateTime"],
            "source": "fhir",
            "heart_rate": resource["valueQuantity"]["value"],
        }),
    ))
}

/// A reading of this patient, at this minute of the hour before noon.
pub(crate) fn reading(patient: &str, minute: u32) -> String {
    json!({"patient_id": patient, "timestamp": format!("2026-03-01T11:{:02}:00Z", minute % 60), "source": "m",
        "heart_rate": 60 + minute / 60})
    .to_string()
}

/// This many readings, a line each.
pub(crate) fn lines(number: u32) -> String {
    (0..number).map(|minute| reading("p1", minute) + "\n").collect()
}
