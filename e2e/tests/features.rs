//! The feature store from outside: the table, its metadata, training sets and windows, against each other and against Polars.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use strata_e2e::Strata;

/// A small hospital, refined, with its features.
fn hospital(strata: &Strata) -> u64 {
    strata.json(&["generate", "--patients", "60", "--days", "2"]);
    strata.json(&["refine"]);
    strata.json(&["features"])["hours"].as_u64().unwrap()
}

/// Faults 34, 35: what is asked for by hand is what the table holds, missing or not. Every request has its row, in its
/// order, from CSV and from Parquet.
#[test]
fn a_training_set_holds_what_the_table_holds() {
    let Some(strata) = Strata::new() else { return };
    hospital(&strata);
    let file = |name: &str| strata.folder().join(name).display().to_string();
    let (requests, list, answer) = (file("requests.parquet"), file("requests.csv"), file("answer.json"));
    let asked = "SELECT patient_id, time, 'kept' AS note FROM features ORDER BY md5(patient_id || CAST(time AS text)) LIMIT 500";
    strata.run(&["query", asked, "--format", "parquet", "--to", &requests]);
    strata.run(&[
        "query",
        &asked.replace("time, 'kept'", "to_char(time, '%Y-%m-%dT%H:%M:%SZ') AS time, 'kept'"),
        "--format",
        "csv",
        "--to",
        &list,
    ]);
    let rows = strata.json(&["query", "SELECT * EXCLUDE (label, date) FROM features"]);
    let known: std::collections::HashMap<_, _> = rows.as_array().unwrap().iter().map(|row| (key(row), row)).collect();
    let order = strata.json(&["query", asked]);
    for requests in [&requests, &list] {
        strata.run(&["features", "--at", requests, "--to", &answer]);
        let answered: Value = serde_json::from_slice(&std::fs::read(&answer).unwrap()).unwrap();
        let answered = answered.as_array().unwrap();
        assert_eq!(answered.len(), 500);
        for (row, asked) in answered.iter().zip(order.as_array().unwrap()) {
            assert_eq!((key(row), row["note"].as_str()), (key(asked), Some("kept")));
            let mut ours = row.as_object().unwrap().clone();
            let mut table = known[&key(row)].as_object().unwrap().clone();
            for fields in [&mut ours, &mut table] {
                fields.retain(|name, _| name != "note" && name != "time");
            }
            assert_eq!(ours, table);
        }
    }
}

fn key(row: &Value) -> (String, String) {
    let text = |name: &str| row[name].as_str().unwrap().trim_end_matches('Z').to_owned();
    (text("patient_id"), text("time"))
}

/// Fault 36: everyone named another number of features. Faults 29, 32: features that were always null, or 0 for missing.
#[test]
fn the_features_are_described() {
    let Some(strata) = Strata::new() else { return };
    let hours = hospital(&strata) as i64;
    assert_eq!(strata.json(&["features", "list"]).as_array().unwrap().len(), 120);
    assert_eq!(strata.number("SELECT count(*) FROM feature_definitions"), 120);
    let described = strata.json(&["features", "describe"]);
    let described = described.as_array().unwrap();
    assert_eq!(described.len(), 120);
    for feature in described {
        let count = |name: &str| feature[name].as_i64().unwrap();
        assert_eq!(count("count") + count("nulls"), hours, "{feature}");
    }
    for (name, sql) in [("hr_mean_6h", "avg(hr_mean_6h)"), ("lactate_last", "avg(lactate_last)")] {
        let profile =
            strata.json(&["query", &format!("SELECT mean, count FROM feature_profiles WHERE feature = '{name}'")]);
        let table = strata.json(&["query", &format!("SELECT {sql} AS mean, count({name}) AS count FROM features")]);
        assert_eq!(profile[0]["count"], table[0]["count"]);
        let mean = |rows: &Value| rows[0]["mean"].as_f64().unwrap();
        assert!((mean(&profile) - mean(&table)).abs() < 1e-6 * mean(&table), "{profile} {table}");
    }
    let off = "SELECT count(*) FROM (SELECT p.feature FROM feature_profiles p JOIN feature_bins b ON b.feature = p.feature \
               AND b.version = p.version GROUP BY p.feature, p.count HAVING sum(b.count) <> p.count)";
    assert_eq!(strata.number(off), 0);
    // Nothing new: nothing is written, and nothing said twice.
    strata.json(&["features"]);
    assert_eq!(strata.number("SELECT count(*) FROM feature_profiles"), 120);

    // The columns say themselves what they are, to whoever opens the table.
    let Some(python) = strata_testkit::python() else { return };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/check_described.py");
    let output = Command::new(&python).arg(&script).arg(strata.folder().join("tables")).output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}");
}

/// Windows of a folder are those that Polars finds in it, each summed on its own.
#[test]
fn windows_are_those_that_polars_finds() {
    let Some(strata) = Strata::new() else { return };
    let Some(python) = strata_testkit::python() else { return };
    hospital(&strata);
    let silver = strata.folder().join("tables/vitals");
    for (closed, every, hours) in [("left", "1h", "1,6,24"), ("right", "30m", "0.5,3")] {
        let out = strata.folder().join(format!("windows-{closed}"));
        let (from, to) = (silver.to_str().unwrap(), out.to_str().unwrap());
        let words = ["--start", "2026-01-01T00:00:00Z", "--every", every, "--hours", hours, "--closed", closed];
        let done = strata.json(&[&["features", "windows", "--from", from, "--to", to][..], &words].concat());
        assert_eq!(done["patients"], 60);
        assert!(strata.refused(&["features", "windows", "--from", from, "--to", to], 1).contains("already"));
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/check_windows.py");
        let output = Command::new(&python).arg(&script).args([from, to, every, hours, closed]).output().unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{said}");
    }
}

/// Whoever can be in no file any more is done, so a file that goes back to an earlier patient would give them twice.
#[test]
fn windows_of_files_that_are_not_sorted_are_refused() {
    let Some(strata) = Strata::new() else { return };
    hospital(&strata);
    let folder = strata.folder().join("mixed");
    std::fs::create_dir(&folder).unwrap();
    let (from, to) = (folder.to_str().unwrap(), strata.folder().join("windows"));
    let file = folder.join("part.parquet").display().to_string();
    strata.run(&["query", "SELECT * FROM vitals ORDER BY event_id", "--format", "parquet", "--to", &file]);
    let said = strata.refused(&["features", "windows", "--from", from, "--to", to.to_str().unwrap()], 1);
    assert!(said.contains("not sorted by patient"), "{said}");
    assert!(!to.exists() && !to.with_extension("partial").exists());
}
