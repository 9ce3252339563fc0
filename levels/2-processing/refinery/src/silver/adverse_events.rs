//! `adverse_events`: one row an event. Its free text stays in bronze: it may name people.

use strata_lakehouse::{Packing, TableSpec};
use strata_types::event::AdverseEvent;
use strata_types::{Event, Topic};

use super::{Key, SilverRow, origin_columns};
use crate::column::{Column, schema};
use crate::finding::Finding;
use crate::{Origin, validate};

/// The table of adverse events, by the date of onset.
pub static ADVERSE_EVENTS: TableSpec = TableSpec {
    name: "adverse_events",
    schema: || schema(&AdverseEventRow::columns()),
    key: &["patient_id", "event_timestamp", "event_type", "source"],
    by_date: true,
    packing: Packing::Small,
};

#[derive(Debug)]
pub(crate) struct AdverseEventRow {
    event: AdverseEvent,
    origin: Origin,
}

impl SilverRow for AdverseEventRow {
    const TOPIC: Topic = Topic::AdverseEvents;
    const SPEC: &'static TableSpec = &ADVERSE_EVENTS;

    fn new(event: Event, origin: Origin, findings: &mut Vec<Finding>) -> Option<Self> {
        let Event::AdverseEvent(event) = event else { return None };
        findings.extend(validate::not_in_the_future(event.event_timestamp, origin.ingested_at));
        if event.resolved_timestamp.is_some_and(|resolved| resolved < event.event_timestamp) {
            findings.push(Finding::row("resolved_before_onset", "it was over before it began".into()));
        }
        Some(Self { event, origin })
    }

    fn key(&self) -> Key<'_> {
        Key::new(
            &self.event.patient_id,
            Some(self.event.event_timestamp),
            [&self.event.event_type, &self.event.source, ""],
        )
    }

    fn origin(&self) -> &Origin {
        &self.origin
    }

    fn columns() -> Vec<Column<Self>> {
        let mut columns = vec![
            Column::text("patient_id", |row: &Self| Some(row.event.patient_id.as_str())),
            Column::time("event_timestamp", |row| Some(row.event.event_timestamp)),
            Column::text("event_type", |row| Some(&row.event.event_type)),
            Column::text("source", |row| Some(&row.event.source)),
            Column::int("grade", |row| Some(row.event.severity as i32)),
            Column::time("report_timestamp", |row| Some(row.event.report_timestamp)),
            Column::time("resolved_timestamp", |row| row.event.resolved_timestamp),
            Column::text("reported_by", |row| Some(&row.event.reported_by)),
            Column::text("trial_site", |row| row.event.trial_site.as_deref()),
            Column::text("trial_arm", |row| row.event.trial_arm.as_deref()),
        ];
        columns.extend(origin_columns());
        columns
    }
}
