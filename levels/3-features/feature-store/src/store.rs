//! Writes the table of features, and reads what vectors are made of.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use bytes::Bytes;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use strata_features::{Timeline, compute_many, feature_set_hash, label_at};
use strata_lakehouse::batch::Engine;
use strata_lakehouse::{Change, Encoded, Lakehouse, Mark, Table, decode, encode};
use strata_refinery::LABELS;
use strata_types::{HOUR, LabelRule, PARTITIONS, PatientId, Timestamp};

use crate::read::column;
use crate::table::{FEATURES_TABLE, FeatureRow, batch};
use crate::timelines::{Item, PARTS, Part, Timelines};
use crate::{Error, job};

/// Grid rows that are computed at once, about; what bounds memory.
const ROWS_AT_ONCE: u64 = 300_000;

/// How live data is labelled, and on which grid. Historical sets bring both.
#[derive(Clone, Copy, Debug)]
pub struct Labelling {
    /// What counts as an outcome.
    pub rule: LabelRule,
    /// Hours between two rows of a patient.
    pub grid_hours: f64,
}

/// How far a run is, in groups of patient buckets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Groups of buckets that are done.
    pub done: u64,
    /// Groups of buckets in all.
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

impl Materialised {
    fn add(&mut self, group: Self) {
        self.rows += group.rows;
        self.patients += group.patients;
        self.labelled += group.labelled;
        self.positive += group.positive;
        self.positive_patients += group.positive_patients;
    }
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
    pub async fn timeline(&self, patient: &PatientId) -> Result<Option<Timeline>, Error> {
        let mut timeline = Timeline::default();
        let mut found = false;
        for part in &PARTS {
            let Some(table) = self.lakehouse.existing(part.spec).await? else { continue };
            let batches = table.read_patient(patient.as_str(), patient.partition(), part.columns).await?;
            for batch in batches {
                let mut give = |_: &str, item: Item| item.put(&mut timeline);
                (part.take)(&batch, &mut give).map_err(|cause| Error::Shape { table: part.spec.name, cause })?;
                found |= batch.num_rows() > 0;
            }
        }
        timeline.sort();
        Ok(found.then_some(timeline))
    }

    /// Writes the table of features anew, in one commit, unless silver is as it was.
    pub async fn materialise(
        &self,
        now: Timestamp,
        engine: &Engine,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Materialised, Error> {
        let sources = self.sources().await?;
        let marks = self.marks(&sources);
        let mut table = self.lakehouse.table(&FEATURES_TABLE).await?;
        if self.is_up_to_date(&table, &marks).await? {
            return Ok(Materialised { rows: table.rows(), up_to_date: true, ..Materialised::default() });
        }
        let replaced = table.files().to_vec();
        let most = sources.iter().map(Table::rows).max().unwrap_or(0);
        let groups = most.div_ceil(ROWS_AT_ONCE).max(engine.width().await? as u64);
        let groups = job::groups(&sources, groups.clamp(1, u64::from(PARTITIONS)) as u8);
        let total = groups.len() as u64;
        let job = job::ComputeFeatures::new(self.lakehouse.clone());
        let parameters = job::Parameters::of(&self.lakehouse, self.labelling, now);
        let given = job.all(engine, &parameters, groups, &mut |done| progress(Progress { done: done as u64, total }));
        let mut done = Materialised::default();
        let mut added = Vec::new();
        for group in given.await? {
            added.extend(group.files);
            done.add(group.counted);
        }
        let now_ms = now.0 / 1_000;
        table.commit(Change { added, removed: replaced, marks, now_ms, ..Change::default() }).await?;
        Ok(done)
    }

    /// The silver tables that exist, of those that features are made of, and the labels.
    async fn sources(&self) -> Result<Vec<Table>, Error> {
        let mut sources = Vec::new();
        for spec in PARTS.iter().map(|part| part.spec).chain([&LABELS]) {
            sources.extend(self.lakehouse.existing(spec).await?);
        }
        if sources.iter().all(|table| table.rows() == 0) {
            return Err(Error::NoSilver);
        }
        Ok(sources)
    }

    /// What the table was made from: the version of each source, and of the definitions.
    fn marks(&self, sources: &[Table]) -> Vec<Mark> {
        let settings = format!("{:?}", self.labelling);
        let definitions = settings.bytes().fold(feature_set_hash(), |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3) // FNV-1a
        });
        let versions = sources.iter().map(|table| (table.spec().name, table.version() + 1));
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

/// The files of one group of buckets.
pub(crate) struct Input {
    pub(crate) buckets: u16,
    pub(crate) parts: Vec<(Part, Bytes)>,
    pub(crate) labels: Vec<Bytes>,
}

/// The times at which a patient is looked at, each with its label where there is one.
type Times = Vec<(Timestamp, Option<bool>)>;

type Grid = HashMap<String, Times>;

/// A patient's vectors to be.
type Job = (Arc<str>, Timeline, Times);

/// Files to timelines, timelines to vectors, vectors to files. CPU only, on all cores.
pub(crate) fn compute_group(
    input: Input,
    labelling: Labelling,
    now: Timestamp,
) -> Result<(Vec<(String, Encoded)>, Materialised), Error> {
    let buckets = input.buckets;
    let timelines = read_timelines(input.parts, buckets)?;
    let mut given = read_labels(input.labels, buckets)?;
    let mut jobs: Vec<Job> = Vec::new();
    for (patient, timeline) in timelines {
        let grid = given.remove(&patient).unwrap_or_else(|| hourly_grid(&timeline, labelling));
        jobs.push((patient.into(), timeline, grid));
    }
    // Patients who have labels but no event: their rows are part of the grid all the same.
    jobs.extend(given.into_iter().map(|(patient, grid)| (patient.into(), Timeline::default(), grid)));
    jobs.sort_by(|a, b| a.0.cmp(&b.0));

    let mut counted = Materialised { patients: jobs.len() as u64, ..Materialised::default() };
    for (_, _, grid) in &jobs {
        let positive = grid.iter().filter(|(_, label)| *label == Some(true)).count() as u64;
        counted.rows += grid.len() as u64;
        counted.labelled += grid.iter().filter(|(_, label)| label.is_some()).count() as u64;
        counted.positive += positive;
        counted.positive_patients += u64::from(positive > 0);
    }
    let rows: Vec<FeatureRow> = jobs.into_par_iter().flat_map_iter(vectors_of).collect();
    let mut by_date: BTreeMap<String, Vec<FeatureRow>> = BTreeMap::new();
    for row in rows {
        by_date.entry(row.time.date()).or_default().push(row);
    }
    let files = by_date.into_par_iter().map(|(date, rows)| {
        let shape = |cause| Error::Shape { table: FEATURES_TABLE.name, cause };
        let rows = batch(&rows).map_err(shape)?;
        let encoded = encode(&FEATURES_TABLE, &[rows], now.0 / 1_000);
        Ok((date, encoded.map_err(|cause| shape(cause.into()))?))
    });
    Ok((files.collect::<Result<_, Error>>()?, counted))
}

fn vectors_of((patient, timeline, grid): Job) -> Vec<FeatureRow> {
    let times: Vec<Timestamp> = grid.iter().map(|(time, _)| *time).collect();
    let vectors = compute_many(&timeline, &times).into_iter().zip(grid);
    vectors.map(|(vector, (time, label))| FeatureRow { patient: Arc::clone(&patient), time, label, vector }).collect()
}

/// Live data: every hour from the first event to the last, labelled by what followed.
fn hourly_grid(timeline: &Timeline, labelling: Labelling) -> Times {
    let (vitals, labs) = (timeline.vitals.iter().map(|row| row.time), timeline.labs.iter().map(|row| row.time));
    let doses = timeline.medications.iter().map(|row| row.time);
    let Some((first, last)) = vitals.chain(labs).chain(doses).fold(None, |range: Option<(_, _)>, time| {
        let (first, last) = range.unwrap_or((time, time));
        Some((first.min(time), last.max(time)))
    }) else {
        return Vec::new();
    };
    let step = ((labelling.grid_hours * HOUR as f64) as i64).max(1);
    let start = Timestamp(first.0.div_euclid(step) * step + step);
    let times = (0..).map(|index| start + index * step).take_while(|time| *time <= last);
    times.map(|time| (time, label_at(&timeline.adverse_events, time, &labelling.rule, last))).collect()
}

fn read_timelines(parts: Vec<(Part, Bytes)>, buckets: u16) -> Result<Timelines, Error> {
    let runs: Vec<Vec<(String, Vec<Item>)>> = parts
        .into_par_iter()
        .map(|(part, bytes)| {
            let shape = |cause| Error::Shape { table: part.spec.name, cause };
            let mut runs: Vec<(String, Vec<Item>)> = Vec::new();
            for batch in decode(bytes, part.columns).map_err(|cause| shape(cause.into()))? {
                let mut give = |patient: &str, item: Item| match runs.last_mut() {
                    Some((last, items)) if last == patient => items.push(item),
                    _ => runs.push((patient.to_owned(), vec![item])),
                };
                (part.take)(&batch, &mut give).map_err(shape)?;
            }
            runs.retain(|(patient, _)| is_in(patient, buckets));
            Ok(runs)
        })
        .collect::<Result<_, Error>>()?;
    let mut timelines = Timelines::new();
    for (patient, items) in runs.into_iter().flatten() {
        let timeline = timelines.entry(patient).or_default();
        for item in items {
            item.put(timeline);
        }
    }
    timelines.par_iter_mut().for_each(|(_, timeline)| timeline.sort());
    Ok(timelines)
}

fn read_labels(files: Vec<Bytes>, buckets: u16) -> Result<Grid, Error> {
    let shape = |cause| Error::Shape { table: LABELS.name, cause };
    let mut grid = Grid::new();
    for bytes in files {
        for batch in decode(bytes, &["patient_id", "time", "label"]).map_err(|cause| shape(cause.into()))? {
            let [id, time, label] = ["patient_id", "time", "label"].map(|name| column(&batch, name));
            let (id, time, label) = (id.map_err(shape)?, time.map_err(shape)?, label.map_err(shape)?);
            for row in 0..batch.num_rows() {
                let (Some(patient), Some(time)) = (id.text(row), time.time(row)) else { continue };
                if let Some(rows) = grid.get_mut(patient) {
                    rows.push((time, label.flag(row)));
                } else if is_in(patient, buckets) {
                    grid.insert(patient.to_owned(), vec![(time, label.flag(row))]);
                }
            }
        }
    }
    for rows in grid.values_mut() {
        rows.sort_by_key(|(time, _)| *time);
    }
    Ok(grid)
}

fn is_in(patient: &str, buckets: u16) -> bool {
    buckets & (1 << strata_types::partition_of(patient.as_bytes())) != 0
}
