//! Rows of silver one by one, for whoever keeps them elsewhere: typed by the same code that makes timelines of them.

use arrow::array::RecordBatch;
use strata_features::{AdverseEvent, Dose, Lab, PatientFacts, Vitals};
use strata_lakehouse::TableSpec;
use strata_types::Topic;

use crate::Error;
use crate::timelines::{Item as Row, PARTS};

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
    pub fn items(&self, rows: &RecordBatch) -> Result<Vec<Option<Item>>, Error> {
        let Some(part) = PARTS.iter().find(|part| part.spec.name == self.spec.name) else {
            return Ok(vec![None; rows.num_rows()]);
        };
        let mut items = vec![None; rows.num_rows()];
        for (row, item) in items.iter_mut().enumerate() {
            let mut give = |_: &str, row: Row| {
                *item = Some(match row {
                    Row::Patient(facts) => Item::Patient(facts),
                    Row::Vitals(row) => Item::Vitals(row),
                    Row::Lab(row) => Item::Lab(row),
                    Row::Dose(row) => Item::Dose(row),
                    Row::AdverseEvent(row) => Item::AdverseEvent(row),
                });
            };
            let shape = |cause| Error::Shape { table: self.spec.name, cause };
            (part.take)(&rows.slice(row, 1), &mut give).map_err(shape)?;
        }
        Ok(items)
    }
}
