//! Level 1: from sources to bronze.

use std::io;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use serde::Serialize;
use strata_config::{Ingestion as Config, Synthetic};
use strata_landing::{Landed, Writer};
use strata_objects::Objects;
use strata_runtime::Clock;
use strata_sources::synthetic::{self, Hospital};
use strata_sources::{Availability, Record, Sink, Source, Summary, importer};
use strata_types::Timestamp;

use crate::Folder;

/// Takes sources into bronze.
#[derive(Debug)]
pub struct Ingestion {
    folder: Folder,
    objects: Objects,
    object_bytes: usize,
    clock: Arc<dyn Clock>,
}

/// What an import did.
#[derive(Clone, Debug, Serialize)]
pub struct Imported {
    /// The log that it wrote.
    pub log: String,
    /// Records that are new in bronze.
    pub landed: u64,
    /// Records that were there already, from an earlier run over the same input.
    pub already_there: u64,
    /// Objects that are new in bronze.
    pub objects: u64,
    /// Their bytes.
    pub stored_bytes: u64,
    /// What the source says of itself.
    pub summary: Summary,
    /// Why the import ended early, when it did; what came before is in bronze.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub damage: Option<String>,
}

pub(crate) fn build(config: &Config, folder: &Folder, objects: &Objects, clock: &Arc<dyn Clock>) -> Ingestion {
    let (objects, object_bytes) = (objects.clone(), config.object_bytes as usize);
    Ingestion { folder: folder.clone(), objects, object_bytes, clock: Arc::clone(clock) }
}

impl Ingestion {
    /// Opens a set by its importer's name; `csv` needs a mapping file, no other takes one.
    pub fn source(&self, name: &str, path: &Path, mapping: Option<&Path>) -> Result<Box<dyn Source>> {
        Ok(importer(name)?.open(path, mapping)?)
    }

    /// Opens the synthetic hospital, whose history starts at its usual time or at another.
    pub fn hospital(
        &self,
        config: &Synthetic,
        drift: &[synthetic::Drift],
        start: Option<Timestamp>,
    ) -> Result<Box<dyn Source>> {
        let usual = synthetic::Settings::default();
        let settings = synthetic::Settings {
            patients: config.patients,
            days: f64::from(config.days),
            seed: config.seed,
            drift: drift.to_vec(),
            start: start.unwrap_or(usual.start),
            ..usual
        };
        Ok(Box::new(Hospital::new(settings)?))
    }

    /// Reads a source to its end, or to its damage: what came before the damage is kept.
    pub async fn import(
        &self,
        mut source: Box<dyn Source>,
        progress: impl FnMut(u64) + Send + 'static,
    ) -> Result<Imported> {
        let log = source.log();
        let availability = match source.availability() {
            Availability::AtEvent => strata_landing::Availability::AtEvent,
            Availability::AtArrival => strata_landing::Availability::AtArrival,
        };
        let now = Timestamp(self.clock.now_micros());
        let opened = strata_landing::open(self.objects.clone(), &log, availability, now, self.object_bytes).await;
        let (writer, flusher) = opened?;
        let reading = tokio::task::spawn_blocking(move || {
            let mut sink = ToBronze { writer, progress };
            let read = source.read(&mut sink);
            (read, sink.writer.finish())
        });
        let (read, flushed) = tokio::join!(reading, flusher.run());
        let Landed { records, objects, stored_bytes, .. } = flushed.context("bronze could not be written")?;
        let (read, finished) = read.context("the reader died")?;
        let already_there = finished?;
        if records > 0 {
            self.folder.note_import().context("a running stack could not be told of the import")?;
        }
        let (summary, damage) = match read {
            Ok(summary) => (summary, None),
            Err(error) => (Summary::default(), Some(error.to_string())),
        };
        Ok(Imported { log, landed: records, already_there, objects, stored_bytes, summary, damage })
    }
}

/// Hands a source's records to bronze.
struct ToBronze<P> {
    writer: Writer,
    progress: P,
}

impl<P: FnMut(u64)> Sink for ToBronze<P> {
    fn accept(&mut self, record: Record<'_>) -> io::Result<()> {
        let appended = self.writer.append(record.topic, record.patient_id, record.arrived_at, record.line);
        appended.map_err(io::Error::other)
    }

    fn progress(&mut self, done: u64) {
        (self.progress)(done);
    }
}
