//! Events come in, in every form, and are on the disk when the answer is.

use std::io::Write as _;

use serde_json::Value;

use crate::client::{begin, chunk, finish, send};
use crate::door::{Door, JSON, LINES, VITALS, lines, reading};
use crate::file_log::Mood;

/// Fault 20: what an intake answers for reaches the log, and every form of it is the same.
#[test]
fn one_an_array_and_lines_are_the_same() {
    let door = Door::open();
    let (a, b, c) = (reading("p1", 1), reading("p2", 2), reading("p3", 3));
    assert_eq!(door.post(VITALS, JSON, &a).counts(), (1, 0, 0));
    assert_eq!(door.post(VITALS, JSON, format!("[{a},\n {b}]")).counts(), (1, 1, 0));
    assert_eq!(door.post(VITALS, LINES, format!("{b}\r\n\n{c}")).counts(), (1, 1, 0));
    assert_eq!(door.post(VITALS, JSON, "[]").counts(), (0, 0, 0));
    assert_eq!(door.post(VITALS, LINES, "").counts(), (0, 0, 0));
    let records = door.log.records();
    let keys: Vec<_> = records.iter().map(|(topic, key, _)| (topic.as_str(), key.as_str())).collect();
    assert_eq!(keys, [("patient-vitals", "p1"), ("patient-vitals", "p2"), ("patient-vitals", "p3")]);
    let first: Value = serde_json::from_str(&records[0].2).unwrap();
    assert_eq!((&first["heart_rate"], &first["ingested_at"]), (&60.into(), &"2026-03-01T12:00:00Z".into()));
}

#[test]
fn packed_bodies_are_unpacked() {
    let door = Door::open();
    let text = lines(5_000);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    for (encoding, packed, counts) in [
        ("gzip", gzip.finish().unwrap(), (5_000, 0, 0)),
        ("zstd", zstd::encode_all(text.as_bytes(), 3).unwrap(), (0, 5_000, 0)),
        ("identity", text.clone().into_bytes(), (0, 5_000, 0)),
    ] {
        let headers = [("content-type", LINES), ("content-encoding", encoding)];
        let answer = send(door.address, &format!("POST {VITALS}"), &headers, &packed);
        assert_eq!((answer.status, answer.counts()), (200, counts), "{encoding}");
        let cut = send(door.address, &format!("POST {VITALS}"), &headers, &packed[..packed.len() / 2]);
        assert_eq!(cut.status, if encoding == "identity" { 200 } else { 400 }, "{cut:?}");
    }
    assert_eq!(door.log.records().len(), 5_000);
}

/// A stream whose end nobody knows, in chunks that cut records anywhere.
#[test]
fn a_stream_is_taken_as_it_comes() {
    let door = Door::open();
    let text = lines(3_000);
    let mut stream =
        begin(door.address, &format!("POST {VITALS}"), &[("content-type", LINES)], "transfer-encoding: chunked");
    for part in text.as_bytes().chunks(1_777) {
        chunk(&mut stream, part).unwrap();
    }
    stream.write_all(b"0\r\n\r\n").unwrap();
    assert_eq!(finish(stream).counts(), (3_000, 0, 0));
    let in_order: Vec<String> = door.log.records().into_iter().map(|(_, _, line)| line).collect();
    for (sent, logged) in text.lines().zip(&in_order) {
        assert!(logged.starts_with(sent.trim_end_matches('}')), "{sent} {logged}");
    }
}

/// The sender that got no answer sends all of it again; what was accepted is recognised.
#[test]
fn after_an_error_in_the_middle_all_can_be_sent_again() {
    let door = Door::open();
    let text = lines(20_000);
    door.log.set(Mood::GoneAfter(2));
    let answer = door.post(VITALS, LINES, &text);
    assert_eq!((answer.status, answer.json()["error"].as_str()), (503, Some("log_unavailable")));
    let (accepted, ..) = answer.counts();
    assert!(0 < accepted && accepted < 20_000, "{answer:?}");
    assert_eq!(door.log.records().len() as u64, accepted);
    door.log.set(Mood::Well);
    assert_eq!(door.post(VITALS, LINES, &text).counts(), (20_000 - accepted, accepted, 0));
    assert_eq!(door.log.records().len(), 20_000);
}

/// The same id with another value is a correction, and passes.
#[test]
fn a_correction_is_no_duplicate() {
    let door = Door::open();
    let with_id = reading("p1", 1).replacen('{', r#"{"event_id":"e1","#, 1);
    assert_eq!(door.post(VITALS, JSON, &with_id).counts(), (1, 0, 0));
    assert_eq!(door.post(VITALS, JSON, &with_id).counts(), (0, 1, 0));
    assert_eq!(door.post(VITALS, JSON, with_id.replace(":60", ":61")).counts(), (1, 0, 0));
}

#[test]
fn validating_writes_nothing() {
    let door = Door::open();
    let body = format!("{}\n{{}}\n", reading("p1", 1));
    for _ in 0..2 {
        let answer = door.post("/v1/validate?topic=patient-vitals", LINES, &body);
        assert_eq!((answer.status, answer.counts()), (200, (1, 0, 1)));
    }
    assert!(door.log.records().is_empty() && door.audited().is_empty());
    assert_eq!(
        door.metric("strata_gateway_events_rejected_total{topic=\"patient-vitals\",rule=\"missing_field\"}"),
        Some(0.0)
    );
}
