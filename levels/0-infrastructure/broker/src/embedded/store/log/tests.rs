//! The law of the log: whatever is cut off its tail, what was synced before is there, in order, once.

use std::fs::OpenOptions;

use proptest::prelude::*;

use super::super::batch::{Header, made_up};
use super::*;

const SETTINGS: LogSettings = LogSettings { segment_bytes: 4096, log_time: true };

fn received(count: i32, payload: &[u8], producer: i64, sequence: i32) -> Batch {
    Batch::received(&made_up::batch(count, payload, producer, 0, sequence)).unwrap()
}

/// All batches' headers, read as a consumer reads: from where the last one ended.
fn read_all(log: &Log, most: usize) -> Vec<Header> {
    let (mut offset, mut headers) = (log.start_offset(), Vec::new());
    while let Some(place) = log.place_of(offset) {
        let bytes = read(place, offset, log.next_offset(), most).unwrap();
        assert!(!bytes.is_empty(), "nothing at {offset} of {}", log.next_offset());
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let header = Header::verify(rest).expect("whole batches only");
            assert_eq!(header.base_offset, offset);
            offset = header.next_offset();
            headers.push(header);
            rest = &rest[header.size..];
        }
    }
    assert_eq!(offset, log.next_offset());
    headers
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_was_synced_survives_a_cut_at_any_place(
        sizes in prop::collection::vec((1..20_i32, 0..900_usize), 1..40),
        synced in 0..40_usize,
        cut in 0.0..1.0_f64,
        damage in any::<bool>(),
        most in 1..10_000_usize,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut log = Log::open(folder.path(), SETTINGS).unwrap();
        let (mut sequence, mut written) = (0, Vec::new());
        let mut durable = (0, 0, 0);
        for (number, (count, size)) in sizes.iter().enumerate() {
            let appended = log.append(&mut received(*count, &vec![number as u8; *size], 9, sequence), number as i64).unwrap();
            sequence += count;
            written.push(appended);
            if number == synced {
                log.unsynced(false).unwrap().sync().unwrap();
                durable = (number + 1, log.segments.len(), log.active().length);
            }
        }
        let before = read_all(&log, most);
        let last = log.active().path.clone();
        let (length, segments) = (log.active().length, log.segments.len());
        drop(log);

        // The last file loses a part of what was not synced, or a byte of it is wrong.
        let keep = if segments == durable.1 { durable.2 } else { 0 };
        let at = keep + ((length - keep) as f64 * cut) as u64;
        let file = OpenOptions::new().read(true).write(true).open(&last).unwrap();
        if damage && at < length {
            use std::os::unix::fs::FileExt;
            file.write_all_at(&[0xA5, 0x5A, 0xA5], at).unwrap();
        } else {
            file.set_len(at).unwrap();
        }

        let mut log = Log::open(folder.path(), SETTINGS).unwrap();
        let after = read_all(&log, most);
        prop_assert!(after.len() >= durable.0, "{} of {} synced batches", after.len(), durable.0);
        prop_assert_eq!(&after[..], &before[..after.len()]);

        // A producer that heard nothing of its last batches sends all of them again that it may have on their way.
        let sent = sizes.len();
        let mut sequence: i32 = sizes[..after.len().saturating_sub(4).min(sent)].iter().map(|(count, _)| count).sum();
        for number in after.len().saturating_sub(4)..sent {
            let (count, size) = sizes[number];
            let again = log.append(&mut received(count, &vec![number as u8; size], 9, sequence), 1000).unwrap();
            prop_assert_eq!(again.base_offset, written[number].base_offset);
            sequence += count;
        }
        prop_assert_eq!(read_all(&log, most).len(), sent);
    }

    #[test]
    fn a_clean_end_is_opened_without_reading(
        sizes in prop::collection::vec((1..20_i32, 0..900_usize), 1..30),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut log = Log::open(folder.path(), SETTINGS).unwrap();
        let mut sequence = 0;
        for (count, size) in &sizes {
            log.append(&mut received(*count, &vec![1; *size], 5, sequence), 0).unwrap();
            sequence += count;
        }
        log.unsynced(true).unwrap().sync().unwrap();
        let (producers, next, all) = (log.producers.clone(), log.next_offset(), read_all(&log, 1 << 20));
        drop(log);
        let mut log = Log::open(folder.path(), SETTINGS).unwrap();
        prop_assert_eq!(&log.producers, &producers);
        prop_assert_eq!(log.next_offset(), next);
        prop_assert!(log.unsynced(true).is_none(), "everything is covered by snapshots");
        prop_assert_eq!(read_all(&log, 1 << 20), all);
    }
}

#[test]
fn time_is_the_logs_own_and_never_goes_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = Log::open(folder.path(), SETTINGS).unwrap();
    for (now, given) in [(1000, 1000), (900, 1000), (2000, 2000), (2000, 2000), (1500, 2000), (3000, 3000)] {
        let appended = log.append(&mut received(10, &[0; 700], -1, -1), now).unwrap();
        assert_eq!(appended.log_time, Some(given));
    }
    let at = |time| log.place_of_time(time).and_then(|place| find_time(place, time, true).unwrap());
    assert_eq!(at(0), Some((0, 1000)));
    assert_eq!(at(1000), Some((0, 1000)));
    assert_eq!(at(1001), Some((20, 2000)));
    assert_eq!(at(2001), Some((50, 3000)));
    assert_eq!(at(3001), None);
}

#[test]
fn a_senders_time_is_kept_where_it_counts() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = Log::open(folder.path(), LogSettings { log_time: false, ..SETTINGS }).unwrap();
    assert_eq!(log.append(&mut received(1, b"x", -1, -1), 99).unwrap().log_time, None);
    assert_eq!(read_all(&log, 1)[0].max_time, 7);
}

#[test]
fn retention_deletes_whole_segments_from_the_oldest_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = Log::open(folder.path(), SETTINGS).unwrap();
    for _ in 0..30 {
        log.append(&mut received(10, &[0; 900], -1, -1), 0).unwrap();
    }
    let files = || std::fs::read_dir(folder.path()).unwrap().count();
    assert!(files() > 5);
    log.unsynced(true).unwrap().sync().unwrap();
    // A floor: nothing from offset 100 on may go.
    log.retain(|_, _, end, _| end <= 100).unwrap();
    assert!(log.start_offset() > 0 && log.start_offset() <= 100, "{}", log.start_offset());
    log.retain(|_, _, _, _| true).unwrap();
    assert_eq!(log.segments.len(), 1);
    assert!(files() <= 2, "only the last segment and its snapshot stay");
    let (start, next) = (log.start_offset(), log.next_offset());
    drop(log);
    let log = Log::open(folder.path(), SETTINGS).unwrap();
    assert_eq!((log.start_offset(), log.next_offset()), (start, next));
}

#[test]
fn a_synced_segment_that_has_shrunk_or_gone_is_damage_and_not_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = Log::open(folder.path(), SETTINGS).unwrap();
    for _ in 0..12 {
        log.append(&mut received(10, &[0; 900], -1, -1), 0).unwrap();
    }
    log.unsynced(true).unwrap().sync().unwrap();
    let second = log.segments[1].path.clone();
    drop(log);
    let bytes = std::fs::read(&second).unwrap();
    std::fs::write(&second, &bytes[..bytes.len() - 1]).unwrap();
    assert!(matches!(Log::open(folder.path(), SETTINGS), Err(OpenError::Damaged { .. })));
    std::fs::remove_file(&second).unwrap();
    assert!(matches!(Log::open(folder.path(), SETTINGS), Err(OpenError::Damaged { .. })));
    std::fs::write(&second, bytes).unwrap();
    Log::open(folder.path(), SETTINGS).unwrap();
}

#[test]
fn an_empty_log_begins_where_it_is_told_and_a_used_one_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = Log::open(folder.path(), SETTINGS).unwrap();
    assert!(log.begin_at(5_000).unwrap());
    drop(log);
    let mut log = Log::open(folder.path(), SETTINGS).unwrap();
    assert_eq!((log.start_offset(), log.next_offset()), (5_000, 5_000));
    log.append(&mut received(3, b"a", 1, 0), 0).unwrap();
    assert!(!log.begin_at(9_000).unwrap());
    assert_eq!(read_all(&log, 100)[0].base_offset, 5_000);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "the segment of offset 0 is gone");
}
