//! `labels`: the prediction grid of historical sets.

use strata_lakehouse::{Packing, TableSpec};
use strata_types::event::Label;
use strata_types::{Event, Topic};

use super::{Key, SilverRow, origin_columns};
use crate::Origin;
use crate::column::{Column, schema};
use crate::finding::Finding;

/// The table of given outcomes, by the date of the prediction.
pub static LABELS: TableSpec = TableSpec {
    name: "labels",
    schema: || schema(&LabelRow::columns()),
    key: &["patient_id", "time", "source"],
    by_date: true,
    packing: Packing::Small,
};

#[derive(Debug)]
pub(crate) struct LabelRow {
    label: Label,
    origin: Origin,
}

impl SilverRow for LabelRow {
    const TOPIC: Topic = Topic::Labels;
    const SPEC: &'static TableSpec = &LABELS;

    fn new(event: Event, origin: Origin, _: &mut Vec<Finding>) -> Option<Self> {
        let Event::Label(label) = event else { return None };
        Some(Self { label, origin })
    }

    fn key(&self) -> Key<'_> {
        Key::new(&self.label.patient_id, Some(self.label.time), [&self.label.source, "", ""])
    }

    fn origin(&self) -> &Origin {
        &self.origin
    }

    fn columns() -> Vec<Column<Self>> {
        let mut columns = vec![
            Column::text("patient_id", |row: &Self| Some(row.label.patient_id.as_str())),
            Column::time("time", |row| Some(row.label.time)),
            Column::text("source", |row| Some(&row.label.source)),
            Column::flag("label", |row| Some(row.label.label)),
            Column::float("horizon_hours", |row| Some(row.label.horizon_hours)),
        ];
        columns.extend(origin_columns());
        columns
    }
}
