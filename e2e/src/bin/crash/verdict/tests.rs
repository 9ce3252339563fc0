//! Each way of breaking a promise is seen.

use super::*;
use crate::ledger::Place;

const BAD: &[u8] = b"no JSON";

fn place(offset: u64) -> Place {
    Place { topic: "patient-vitals".into(), partition: 3, offset }
}

fn event(id: &str) -> Vec<u8> {
    format!("{{\"event_id\": \"{id}\"}}").into_bytes()
}

/// One event over HTTP that was sent twice and logged twice, one over Kafka, one refused record.
fn kept() -> (Ledger, Bronze, Silver) {
    let mut ledger = Ledger::default();
    ledger.accepted("patient-vitals", "h-1".into(), 2);
    ledger.logged(place(2), Some("k-1".into()), Some(&event("k-1")));
    ledger.logged(place(3), None, Some(BAD));
    let lines = [event("h-1"), event("h-1"), event("k-1"), BAD.to_vec()];
    let records = (0..).map(place).zip(lines).collect();
    let rows = vec![("patient-vitals", "h-1".to_owned()), ("patient-vitals", "k-1".to_owned())];
    let silver = Silver { rows, refused: vec![(place(3), "no JSON".to_owned())] };
    (ledger, Bronze { records, ..Bronze::default() }, silver)
}

fn wrong(change: impl FnOnce(&mut Ledger, &mut Bronze, &mut Silver)) -> Vec<usize> {
    let (mut ledger, mut bronze, mut silver) = kept();
    change(&mut ledger, &mut bronze, &mut silver);
    let verdict = Verdict::judge(&ledger, &bronze, &silver);
    let wrong: Vec<_> = verdict.lines.iter().map(|line| line.wrong.len()).collect();
    assert_eq!(verdict.holds(), wrong.iter().sum::<usize>() == 0);
    wrong
}

#[test]
fn what_was_promised_and_kept_holds() {
    assert_eq!(wrong(|_, _, _| ()), [0; 5]);
}

#[test]
fn a_gap_in_bronze_is_seen() {
    assert_eq!(wrong(|_, bronze, _| bronze.faults.push("a gap".into())), [1, 0, 0, 0, 0]);
}

#[test]
fn what_is_missing_in_bronze_is_seen() {
    assert_eq!(wrong(|_, bronze, _| bronze.records.retain(|(at, _)| at.offset > 1)), [0, 1, 0, 0, 0]);
    assert_eq!(wrong(|_, bronze, _| bronze.records.retain(|(at, _)| at.offset != 2)), [0, 1, 1, 0, 0]);
    assert_eq!(wrong(|_, bronze, _| bronze.records.retain(|(at, _)| at.offset != 3)), [0, 0, 1, 0, 0]);
}

#[test]
fn what_bronze_has_more_often_than_it_was_sent_is_seen() {
    assert_eq!(wrong(|_, bronze, _| bronze.records.push((place(4), event("h-1")))), [0, 1, 0, 0, 0]);
    assert_eq!(wrong(|_, bronze, _| bronze.records.push((place(4), event("k-1")))), [0, 1, 0, 0, 0]);
}

#[test]
fn what_nobody_sent_is_seen_in_bronze() {
    assert_eq!(wrong(|_, bronze, _| bronze.records.push((place(4), event("x")))), [0, 1, 0, 0, 0]);
    assert_eq!(wrong(|_, bronze, _| bronze.records.push((place(4), BAD.to_vec()))), [0, 1, 0, 0, 0]);
}

#[test]
fn other_bytes_than_acknowledged_are_seen() {
    assert_eq!(wrong(|_, bronze, _| bronze.records[3].1 = b"no JSON!".to_vec()), [0, 0, 1, 0, 0]);
    assert_eq!(wrong(|ledger, _, _| ledger.logged(place(3), None, Some(BAD))), [0, 0, 1, 0, 0]);
}

#[test]
fn silver_has_each_event_once_and_no_other() {
    assert_eq!(wrong(|_, _, silver| _ = silver.rows.pop()), [0, 0, 0, 1, 0]);
    assert_eq!(wrong(|_, _, silver| silver.rows.push(("patient-vitals", "h-1".into()))), [0, 0, 0, 1, 0]);
    assert_eq!(wrong(|_, _, silver| silver.rows.push(("patient-vitals", "x".into()))), [0, 0, 0, 1, 0]);
    assert_eq!(wrong(|_, _, silver| silver.rows[0].0 = "lab-results"), [0, 0, 0, 2, 0]);
}

#[test]
fn quarantine_has_each_refused_record_once_with_its_bytes() {
    assert_eq!(wrong(|_, _, silver| silver.refused.clear()), [0, 0, 0, 0, 1]);
    assert_eq!(wrong(|_, _, silver| silver.refused.push((place(3), "no JSON".into()))), [0, 0, 0, 0, 1]);
    assert_eq!(wrong(|_, _, silver| silver.refused[0].1.push('!')), [0, 0, 0, 0, 2]);
    assert_eq!(wrong(|_, _, silver| silver.refused.push((place(0), String::new()))), [0, 0, 0, 0, 1]);
}
