//! Whatever comes, in whatever order, however often it is settled: the vectors are those of the whole record, to the bit.

use proptest::prelude::*;
use strata_online_store::{Change, Limits, Recent};
use strata_types::{HOUR, Timestamp};

use crate::history::{DAY, NOON, Silver, differing, history, shuffle};

const LIMITS: Limits = Limits { lateness: 24 * HOUR };

/// Applies a batch, and repairs from silver where only silver can judge.
fn apply(recent: &mut Recent, silver: &mut Silver, batch: &[Change]) {
    for change in batch {
        recent.apply(change.clone());
        silver.apply(change);
    }
    recent.settle(LIMITS);
    if recent.waits() {
        *recent = std::mem::take(recent).repaired(silver.all());
        recent.settle(LIMITS);
    }
    // As it lies in the store, and back.
    let stored = recent.bytes();
    let read = Recent::read(&stored).unwrap();
    assert_eq!(read.bytes(), stored);
    *recent = read;
}

fn batches(changes: &[Change], cuts: &[usize]) -> Vec<Vec<Change>> {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (changes.len() + 1)).chain([0, changes.len()]).collect();
    cuts.sort_unstable();
    cuts.windows(2).map(|pair| changes[pair[0]..pair[1]].to_vec()).collect()
}

/// Times from the first on that the store answers for.
fn times(recent: &Recent) -> Vec<Timestamp> {
    let from = recent.since().unwrap_or(Timestamp(NOON - 12 * DAY));
    let hours = [0, 1, 5, 6, 7, 23, 24, 25, 47, 71, 73, 120, 167, 169, 400];
    let later = hours.map(|hours| from + hours * HOUR);
    later
        .into_iter()
        .chain([from + 1, from + 12_345_678_901, Timestamp(NOON), Timestamp(NOON + 5 * DAY)])
        .filter(|t| *t >= from)
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// What was let go is not missed, as of any time from then on.
    #[test]
    fn a_settled_timeline_gives_the_vectors_of_the_whole_record(
        mut changes in history(60),
        cuts in prop::collection::vec(0..60_usize, 0..12),
        in_order in any::<bool>(),
        seed in any::<u64>(),
    ) {
        if in_order {
            changes.sort_by_key(|change| change.rank.ingested_at);
        } else {
            shuffle(&mut changes, seed);
        }
        let (mut recent, mut silver) = (Recent::default(), Silver::default());
        for batch in batches(&changes, &cuts) {
            apply(&mut recent, &mut silver, &batch);
            for t in times(&recent) {
                let differing = differing(&recent, &silver, t);
                prop_assert!(differing.is_empty(), "as of {t}: {differing:?}");
            }
        }
    }

    /// Batches, order and replays leave no trace (fault 35: whichever row was written last stood).
    #[test]
    fn however_records_come_the_vectors_are_the_same(
        changes in history(40),
        cuts in prop::collection::vec(0..40_usize, 0..6),
        replayed in 0..40_usize,
        seed in any::<u64>(),
    ) {
        let (mut once, mut silver) = (Recent::default(), Silver::default());
        apply(&mut once, &mut silver, &changes);
        let mut other: Vec<Change> = changes.iter().chain(&changes[replayed % changes.len()..]).cloned().collect();
        shuffle(&mut other, seed);
        let (mut pieces, mut other_silver) = (Recent::default(), Silver::default());
        for batch in batches(&other, &cuts) {
            apply(&mut pieces, &mut other_silver, &batch);
        }
        let from = once.since().max(pieces.since()).unwrap_or(Timestamp(NOON));
        for hours in [0, 1, 24, 80, 170] {
            prop_assert!(differing(&once, &silver, from + hours * HOUR).is_empty());
            prop_assert!(differing(&pieces, &silver, from + hours * HOUR).is_empty());
        }
        prop_assert_eq!(once.is_known(), pieces.is_known());
        prop_assert_eq!(once.is_enrolled(), pieces.is_enrolled());
    }

    /// Within its lateness no record needs silver.
    #[test]
    fn what_comes_in_time_is_judged_here(mut changes in history(60)) {
        for change in &mut changes {
            change.rank.ingested_at = change.rank.ingested_at.min(change.time + 23 * HOUR);
        }
        changes.sort_by_key(|change| change.rank.ingested_at);
        let mut recent = Recent::default();
        for change in changes {
            recent.apply(change);
            recent.settle(Limits { lateness: 24 * HOUR });
            prop_assert!(!recent.waits());
        }
    }

    #[test]
    fn bytes_of_others_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), cut in 0..400_usize, changes in history(20)) {
        let mut framed = vec![1, 0];
        framed.extend(&bytes);
        // No panic, whatever they are.
        let _ = (Recent::read(&bytes), Recent::read(&framed));
        let mut recent = Recent::default();
        changes.into_iter().for_each(|change| _ = recent.apply(change));
        let whole = recent.bytes();
        if cut < whole.len() {
            prop_assert!(Recent::read(&whole[..cut]).is_err());
        }
    }
}
