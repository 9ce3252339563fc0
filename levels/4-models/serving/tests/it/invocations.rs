//! `MLflow`'s scoring protocol.

use serde_json::{Value, json};
use strata_features::{FEATURES, compute};

use crate::client::written;
use crate::hospital::{Hospital, at, model, worsening};

/// Two rows, their values as JSON has them, and what the model says of them.
fn rows() -> (Vec<Vec<Value>>, Vec<f32>) {
    let vectors = [compute(&worsening(), at(0.0)), compute(&worsening(), at(-4.0))];
    let value = |value: &f32| if value.is_nan() { Value::Null } else { json!(value) };
    let rows = vectors.iter().map(|vector| vector.iter().map(value).collect()).collect();
    (rows, model().predict(&vectors.concat()))
}

fn records(rows: &[Vec<Value>]) -> Value {
    let record = |row: &Vec<Value>| FEATURES.iter().map(|f| f.name.to_owned()).zip(row.clone()).collect::<Value>();
    rows.iter().map(record).collect()
}

#[track_caller]
fn check(hospital: &Hospital, kind: &str, body: &str, expected: &[f32]) {
    let answer = hospital.post("/invocations", kind, body);
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.json() == json!({"predictions": written(expected)}), "{}", answer.body);
}

/// Faults 38, 45: each form is scored by the names of its columns, preprocessed by the model.
#[test]
fn every_form_gets_the_models_predictions() {
    let hospital = Hospital::open();
    let (rows, expected) = rows();
    let names: Vec<&str> = FEATURES.iter().map(|feature| feature.name).collect();
    let split = json!({"dataframe_split": {"columns": names, "index": [0, 1], "data": rows}}).to_string();
    check(&hospital, "application/json", &split, &expected);
    check(&hospital, "application/json", &split.replace("null", "NaN"), &expected);
    check(&hospital, "application/json", &json!({"dataframe_records": records(&rows)}).to_string(), &expected);
    check(&hospital, "Application/JSON", &json!({"instances": records(&rows), "params": {}}).to_string(), &expected);
    let column = |i: usize| (names[i].to_owned(), rows.iter().map(|row| row[i].clone()).collect::<Value>());
    let inputs: Value = (0..names.len()).map(column).collect();
    check(&hospital, "application/json; charset=utf-8", &json!({"inputs": inputs}).to_string(), &expected);

    // Backwards, and with a column that the model does not have.
    let line = |row: &Vec<Value>| {
        let field = |value: &Value| if value.is_null() { String::new() } else { value.to_string() };
        row.iter()
            .rev()
            .map(field)
            .chain(["a, \"b\"".replace('"', "\"\"")].map(|f| format!("\"{f}\"")))
            .collect::<Vec<_>>()
    };
    let header: Vec<String> = names.iter().rev().chain(&["note"]).map(ToString::to_string).collect();
    let lines: Vec<String> = [header].into_iter().chain(rows.iter().map(line)).map(|line| line.join(",")).collect();
    check(&hospital, "text/csv", &lines.join("\n"), &expected);
    assert_eq!(hospital.metric("strata_serving_scored_rows_total"), 12.0);
}

/// As many rows as a body takes; large ones are scored elsewhere, with the same result.
#[test]
fn many_rows_are_scored_in_their_order() {
    let hospital = Hospital::open();
    let (rows, expected) = rows();
    let names: Vec<&str> = FEATURES.iter().map(|feature| feature.name).collect();
    let many: Vec<&Vec<Value>> = rows.iter().cycle().take(501).collect();
    let body = json!({"dataframe_split": {"columns": names, "data": many}}).to_string();
    assert!(body.len() > 256 * 1024);
    let expected: Vec<f32> = expected.iter().copied().cycle().take(501).collect();
    check(&hospital, "application/json", &body, &expected);
    check(&hospital, "application/json", &json!({"dataframe_split": {"columns": names, "data": []}}).to_string(), &[]);
}

/// Fault 45: nothing is padded, cut, or taken by its position.
#[test]
fn what_cannot_be_matched_by_name_is_refused_in_mlflows_form() {
    let hospital = Hospital::open();
    let (rows, _) = rows();
    let names: Vec<&str> = FEATURES.iter().map(|feature| feature.name).collect();
    let text = json!([{ names[0]: "Jane" }]);
    let mut texts = records(&rows);
    texts[1][names[7]] = json!("Jane");
    for (body, hint) in [
        (json!({"instances": rows}), "another shape"),
        (json!({"inputs": rows}), "another shape"),
        (
            json!({"dataframe_split": {"columns": names, "data": [rows[0][1..]]}}),
            "row 1 has 119 values for 120 columns",
        ),
        (json!({"dataframe_split": {"columns": names[1..], "data": []}}), "hr_last is missing"),
        (json!({"instances": text}), "is missing"),
        (json!({"instances": texts}), "of row 2 is neither a number nor null"),
        (json!({"instances": [], "inputs": {}}), "none or several"),
    ] {
        let answer = hospital.post("/invocations", "application/json", body.to_string());
        assert_eq!((answer.status, answer.json()["error_code"].as_str()), (400, Some("BAD_REQUEST")));
        let hint = hint.replace("hr_last", names[0]);
        let message = answer.json()["message"].as_str().unwrap().to_owned();
        assert!(message.contains(&hint) && !message.contains("Jane"), "{message}");
    }
    for kind in ["text/plain", "application/vnd.apache.parquet", "text/csv; header=absent"] {
        let answer = hospital.post("/invocations", kind, "{}");
        assert_eq!((answer.status, answer.json()["error_code"].as_str()), (415, Some("BAD_REQUEST")), "{kind}");
    }
}
