//! When the log is behind or gone, nobody waits in memory.

use std::io::Write;

use crate::client::{begin, chunk, finish};
use crate::door::{Door, LINES, VITALS, lines};
use crate::file_log::Mood;

/// Fault 59: over the limit it is 429 with a time to come again, not 503.
#[test]
fn a_log_that_is_behind_says_when_to_come_again() {
    let door = Door::open();
    door.log.set(Mood::Behind);
    let answer = door.post(VITALS, LINES, lines(3));
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some("3")));
    assert_eq!(answer.counts(), (0, 0, 0));
    assert_eq!(door.metric("strata_gateway_throttled_total"), Some(1.0));
    door.log.set(Mood::Gone);
    let answer = door.post(VITALS, LINES, lines(3));
    assert_eq!((answer.status, answer.json()["error"].as_str()), (503, Some("log_unavailable")));
    door.log.set(Mood::Well);
    assert_eq!(door.post(VITALS, LINES, lines(3)).counts(), (3, 0, 0));
}

/// Requests that wait for the log hold their room; whoever comes when there is none is told to come again.
#[test]
fn what_is_in_flight_is_bounded() {
    let door = Door::with(|config| config.in_flight_bytes = 5 * 1024 * 1024);
    let head = format!("POST {VITALS}");
    let open = || {
        let mut stream = begin(
            door.address,
            &head,
            &[("content-type", LINES)],
            "transfer-encoding: chunked\r\nexpect: 100-continue",
        );
        // It reads only once it has room: then it asks for the body.
        let mut asked = [0; 25];
        std::io::Read::read_exact(&mut stream, &mut asked).unwrap();
        let asks = asked.starts_with(b"HTTP/1.1 100");
        chunk(&mut stream, lines(1).as_bytes()).unwrap();
        (asks, stream)
    };
    let held: Vec<_> = (0..2).map(|_| open()).collect();
    assert!(held.iter().all(|(asks, _)| *asks));
    assert!(door.metric("strata_gateway_in_flight_bytes").unwrap() > 4e6);
    let mut third = begin(door.address, &head, &[("content-type", LINES)], "transfer-encoding: chunked");
    let _ = chunk(&mut third, b"");
    let answer = finish(third);
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some("1")));
    for (_, mut stream) in held {
        stream.write_all(b"0\r\n\r\n").unwrap();
        assert_eq!(finish(stream).status, 200);
    }
    assert_eq!(door.metric("strata_gateway_in_flight_bytes"), Some(0.0));
}

/// Who hangs up in the middle leaves what was accepted, an audit record, and no room taken.
#[test]
fn who_hangs_up_gives_the_room_back() {
    let door = Door::open();
    let mut stream =
        begin(door.address, &format!("POST {VITALS}"), &[("content-type", LINES)], "transfer-encoding: chunked");
    chunk(&mut stream, lines(10_000).as_bytes()).unwrap();
    while door.metric("strata_gateway_events_accepted_total{topic=\"patient-vitals\"}") < Some(1.0) {
        std::thread::yield_now();
    }
    drop(stream);
    while door.metric("strata_gateway_in_flight_bytes") > Some(0.0) || door.audited().is_empty() {
        std::thread::yield_now();
    }
    let audited = door.audited().remove(0);
    assert_eq!(audited.counts["accepted"], door.log.records().len() as u64);
    assert!(audited.counts["accepted"] > 0);
}
