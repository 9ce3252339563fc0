//! MEDS in and out: what is read, what is written, and that the standard's own tools read it.

use std::fs;
use std::path::Path;
use std::process::Command;

use proptest::prelude::*;
use strata_types::event::{Severity, Sex};
use strata_types::{Event, Timestamp, VARIABLES, Variable};
use tempfile::TempDir;

use super::*;
use crate::made::{self, lines};

fn dataset() -> Dataset {
    let created_at = "2026-03-01T12:00:00Z".parse().unwrap();
    Dataset { name: "trial".into(), version: "1".into(), license: None, created_at }
}

fn at(hour: u32) -> Timestamp {
    format!("2026-03-01T{hour:02}:00:00Z").parse().unwrap()
}

fn measured(hour: u32, name: &str, value: f64) -> Measurement {
    Measurement { time: at(hour), variable: Variable::by_name(name).unwrap(), value }
}

/// A patient with everything that is exported.
fn subject() -> Subject {
    Subject {
        subject_id: 7,
        split: Some(Split::HeldOut),
        birth_year: Some(1950),
        sex: Some(Sex::Female),
        admitted_at: Some(at(1)),
        unit_admitted_at: Some(at(2)),
        care_unit: Some("MICU".into()),
        measurements: vec![
            measured(4, "heart_rate", 80.0),
            measured(4, "body_temperature", 36.6),
            measured(3, "lactate", 1.8),
        ],
        doses: vec![
            Dose {
                time: at(5),
                end: None,
                drug: "vancomycin".into(),
                dosage: 750.0,
                unit: "mg".into(),
                route: "IV".into(),
                rate: None,
            },
            Dose {
                time: at(5),
                end: Some(at(9)),
                drug: "norepinephrine".into(),
                dosage: 4.0,
                unit: "mg".into(),
                route: "IV".into(),
                rate: Some((0.25, "ug/kg/min".into())),
            },
        ],
        adverse_events: vec![Happening { time: at(8), kind: "sepsis".into(), severity: Severity::Grade3 }],
    }
}

fn export(folder: &Path, subjects: &[Subject]) -> Exported {
    let mut export = Export::create(folder, dataset()).unwrap();
    for subject in subjects {
        export.subject(subject).unwrap();
    }
    export.finish().unwrap()
}

#[test]
fn what_is_exported_is_imported() {
    let folder = TempDir::new().unwrap();
    let set = folder.path().join("set");
    let exported = export(&set, &[subject(), Subject { subject_id: 8, ..Subject::default() }]);
    assert_eq!(exported, Exported { subjects: 2, rows: 11, codes: 11, files: 1 });
    let (sink, outcome) = made::read(open, &set);
    let expected = [
        r#"lab-results {"patient_id":"7","timestamp":"2026-03-01T03:00:00Z","test_name":"lactate","value":1.8,"unit":"mmol/L","source":"meds","loinc":"32693-4"}"#,
        r#"patient-vitals {"patient_id":"7","timestamp":"2026-03-01T04:00:00Z","source":"meds","heart_rate":80.0,"temperature":36.6,"temperature_unit":"Cel"}"#,
        r#"medications {"patient_id":"7","timestamp":"2026-03-01T05:00:00Z","drug_name":"vancomycin","dosage":750.0,"unit":"mg","route":"IV","source":"meds"}"#,
        r#"adverse-events {"patient_id":"7","event_timestamp":"2026-03-01T08:00:00Z","event_type":"sepsis","severity":"grade_3","reported_by":"meds","report_timestamp":"2026-03-01T08:00:00Z","source":"meds"}"#,
        r#"medications {"patient_id":"7","timestamp":"2026-03-01T05:00:00Z","drug_name":"norepinephrine","dosage":4.0,"unit":"mg","route":"IV","rate":0.25,"rate_unit":"ug/kg/min","end_timestamp":"2026-03-01T09:00:00Z","source":"meds"}"#,
        r#"patients {"patient_id":"7","birth_year":1950,"sex":"female","care_unit":"MICU","admitted_at":"2026-03-01T01:00:00Z","unit_admitted_at":"2026-03-01T02:00:00Z","source":"meds"}"#,
    ];
    assert_eq!(lines(&sink), expected);
    let summary = outcome.unwrap();
    assert_eq!((summary.patients, summary.rows, summary.unmapped.len()), (1, 11, 0));
}

#[test]
fn an_export_is_whole_or_not_there() {
    let folder = TempDir::new().unwrap();
    let set = folder.path().join("set");
    let mut unfinished = Export::create(&set, dataset()).unwrap();
    unfinished.subject(&subject()).unwrap();
    let again = unfinished.subject(&subject()).unwrap_err().to_string();
    assert!(again.contains("subject 7 came twice"), "{again}");
    drop(unfinished);
    assert!(!set.exists());
    export(&set, &[subject()]);
    let exists = Export::create(&set, dataset()).unwrap_err().to_string();
    assert!(exists.contains("is there already"), "{exists}");
    let nobody = folder.path().join("nobody");
    assert_eq!(export(&nobody, &[]), Exported { files: 1, ..Exported::default() });
    assert!(made::read(open, &nobody).1.unwrap().rows == 0);
}

#[test]
fn codes_have_their_meanings() {
    use super::codes::{Meaning, meaning};
    let vital = |code: &str, name: &str| {
        assert!(matches!(meaning(code), Meaning::Vital { item, .. } if item.name == name), "{code}");
    };
    vital("LOINC//8867-4///min", "heart_rate");
    vital("LOINC/8867-4", "heart_rate");
    vital("LAB//220045//bpm", "heart rate");
    for (code, unit) in [
        ("LOINC//2345-7//mmol/L", "mmol/L"),
        ("LOINC/2345-7", "mg/dL"),
        ("LAB//50931//mg/dL", "mg/dL"),
        ("LAB//50820//units", "[pH]"),
        ("LAB//51237//UNK", "{INR}"),
    ] {
        assert!(matches!(meaning(code), Meaning::Lab { unit: got, .. } if got == unit), "{code}: {:?}", meaning(code));
    }
    for code in [
        "",
        "LAB",
        "LAB//x",
        "LAB//51478//mg/dL",
        "LOINC/1-1",
        "LOINC/29463-7",
        "DIAGNOSIS//ICD//1",
        "MEDICATION//START",
        "ADVERSE_EVENT//a//b",
        "MEDS_BIRTHDAY",
    ] {
        assert!(matches!(meaning(code), Meaning::Nothing(_)), "{code}: {:?}", meaning(code));
    }
}

#[test]
fn damage_is_named_by_file_and_row() {
    use arrow::array::{ArrayRef, Float32Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
    use std::sync::Arc;
    let folder = TempDir::new().unwrap();
    let write = |name: &str, ids: Vec<Option<i64>>, times: Vec<i64>, last: &str| {
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("subject_id", Arc::new(Int64Array::from(ids.clone()))),
            ("time", Arc::new(TimestampMicrosecondArray::from(times))),
            ("code", Arc::new(StringArray::from(vec!["LOINC//8867-4///min"; ids.len()]))),
            (last, Arc::new(Float32Array::from(vec![80.0; ids.len()]))),
        ];
        let batch =
            RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true)))
                .unwrap();
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut writer =
            parquet::arrow::ArrowWriter::try_new(fs::File::create(&path).unwrap(), batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        path
    };
    let good = write("good/data/0.parquet", vec![Some(1), Some(1)], vec![5, 6], "numeric_value");
    assert_eq!(made::read(open, &folder.path().join("good")).0.given.len(), 3);
    let back = write("back.parquet", vec![Some(1), Some(1)], vec![6, 5], "numeric_value");
    made::check_damage(open, &back, &["back.parquet:2: the time is before"], 2);
    let apart = write("apart.parquet", vec![Some(1), Some(2), Some(1)], vec![1, 1, 2], "numeric_value");
    made::check_damage(open, &apart, &["apart.parquet:3: subject 1 stands in two places"], 4);
    let nobody = write("nobody.parquet", vec![Some(1), None], vec![1, 2], "numeric_value");
    made::check_damage(open, &nobody, &["nobody.parquet:2: the row has no subject_id"], 2);
    let bytes = fs::read(&good).unwrap();
    let file = |name: &str, bytes: &[u8]| {
        fs::write(folder.path().join(name), bytes).unwrap();
        folder.path().join(name)
    };
    made::check_damage(
        open,
        &file("cut.parquet", &bytes[..bytes.len() / 2]),
        &["cut.parquet: no readable Parquet file"],
        0,
    );
    made::check_damage(open, &file("empty.parquet", b""), &["empty.parquet: no readable Parquet file"], 0);
    made::check_damage(open, &file("garbage.parquet", &[7; 999]), &["garbage.parquet: no readable Parquet file"], 0);
    let splits = folder.path().join("set/metadata/subject_splits.parquet");
    export(&folder.path().join("set"), &[subject()]);
    made::check_damage(open, &splits, &["no MEDS data: columns time, code are missing; it has subject_id, split"], 0);
    let nothing = TempDir::new().unwrap();
    made::check_damage(open, nothing.path(), &["holds no .parquet file"], 0);
    made::check_damage(open, &nothing.path().join("none"), &["nothing is there"], 0);
}

/// Expected: the same counts of vitals as Polars finds (see the test of MIMIC-IV), 31 `MEDS_DEATH` and 100
/// subjects; and of the labs, the rows with a number under the codes of `LAB//<itemid of a variable>`.
#[test]
fn the_demo_of_mimic_iv_is_read_by_its_codes() {
    let Some(path) = strata_testkit::shared_data("mimic-iv-demo-2.2/mimic_iv_demo_meds_events.parquet") else { return };
    let (sink, outcome) = made::read(open, &path);
    let summary = outcome.unwrap();
    assert_eq!((summary.patients, summary.rows), (100, 916_166));
    let records = [("patient-vitals", 20_908), ("lab-results", 56_261), ("adverse-events", 31), ("patients", 100)];
    assert_eq!(summary.records, records.map(|(name, count)| (name.to_string(), count)));
    let celsius = sink.given.iter().find(|given| given.text().contains("\"temperature\":98.4")).unwrap();
    assert!(celsius.text().contains(r#""temperature_unit":"[degF]""#));
}

/// The standard's own schemas (Python's `meds`) validate every file, and Polars finds the same numbers.
#[test]
fn the_standards_own_tools_read_an_export() {
    let Some(python) = strata_testkit::python() else { return };
    let folder = TempDir::new().unwrap();
    let set = folder.path().join("set");
    let subjects: Vec<Subject> = (1..=300)
        .map(|id| Subject { subject_id: id, split: Some([Split::Train, Split::Tuning][id as usize % 2]), ..subject() })
        .collect();
    let exported = export(&set, &subjects);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../e2e/python/check_meds.py");
    let output = Command::new(python).arg(script).arg(&set).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["rows"], exported.rows);
    assert_eq!(
        (&said["subjects"], &said["codes"], &said["splits"]),
        (&300.into(), &exported.codes.into(), &300.into())
    );
    assert_eq!(said["heart_rate"], 300.0 * 80.0);
}

fn any_subject(id: i64) -> impl Strategy<Value = Subject> {
    let measured = (0..24_u32, 0..VARIABLES.len(), -1e3..1e3_f64);
    let measured = prop::collection::vec(measured, 0..20);
    measured.prop_map(move |measured| {
        let measurements = measured.into_iter().map(|(hour, variable, value)| Measurement {
            time: at(hour),
            variable: &VARIABLES[variable],
            value,
        });
        Subject { subject_id: id, measurements: measurements.collect(), ..subject() }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Whatever the order in which a history comes: rows are sorted by time, together, and all there.
    #[test]
    fn an_export_keeps_the_standards_order(first in any_subject(-3), second in any_subject(9)) {
        let folder = TempDir::new().unwrap();
        let set = folder.path().join("set");
        let exported = export(&set, &[first.clone(), second.clone()]);
        let (mut rows, mut last, mut order) = (0, None, Vec::new());
        each_row(&set.join("data/0.parquet"), &mut |row| {
            rows += 1;
            if order.last() != Some(&row.subject_id) {
                order.push(row.subject_id);
                last = None;
            }
            assert!(row.time >= last);
            last = row.time;
            Ok(())
        }).unwrap();
        prop_assert_eq!((rows, order), (exported.rows, vec![-3, 9]));
        prop_assert_eq!(rows, (first.entries().len() + second.entries().len()) as u64);
        let (sink, _) = made::read(open, &set);
        let results = |subject: &Subject| subject.measurements.iter().filter(|m| m.variable.group == strata_types::Group::Lab).count();
        let read = sink.given.iter().filter(|given| matches!(Event::parse(given.topic, &given.line), Ok(Event::LabResult(_)))).count();
        prop_assert_eq!(read, results(&first) + results(&second));
    }
}
