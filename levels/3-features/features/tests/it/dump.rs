//! Writes random patients and their vectors for `e2e/python/check_features.py`, which computes them anew.
//!
//! `STRATA_DUMP=/tmp/dump cargo test -p strata-features -- --ignored dump`

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use strata_features::sign::SIGNS;
use strata_features::{FEATURES, Timeline, compute_many};
use strata_types::drug::Effect;
use strata_types::{Timestamp, VARIABLES};

use crate::arbitrary;

#[test]
#[ignore = "writes files for another program"]
fn dump() {
    let folder = std::env::var("STRATA_DUMP").expect("STRATA_DUMP names a folder");
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder).unwrap();
    let mut files = ["patients", "vitals", "labs", "medications", "adverse_events", "features"]
        .map(|name| BufWriter::new(File::create(folder.join(format!("{name}.ndjson"))).unwrap()));
    let mut runner = TestRunner::deterministic();
    for i in 0..200 {
        let size = [8, 80, 400][i % 3];
        let strategy = (arbitrary::timeline(size), prop::collection::vec(arbitrary::time(6), 40));
        let (timeline, mut times) = strategy.new_tree(&mut runner).unwrap().current();
        times.sort_unstable();
        times.dedup();
        for (file, rows) in files.iter_mut().zip(rows(&format!("p{i}"), &timeline, &times)) {
            for row in rows {
                writeln!(file, "{row}").unwrap();
            }
        }
    }
}

fn number(value: f64) -> Value {
    if value.is_nan() { Value::Null } else { json!(value) }
}

fn rows(patient_id: &str, timeline: &Timeline, times: &[Timestamp]) -> [Vec<Value>; 6] {
    let patient = &timeline.patient;
    let patients = vec![json!({
        "patient_id": patient_id,
        "age": patient.age_years,
        "sex": patient.sex_male.map(|male| if male { "male" } else { "female" }),
        "admitted_at": patient.admitted_at.map(|time| time.0),
        "spo2_scale_2": patient.spo2_scale_2,
    })];
    let vitals = timeline.vitals.iter().map(|row| {
        let mut object = json!({
            "patient_id": patient_id,
            "timestamp": row.time.0,
            "available_at": row.available_at.0,
            "consciousness": row.consciousness_altered.map(|altered| if altered { "V" } else { "A" }),
            "on_oxygen": row.on_oxygen,
            "quality_score": number(row.quality),
        });
        for (sign, value) in SIGNS.iter().zip(row.signs) {
            object[sign.column] = number(value);
        }
        object
    });
    let labs = timeline.labs.iter().map(|row| {
        json!({
            "patient_id": patient_id,
            "timestamp": row.time.0,
            "available_at": row.available_at.0,
            "variable": VARIABLES[usize::from(row.variable)].name,
            "value": number(row.value),
            "reference_low": row.reference.map(|(low, _)| low),
            "reference_high": row.reference.map(|(_, high)| high),
        })
    });
    let medications = timeline.medications.iter().map(|row| {
        json!({
            "patient_id": patient_id,
            "timestamp": row.time.0,
            "available_at": row.available_at.0,
            "end_timestamp": row.end.map(|time| time.0),
            "drug": row.drug.map(|drug| drug.name),
            "atc": row.drug.map(|drug| drug.atc),
            "effect": match row.effect {
                Effect::Vasopressor => "vasopressor",
                Effect::Antibiotic => "antibiotic",
                Effect::SedativeOrOpioid => "sedative_or_opioid",
                Effect::Other => "other",
            },
            "rate": row.rate,
        })
    });
    let adverse_events = timeline.adverse_events.iter().map(|row| {
        json!({
            "patient_id": patient_id,
            "event_timestamp": row.onset.0,
            "report_timestamp": row.reported_at.0,
            "resolved_timestamp": row.resolved_at.map(|time| time.0),
            "grade": row.grade,
        })
    });
    let features = times.iter().zip(compute_many(timeline, times)).map(|(time, vector)| {
        let mut object = json!({"patient_id": patient_id, "time": time.0});
        for (feature, value) in FEATURES.iter().zip(vector) {
            object[feature.name] = number(f64::from(value));
        }
        object
    });
    [patients, vitals.collect(), labs.collect(), medications.collect(), adverse_events.collect(), features.collect()]
}
