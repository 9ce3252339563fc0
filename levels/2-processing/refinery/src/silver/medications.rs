//! `medications`: one row a dose or an infusion.

use strata_lakehouse::{Packing, TableSpec};
use strata_types::drug::{Drug, Effect, class_of_atc, effect_of_atc};
use strata_types::event::Medication;
use strata_types::{Event, Topic};

use super::{Key, SilverRow, origin_columns};
use crate::column::{Column, schema};
use crate::finding::Finding;
use crate::{Origin, standardise, validate};

/// The table of administrations, by the date of their start.
pub static MEDICATIONS: TableSpec = TableSpec {
    name: "medications",
    schema: || schema(&MedicationRow::columns()),
    key: &["patient_id", "timestamp", "drug_name", "route", "source"],
    by_date: true,
    packing: Packing::Small,
};

#[derive(Debug)]
pub(crate) struct MedicationRow {
    dose: Medication,
    drug: Option<&'static Drug>,
    /// ug/kg/min; vasopressin U/h.
    rate: Option<f64>,
    origin: Origin,
}

impl MedicationRow {
    fn atc(&self) -> Option<&str> {
        self.dose.atc.as_deref().or(self.drug.map(|drug| drug.atc))
    }

    fn effect(&self) -> &'static str {
        let by_name = self.drug.map(|drug| drug.effect);
        match by_name.or_else(|| self.atc().map(effect_of_atc)).unwrap_or(Effect::Other) {
            Effect::Vasopressor => "vasopressor",
            Effect::Antibiotic => "antibiotic",
            Effect::SedativeOrOpioid => "sedative_or_opioid",
            Effect::Other => "other",
        }
    }
}

impl SilverRow for MedicationRow {
    const TOPIC: Topic = Topic::Medications;
    const SPEC: &'static TableSpec = &MEDICATIONS;

    fn new(event: Event, origin: Origin, findings: &mut Vec<Finding>) -> Option<Self> {
        let Event::Medication(dose) = event else { return None };
        findings.extend(validate::not_in_the_future(dose.timestamp, origin.ingested_at));
        findings.extend(validate::given(&dose));
        let drug = Drug::by_name(&dose.drug_name);
        let is_vasopressin = drug.is_some_and(|drug| drug.name == "vasopressin");
        let rate = standardise::rate(&dose, is_vasopressin).unwrap_or_else(|finding| {
            findings.push(finding);
            None
        });
        if !(dose.dosage >= 0.0 && rate.unwrap_or(0.0) >= 0.0) {
            findings.push(Finding::row("out_of_range", "a dose or a rate is negative".into()));
        }
        Some(Self { dose, drug, rate, origin })
    }

    fn key(&self) -> Key<'_> {
        Key::new(
            &self.dose.patient_id,
            Some(self.dose.timestamp),
            [&self.dose.drug_name, &self.dose.route, &self.dose.source],
        )
    }

    fn origin(&self) -> &Origin {
        &self.origin
    }

    fn columns() -> Vec<Column<Self>> {
        let mut columns = vec![
            Column::text("patient_id", |row: &Self| Some(row.dose.patient_id.as_str())),
            Column::time("timestamp", |row| Some(row.dose.timestamp)),
            Column::text("drug_name", |row| Some(&row.dose.drug_name)),
            Column::text("route", |row| Some(&row.dose.route)),
            Column::text("source", |row| Some(&row.dose.source)),
            Column::text("drug", |row| row.drug.map(|drug| drug.name)),
            Column::text("atc", Self::atc),
            Column::text("atc_class", |row| row.atc().map(class_of_atc)),
            Column::text("effect", |row| Some(row.effect())),
            Column::float("dosage", |row| Some(row.dose.dosage)),
            Column::text("unit", |row| Some(&row.dose.unit)),
            Column::float("rate", |row| row.rate),
            Column::float("raw_rate", |row| row.dose.rate),
            Column::text("raw_rate_unit", |row| row.dose.rate_unit.as_deref()),
            Column::time("end_timestamp", |row| row.dose.end_timestamp),
            Column::text("frequency", |row| row.dose.frequency.as_deref()),
            Column::text("status", |row| row.dose.status.as_deref()),
            Column::text("rxnorm", |row| row.dose.rxnorm.as_deref()),
            Column::text("trial_site", |row| row.dose.trial_site.as_deref()),
            Column::text("trial_arm", |row| row.dose.trial_arm.as_deref()),
        ];
        columns.extend(origin_columns());
        columns
    }
}
