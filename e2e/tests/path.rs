//! The path of the data on the synthetic hospital, command by command.

use std::io::{BufRead, BufReader};

use serde_json::{Value, json};
use strata_e2e::Strata;

const SMALL: [&str; 5] = ["generate", "--patients", "120", "--days", "3"];

/// The whole path in one command; the last line of stdout is one JSON object.
#[test]
fn demo_ends_with_one_json_object() {
    let Some(strata) = Strata::new() else { return };
    let demo = strata.json(&["demo", "--set", "synthetic.patients=500", "--set", "synthetic.days=5"]);
    assert_eq!(demo["patients"], 500);
    for key in ["hours", "septic_patients", "seconds", "peak_memory_bytes"] {
        assert!(demo[key].as_f64().unwrap() > 0.0, "{key}: {demo}");
    }
    assert!(std::path::Path::new(demo["report"].as_str().unwrap()).is_file());
    let models = demo["models"].as_array().unwrap();
    let auroc = |name: &str| {
        let model = models.iter().find(|model| model["name"].as_str().unwrap().contains(name));
        model.unwrap_or_else(|| panic!("no model {name}: {demo}"))["auroc"].as_f64().unwrap()
    };
    // Fault 16: adverse events were drawn without causes, so there was nothing to learn.
    assert!(auroc("network") > 0.65, "{demo}");
    for baseline in ["logistic", "NEWS2", "SIRS", "qSOFA"] {
        assert!((0.3..1.0).contains(&auroc(baseline)), "{baseline}: {demo}");
    }
}

/// Faults 22, 23, 24: nothing is overwritten, doubled or thrown away, however often the commands run.
#[test]
fn running_again_changes_nothing() {
    let Some(strata) = Strata::new() else { return };
    let first = strata.json(&SMALL);
    let refined = strata.json(&["refine"]);
    assert!(refined["refined"][1]["records"].as_u64().unwrap() > 10_000, "{refined}");
    let features = strata.json(&["features"]);
    let tables = ["vitals", "labs", "medications", "adverse_events", "patients", "quarantine", "features"];
    let count = || tables.map(|table| strata.number(&format!("SELECT count(*) FROM {table}")));
    let before = count();

    let again = strata.json(&SMALL);
    assert_eq!(again["landed"], 0, "{again}");
    assert_eq!(again["already_there"], first["landed"]);
    let refined = strata.json(&["refine"]);
    assert!(refined["refined"].as_array().unwrap().iter().all(|topic| topic["records"] == 0), "{refined}");
    assert_eq!(strata.json(&["features"]), features);
    assert_eq!(count(), before);

    // Every record is accounted for: a row, refused whole, or superseded by another of its key.
    for table in refined["quality"]["tables"].as_array().unwrap() {
        let part = |name: &str| table[name].as_u64().unwrap();
        assert_eq!(part("records"), part("rows") + part("refused") + part("superseded"), "{table}");
    }
    // Fault 18: the generator made no duplicate, so deduplication was never exercised.
    assert!(refined["quality"]["tables"][0]["superseded"].as_u64().unwrap() > 100, "{refined}");
    // Fault 30: drugs of the lists do occur. Fault 29: nearly all labs are found.
    assert!(strata.number("SELECT count(*) FROM medications WHERE effect <> 'other'") > 0);
    assert!(strata.number("SELECT count(*) FROM labs WHERE variable = 'lactate'") > 0);
}

#[test]
fn queries_come_in_four_forms() {
    let Some(strata) = Strata::new() else { return };
    strata.json(&["generate", "--patients", "20", "--days", "1"]);
    strata.json(&["refine"]);
    let sql = "SELECT sex, count(*) AS patients FROM patients GROUP BY sex ORDER BY sex";
    assert!(strata.run(&["query", sql]).contains("patients"));
    assert!(strata.run(&["query", sql, "--format", "csv"]).starts_with("sex,patients\n"));
    let rows: Value = serde_json::from_str(&strata.run(&["query", sql, "--format", "json"])).unwrap();
    let total: i64 = rows.as_array().unwrap().iter().map(|row| row["patients"].as_i64().unwrap()).sum();
    assert_eq!(total, 20);
    let file = strata.folder().join("answer.parquet");
    strata.run(&["query", sql, "--format", "parquet", "--to", file.to_str().unwrap()]);
    assert_eq!(&std::fs::read(&file).unwrap()[..4], b"PAR1");
    assert!(strata.number("SELECT sum(values) FROM unit_ledger") > 0);
    assert!(strata.refused(&["query", "DROP TABLE vitals"], 1).contains("error"));
    assert!(strata.refused(&["query", "SELECT nothing FROM nowhere"], 1).contains("nowhere"));
}

/// Fault: Feast dropped rows and columns of the requests. Here each stays, in its order.
#[test]
fn requested_times_keep_their_order_and_columns() {
    let Some(strata) = Strata::new() else { return };
    strata.json(&["generate", "--patients", "20", "--days", "1"]);
    strata.json(&["refine"]);
    let requests = strata.folder().join("requests.csv");
    let rows = "note,patient_id,time\nlate,S000001,2026-01-01T20:00:00Z\nearly,S000001,2026-01-01T02:00:00Z\n\
                late,S000001,2026-01-01T20:00:00Z\nunknown,X1,2026-01-01T20:00:00Z\n";
    std::fs::write(&requests, rows).unwrap();
    let csv = strata.run(&["features", "--at", requests.to_str().unwrap()]);
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines.len(), 5, "{csv}");
    let notes: Vec<&str> = lines[1..].iter().map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!(notes, ["late", "early", "late", "unknown"]);
    assert_eq!(lines[0].split(',').count(), 123);
    assert_eq!(lines[1], lines[3]);
    std::fs::write(&requests, "patient_id,time\nS000001,noon\n").unwrap();
    assert!(strata.refused(&["features", "--at", requests.to_str().unwrap()], 1).contains("row 1"));
}

/// Faults 38, 42, 43, 45: a caller sends a patient and a time; the rest is Strata's business.
#[test]
fn a_trained_model_is_served() {
    let Some(strata) = Strata::new() else { return };
    strata.json(&["generate", "--patients", "500", "--days", "5"]);
    strata.json(&["refine"]);
    strata.json(&["features"]);
    let trained = strata.json(&["train"]);
    assert!(trained["models"].as_array().unwrap().len() >= 5);

    let mut serving = strata.start(&["serve", "--port", "0", "--json"]);
    let mut line = String::new();
    BufReader::new(serving.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = serde_json::from_str::<Value>(&line).unwrap()["url"].as_str().unwrap().to_owned();
    let get = |path: &str| ureq::get(format!("{url}{path}")).call().unwrap().into_body().read_to_string().unwrap();
    assert_eq!(get("/ping"), "\n");
    assert!(get("/readyz").contains("\"ready\":true"));
    assert!(get("/metrics").contains("strata_serving_requests"));

    let asked = json!({"patient_id": "S000003", "timestamp": "2026-01-02T12:00:00Z"});
    let mut answer = ureq::post(format!("{url}/v1/predict")).send_json(&asked).unwrap();
    let answer: Value = answer.body_mut().read_json().unwrap();
    let probability = answer["probability"].as_f64().unwrap();
    assert!((0.0..=1.0).contains(&probability), "{answer}");
    assert!(!answer["factors"].as_array().unwrap().is_empty(), "{answer}");

    // The same row, sent by hand as MLflow's protocol has it, gets the same probability.
    let requests = strata.folder().join("requests.csv");
    std::fs::write(&requests, "patient_id,time\nS000003,2026-01-02T12:00:00Z\n").unwrap();
    let target = strata.folder().join("row.json");
    strata.run(&["features", "--at", requests.to_str().unwrap(), "--to", target.to_str().unwrap()]);
    let rows: Value = serde_json::from_slice(&std::fs::read(&target).unwrap()).unwrap();
    let names: Vec<String> = strata
        .json(&["query", "SELECT column_name FROM information_schema.columns WHERE table_name = 'features' AND data_type = 'Float32'"])
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["column_name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(names.len(), 120);
    let row: Vec<&Value> = names.iter().map(|name| &rows[0][name]).collect();
    let body = json!({"dataframe_split": {"columns": names, "data": [row]}});
    let mut scored = ureq::post(format!("{url}/invocations")).send_json(&body).unwrap();
    let scored: Value = scored.body_mut().read_json().unwrap();
    let same = scored["predictions"][0].as_f64().or(scored["predictions"][0]["probability"].as_f64()).unwrap();
    assert!((same - probability).abs() < 1e-6, "{scored} {answer}");
}

/// Fault 10: two managers at once corrupt each other.
#[test]
fn a_second_writer_is_told_who_is_first() {
    let Some(strata) = Strata::new() else { return };
    std::fs::create_dir_all(strata.folder().join("run")).unwrap();
    let lock = std::fs::File::create(strata.folder().join("run/silver.lock")).unwrap();
    lock.lock().unwrap();
    let error = strata.refused(&["refine"], 1);
    assert!(error.contains("another strata"), "{error}");
}
