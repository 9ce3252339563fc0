//! Hands events to a sink as records, and keeps the count that becomes the summary.

use std::collections::{BTreeMap, HashSet};

use strata_types::{Event, PatientId, Timestamp, Topic};

use crate::{Error, Record, Sink, Summary};

/// The way from a source to its sink.
pub(crate) struct Delivery<'a> {
    sink: &'a mut dyn Sink,
    line: Vec<u8>,
    patients: HashSet<PatientId>,
    records: [u64; Topic::ALL.len()],
    mapped: BTreeMap<String, u64>,
    unmapped: BTreeMap<(String, String), u64>,
    notes: Vec<(String, String)>,
    /// Input rows read.
    pub(crate) rows: u64,
}

impl<'a> Delivery<'a> {
    pub(crate) fn to(sink: &'a mut dyn Sink) -> Self {
        Self {
            sink,
            line: Vec::new(),
            patients: HashSet::new(),
            records: [0; Topic::ALL.len()],
            mapped: BTreeMap::new(),
            unmapped: BTreeMap::new(),
            notes: Vec::new(),
            rows: 0,
        }
    }

    /// Gives an event as one line of JSON.
    pub(crate) fn give(&mut self, event: &Event, arrived_at: Option<Timestamp>) -> Result<(), Error> {
        self.line.clear();
        event.write_json(&mut self.line);
        let topic = event.topic();
        self.records[topic as usize] += 1;
        let patient_id = event.patient_id();
        if !self.patients.contains(patient_id) {
            self.patients.insert(patient_id.clone());
        }
        self.sink.accept(Record { topic, patient_id, arrived_at, line: &self.line }).map_err(Error::Sink)
    }

    /// Counts values of a column that became part of an event.
    pub(crate) fn mapped(&mut self, column: &str, values: u64) {
        if let Some(count) = self.mapped.get_mut(column) {
            *count += values;
        } else if values > 0 {
            self.mapped.insert(column.into(), values);
        }
    }

    /// Counts values of a column that became nothing, and why.
    pub(crate) fn unmapped(&mut self, column: &str, reason: &str, values: u64) {
        if values > 0 {
            *self.unmapped.entry((column.into(), reason.into())).or_default() += values;
        }
    }

    /// Says a further fact.
    pub(crate) fn note(&mut self, name: &str, text: impl Into<String>) {
        self.notes.push((name.into(), text.into()));
    }

    pub(crate) fn progress(&mut self, done: u64) {
        self.sink.progress(done);
    }

    /// What was read, and what became of it. What was not mapped comes in the order of its count.
    pub(crate) fn summary(self) -> Summary {
        let records = Topic::ALL.iter().zip(self.records).filter(|(_, count)| *count > 0);
        let mut unmapped: Vec<_> =
            self.unmapped.into_iter().map(|((column, reason), count)| (column, count, reason)).collect();
        unmapped.sort_by_key(|(_, count, _)| std::cmp::Reverse(*count));
        Summary {
            patients: self.patients.len() as u64,
            rows: self.rows,
            records: records.map(|(topic, count)| (topic.name().into(), count)).collect(),
            mapped: self.mapped.into_iter().collect(),
            unmapped,
            notes: self.notes,
        }
    }
}
