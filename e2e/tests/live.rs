//! Live events, by the doors that other people's software uses, until they are rows.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use serde_json::{Value, json};
use strata_e2e::{Strata, Up};

const LIVE: [&str; 3] = ["--empty", "--only", "log,landing,gateway"];

fn send(up: &Up<'_>, path: &str, kind: &str, body: &str) -> Value {
    let url = format!("{}{path}", up.url("gateway"));
    ureq::post(url).content_type(kind).send(body).unwrap().body_mut().read_json().unwrap()
}

fn readings(numbers: std::ops::Range<usize>) -> String {
    let reading = |number: usize| {
        let (patient, minute, hour) = (number % 20, number / 20 % 60, number / 1200);
        json!({"patient_id": format!("p{patient}"), "timestamp": format!("2026-01-02T{hour:02}:{minute:02}:00Z"),
               "source": "bed", "heart_rate": 60 + number % 40})
        .to_string()
    };
    numbers.map(reading).collect::<Vec<_>>().join("\n")
}

/// Fault 20: a second intake path printed what it received, and nothing reached the lake.
#[test]
fn what_the_gateway_accepts_becomes_rows() {
    let Some(strata) = Strata::new() else { return };
    let up = strata.up(&LIVE);
    let answer = send(&up, "/v1/events/patient-vitals", "application/x-ndjson", &readings(0..2_000));
    assert_eq!(answer["accepted"], 2_000, "{answer}");
    let observation = json!({
        "resourceType": "Observation", "id": "o1", "status": "final", "subject": {"reference": "Patient/p7"},
        "code": {"coding": [{"system": "http://loinc.org", "code": "2524-7"}]},
        "effectiveDateTime": "2026-01-02T03:00:00Z", "valueQuantity": {"value": 4.5, "unit": "mmol/L", "code": "mmol/L"},
    });
    let answer = send(&up, "/fhir", "application/fhir+json", &observation.to_string());
    assert_eq!(answer["accepted"], 1, "{answer}");
    drop(up);

    strata.json(&["refine"]);
    assert_eq!(strata.number("SELECT count(*) FROM vitals"), 2_000);
    assert_eq!(strata.number("SELECT count(*) FROM labs WHERE variable = 'lactate' AND patient_id = 'p7'"), 1);
    assert!(strata.run(&["audit", "verify"]).contains("record"));
}

/// Fault 14: what had been acknowledged was lost at a crash. Here it is in the log, and lands after the next start.
#[test]
fn what_was_acknowledged_survives_kill_minus_nine() {
    let Some(strata) = Strata::new() else { return };
    for round in 0..4 {
        let up = strata.up(&LIVE);
        let answer = send(
            &up,
            "/v1/events/patient-vitals",
            "application/x-ndjson",
            &readings(round * 1_000..(round + 1) * 1_000),
        );
        assert_eq!(answer["accepted"], 1_000, "{answer}");
        up.kill();
    }
    // Felling lands what the log holds.
    drop(strata.up(&LIVE));
    strata.json(&["refine"]);
    assert_eq!(strata.number("SELECT count(*) FROM vitals"), 4_000);
    assert_eq!(strata.number("SELECT count(DISTINCT patient_id) FROM vitals"), 20);
}
