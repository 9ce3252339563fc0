//! Rows of the contract to columns.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, RecordBatch, StringBuilder, TimestampMicrosecondBuilder};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use strata_lakehouse::PlainFile;

use super::FolderError;
use super::judge::{NEEDS, VitalColumns, Vitals};
use super::reading::VITALS;
use crate::column::time_type;

/// Rows that are built before they are written.
const BATCH: usize = 8_192;

/// Rows to be, column by column.
#[derive(Debug)]
pub(super) struct Columns {
    of: Of,
    schema: SchemaRef,
    event_id: StringBuilder,
    patient_id: StringBuilder,
    timestamp: TimestampMicrosecondBuilder,
    ingested_at: TimestampMicrosecondBuilder,
    source: StringBuilder,
    vitals: VitalColumns,
    reasons: StringBuilder,
}

/// What the rows are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    /// Lines as they are read.
    Bronze,
    /// Readings that stand, with what follows from them.
    Silver,
    /// Readings that were refused, with the reason.
    Rejects,
}

impl Columns {
    pub(super) fn new(of: Of) -> Self {
        let float = |name: &&str| Field::new(*name, DataType::Float64, true);
        let mut fields = vec![
            Field::new("event_id", DataType::Utf8, false),
            Field::new("patient_id", DataType::Utf8, false),
            Field::new("timestamp", time_type(), false),
            Field::new("ingested_at", time_type(), true),
            Field::new("source", DataType::Utf8, false),
        ];
        fields.extend(VITALS.iter().map(float));
        match of {
            Of::Bronze => {}
            Of::Silver => {
                fields.extend(["pulse_pressure", "mean_arterial_pressure", "shock_index"].iter().map(float));
                fields.push(Field::new("quality_score", DataType::Float64, false));
            }
            Of::Rejects => fields.push(Field::new("reason", DataType::Utf8, false)),
        }
        let time = || TimestampMicrosecondBuilder::with_capacity(BATCH).with_data_type(time_type());
        Self {
            of,
            schema: Arc::new(Schema::new(fields)),
            event_id: StringBuilder::with_capacity(BATCH, 36 * BATCH),
            patient_id: StringBuilder::with_capacity(BATCH, 16 * BATCH),
            timestamp: time(),
            ingested_at: time(),
            source: StringBuilder::with_capacity(BATCH, 16 * BATCH),
            vitals: VitalColumns::with_capacity(BATCH),
            reasons: StringBuilder::new(),
        }
    }

    pub(super) fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// Adds a row, of a reject but for its reason.
    #[inline]
    pub(super) fn add(&mut self, ids: [&str; 3], times: (i64, Option<i64>), vitals: &Vitals) {
        let [event, patient, source] = ids;
        self.event_id.append_value(event);
        self.patient_id.append_value(patient);
        self.timestamp.append_value(times.0);
        self.ingested_at.append_option(times.1);
        self.source.append_value(source);
        self.vitals.add(vitals);
    }

    pub(super) fn add_reason(&mut self, reason: &str) {
        self.reasons.append_value(reason);
    }

    #[inline]
    pub(super) fn write_full(&mut self, file: &mut PlainFile) -> Result<(), FolderError> {
        if self.vitals.present.len() < BATCH { Ok(()) } else { self.write(file) }
    }

    pub(super) fn write(&mut self, file: &mut PlainFile) -> Result<(), FolderError> {
        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(self.event_id.finish()),
            Arc::new(self.patient_id.finish()),
            Arc::new(self.timestamp.finish()),
            Arc::new(self.ingested_at.finish()),
            Arc::new(self.source.finish()),
        ];
        let vitals = std::mem::replace(&mut self.vitals, VitalColumns::with_capacity(BATCH));
        let present = &vitals.present;
        let where_all = |bits: u8| {
            let is_there = |row: usize| present[row] & bits == bits;
            Some(NullBuffer::new(BooleanBuffer::collect_bool(present.len(), is_there)))
        };
        let float = |values: Vec<f64>, nulls| Arc::new(Float64Array::new(values.into(), nulls)) as ArrayRef;
        let derived = (self.of == Of::Silver).then(|| (vitals.derived(), vitals.quality()));
        let given = vitals.values.into_iter().enumerate();
        columns.extend(given.map(|(number, values)| float(values, where_all(1 << number))));
        if let Some((derived, quality)) = derived {
            columns.extend(derived.into_iter().zip(NEEDS).map(|(values, needs)| float(values, where_all(needs))));
            columns.push(float(quality, None));
        }
        if self.of == Of::Rejects {
            columns.push(Arc::new(self.reasons.finish()));
        }
        Ok(file.write(&RecordBatch::try_new(Arc::clone(&self.schema), columns)?)?)
    }
}
