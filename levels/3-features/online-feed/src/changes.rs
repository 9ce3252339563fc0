//! Rows of silver, and records that are on their way there, as what they change in a patient's recent timeline.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use arrow::error::ArrowError;
use strata_feature_store::{Item, Source};
use strata_online_store::{Change, Rank, Tie, What};
use strata_refinery::{LiveRecord, OnInvalid, QUARANTINE, live_rows};
use strata_types::{PatientId, Timestamp, Topic, VARIABLES};

use crate::Error;

/// What records of a topic of the live log change, by patient, in their order.
pub fn live_changes(
    topic: Topic,
    records: &[LiveRecord],
    on_invalid: OnInvalid,
    changes: &mut BTreeMap<PatientId, Vec<Change>>,
) -> Result<(), Error> {
    let Some(part) = Source::all().find(|part| part.topic == topic) else { return Ok(()) };
    let rows = live_rows(topic, records, on_invalid)?;
    of_rows(&part, &rows.rows, &|row| rows.refused[row], changes)
}

/// The columns of a table that are needed, beside those of a row: those that decide who stands.
pub(crate) fn ranked_columns(part: &Source) -> Vec<&'static str> {
    let mut columns = part.columns.to_vec();
    for column in part.spec.key.iter().chain(&["ingested_at", "event_id", "record_hash"]) {
        if !columns.contains(column) {
            columns.push(column);
        }
    }
    columns
}

/// What rows of a table change.
pub(crate) fn of_rows(
    part: &Source,
    rows: &RecordBatch,
    is_refused: &dyn Fn(usize) -> bool,
    changes: &mut BTreeMap<PatientId, Vec<Change>>,
) -> Result<(), Error> {
    let shape = |cause| Error::Shape { table: part.spec.name, cause };
    let items = part.items(rows)?;
    let read = || -> Result<_, ArrowError> {
        let timed = part.spec.by_date;
        let time = if timed { Some(times(rows, part.spec.key[1])?) } else { None };
        let names = part.spec.key.iter().skip(1 + usize::from(timed));
        let names: Vec<StringArray> = names.map(|name| texts(rows, name)).collect::<Result<_, _>>()?;
        Ok((texts(rows, "patient_id")?, time, names, Ranks::of(rows)?))
    };
    let (patients, time, names, ranks) = read().map_err(shape)?;
    let mut interned: HashMap<String, Arc<str>> = HashMap::new();
    for (row, item) in items.into_iter().enumerate().filter(|(row, _)| patients.is_valid(*row)) {
        let names: Vec<&str> = names.iter().map(|name| name.value(row)).collect();
        let (code, name) = named(part.topic, &names);
        let name = Arc::clone(interned.entry(name).or_insert_with_key(|name| name.as_str().into()));
        let time = time
            .as_ref()
            .map_or(Timestamp(0), |time| Timestamp(time.as_primitive::<TimestampMicrosecondType>().value(row)));
        let what = what(part.topic, code, item.filter(|_| !is_refused(row)));
        push(changes, patients.value(row), Change { time, name, rank: ranks.rank(row), what });
    }
    Ok(())
}

/// What quarantine says of keys that a refused record holds. Who only waits for a record of the patient holds none.
pub(crate) fn of_quarantine(
    entries: &RecordBatch,
    changes: &mut BTreeMap<PatientId, Vec<Change>>,
) -> Result<(), Error> {
    let shape = |cause| Error::Shape { table: QUARANTINE.name, cause };
    let read = || -> Result<_, ArrowError> {
        let text = |name| texts(entries, name);
        Ok((text("topic")?, text("key")?, text("scope")?, text("rule")?, Ranks::of(entries)?))
    };
    let (topics, keys, scopes, rules, ranks) = read().map_err(shape)?;
    for row in 0..entries.num_rows() {
        let holds = keys.is_valid(row) && scopes.value(row) == "row" && rules.value(row) != "unknown_patient";
        let Some(topic) = holds.then(|| topics.value(row).parse::<Topic>().ok()).flatten() else { continue };
        let Some(part) = Source::all().find(|part| part.topic == topic) else { continue };
        let mut key = keys.value(row).split('\u{1}');
        let patient = key.next().unwrap_or_default();
        let time = if part.spec.by_date { key.next().and_then(|time| time.parse().ok()).unwrap_or(0) } else { 0 };
        let (code, name) = named(topic, &key.collect::<Vec<_>>());
        let what = what(topic, code, None);
        push(changes, patient, Change { time: Timestamp(time), name: name.into(), rank: ranks.rank(row), what });
    }
    Ok(())
}

/// The columns of quarantine that are needed.
pub(crate) const QUARANTINE_COLUMNS: [&str; 8] =
    ["patient_id", "topic", "key", "scope", "rule", "ingested_at", "event_id", "record_hash"];

fn push(changes: &mut BTreeMap<PatientId, Vec<Change>>, patient: &str, change: Change) {
    // Rows of a patient follow on each other, and most patients are known.
    let Ok(patient) = patient.parse::<PatientId>() else { return };
    changes.entry(patient).or_default().push(change);
}

/// The parts of a key that are neither patient nor time: of a result of a known variable, its place and the rest.
fn named(topic: Topic, names: &[&str]) -> (u8, String) {
    let variable = names.first().filter(|_| topic == Topic::Labs);
    match variable.and_then(|name| VARIABLES.iter().position(|variable| variable.name == *name)) {
        Some(code) => (code as u8, names[1..].join("\u{1}")),
        None => (What::UNKNOWN, names.join("\u{1}")),
    }
}

fn what(topic: Topic, code: u8, item: Option<Item>) -> What {
    match (topic, item) {
        (Topic::Vitals, Some(Item::Vitals(row))) => What::Vitals(Some(row)),
        (Topic::Labs, Some(Item::Lab(row))) => What::Lab(code, Some(row)),
        (Topic::Medications, Some(Item::Dose(row))) => What::Dose(Some(row)),
        (Topic::AdverseEvents, Some(Item::AdverseEvent(row))) => What::AdverseEvent(Some(row)),
        (Topic::Patients, Some(Item::Patient(facts))) => What::Patient(Some(facts)),
        (Topic::Vitals, _) => What::Vitals(None),
        (Topic::Labs, _) => What::Lab(code, None),
        (Topic::Medications, _) => What::Dose(None),
        (Topic::AdverseEvents, _) => What::AdverseEvent(None),
        (Topic::Patients | Topic::Labels, _) => What::Patient(None),
    }
}

/// What decides among records of one key, column by column.
struct Ranks {
    ingested_at: ArrayRef,
    event_id: StringArray,
    record_hash: ArrayRef,
}

impl Ranks {
    fn of(rows: &RecordBatch) -> Result<Self, ArrowError> {
        Ok(Self {
            ingested_at: times(rows, "ingested_at")?,
            event_id: texts(rows, "event_id")?,
            record_hash: column(rows, "record_hash")?,
        })
    }

    fn rank(&self, row: usize) -> Rank {
        let tie = Tie {
            event_id: self.event_id.value(row).into(),
            record_hash: self.record_hash.as_primitive::<Int64Type>().value(row),
        };
        let ingested_at = Timestamp(self.ingested_at.as_primitive::<TimestampMicrosecondType>().value(row));
        Rank { ingested_at, tie: Some(tie) }
    }
}

fn column(rows: &RecordBatch, name: &str) -> Result<ArrayRef, ArrowError> {
    rows.column_by_name(name).cloned().ok_or_else(|| ArrowError::SchemaError(format!("no column `{name}`")))
}

fn texts(rows: &RecordBatch, name: &str) -> Result<StringArray, ArrowError> {
    let column = column(rows, name)?;
    let texts = column.as_string_opt::<i32>().cloned();
    texts.ok_or_else(|| ArrowError::SchemaError(format!("`{name}` is no text")))
}

fn times(rows: &RecordBatch, name: &str) -> Result<ArrayRef, ArrowError> {
    let column = column(rows, name)?;
    let is_time = column.as_primitive_opt::<TimestampMicrosecondType>().is_some();
    if is_time { Ok(column) } else { Err(ArrowError::SchemaError(format!("`{name}` is no time"))) }
}
