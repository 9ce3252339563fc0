//! Records of the live log as the rows that silver makes of them, for whoever keeps something else in step with silver.
//!
//! These are the pure steps but for the contest of a key, which whoever keeps the rows has to hold by the same law, and for
//! the rule of enrolment, which depends on what else is known of a patient.

use std::sync::Arc;

use arrow::array::RecordBatch;
use strata_landing::{Availability, LIVE};
use strata_types::{Timestamp, Topic};

use crate::column::batch;
use crate::finding::Scope;
use crate::parse::{Place, parse};
use crate::silver::{AdverseEventRow, LabRow, LabelRow, MedicationRow, PatientRow, SilverRow, VitalsRow};
use crate::{Error, OnInvalid};

/// A record of the live log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveRecord {
    /// The log's partition.
    pub partition: u8,
    /// The record's offset.
    pub offset: u64,
    /// The log's own time.
    pub logged: Timestamp,
    /// The record as one line, as bronze keeps it.
    pub line: Vec<u8>,
}

/// The rows of records that can be read, in their order.
#[derive(Clone, Debug)]
pub struct LiveRows {
    /// The rows, with the columns of the topic's table.
    pub rows: RecordBatch,
    /// Whether each is refused: it keeps its key, and nothing of it stands.
    pub refused: Vec<bool>,
}

/// Parses, standardises, validates, derives and scores records of a topic.
pub fn live_rows(topic: Topic, records: &[LiveRecord], on_invalid: OnInvalid) -> Result<LiveRows, Error> {
    match topic {
        Topic::Vitals => rows::<VitalsRow>(records, on_invalid),
        Topic::Medications => rows::<MedicationRow>(records, on_invalid),
        Topic::Labs => rows::<LabRow>(records, on_invalid),
        Topic::AdverseEvents => rows::<AdverseEventRow>(records, on_invalid),
        Topic::Patients => rows::<PatientRow>(records, on_invalid),
        Topic::Labels => rows::<LabelRow>(records, on_invalid),
    }
}

fn rows<R: SilverRow>(records: &[LiveRecord], on_invalid: OnInvalid) -> Result<LiveRows, Error> {
    let (mut rows, mut refused) = (Vec::with_capacity(records.len()), Vec::with_capacity(records.len()));
    let log: Arc<str> = LIVE.into();
    for record in records {
        let &LiveRecord { partition, offset, logged, ref line } = record;
        let place = Place { log: Arc::clone(&log), partition, offset, logged, availability: Availability::AtArrival };
        let (origin, Ok(event)) = parse(R::TOPIC, line, place) else { continue };
        let mut findings = Vec::new();
        let Some(row) = R::new(event, origin, &mut findings) else { continue };
        findings.extend(on_invalid.refusal(&findings));
        refused.push(findings.iter().any(|finding| finding.scope == Scope::Row));
        rows.push(row);
    }
    let shape = |cause| Error::Shape { table: R::SPEC.name, cause };
    Ok(LiveRows { rows: batch(&R::columns(), &rows).map_err(shape)?, refused })
}
