//! Files as writers, crashes and strangers leave them.

use std::fmt::Write as _;
use std::fs;

use proptest::prelude::*;
use serde_json::Map;
use tempfile::TempDir;

use super::*;
use crate::folder::{active, rotated};

const SECOND: i64 = 1_000_000;

fn line(second: i64, service: &str, level: Level) -> Line {
    Line {
        time: Timestamp(second * SECOND),
        level,
        service: service.to_owned(),
        target: "test".to_owned(),
        message: format!("{service} {second}"),
        span: String::new(),
        fields: Map::new(),
    }
}

fn text(service: &str, seconds: impl IntoIterator<Item = i64>) -> String {
    seconds.into_iter().fold(String::new(), |mut text, second| {
        writeln!(text, "{}", line(second, service, Level::INFO).to_json()).unwrap();
        text
    })
}

/// Landing has 0, 2, .. 18 in three files, serving 1, 3, .. 9 in one.
fn two_services() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let even = |seconds: std::ops::Range<i64>| text("landing", seconds.map(|n| 2 * n));
    fs::write(rotated(folder.path(), "landing", 9), even(0..4)).unwrap();
    fs::write(rotated(folder.path(), "landing", 10), even(4..7)).unwrap();
    fs::write(active(folder.path(), "landing"), even(7..10)).unwrap();
    fs::write(active(folder.path(), "serving"), text("serving", (0..5).map(|n| 2 * n + 1))).unwrap();
    folder
}

fn seconds(reader: Reader) -> Vec<i64> {
    reader.read().unwrap().map(|line| line.unwrap().time.0 / SECOND).collect()
}

#[test]
fn services_are_merged_by_time_over_all_their_files() {
    let folder = two_services();
    let all = || Reader::new(folder.path());
    assert_eq!(seconds(all()), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 18]);
    assert_eq!(seconds(all().services(["serving"])), [1, 3, 5, 7, 9]);
    assert_eq!(seconds(all().services(["../serving", "nobody"])), [0; 0]);
    assert_eq!(seconds(Reader::new(&folder.path().join("nothing"))), [0; 0]);
}

#[test]
fn a_time_begins_and_a_number_ends_what_is_read() {
    let folder = two_services();
    let all = || Reader::new(folder.path());
    for since in -1..20 {
        let expected: Vec<_> = seconds(all()).into_iter().filter(|second| *second >= since).collect();
        let reader = all().since(Timestamp(since * SECOND));
        assert_eq!(seconds(reader.clone()), expected, "since {since}");
        for last in 0..17 {
            let skipped = expected.len().saturating_sub(last);
            assert_eq!(seconds(reader.clone().last(last)), expected[skipped..], "the last {last} since {since}");
        }
    }
}

#[test]
fn a_level_hides_what_is_less_grave() {
    let folder = tempfile::tempdir().unwrap();
    let levels = [Level::ERROR, Level::WARN, Level::INFO, Level::DEBUG, Level::TRACE];
    let lines = levels.iter().zip(0..).map(|(level, second)| line(second, "landing", *level).to_json() + "\n");
    fs::write(active(folder.path(), "landing"), lines.collect::<String>()).unwrap();
    for (level, shown) in levels.into_iter().zip(1..) {
        assert_eq!(seconds(Reader::new(folder.path()).at_least(level)).len(), shown, "{level}");
    }
    // The last of those that are wanted, not those of the last that are wanted.
    assert_eq!(seconds(Reader::new(folder.path()).at_least(Level::WARN).last(1)), [1]);
}

#[test]
fn the_last_lines_of_a_long_file_are_found_from_its_end() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(active(folder.path(), "landing"), "no line\n".to_owned() + &text("landing", 0..3000)).unwrap();
    for last in [1, 5, 600, 2999, 3000, 3001] {
        let expected: Vec<_> = (3000 - last.min(3000)..3000).collect();
        let mut lines = Reader::new(folder.path()).last(last as usize).read().unwrap();
        assert_eq!(lines.by_ref().map(|line| line.unwrap().time.0 / SECOND).collect::<Vec<_>>(), expected);
        assert_eq!(lines.skipped() > 0, last > 2000, "only who asks for much reads the beginning: the last {last}");
    }
}

/// Fault 26: what cannot be read is passed over and counted, and hides nothing beside it.
#[test]
fn what_is_no_line_is_skipped_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = text("landing", [0]).into_bytes();
    bytes.extend_from_slice(b"{\"time\":\"2026-03-01T12\n"); // torn, and ended by the next start
    bytes.extend_from_slice(b"\xff\xfe\n\n");
    bytes.extend(std::iter::repeat_n(b'x', 300_000));
    bytes.push(b'\n');
    bytes.extend_from_slice(text("landing", [1]).as_bytes());
    bytes.extend_from_slice(b"{\"torn"); // may still be ended
    fs::write(active(folder.path(), "landing"), &bytes).unwrap();
    let mut lines = Reader::new(folder.path()).read().unwrap();
    assert_eq!(lines.by_ref().map(|line| line.unwrap().time.0).collect::<Vec<_>>(), [0, SECOND]);
    assert_eq!(lines.skipped(), 4);
    assert_eq!(seconds(Reader::new(folder.path()).last(2)), [0, 1]);
}

#[test]
fn the_end_is_only_for_now() {
    let folder = tempfile::tempdir().unwrap();
    let (active, full) = (active(folder.path(), "landing"), |number| rotated(folder.path(), "landing", number));
    let mut lines = Reader::new(folder.path()).read().unwrap();
    let mut now = || lines.by_ref().map(|line| line.unwrap().time.0 / SECOND).collect::<Vec<_>>();
    assert_eq!(now(), [0; 0]);
    fs::write(&active, text("landing", [0])).unwrap();
    assert_eq!(now(), [0]);
    // A torn line is read when it is whole.
    let (whole, more) = (text("landing", [1]), text("landing", [2]));
    fs::write(&active, text("landing", [0]) + &whole[..10]).unwrap();
    assert_eq!(now(), [0; 0]);
    fs::write(&active, text("landing", [0]) + &whole + &more).unwrap();
    assert_eq!(now(), [1, 2]);
    // Rotated several times between two looks, with a last line before the first.
    fs::write(&active, text("landing", [0, 1, 2, 3])).unwrap();
    fs::rename(&active, full(1)).unwrap();
    fs::write(full(2), text("landing", [4, 5])).unwrap();
    fs::write(full(3), text("landing", [6])).unwrap();
    fs::write(&active, text("landing", [7])).unwrap();
    assert_eq!(now(), [3, 4, 5, 6, 7]);
    // Rotated with no new file yet.
    fs::rename(&active, full(4)).unwrap();
    assert_eq!(now(), [0; 0]);
    fs::write(&active, text("landing", [8])).unwrap();
    // Rotated away before it was looked at.
    fs::rename(&active, full(5)).unwrap();
    fs::remove_file(full(1)).unwrap();
    fs::write(&active, text("landing", [9])).unwrap();
    assert_eq!(now(), [8, 9]);
    // Emptied by hand.
    fs::write(&active, "").unwrap();
    assert_eq!(now(), [0; 0]);
    fs::write(&active, text("landing", [10])).unwrap();
    assert_eq!(now(), [10]);
}

proptest! {
    /// Fault 26: any bytes beside sound lines neither hide them nor make reading panic.
    #[test]
    fn strangers_bytes_hide_no_line(junk in prop::collection::vec(any::<Vec<u8>>(), 1..5), last in prop::option::of(0_usize..9)) {
        let folder = tempfile::tempdir().unwrap();
        let mut bytes = Vec::new();
        for (second, junk) in junk.iter().enumerate() {
            bytes.extend_from_slice(junk);
            bytes.push(b'\n');
            bytes.extend_from_slice(text("landing", [second as i64]).as_bytes());
        }
        fs::write(active(folder.path(), "landing"), bytes).unwrap();
        let expected: Vec<_> = (0..junk.len() as i64).collect();
        let reader = Reader::new(folder.path());
        match last {
            None => prop_assert_eq!(seconds(reader), expected),
            Some(last) => prop_assert_eq!(&seconds(reader.last(last))[..], &expected[expected.len().saturating_sub(last)..]),
        }
    }
}
