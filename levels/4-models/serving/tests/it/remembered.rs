//! Every prediction is written down.

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};
use strata_features::compute;
use strata_features::feature_set;

use crate::client::written;
use crate::hospital::{Hospital, at, model, worsening};

#[test]
fn what_was_said_is_what_is_written() {
    let hospital = Hospital::open();
    let answers: Vec<Value> = (0..40).map(|i| hospital.predict(["p1", "p2"][i % 2], at(-1.0)).json()).collect();
    // Neither a refusal nor a caller's own rows are predictions about a patient.
    hospital.predict("p9", at(0.0));
    let log = hospital.log_folder().join("predictions-2026-03-01.ndjson");
    let folder = hospital.close();

    // Closing has flushed: nothing is waited for.
    let text = fs::read_to_string(&log).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let ids = |all: &[Value]| all.iter().map(|one| one["prediction_id"].to_string()).collect::<BTreeSet<_>>();
    assert_eq!((lines.len(), ids(&lines)), (40, ids(&answers)));
    let vector = compute(&worsening(), at(-1.0));
    let features: Vec<Option<f32>> = vector.iter().map(|value| (!value.is_nan()).then_some(*value)).collect();
    for (line, answer) in lines.iter().zip(&answers) {
        let expected = json!({
            "prediction_id": answer["prediction_id"],
            "at": "2026-03-01T12:00:00Z",
            "patient_id": answer["patient_id"],
            "timestamp": "2026-03-01T11:00:00Z",
            "model_version": model().version(),
            "run_id": "run-1",
            "feature_set": feature_set(),
            "probability": answer["probability"],
            "features": written(&features),
        });
        assert_eq!(line, &expected);
    }
    let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(log), mode(folder.path().join("predictions"))), (0o600, 0o700));
}

/// A client that connects and says nothing neither holds up the end for long nor costs a line of the log.
#[test]
fn a_silent_connection_loses_nothing() {
    let hospital = Hospital::open();
    let silent = TcpStream::connect(hospital.address).unwrap();
    hospital.predict("p1", at(0.0));
    let log = hospital.log_folder().join("predictions-2026-03-01.ndjson");
    let folder = hospital.close();
    assert_eq!(fs::read_to_string(&log).unwrap().lines().count(), 1);
    drop((silent, folder));
}

/// A disk that refuses never fails a prediction; what is lost is counted.
#[test]
fn a_broken_disk_is_counted_and_fails_no_prediction() {
    let hospital = Hospital::open();
    // A folder where the file should be: it cannot be opened, not even by root.
    fs::create_dir_all(hospital.log_folder().join("predictions-2026-03-01.ndjson")).unwrap();
    for _ in 0..3 {
        assert_eq!(hospital.predict("p1", at(0.0)).status, 200);
    }
    // Written behind the answer: asked until it is counted.
    let counted = || hospital.metric("strata_serving_prediction_log_failures_total");
    while counted() < 3.0 {}
    assert_eq!(counted(), 3.0);
}
