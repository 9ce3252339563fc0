//! Writes the table of features, and reads what vectors are made of.

use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use futures::FutureExt;
use futures::future::{BoxFuture, try_join_all};
use serde::{Deserialize, Serialize};
use strata_features::{Profile, Timeline, feature_set_hash};
use strata_lakehouse::batch::Engine;
use strata_lakehouse::{Change, Lakehouse, Mark, Table, TableSpec, encode};
use strata_types::{PatientId, Timestamp};

use crate::Error;
use crate::group::{Labelling, merge, no_profiles};
use crate::job::{ComputeFeatures, Parameters};
use crate::metadata::{self, BINS_TABLE, DEFINITIONS_TABLE, PROFILES_TABLE};
use crate::parts::{LABELS, PARTS, Patient};
use crate::sources::{Sources, Stretch};
use crate::table::FEATURES_TABLE;

/// Vectors that are computed at once, about; what bounds memory.
const VECTORS_AT_ONCE: u64 = 1_000_000;

/// How far a run is, in stretches of patients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Stretches that are done.
    pub done: u64,
    /// Stretches in all.
    pub total: u64,
}

/// What a run wrote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Materialised {
    /// Rows in the table.
    pub rows: u64,
    /// Patients in the table.
    pub patients: u64,
    /// Rows with a label.
    pub labelled: u64,
    /// Rows whose label is true.
    pub positive: u64,
    /// Patients with a row whose label is true.
    pub positive_patients: u64,
    /// Whether the table was as new as silver already, and nothing was written.
    pub up_to_date: bool,
}

/// The features over a lakehouse.
#[derive(Clone, Debug)]
pub struct FeatureStore {
    pub(crate) lakehouse: Lakehouse,
    labelling: Labelling,
}

impl FeatureStore {
    /// Features from these tables.
    pub fn new(lakehouse: Lakehouse, labelling: Labelling) -> Self {
        Self { lakehouse, labelling }
    }

    /// A patient's timeline as silver has it now; `None` for a patient who is not in silver.
    pub fn timeline<'a>(&'a self, patient: &'a PatientId) -> BoxFuture<'a, Result<Option<Timeline>, Error>> {
        self.read_timeline(patient).boxed()
    }

    async fn read_timeline(&self, patient: &PatientId) -> Result<Option<Timeline>, Error> {
        let mut of = Patient::default();
        let mut found = false;
        for part in &PARTS {
            let Some(table) = self.lakehouse.existing(part.spec).await? else { continue };
            let batches = table.read_patient(patient.as_str(), patient.partition(), part.columns).await?;
            for batch in batches {
                let rows = (part.open)(&batch).map_err(|cause| Error::Shape { table: part.spec.name, cause })?;
                rows.put(0..batch.num_rows(), &mut of);
                found |= batch.num_rows() > 0;
            }
        }
        of.timeline.sort();
        Ok(found.then_some(of.timeline))
    }

    /// Writes the table of features anew, in one commit, unless silver is as it was.
    pub fn materialise<'a>(
        &'a self,
        now: Timestamp,
        engine: &'a Engine,
        progress: &'a mut (dyn FnMut(Progress) + Send),
    ) -> BoxFuture<'a, Result<Materialised, Error>> {
        self.write_table(now, engine, progress).boxed()
    }

    async fn write_table(
        &self,
        now: Timestamp,
        engine: &Engine,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Materialised, Error> {
        let sources = Sources::open(&self.lakehouse, PARTS.into_iter().chain([LABELS])).await?;
        let marks = self.marks(&sources);
        let mut table = self.lakehouse.table(&FEATURES_TABLE).await?;
        if self.is_up_to_date(&table, &marks).await? {
            return Ok(Materialised { rows: table.rows(), up_to_date: true, ..Materialised::default() });
        }
        let replaced = table.files().to_vec();
        let mut done = Materialised::default();
        let mut added = Vec::new();
        let mut profiles = no_profiles();
        let stretches: Vec<Stretch> = sources
            .stretches(VECTORS_AT_ONCE, engine.width().await?)
            .into_iter()
            .map(|span| sources.of(span))
            .collect();
        let total = stretches.len() as u64;
        let parameters = Parameters::of(&self.lakehouse, self.labelling, now);
        let job = ComputeFeatures::new(self.lakehouse.clone());
        let mut told = |done| progress(Progress { done: done as u64, total });
        for computed in job.all(engine, &parameters, stretches, &mut told).await? {
            added.extend(computed.files);
            merge(&mut profiles, &computed.profiles);
            done.add(&computed.counted);
        }
        let now_ms = now.0 / 1_000;
        table.commit(Change { added, removed: replaced, marks, now_ms, ..Change::default() }).await?;
        self.describe(table.version(), &profiles, now_ms).await?;
        Ok(done)
    }

    /// Says in tables what the features are and what they look like, in a version of theirs.
    async fn describe(&self, version: u64, profiles: &[Profile], now_ms: i64) -> Result<(), Error> {
        let (summaries, bins) = metadata::profiles(version, profiles).map_err(shape(&PROFILES_TABLE))?;
        let definitions = metadata::definitions().map_err(shape(&DEFINITIONS_TABLE))?;
        let write = |(spec, rows): (&'static TableSpec, RecordBatch)| async move {
            let mut table = self.lakehouse.table(spec).await?;
            let app = format!("features/{}", spec.name);
            let next = if spec.name == DEFINITIONS_TABLE.name { feature_set_hash() >> 1 } else { version + 1 };
            if table.mark(&app).await? == next {
                return Ok(());
            }
            let encoded = encode(spec, &[rows], now_ms).map_err(|cause| shape(spec)(cause.into()))?;
            let added = vec![table.put(None, u16::MAX, encoded).await?];
            table.commit(Change { added, marks: vec![Mark { app, next }], now_ms, ..Change::default() }).await?;
            Ok::<_, Error>(())
        };
        let tables = [(&PROFILES_TABLE, summaries), (&BINS_TABLE, bins), (&DEFINITIONS_TABLE, definitions)];
        try_join_all(tables.map(write)).await?;
        Ok(())
    }

    /// What the table was made from: the version of each source, and of the definitions.
    fn marks(&self, sources: &Sources) -> Vec<Mark> {
        let settings = format!("{:?}", self.labelling);
        let definitions = settings.bytes().fold(feature_set_hash(), |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3) // FNV-1a
        });
        let versions = sources.versions().map(|(name, version)| (name, version + 1));
        let versions = versions.chain([("definitions", definitions >> 1)]);
        versions.map(|(name, next)| Mark { app: format!("features/{name}"), next }).collect()
    }

    async fn is_up_to_date(&self, table: &Table, marks: &[Mark]) -> Result<bool, Error> {
        for mark in marks {
            if table.mark(&mark.app).await? != mark.next {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl Materialised {
    pub(crate) fn add(&mut self, more: &Self) {
        self.rows += more.rows;
        self.patients += more.patients;
        self.labelled += more.labelled;
        self.positive += more.positive;
        self.positive_patients += more.positive_patients;
    }
}

fn shape(spec: &'static TableSpec) -> impl Fn(ArrowError) -> Error {
    |cause| Error::Shape { table: spec.name, cause }
}
