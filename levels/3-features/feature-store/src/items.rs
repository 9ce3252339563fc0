//! Rows of silver one by one, for whoever keeps them elsewhere: typed by the same code that makes timelines of them.

use arrow::array::RecordBatch;
use strata_features::{AdverseEvent, Dose, Lab, PatientFacts, Vitals};
use strata_lakehouse::TableSpec;
use strata_types::Topic;

use crate::Error;
use crate::parts::{PARTS, Patient};

/// A table of silver that timelines are made of.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    /// The topic that its records come from.
    pub topic: Topic,
    /// The table.
    pub spec: &'static TableSpec,
    /// The columns that a row is made of.
    pub columns: &'static [&'static str],
}

/// One row.
#[derive(Clone, Copy, Debug)]
pub enum Item {
    /// Who the patient is.
    Patient(PatientFacts),
    /// A reading.
    Vitals(Vitals),
    /// A result.
    Lab(Lab),
    /// A dose.
    Dose(Dose),
    /// An adverse event.
    AdverseEvent(AdverseEvent),
}

impl Source {
    /// The tables that timelines are made of, each with the topic that it comes from.
    pub fn all() -> impl Iterator<Item = Self> {
        let of = |topic: Topic| {
            let part = PARTS.iter().find(|part| part.spec.name == topic.table())?;
            Some(Self { topic, spec: part.spec, columns: part.columns })
        };
        Topic::EVENTS.into_iter().filter_map(of)
    }

    /// Each row of a batch of the table; none where a row says nothing that a timeline can hold.
    pub fn items(&self, batch: &RecordBatch) -> Result<Vec<Option<Item>>, Error> {
        let mut items = vec![None; batch.num_rows()];
        if let Some(part) = PARTS.iter().find(|part| part.spec.name == self.spec.name) {
            let rows = (part.open)(batch).map_err(|cause| Error::Shape { table: self.spec.name, cause })?;
            let mut patient = Patient::default();
            for (row, item) in items.iter_mut().enumerate() {
                rows.put(row..row + 1, &mut patient);
                *item = taken(self.topic, &mut patient);
            }
        }
        Ok(items)
    }
}

/// Takes the one row of a topic out of a patient.
fn taken(topic: Topic, patient: &mut Patient) -> Option<Item> {
    let timeline = &mut patient.timeline;
    match topic {
        Topic::Patients => Some(Item::Patient(std::mem::take(&mut timeline.patient))),
        Topic::Vitals => timeline.vitals.pop().map(Item::Vitals),
        Topic::Labs => timeline.labs.pop().map(Item::Lab),
        Topic::Medications => timeline.medications.pop().map(Item::Dose),
        Topic::AdverseEvents => timeline.adverse_events.pop().map(Item::AdverseEvent),
        Topic::Labels => None,
    }
}
