//! What a process that was killed leaves behind.

use std::fs;

use strata_audit::{Error, Filter, Flaw, read};

use crate::desk::{Desk, edit, entry, lines};

/// Killed in the middle of a write, at any byte of it: what is whole stays, the rest is kept aside, and both are said.
#[test]
fn a_torn_end_is_set_aside_and_recorded() {
    let of_two = Desk::with(2);
    let text = fs::read(&of_two.files()[0]).unwrap();
    let first = text.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    for cut in (first..text.len()).step_by(7).chain([text.len() - 1]) {
        let desk = Desk::with(1);
        // The second record was being written; the head still knows the first.
        edit(&desk.files()[0], |bytes| bytes.extend_from_slice(&text[first..cut]));
        let torn = cut - first;
        if torn > 0 {
            assert_eq!(desk.flaw(), Some(Flaw::Torn { expected: 2, bytes: torn as u64 }));
        }
        let receipt = desk.open().record(entry("import")).unwrap();
        assert_eq!(receipt.seq, if torn > 0 { 3 } else { 2 });
        assert_eq!(desk.flaw(), None);
        if torn > 0 {
            let repair = read(&desk.path(), Filter::default()).unwrap().nth(1).unwrap().unwrap();
            assert_eq!((repair.what.as_str(), repair.counts["bytes"]), ("audit repair", torn as u64));
            let kept = fs::read(desk.path().join("torn-after-00000000000000000001.bytes")).unwrap();
            assert_eq!(kept, &text[first..cut]);
        }
    }
}

/// Killed between the record and the head: the record is whole and stays.
#[test]
fn a_head_that_lags_is_caught_up() {
    for records in [2, 9, 10, 11, 12] {
        let desk = Desk::with(records - 1);
        let head = fs::read(desk.path().join("head")).unwrap();
        desk.open().record(entry("import")).unwrap();
        fs::write(desk.path().join("head"), head).unwrap();
        assert_eq!((desk.verify().records, desk.flaw()), (records, None));
        assert_eq!(desk.open().record(entry("refine")).unwrap().seq, records + 1);
        assert_eq!(desk.flaw(), None);
        assert!(!desk.files().iter().any(|file| lines(file).iter().any(|line| line.contains("repair"))));
    }
}

/// Killed before the first record was whole: it is set aside like any other.
#[test]
fn a_log_that_only_began_goes_on() {
    let desk = Desk::with(1);
    let file = desk.files().remove(0);
    fs::write(&file, "{\"seq\":1,").unwrap();
    fs::write(
        desk.path().join("head"),
        format!("{{\"seq\":0,\"hash\":\"{}\",\"file\":1,\"bytes\":0}}\n", "0".repeat(64)),
    )
    .unwrap();
    assert_eq!(desk.flaw(), Some(Flaw::Torn { expected: 1, bytes: 9 }));
    assert_eq!(desk.open().record(entry("import")).unwrap().seq, 2);
    assert_eq!(desk.flaw(), None);
}

/// What somebody has cut off is not written over: the next writer refuses and says what to do.
#[test]
fn nothing_is_appended_to_a_log_that_was_cut() {
    let desk = Desk::with(5);
    edit(&desk.files()[0], |bytes| bytes.truncate(bytes.len() / 2));
    let error = desk.open().record(entry("import")).unwrap_err();
    assert!(matches!(error, Error::Damaged { flaw: Flaw::Cut { .. }, .. }), "{error}");
    assert!(error.to_string().contains("backup"), "{error}");
    fs::remove_file(desk.path().join("head")).unwrap();
    assert!(matches!(desk.open().record(entry("import")), Err(Error::Head { .. })));
}
