//! `vitals`: one row a reading.

use strata_lakehouse::{Packing, TableSpec};
use strata_types::event::{Consciousness, Vitals};
use strata_types::{Event, Topic};

use super::{Key, SilverRow, origin_columns};
use crate::column::{Column, schema};
use crate::derive::{Derived, derive};
use crate::finding::Finding;
use crate::standardise::{self, RawVitals};
use crate::{Origin, quality, validate};

/// The table of readings, by the date of the reading.
pub static VITALS: TableSpec = TableSpec {
    name: "vitals",
    schema: || schema(&VitalsRow::columns()),
    key: &["patient_id", "timestamp", "source"],
    by_date: true,
    packing: Packing::Small,
};

#[derive(Debug)]
pub(crate) struct VitalsRow {
    vitals: Vitals,
    raw: RawVitals,
    derived: Derived,
    quality_score: f64,
    origin: Origin,
}

impl SilverRow for VitalsRow {
    const TOPIC: Topic = Topic::Vitals;
    const SPEC: &'static TableSpec = &VITALS;

    fn new(event: Event, origin: Origin, findings: &mut Vec<Finding>) -> Option<Self> {
        let Event::Vitals(mut vitals) = event else { return None };
        findings.extend(validate::not_in_the_future(vitals.timestamp, origin.ingested_at));
        let raw = standardise::vitals(&mut vitals, findings);
        validate::vitals(&mut vitals, findings);
        let derived = derive(&vitals);
        let quality_score = quality::score(&vitals);
        Some(Self { vitals, raw, derived, quality_score, origin })
    }

    fn key(&self) -> Key<'_> {
        Key::new(&self.vitals.patient_id, Some(self.vitals.timestamp), [&self.vitals.source, "", ""])
    }

    fn origin(&self) -> &Origin {
        &self.origin
    }

    fn columns() -> Vec<Column<Self>> {
        let mut columns = vec![
            Column::text("patient_id", |row: &Self| Some(row.vitals.patient_id.as_str())),
            Column::time("timestamp", |row| Some(row.vitals.timestamp)),
            Column::text("source", |row| Some(&row.vitals.source)),
            Column::float("heart_rate", |row| row.vitals.heart_rate),
            Column::float("respiratory_rate", |row| row.vitals.respiratory_rate),
            Column::float("spo2", |row| row.vitals.spo2),
            Column::float("temperature", |row| row.vitals.temperature),
            Column::float("blood_pressure_systolic", |row| row.vitals.blood_pressure_systolic),
            Column::float("blood_pressure_diastolic", |row| row.vitals.blood_pressure_diastolic),
            Column::float("mean_arterial_pressure", |row| row.derived.mean_arterial_pressure),
            Column::float("etco2", |row| row.vitals.etco2),
            Column::float("fio2", |row| row.vitals.fio2),
            Column::float("gcs", |row| row.vitals.gcs),
            Column::text("consciousness", |row| row.vitals.consciousness.map(letter)),
            Column::flag("on_oxygen", |row| row.vitals.on_oxygen),
            Column::flag("map_measured", |row| Some(row.vitals.mean_arterial_pressure.is_some())),
            Column::float("pulse_pressure", |row| row.derived.pulse_pressure),
            Column::float("shock_index", |row| row.derived.shock_index),
            Column::flag("tachycardia", |row| row.derived.tachycardia),
            Column::flag("bradycardia", |row| row.derived.bradycardia),
            Column::flag("hypertensive", |row| row.derived.hypertensive),
            Column::flag("hypotensive", |row| row.derived.hypotensive),
            Column::flag("febrile", |row| row.derived.febrile),
            Column::flag("hypothermic", |row| row.derived.hypothermic),
            Column::flag("hypoxic", |row| row.derived.hypoxic),
            Column::float("quality_score", |row| Some(row.quality_score)),
            Column::float("temperature_raw", |row| row.raw.temperature.as_ref().map(|raw| raw.value)),
            Column::text("temperature_raw_unit", |row| row.raw.temperature.as_ref().map(|raw| raw.unit.as_ref())),
            Column::text("temperature_rule", |row| row.raw.temperature.as_ref().and_then(|raw| raw.rule)),
            Column::float("spo2_raw", |row| row.raw.spo2.as_ref().map(|raw| raw.value)),
            Column::text("spo2_rule", |row| row.raw.spo2.as_ref().and_then(|raw| raw.rule)),
            Column::float("fio2_raw", |row| row.raw.fio2.as_ref().map(|raw| raw.value)),
            Column::text("fio2_rule", |row| row.raw.fio2.as_ref().and_then(|raw| raw.rule)),
            Column::text("trial_site", |row| row.vitals.trial_site.as_deref()),
            Column::text("trial_arm", |row| row.vitals.trial_arm.as_deref()),
        ];
        columns.extend(origin_columns());
        columns
    }
}

const fn letter(consciousness: Consciousness) -> &'static str {
    match consciousness {
        Consciousness::A => "A",
        Consciousness::C => "C",
        Consciousness::V => "V",
        Consciousness::P => "P",
        Consciousness::U => "U",
    }
}
