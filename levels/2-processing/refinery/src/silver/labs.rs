//! `labs`: one row a result.

use strata_lakehouse::{Packing, TableSpec};
use strata_types::event::LabResult;
use strata_types::{Event, Topic};

use super::{Key, SilverRow, origin_columns};
use crate::column::{Column, schema};
use crate::finding::Finding;
use crate::standardise::{self, CanonicalLab};
use crate::{Origin, validate};

/// The table of laboratory results, by the date of the sample.
pub static LABS: TableSpec = TableSpec {
    name: "labs",
    schema: || schema(&LabRow::columns()),
    // Fault 23: labs were deduplicated by patient and test, which threw away genuine earlier results.
    key: &["patient_id", "timestamp", "variable", "source"],
    by_date: true,
    packing: Packing::Small,
};

#[derive(Debug)]
pub(crate) struct LabRow {
    result: LabResult,
    /// `None` for a result that is refused: its test or its unit is unknown.
    canonical: Option<CanonicalLab>,
    origin: Origin,
}

impl LabRow {
    /// The variable's name; of an unknown one, the test's.
    fn variable(&self) -> &str {
        self.canonical.as_ref().map_or(self.result.test_name.as_str(), |lab| lab.variable.name)
    }
}

impl SilverRow for LabRow {
    const TOPIC: Topic = Topic::Labs;
    const SPEC: &'static TableSpec = &LABS;

    fn new(event: Event, origin: Origin, findings: &mut Vec<Finding>) -> Option<Self> {
        let Event::LabResult(result) = event else { return None };
        findings.extend(validate::not_in_the_future(result.timestamp, origin.ingested_at));
        let canonical = standardise::lab(&result).map_err(|finding| findings.push(finding)).ok();
        if let Some(lab) = &canonical {
            findings.extend(validate::lab(lab.variable, lab.value, &result.unit));
        }
        Some(Self { result, canonical, origin })
    }

    fn key(&self) -> Key<'_> {
        Key::new(&self.result.patient_id, Some(self.result.timestamp), [self.variable(), &self.result.source, ""])
    }

    fn origin(&self) -> &Origin {
        &self.origin
    }

    fn columns() -> Vec<Column<Self>> {
        let mut columns = vec![
            Column::text("patient_id", |row: &Self| Some(row.result.patient_id.as_str())),
            Column::time("timestamp", |row| Some(row.result.timestamp)),
            Column::text("variable", |row| Some(row.variable())),
            Column::text("source", |row| Some(&row.result.source)),
            Column::text("loinc", |row| row.canonical.as_ref().map(|lab| lab.variable.loinc)),
            Column::float("value", |row| row.canonical.as_ref().map(|lab| lab.value)),
            Column::text("unit", |row| row.canonical.as_ref().map(|lab| lab.variable.ucum)),
            Column::text("test_name", |row| Some(&row.result.test_name)),
            Column::float("raw_value", |row| Some(row.result.value)),
            Column::text("raw_unit", |row| Some(&row.result.unit)),
            Column::text("unit_rule", |row| row.canonical.as_ref().and_then(|lab| lab.rule)),
            Column::float("reference_low", |row| row.canonical.as_ref()?.reference.map(|range| range.0)),
            Column::float("reference_high", |row| row.canonical.as_ref()?.reference.map(|range| range.1)),
            Column::text("lab_id", |row| row.result.lab_id.as_deref()),
            Column::text("performing_lab", |row| row.result.performing_lab.as_deref()),
            Column::text("trial_site", |row| row.result.trial_site.as_deref()),
        ];
        columns.extend(origin_columns());
        columns
    }
}
