//! Records are numbered, durable, in order, whoever writes them.

use std::sync::Barrier;
use std::thread;

use strata_audit::{Filter, Outcome, read};
use strata_types::Timestamp;

use crate::desk::{Desk, NOON, entry};

#[test]
fn what_was_recorded_is_read_and_verified() {
    let desk = Desk::with(35);
    desk.clock.set(NOON + 1_000_000);
    let receipt = desk.open().record(entry("train").failed(Outcome::SeriousFailure, "no data\nline 2")).unwrap();
    assert_eq!(receipt.seq, 36);
    let verified = desk.verify();
    assert_eq!((verified.records, verified.last, verified.finding), (36, receipt, None));
    assert!(verified.files > 3, "the files are rotated");

    let all: Vec<_> = read(&desk.path(), Filter::default()).unwrap().map(Result::unwrap).collect();
    assert!(all.iter().map(|record| record.seq).eq(1..=36));
    let last = &all[35];
    assert_eq!((last.what.as_str(), last.detail.as_deref()), ("train", Some("no data")));
    assert_eq!(last.hash, receipt.hash.to_string());

    let since = Filter { since: Some(Timestamp(NOON + 1)), ..Filter::default() };
    assert_eq!(read(&desk.path(), since).unwrap().count(), 1);
    let by_eve = Filter { who: Some("eve".into()), ..Filter::default() };
    assert_eq!(read(&desk.path(), by_eve).unwrap().count(), 0);
    let imports = Filter { what: Some("import".into()), ..Filter::default() };
    let newest = read(&desk.path(), imports).unwrap().newest(3).unwrap();
    assert!(newest.iter().map(|record| record.seq).eq(33..=35));
}

/// Many threads of several openers, as several processes would: every receipt is another, and the chain holds.
#[test]
fn many_writers_make_one_chain() {
    let desk = Desk::new();
    let begin = Barrier::new(12);
    let mut receipts: Vec<u64> = thread::scope(|threads| {
        let writers: Vec<_> = (0..3)
            .map(|_| desk.open())
            .flat_map(|audit| {
                let begin = &begin;
                (0..4).map(move |_| (audit.clone(), begin))
            })
            .map(|(audit, begin)| {
                threads.spawn(move || {
                    begin.wait();
                    (0..10).map(|_| audit.record(entry("ingest")).unwrap().seq).collect::<Vec<_>>()
                })
            })
            .collect();
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
    });
    receipts.sort_unstable();
    assert!(receipts.into_iter().eq(1..=120));
    let verified = desk.verify();
    assert_eq!((verified.records, verified.finding), (120, None));
}

/// Only the owner reads what was done.
#[cfg(unix)]
#[test]
fn others_cannot_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::with(1);
    for path in desk.files().into_iter().chain([desk.path().join("head")]) {
        let mode = path.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}", path.display());
    }
}
