//! The silver tables: one file each says what a row is, how an event becomes one, and its columns.

mod adverse_events;
mod labels;
mod labs;
mod medications;
mod patients;
mod vitals;

pub use adverse_events::ADVERSE_EVENTS;
pub use labels::LABELS;
pub use labs::LABS;
pub use medications::MEDICATIONS;
pub use patients::PATIENTS;
pub use vitals::VITALS;

pub(crate) use adverse_events::AdverseEventRow;
pub(crate) use labels::LabelRow;
pub(crate) use labs::LabRow;
pub(crate) use medications::MedicationRow;
pub(crate) use patients::PatientRow;
pub(crate) use vitals::VitalsRow;

use strata_lakehouse::TableSpec;
use strata_types::{Event, PatientId, Timestamp, Topic};

use crate::Origin;
use crate::column::Column;
use crate::deduplicate::SEPARATOR;
use crate::finding::Finding;

/// A row of a silver table. A row is made even of a refused event: it takes part in the contest of
/// its key, and keeps older records out.
pub(crate) trait SilverRow: Sized + Send + Sync + 'static {
    /// The topic that its records come from.
    const TOPIC: Topic;
    /// The table.
    const SPEC: &'static TableSpec;

    /// Standardises, validates and derives. What is wrong goes to `findings`. `None` for an event of
    /// another kind.
    fn new(event: Event, origin: Origin, findings: &mut Vec<Finding>) -> Option<Self>;

    /// What it is known by: the columns of its table's key.
    fn key(&self) -> Key<'_>;

    /// Where it comes from.
    fn origin(&self) -> &Origin;

    /// The columns of the table, [`origin_columns`] last.
    fn columns() -> Vec<Column<Self>>;
}

/// The key of a row, in the order of its columns; by it a table's files are sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key<'a> {
    pub(crate) patient: &'a str,
    pub(crate) time: Option<Timestamp>,
    /// The other columns; a key of fewer ends with empty ones.
    rest: [&'a str; 3],
}

impl<'a> Key<'a> {
    fn new(patient: &'a PatientId, time: Option<Timestamp>, rest: [&'a str; 3]) -> Self {
        Self { patient: patient.as_str(), time, rest }
    }

    /// As text, as [`keys`](crate::deduplicate::keys) gives it for rows that stand: with as many columns as the table's key has.
    pub(crate) fn text(&self, columns: usize) -> String {
        use std::fmt::Write;
        let mut text = self.patient.to_owned();
        if let Some(time) = self.time {
            let _ = write!(text, "{SEPARATOR}{:020}", time.0);
        }
        for part in self.rest.iter().take(columns.saturating_sub(2)) {
            text.push(SEPARATOR);
            text.push_str(part);
        }
        text
    }
}

/// The columns that every table has.
fn origin_columns<R: SilverRow>() -> [Column<R>; 4] {
    [
        Column::text("event_id", |row: &R| Some(&row.origin().event_id)),
        Column::time("ingested_at", |row: &R| Some(row.origin().ingested_at)),
        Column::time("available_at", |row: &R| Some(row.origin().available_at)),
        Column::long("record_hash", |row: &R| Some(row.origin().record_hash)),
    ]
}
