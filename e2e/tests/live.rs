//! Live events, by the doors that other people's software uses, until they are rows.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use std::io::{BufRead, BufReader};
use std::process::Command;

use serde_json::{Value, json};
use strata_e2e::{Running, Strata};

struct Ingesting {
    running: Running,
    gateway: String,
}

/// Starts taking in events, on free ports.
fn ingest(strata: &Strata) -> Ingesting {
    let mut running = strata.start(&["ingest", "--port", "0", "--kafka-port", "0", "--json"]);
    let mut line = String::new();
    BufReader::new(running.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let said: Value = serde_json::from_str(&line).unwrap();
    let services = said["services"].as_array().unwrap();
    assert!(services.iter().all(|service| service["state"] == "healthy"), "{said}");
    let gateway = services.iter().find(|service| service["name"] == "gateway").unwrap();
    Ingesting { gateway: gateway["url"].as_str().unwrap().to_owned(), running }
}

impl Ingesting {
    fn send(&self, path: &str, kind: &str, body: &str) -> Value {
        let url = format!("{}{path}", self.gateway);
        ureq::post(url).content_type(kind).send(body).unwrap().body_mut().read_json().unwrap()
    }

    /// As Ctrl-C does.
    fn stop(mut self) -> i32 {
        let pid = self.running.0.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        self.running.0.wait().unwrap().code().unwrap()
    }
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
    let ingesting = ingest(&strata);
    let answer = ingesting.send("/v1/events/patient-vitals", "application/x-ndjson", &readings(0..2_000));
    assert_eq!(answer["accepted"], 2_000, "{answer}");
    let observation = json!({
        "resourceType": "Observation", "id": "o1", "status": "final", "subject": {"reference": "Patient/p7"},
        "code": {"coding": [{"system": "http://loinc.org", "code": "2524-7"}]},
        "effectiveDateTime": "2026-01-02T03:00:00Z", "valueQuantity": {"value": 4.5, "unit": "mmol/L", "code": "mmol/L"},
    });
    let answer = ingesting.send("/fhir", "application/fhir+json", &observation.to_string());
    assert_eq!(answer["accepted"], 1, "{answer}");
    assert_eq!(ingesting.stop(), 0);

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
        let mut ingesting = ingest(&strata);
        let answer = ingesting.send(
            "/v1/events/patient-vitals",
            "application/x-ndjson",
            &readings(round * 1_000..(round + 1) * 1_000),
        );
        assert_eq!(answer["accepted"], 1_000, "{answer}");
        ingesting.running.0.kill().unwrap();
        ingesting.running.0.wait().unwrap();
    }
    let ingesting = ingest(&strata);
    assert_eq!(ingesting.stop(), 0, "stopping lands what the log holds");
    strata.json(&["refine"]);
    assert_eq!(strata.number("SELECT count(*) FROM vitals"), 4_000);
    assert_eq!(strata.number("SELECT count(DISTINCT patient_id) FROM vitals"), 20);
}
