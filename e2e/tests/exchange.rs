//! Silver as a MEDS data set: what others read in it, and what comes back.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use strata_e2e::Strata;

/// What was measured, by patient: the number of values of each vital sign, and of the results of all tests.
fn counts(strata: &Strata, patient: &str, join: &str) -> Value {
    let signs = [
        "heart_rate",
        "respiratory_rate",
        "spo2",
        "temperature",
        "blood_pressure_systolic",
        "blood_pressure_diastolic",
        "etco2",
        "fio2",
        "gcs",
    ];
    let signs = signs.map(|sign| format!("count({sign}) AS {sign}")).join(", ");
    let vitals = format!(
        "SELECT {patient} AS patient, {signs}, count(*) FILTER (WHERE map_measured) AS map FROM vitals {join} GROUP BY 1 ORDER BY 1"
    );
    let labs = format!(
        "SELECT {patient} AS patient, variable, count(*) AS results FROM labs {join} GROUP BY 1, 2 ORDER BY 1, 2"
    );
    Value::from(vec![strata.json(&["query", &vitals]), strata.json(&["query", &labs])])
}

fn measured(strata: &Strata) -> i64 {
    let signs = "count(heart_rate) + count(respiratory_rate) + count(spo2) + count(temperature) + count(etco2) + count(fio2) \
                 + count(blood_pressure_systolic) + count(blood_pressure_diastolic) + count(gcs)";
    let mean = "count(*) FILTER (WHERE map_measured AND mean_arterial_pressure IS NOT NULL)";
    strata.number(&format!("SELECT {signs} + {mean} FROM vitals")) + strata.number("SELECT count(value) FROM labs")
}

fn numbers(strata: &Strata) -> Vec<(String, i64)> {
    let rows = strata.json(&["query", "SELECT patient_id, subject_id FROM subjects ORDER BY subject_id"]);
    let row = |row: &Value| (row["patient_id"].as_str().unwrap().to_owned(), row["subject_id"].as_i64().unwrap());
    rows.as_array().unwrap().iter().map(row).collect()
}

#[test]
fn what_is_exported_comes_back() {
    let (Some(strata), Some(elsewhere)) = (Strata::new(), Strata::new()) else { return };
    let error = strata.refused(&["export", "meds", strata.folder().join("x").to_str().unwrap()], 1);
    assert!(error.contains("strata refine"), "{error}");
    strata.json(&["generate", "--patients", "60", "--days", "2"]);
    strata.json(&["refine"]);
    let set = strata.folder().join("set");
    let path = set.to_str().unwrap();
    let exported = strata.json(&["export", "meds", path, "--split"]);
    let anything = ["vitals", "labs", "medications", "adverse_events", "patients"];
    let anything = anything.map(|table| format!("SELECT patient_id FROM {table}")).join(" UNION ");
    assert_eq!(exported["subjects"], strata.number(&format!("SELECT count(*) FROM ({anything})")), "{exported}");
    assert_eq!(exported["measurements"], measured(&strata), "{exported}");
    assert_eq!(exported["doses"], strata.number("SELECT count(*) FROM medications"), "{exported}");
    assert_eq!(exported["adverse_events"], strata.number("SELECT count(*) FROM adverse_events"), "{exported}");
    let parts: u64 = exported["split"].as_array().unwrap().iter().map(|part| part.as_u64().unwrap()).sum();
    assert_eq!(exported["subjects"], parts);
    let error = strata.refused(&["export", "meds", path], 1);
    assert!(error.contains("is there already"), "{error}");
    assert!(strata.run(&["audit", "show", "--what", "export"]).contains("export"));
    check_by_the_standard(&set, &exported);

    elsewhere.json(&["import", "meds", path]);
    elsewhere.json(&["refine"]);
    let sent = counts(&strata, "CAST(subject_id AS VARCHAR)", "JOIN subjects USING (patient_id)");
    assert!(sent[0].as_array().unwrap().len() > 50, "{sent}");
    assert_eq!(counts(&elsewhere, "patient_id", ""), sent);
    let value = "SELECT CAST(round(avg(heart_rate) * 1000) AS BIGINT) FROM vitals";
    assert_eq!(elsewhere.number(value), strata.number(value));
}

/// The standard's own schemas and another engine's counts.
fn check_by_the_standard(set: &Path, exported: &Value) {
    let Some(python) = strata_testkit::python() else { return };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/check_meds.py");
    let output = Command::new(python).arg(script).arg(set).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let said: Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    assert_eq!((&said["rows"], &said["subjects"]), (&exported["rows"], &exported["subjects"]));
    assert_eq!((&said["codes"], &said["splits"]), (&exported["codes"], &exported["subjects"]));
}

/// A number is given once: it outlives later exports, newer patients, and silver itself.
#[test]
fn a_patient_keeps_the_number() {
    let Some(strata) = Strata::new() else { return };
    let export = |name: &str| strata.json(&["export", "meds", strata.folder().join(name).to_str().unwrap()]);
    strata.json(&["generate", "--patients", "20", "--days", "1"]);
    strata.json(&["refine"]);
    assert_eq!(export("first")["numbered"], 20);
    let first = numbers(&strata);
    assert_eq!(first.iter().map(|(_, number)| *number).collect::<Vec<_>>(), (1..=20).collect::<Vec<_>>());
    assert!(first.is_sorted(), "in the order of their ids");

    // Sorted before all others, numbered after them.
    let (csv, mapping) = (strata.folder().join("ward.csv"), strata.folder().join("ward.toml"));
    fs::write(&csv, "case,taken,HR\n0001,2026-03-01 13:00,80\n").unwrap();
    let map = "source = \"ward\"\npatient_id = \"case\"\n[time]\ncolumn = \"taken\"\nformat = \"%Y-%m-%d %H:%M\"\noffset = \"+00:00\"\n[vitals]\nheart_rate = \"HR\"\n";
    fs::write(&mapping, map).unwrap();
    strata.json(&["import", "csv", csv.to_str().unwrap(), "--mapping", mapping.to_str().unwrap()]);
    strata.json(&["refine"]);
    let second = export("second");
    assert_eq!((&second["numbered"], &second["subjects"]), (&1.into(), &21.into()), "{second}");
    let expected = [&first[..], &[("0001".to_owned(), 21)]].concat();
    assert_eq!(numbers(&strata), expected);

    strata.json(&["down", "--level", "2", "--erase", "--yes", "--no-snapshot"]);
    strata.json(&["refine"]);
    assert_eq!(export("third")["numbered"], 0);
    assert_eq!(numbers(&strata), expected);
}

/// Real patients: everything that silver has of them is in the data set.
#[test]
fn physionet_2019_is_exported_whole() {
    let Some(strata) = Strata::new() else { return };
    let Some(archive) = strata_testkit::shared_data("physionet-2019-setA/training_setA.psv.tar.zst") else { return };
    strata.json(&["import", "physionet-2019", archive.to_str().unwrap()]);
    strata.json(&["refine"]);
    let set = strata.folder().join("set");
    let exported = strata.json(&["export", "meds", set.to_str().unwrap(), "--split"]);
    assert_eq!(exported["subjects"], 20_336, "{exported}");
    assert_eq!(exported["measurements"], measured(&strata), "{exported}");
    check_by_the_standard(&set, &exported);
}
