//! What resources become, and what is said of wrong ones and of damaged files.

use std::fs;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::made::{self, gzip_of, lines};

/// The events as JSON from the patient's id on, and the reasons of what is none.
fn convert(resource: &Value) -> (Vec<String>, Vec<String>) {
    let Conversion { events, skipped } = events(resource);
    let json = |event: &Event| {
        let mut line = Vec::new();
        event.write_json(&mut line);
        String::from_utf8(line).unwrap()
    };
    let events = events.iter().map(|known| json(&known.event)).collect();
    (events, skipped.into_iter().map(|skipped| format!("{}: {}", skipped.what, skipped.reason)).collect())
}

#[track_caller]
fn check(resource: &Value, expected: &str) {
    let (events, skipped) = convert(resource);
    assert_eq!(events, [expected], "{skipped:?}");
}

#[track_caller]
fn check_none(resource: &Value, reason: &str) {
    let (events, skipped) = convert(resource);
    assert!(events.is_empty(), "{events:?}");
    assert!(skipped.len() == 1 && skipped[0].contains(reason), "`{reason}` in {skipped:?}");
}

#[expect(clippy::needless_pass_by_value, reason = "json! gives values")]
fn observation(code: &str, value: Value) -> Value {
    json!({
        "resourceType": "Observation", "id": "o1", "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": code, "display": "a thing"}]},
        "subject": {"reference": "Patient/p1"}, "effectiveDateTime": "2026-03-01T13:00:00+01:00",
        "issued": "2026-03-01T12:30:00Z", "valueQuantity": value,
    })
}

fn with(mut resource: Value, key: &str, value: Value) -> Value {
    if value.is_null() {
        resource.as_object_mut().unwrap().remove(key);
    } else {
        resource[key] = value;
    }
    resource
}

#[test]
fn observations_become_readings_and_results() {
    let quantity = |value: f64, unit: &str| json!({"value": value, "unit": "x", "code": unit});
    let vital = |code: &str, rest: &str| {
        format!(
            r#"{{"patient_id":"p1","timestamp":"2026-03-01T12:00:00Z","source":"fhir/{code}",{rest},"event_id":"Observation/o1"}}"#
        )
    };
    check(&observation("8867-4", quantity(80.0, "/min")), &vital("8867-4", r#""heart_rate":80.0"#));
    check(&observation("2708-6", quantity(97.0, "%")), &vital("2708-6", r#""spo2":97.0"#));
    check(
        &observation("8310-5", quantity(98.6, "[degF]")),
        &vital("8310-5", r#""temperature":98.6,"temperature_unit":"[degF]""#),
    );
    check(
        &observation("8331-1", quantity(37.0, "Cel")),
        &vital("8331-1", r#""temperature":37.0,"temperature_unit":"Cel""#),
    );
    check(&observation("9269-2", quantity(15.0, "{score}")), &vital("9269-2", r#""gcs":15.0"#));
    let gcs = with(with(observation("9269-2", Value::Null), "valueQuantity", Value::Null), "valueInteger", json!(14));
    check(&gcs, &vital("9269-2", r#""gcs":14.0"#));
    let lab = with(
        observation("2345-7", quantity(5.0, "mmol/L")),
        "referenceRange",
        json!([{"low": {"value": 4}, "high": {"value": 6.1}}]),
    );
    check(
        &lab,
        r#"{"patient_id":"p1","timestamp":"2026-03-01T12:00:00Z","test_name":"a thing","value":5.0,"unit":"mmol/L","source":"fhir","loinc":"2345-7","reference_range":"4-6.1","event_id":"Observation/o1"}"#,
    );
    assert_eq!(events(&lab).events[0].known_at.unwrap().to_string(), "2026-03-01T12:30:00Z");
}

#[test]
fn panels_of_blood_pressure_are_one_reading() {
    for panel in ["85354-9", "55284-4"] {
        let part = |code: &str, value: f64| json!({"code": {"coding": [{"system": "http://loinc.org", "code": code}]}, "valueQuantity": {"value": value, "code": "mm[Hg]"}});
        let panel_of = with(
            with(observation(panel, Value::Null), "valueQuantity", Value::Null),
            "component",
            json!([part("8480-6", 120.0), part("8462-4", 70.0), part("8478-0", 87.0)]),
        );
        check(
            &panel_of,
            &format!(
                r#"{{"patient_id":"p1","timestamp":"2026-03-01T12:00:00Z","source":"fhir/{panel}","blood_pressure_systolic":120.0,"blood_pressure_diastolic":70.0,"mean_arterial_pressure":87.0,"event_id":"Observation/o1"}}"#
            ),
        );
    }
}

#[test]
fn what_was_not_measured_or_in_error_is_no_value() {
    let good = observation("8867-4", json!({"value": 80, "code": "/min"}));
    for status in ["entered-in-error", "cancelled", "not-done", "registered"] {
        check_none(&with(good.clone(), "status", json!(status)), &format!("its status is `{status}`"));
    }
    check_none(
        &observation("72514-3", json!({"value": 3, "code": "{score}"})),
        "Observation 72514-3 a thing: no variable",
    );
    check_none(&with(with(good.clone(), "effectiveDateTime", json!("2026")), "issued", Value::Null), "no time");
    check_none(&with(good.clone(), "subject", Value::Null), "`subject.reference` is missing");
    check_none(&with(good.clone(), "subject", json!({"reference": "Group/1"})), "not to a Patient");
    check_none(&with(good.clone(), "subject", json!({"reference": "Patient/Jane Doe"})), "a patient id is");
    check_none(&observation("8867-4", json!({"value": 80, "code": "bar"})), "its unit must be /min");
    check_none(&observation("8867-4", json!({"value": "80", "code": "/min"})), "no number");
    check_none(&observation("8310-5", json!({"value": 37})), "must be Cel or [degF]");
    check_none(&observation("10839-9", json!({"value": 0.01, "comparator": "<", "code": "ng/mL"})), "only a bound");
    check_none(&observation("29463-7", json!({"value": 80, "code": "kg"})), "height and weight");
    check_none(&with(good, "resourceType", json!("Condition")), "no event here");
    check_none(&json!([1, 2]), "no FHIR resource");
}

fn administration() -> Value {
    json!({
        "resourceType": "MedicationAdministration", "id": "m1", "status": "completed",
        "medicationCodeableConcept": {"text": "Norepinephrine", "coding": [
            {"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "7512"}, {"system": "http://www.whocc.no/atc", "code": "C01CA03"}]},
        "subject": {"reference": "urn:uuid:p1"},
        "effectivePeriod": {"start": "2026-03-01T12:00:00Z", "end": "2026-03-01T14:00:00Z"},
        "dosage": {"route": {"text": "intravenous"}, "dose": {"value": 4, "unit": "mg", "code": "mg"},
            "rateRatio": {"numerator": {"value": 0.2, "code": "ug/kg"}, "denominator": {"value": 2, "code": "min"}}},
    })
}

#[test]
fn administrations_become_doses() {
    check(
        &administration(),
        r#"{"patient_id":"p1","timestamp":"2026-03-01T12:00:00Z","drug_name":"Norepinephrine","dosage":4.0,"unit":"mg","route":"intravenous","rate":0.1,"rate_unit":"ug/kg/min","end_timestamp":"2026-03-01T14:00:00Z","status":"completed","rxnorm":"7512","atc":"C01CA03","source":"fhir","event_id":"MedicationAdministration/m1"}"#,
    );
    for status in ["not-done", "entered-in-error"] {
        check_none(&with(administration(), "status", json!(status)), status);
    }
    check_none(&with(administration(), "dosage", Value::Null), "neither a dose nor a rate");
    check_none(&with(administration(), "medicationCodeableConcept", Value::Null), "no drug");
    let contained = with(administration(), "medicationCodeableConcept", Value::Null);
    let contained = with(contained, "medicationReference", json!({"reference": "#med"}));
    let contained =
        with(contained, "contained", json!([{"resourceType": "Medication", "id": "med", "code": {"text": "Heparin"}}]));
    assert!(convert(&contained).0[0].contains(r#""drug_name":"Heparin""#));
}

#[test]
fn adverse_events_have_a_grade() {
    let event = |severity: &str, outcome: &str| {
        json!({
            "resourceType": "AdverseEvent", "id": "a1", "actuality": "actual", "subject": {"reference": "https://x.org/fhir/Patient/p1/_history/2"},
            "event": {"text": "Liver toxicity"}, "date": "2026-03-01T12:00:00Z", "recordedDate": "2026-03-02",
            "severity": {"coding": [{"code": severity}]}, "outcome": {"coding": [{"code": outcome}]}, "recorder": {"reference": "Practitioner/7"},
        })
    };
    let expected = r#"{"patient_id":"p1","event_timestamp":"2026-03-01T12:00:00Z","event_type":"liver_toxicity","severity":"grade_3","reported_by":"Practitioner","report_timestamp":"2026-03-02T00:00:00Z","source":"fhir","event_id":"AdverseEvent/a1"}"#;
    for severity in ["severe", "Grade 3", "grade_3", "3"] {
        check(&event(severity, "ongoing"), expected);
    }
    check(&event("mild", "fatal"), &expected.replace("grade_3", "grade_5"));
    check_none(&event("awful", "ongoing"), "no severity");
    check_none(&with(event("mild", "ongoing"), "actuality", json!("potential")), "only potential");
    check_none(&with(event("mild", "ongoing"), "status", json!("entered-in-error")), "entered-in-error");
}

fn bundle() -> Value {
    let encounter = json!({"resourceType": "Encounter", "id": "e1", "status": "in-progress", "class": {"code": "IMP"},
        "subject": {"reference": "Patient/p1"}, "period": {"start": "2026-03-01T10:00:00Z"}});
    let patient = json!({"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1950-02-03", "name": [{"family": "Doe"}]});
    json!({"resourceType": "Bundle", "type": "transaction", "entry": [{"resource": encounter}, {"resource": patient}]})
}

#[test]
fn an_encounter_admits_the_patient_of_its_bundle() {
    let patient = r#"{"patient_id":"p1","birth_year":1950,"sex":"female","source":"fhir","event_id":"Patient/p1"}"#;
    let admitted = r#"{"patient_id":"p1","birth_year":1950,"sex":"female","admitted_at":"2026-03-01T10:00:00Z","source":"fhir","event_id":"Encounter/e1"}"#;
    assert_eq!(convert(&bundle()).0, [patient, admitted]);
    let encounter = bundle()["entry"][0]["resource"].clone();
    check_none(&encounter, "its Patient was not seen");
    check_none(&with(encounter.clone(), "class", json!({"code": "AMB"})), "no admission");
    check_none(&with(encounter, "status", json!("entered-in-error")), "entered-in-error");
}

/// Who pseudonymises gives the function that does it.
#[test]
fn ids_are_made_by_who_asks() {
    let mut converter =
        Converter::identifying(|id: &str| format!("x{}", id.len()).parse().map_err(|_| NotIdentified("no".into())));
    let converted = converter.events(&administration());
    assert_eq!(converted.events[0].event.patient_id().as_str(), "x2");
}

#[test]
fn files_are_read_patients_first() {
    let observed = observation("8867-4", json!({"value": 80, "code": "/min"})).to_string();
    let patient = bundle()["entry"][1]["resource"].to_string();
    let encounter = bundle()["entry"][0]["resource"].to_string();
    let lines_of = format!("{observed}\n\n{encounter}\n");
    let folder = made::folder(&[
        ("a/Observation.ndjson", lines_of.as_bytes()),
        ("b/Patient.ndjson.gz", &gzip_of(patient.as_bytes())),
        ("notes.txt", b""),
    ]);
    let (sink, outcome) = made::read(open, folder.path());
    let given = lines(&sink);
    assert_eq!(
        given.iter().map(|line| line.split(' ').next().unwrap()).collect::<Vec<_>>(),
        ["patients", "patient-vitals", "patients"]
    );
    assert_eq!(sink.given[1].arrived_at.unwrap().to_string(), "2026-03-01T12:30:00Z");
    assert_eq!((outcome.unwrap().rows, sink.done), (3, open(folder.path()).ok().unwrap().work().unwrap()));

    fs::write(folder.path().join("a/bundle.json"), bundle().to_string()).unwrap();
    let (sink, outcome) = made::read(open, &folder.path().join("a/bundle.json"));
    assert_eq!((sink.given.len(), outcome.unwrap().patients), (2, 1));
}

#[test]
fn damage_is_named_by_file_and_line() {
    let good = observation("8867-4", json!({"value": 80, "code": "/min"})).to_string();
    let cases: [(&str, Vec<u8>, &str, usize); 6] = [
        ("o.ndjson", format!("{good}\n{}\n{good}", &good[..50]).into_bytes(), "o.ndjson:2: no JSON resource: EOF", 1),
        ("o.ndjson", good.replace("80", "NaN").into_bytes(), "o.ndjson:1: no JSON resource", 0),
        ("o.ndjson", [good.as_bytes(), b"\n", &[0xfe; 40]].concat(), "o.ndjson:2: no JSON resource", 1),
        (
            "o.ndjson.gz",
            gzip_of(format!("{good}\n").repeat(9).as_bytes())[..60].to_vec(),
            "o.ndjson.gz:1: cut short",
            0,
        ),
        ("o.json", good.as_bytes()[..60].to_vec(), "o.json:1: no JSON: EOF", 0),
        ("o.json", Vec::new(), "o.json:1: no JSON", 0),
    ];
    for (name, content, expect, records) in cases {
        made::check_damage(open, made::folder(&[(name, content)]).path(), &[expect], records);
    }
    let (sink, outcome) = made::read(open, made::folder(&[("o.ndjson", "")]).path());
    assert!(sink.given.is_empty() && outcome.unwrap().rows == 0);
    let folder = made::folder(&[("notes.txt", "")]);
    made::check_damage(open, folder.path(), &["holds no .ndjson and no .json"], 0);
    made::check_damage(open, &folder.path().join("notes.txt"), &["ends neither in .ndjson nor in .json"], 0);
    made::check_damage(open, &folder.path().join("none"), &["nothing is there"], 0);
}

/// Expected: counted by Python over the files (json, gzip): 83 panels and 6 temperatures, 524 results whose
/// code is a variable's, and the sum of all their values.
#[test]
fn the_synthea_set_has_the_counts_that_python_finds() {
    let Some(folder) = strata_testkit::shared_data("fhir-synthea-9") else { return };
    let (sink, outcome) = made::read(open, &folder);
    let summary = outcome.unwrap();
    assert_eq!((summary.patients, summary.rows), (9, 1_502 + 71 + 9));
    let records = [("patient-vitals", 89), ("lab-results", 524), ("patients", 9)];
    assert_eq!(summary.records, records.map(|(name, count)| (name.to_string(), count)));
    let mut sum = 0.0;
    for given in &sink.given {
        match Event::parse(given.topic, &given.line).unwrap() {
            Event::Vitals(vitals) => sum += vitals.readings().iter().filter_map(|(_, value)| *value).sum::<f64>(),
            Event::LabResult(lab) => sum += lab.value,
            _ => {}
        }
    }
    assert!((sum - 47_635.631_231_079_824).abs() < 1e-6, "{sum}");
}

proptest! {
    /// Any of a resource's parts may be of any kind, or absent: it is answered.
    #[test]
    fn whatever_is_broken_is_answered(which in 0..4_usize, key in 0..12_usize, value in 0..6_usize) {
        let resource = [observation("8867-4", json!({"value": 80, "code": "/min"})), administration(), bundle(), bundle()["entry"][1]["resource"].clone()][which].clone();
        let keys: Vec<String> = resource.as_object().unwrap().keys().cloned().collect();
        let value = [json!(1e308), json!("x"), json!([]), json!({}), json!([{"a": 1}]), json!({"value": {"value": "y"}})][value].clone();
        let _ = events(&with(resource, &keys[key % keys.len()], value));
    }
}
