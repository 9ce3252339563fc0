//! What was done to the log is seen, and named.

use std::fs;

use proptest::prelude::*;
use strata_audit::Flaw;

use crate::desk::{Desk, edit, lines, put_lines};

#[test]
fn an_edit_names_the_record() {
    let desk = Desk::with(25);
    let file = &desk.files()[1];
    let mut of_file = lines(file);
    of_file[2] = of_file[2].replace("ada", "eve");
    put_lines(file, &of_file);
    let finding = desk.verify().finding.unwrap();
    assert_eq!((finding.flaw, finding.line), (Flaw::Edited(desk_record(&of_file[2])), 3));
    assert!(file.ends_with(&finding.file));
}

fn desk_record(line: &str) -> u64 {
    line.trim_start_matches("{\"seq\":").split(',').next().unwrap().parse().unwrap()
}

#[test]
fn records_that_were_removed_or_moved_are_named() {
    let desk = Desk::with(8);
    let file = desk.files().remove(0);
    let whole = lines(&file);
    let mut removed = whole.clone();
    removed.drain(3..5);
    put_lines(&file, &removed);
    assert_eq!(desk.flaw(), Some(Flaw::Missing { first: 4, last: 5 }));
    let mut moved = whole.clone();
    let line = moved.remove(2);
    moved.insert(4, line);
    put_lines(&file, &moved);
    assert_eq!(desk.flaw(), Some(Flaw::Missing { first: 3, last: 3 }));
    let mut twice = whole.clone();
    twice.insert(4, whole[1].clone());
    put_lines(&file, &twice);
    assert_eq!(desk.flaw(), Some(Flaw::OutOfPlace { expected: 5, found: 2 }));
    put_lines(&file, &whole);
    assert_eq!(desk.flaw(), None);
}

#[test]
fn a_cut_end_is_seen() {
    let desk = Desk::with(8);
    let file = desk.files().remove(0);
    put_lines(&file, &lines(&file)[..6]);
    assert_eq!(desk.flaw(), Some(Flaw::Cut { last: 6, newest: 8 }));
    fs::write(&file, "").unwrap();
    assert_eq!(desk.flaw(), Some(Flaw::Cut { last: 0, newest: 8 }));
    fs::remove_file(&file).unwrap();
    assert_eq!(desk.flaw(), Some(Flaw::Cut { last: 0, newest: 8 }));
}

#[test]
fn a_missing_file_is_seen_wherever_it_stood() {
    for which in [0, 1, 2] {
        let desk = Desk::with(25);
        let files = desk.files();
        assert_eq!(files.len(), 3);
        let firsts: Vec<u64> = files.iter().map(|file| desk_record(&lines(file)[0])).collect();
        fs::remove_file(&files[which]).unwrap();
        let expected = match which {
            2 => Flaw::Cut { last: firsts[2] - 1, newest: 25 },
            _ => Flaw::Missing { first: firsts[which], last: firsts[which + 1] - 1 },
        };
        assert_eq!(desk.flaw(), Some(expected));
    }
}

#[test]
fn a_head_that_is_gone_or_edited_is_seen() {
    let desk = Desk::with(8);
    let head = desk.path().join("head");
    let written = fs::read_to_string(&head).unwrap();
    for edited in
        [format!("{written} "), written.replace("\"file\":1", "\"file\":2"), written.replace("bytes\":", "bytes\":1")]
    {
        fs::write(&head, edited).unwrap();
        assert_eq!(desk.flaw(), Some(Flaw::Head));
    }
    fs::write(&head, written.replace("\"seq\":8", "\"seq\":7")).unwrap();
    assert_eq!(desk.flaw(), Some(Flaw::NotTheHeads(7)));
    fs::remove_file(&head).unwrap();
    assert_eq!(desk.flaw(), Some(Flaw::Head));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Any edit of any byte of any file of the log, the head included.
    #[test]
    fn every_edit_of_a_byte_is_seen(which in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), bits in 1_u8..) {
        thread_local!(static DESK: Desk = Desk::with(25));
        DESK.with(|desk| {
            let mut files = desk.files();
            files.push(desk.path().join("head"));
            let file = which.get(&files);
            let before = fs::read(file).unwrap();
            edit(file, |bytes| {
                let at = at.index(bytes.len());
                bytes[at] ^= bits;
            });
            let flaw = desk.flaw();
            fs::write(file, before).unwrap();
            prop_assert!(flaw.is_some());
            prop_assert_eq!(desk.flaw(), None);
            Ok(())
        })?;
    }
}
