//! What may enter, and how it looks then.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// 2026-03-01T12:00:00Z.
const NOON: Timestamp = Timestamp(1_772_366_400_000_000);

fn intake(key: Option<&[u8]>) -> Intake {
    Intake::new(key.map(Pseudonyms::new), Arc::default())
}

fn batch(topic: Topic, records: &[&[u8]]) -> Batch {
    let mut batch = Batch::default();
    for (place, record) in (0..).zip(records) {
        batch.push(topic, place, record, b"");
    }
    batch
}

fn one(intake: &Intake, topic: Topic, record: &str) -> Result<(Record, Value), Rejection> {
    let mut judged = intake.judge(&batch(topic, &[record.as_bytes()]), NOON);
    if let Some((_, rejection)) = judged.rejected.pop() {
        return Err(rejection);
    }
    let record = judged.records.pop().expect("one record enters");
    let value = serde_json::from_slice(&record.line).unwrap();
    Ok((record, value))
}

const READING: &str = r#"{"patient_id":"p1","timestamp":"2026-03-01T11:00:00Z","source":"m","heart_rate":80.50}"#;

#[test]
fn a_record_enters_in_its_bytes_with_its_time_and_an_id() {
    let (record, value) = one(&intake(None), Topic::Vitals, READING).unwrap();
    let line = std::str::from_utf8(&record.line).unwrap();
    assert!(line.starts_with(READING.trim_end_matches('}')), "{line}");
    assert_eq!(value["ingested_at"], "2026-03-01T12:00:00Z");
    assert_eq!((record.patient_id.as_str(), record.ingested_at), ("p1", NOON));
    assert_eq!(value["event_id"].as_str().map(str::len), Some(36));
    let (_, again) = one(&intake(None), Topic::Vitals, READING).unwrap();
    assert_eq!(value["event_id"], again["event_id"], "the id is that of the content");
}

/// When a record arrived is said by who received it, whatever the sender writes, and however.
#[test]
fn the_senders_time_of_arrival_is_forgotten() {
    for forged in [r#""ingested_at":"2030-01-01T00:00:00Z","#, r#""ingested\u005fat":[{},"],"],"#] {
        let record = READING.replacen('{', &format!("{{{forged}"), 1);
        let (record, value) = one(&intake(None), Topic::Vitals, &record).unwrap();
        assert_eq!(value["ingested_at"], "2026-03-01T12:00:00Z");
        assert_eq!(String::from_utf8_lossy(&record.line).matches("ingested").count(), 1);
    }
}

#[test]
fn an_id_of_null_is_none() {
    let (_, value) = one(&intake(None), Topic::Vitals, &READING.replacen('{', r#"{"event_id":null,"#, 1)).unwrap();
    assert_eq!(value["event_id"].as_str().map(str::len), Some(36));
    let (_, value) = one(&intake(None), Topic::Vitals, &READING.replacen('{', r#"{"event_id":"e\"1","#, 1)).unwrap();
    assert_eq!(value["event_id"], "e\"1");
    assert!(one(&intake(None), Topic::Vitals, &READING.replacen('{', r#"{"event_id":"","#, 1)).is_err());
}

/// Faults 17, 20: validated by the one schema, with the reason and the rule.
#[test]
fn each_mistake_has_its_rule() {
    for (record, rule, reason) in [
        ("", Rule::Malformed, "not JSON"),
        ("{", Rule::Malformed, "not JSON"),
        ("[]", Rule::Malformed, "not a JSON object"),
        ("\"x\"", Rule::Malformed, "not a JSON object"),
        ("{} {}", Rule::Malformed, "not JSON"),
        ("{}", Rule::MissingField, "missing field `patient_id`"),
        (r#"{"patient_id":"p1","timestamp":"2026-03-01T11:00:00Z"}"#, Rule::MissingField, "no vital sign"),
        (r#"{"patient_id":"Jane Doe","timestamp":"2026-03-01T11:00:00Z","spo2":9}"#, Rule::MissingField, "patient id"),
        (r#"{"patient_id":"p1","timestamp":"noon","spo2":9}"#, Rule::MissingField, "RFC 3339"),
        (r#"{"patient_id":"p1","patient_id":"p2","spo2":9}"#, Rule::MissingField, "duplicate field"),
    ] {
        let rejection = one(&intake(None), Topic::Vitals, record).unwrap_err();
        assert_eq!(rejection.rule, rule, "{record}: {rejection:?}");
        assert!(rejection.reason.contains(reason), "{record}: {rejection:?}");
        assert!(!rejection.reason.contains(" at line 1 column") || rule == Rule::Malformed);
    }
    let named = one(&intake(None), Topic::Vitals, r#"{"event_id":"e7"}"#).unwrap_err();
    assert_eq!(named.event_id.as_deref(), Some("e7"));
    // Fault 20: a value outside its range is silver's to quarantine, not this door's to refuse.
    assert!(one(&intake(None), Topic::Vitals, &READING.replace("80.50", "900")).is_ok());
}

/// With a key, whatever senders call a patient, one pseudonym enters, and nothing that the schema does not know.
#[test]
fn names_become_pseudonyms_and_identifiers_stay_out() {
    let intake = intake(Some(&[7; 32]));
    let named =
        r#"{"patient_id":"Doe, Jane; *1931-02-03","timestamp":"2026-03-01T11:00:00Z","heart_rate":80,"phone":"555"}"#;
    let mut judged = intake.judge(&batch(Topic::Vitals, &[named.as_bytes()]), NOON);
    let record = judged.records.remove(0);
    let line = String::from_utf8_lossy(&record.line).into_owned();
    assert!(!line.contains("Jane") && !line.contains("555"), "{line}");
    assert_eq!(judged.dropped, Dropped { free_text: 0, unknown: 1 });
    let again = named.replace("Doe, Jane", "Doe, Jan\\u0065");
    let (same, _) = one(&intake, Topic::Vitals, &again.replace("11:00", "11:01")).unwrap();
    assert_eq!(same.patient_id, record.patient_id);
    assert!(one(&intake, Topic::Vitals, &named.replace("Doe, Jane; *1931-02-03", " ")).is_err());
}

#[test]
fn free_text_and_great_ages_do_not_enter() {
    let intake = intake(None);
    let event = json!({"patient_id": "p1", "event_timestamp": "2026-03-01T11:00:00Z", "event_type": "sepsis",
        "severity": "grade_3", "reported_by": "ward 7", "report_timestamp": "2026-03-01T11:30:00Z",
        "description": "Mrs Doe of Elm Street"});
    let judged = intake.judge(&batch(Topic::AdverseEvents, &[event.to_string().as_bytes()]), NOON);
    assert!(!String::from_utf8_lossy(&judged.records[0].line).contains("Elm"));
    assert_eq!(judged.dropped.free_text, 1);
    let (_, old) = one(&intake, Topic::Patients, r#"{"patient_id":"p1","age":97.5,"birth_year":1928}"#).unwrap();
    assert_eq!((&old["age"], &old["birth_year"]), (&json!(90), &json!(1936)));
    let (_, young) = one(&intake, Topic::Patients, r#"{"patient_id":"p1","age":41.5,"birth_year":1984}"#).unwrap();
    assert_eq!((&young["age"], &young["birth_year"]), (&json!(41.5), &json!(1984)));
}

#[test]
fn what_is_sent_again_is_a_duplicate_once_the_log_has_it() {
    let intake = intake(None);
    let twice = batch(Topic::Vitals, &[READING.as_bytes(), READING.as_bytes()]);
    let judged = intake.judge(&twice, NOON);
    assert_eq!((judged.records.len(), judged.duplicates.len()), (1, 1));
    assert_eq!(intake.judge(&twice, NOON).records.len(), 1, "the log did not say that it has it");
    intake.seen.remember(judged.identities);
    assert_eq!(intake.judge(&twice, NOON + 1).duplicates.len(), 2);
}

#[test]
fn the_nearest_topic_is_named() {
    for (name, nearest) in [
        ("vitals", Topic::Vitals),
        ("patient_vitals", Topic::Vitals),
        ("labs", Topic::Labs),
        ("meds", Topic::Medications),
        ("adverse_events", Topic::AdverseEvents),
        ("patient", Topic::Patients),
    ] {
        assert_eq!(nearest_topic(name), nearest, "{name}");
    }
    assert_eq!(topic_names(), "patient-vitals, medications, lab-results, adverse-events, patients");
}

fn field() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("\"patient_id\":\"p1\"".to_owned()),
        Just("\"timestamp\":\"2026-03-01T11:00:00Z\"".to_owned()),
        Just("\"heart_rate\": 80".to_owned()),
        Just("\"event_id\":\"e1\"".to_owned()),
        Just("\"ingested_at\":\"x\"".to_owned()),
        ("[a-z]{1,3}", "[ -~]{0,9}").prop_map(|(name, value)| format!("{name:?}: {value:?}")),
        "\\PC{0,9}",
    ]
}

proptest! {
    /// Whatever is sent, what enters is one line of JSON that the schema takes, stamped by us.
    #[test]
    fn what_enters_is_well_formed(fields in prop::collection::vec(field(), 0..8), key: bool) {
        let record = format!("{{{}}}", fields.join(",\n"));
        let intake = intake(key.then_some(&[7; 32]));
        if let Ok((record, value)) = one(&intake, Topic::Vitals, &record) {
            prop_assert!(!record.line.contains(&b'\n'));
            prop_assert!(Event::parse(Topic::Vitals, &record.line).is_ok());
            prop_assert_eq!(&value["ingested_at"], "2026-03-01T12:00:00Z");
            prop_assert!(value["event_id"].is_string());
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for topic in EVENTS {
            intake(Some(&[7; 32])).judge(&batch(topic, &[&bytes]), NOON);
        }
    }
}
