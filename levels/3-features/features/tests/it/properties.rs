//! What holds for any patient at any time.

use proptest::prelude::*;
use strata_features::{FEATURES, Timeline, Vector, Walk, compute, compute_many};
use strata_types::{HOUR, Timestamp};

use crate::arbitrary::{time, timeline, times};

fn bits(timeline: &Timeline, t: Timestamp) -> Vec<u32> {
    compute(timeline, t).iter().map(|value| value.to_bits()).collect()
}

/// Rows of two timelines of one patient.
fn joined(mut ours: Timeline, more: Timeline) -> Timeline {
    ours.vitals.extend(more.vitals);
    ours.labs.extend(more.labs);
    ours.medications.extend(more.medications);
    ours.adverse_events.extend(more.adverse_events);
    ours.sort();
    ours
}

/// Keeps the rows about which `keep` says yes to (happened at, known at).
fn kept(mut timeline: Timeline, mut keep: impl FnMut(Timestamp, Timestamp) -> bool) -> Timeline {
    timeline.vitals.retain(|row| keep(row.time, row.available_at));
    timeline.labs.retain(|row| keep(row.time, row.available_at));
    timeline.medications.retain(|row| keep(row.time, row.available_at));
    timeline.adverse_events.retain(|row| keep(row.onset, row.reported_at));
    timeline
}

/// Every row, the admission included, moved by microseconds.
fn shifted(mut timeline: Timeline, by: i64) -> Timeline {
    timeline.patient.admitted_at = timeline.patient.admitted_at.map(|time| time + by);
    for row in &mut timeline.vitals {
        (row.time, row.available_at) = (row.time + by, row.available_at + by);
    }
    for row in &mut timeline.labs {
        (row.time, row.available_at) = (row.time + by, row.available_at + by);
    }
    for row in &mut timeline.medications {
        (row.time, row.available_at) = (row.time + by, row.available_at + by);
        row.end = row.end.map(|end| end + by);
    }
    for row in &mut timeline.adverse_events {
        (row.onset, row.reported_at) = (row.onset + by, row.reported_at + by);
    }
    timeline
}

/// The vectors of many times, by bits.
fn many(timeline: &Timeline, times: &[Timestamp]) -> Vec<Vec<u32>> {
    compute_many(timeline, times).iter().map(|vector| vector.iter().map(|value| value.to_bits()).collect()).collect()
}

const CENTURY: i64 = 100 * 365 * 24 * HOUR;

/// The first feature that differs.
fn difference(ours: &Vector, expected: &Vector) -> Option<String> {
    let pairs = FEATURES.iter().zip(ours.iter().zip(expected));
    let mut differing = pairs.filter(|(_, (ours, expected))| ours.to_bits() != expected.to_bits());
    differing.next().map(|(feature, (ours, expected))| format!("{} is {ours}, not {expected}", feature.name))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// [`compute`] is the definition, sliding is how many vectors are made of one patient: late rows, equal times, gaps,
    /// corrections and any order of the times change no bit. So faults 29 to 36 hold for the fast path as for the slow.
    #[test]
    fn windows_that_slide_hold_what_windows_made_anew_hold(ours in timeline(120), times in times()) {
        for (t, vector) in times.iter().zip(compute_many(&ours, &times)) {
            if let Some(difference) = difference(&vector, &compute(&ours, *t)) {
                return Err(TestCaseError::fail(format!("at {t}: {difference}")));
            }
        }
    }

    /// So is a walk, which is asked for one vector after the other, also for very few.
    #[test]
    fn a_walk_gives_what_the_definition_gives(ours in timeline(60), mut times in times()) {
        times.sort();
        let mut walk = Walk::new(ours.clone());
        for t in times {
            let difference = difference(&walk.at(t), &compute(&ours, t));
            prop_assert!(difference.is_none(), "at {}: {:?}", t, difference);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Fault 34: labs were joined for the whole day, with values from the future.
    #[test]
    fn the_future_and_the_unknown_change_nothing(ours in timeline(40), other in timeline(40), t in time(5)) {
        let expected = bits(&ours, t);
        let hidden = |happened: Timestamp, known: Timestamp| happened > t || known > t;
        prop_assert_eq!(&bits(&joined(ours.clone(), kept(other, hidden)), t), &expected, "added");
        let known = kept(ours.clone(), |happened, known| !hidden(happened, known));
        prop_assert_eq!(&bits(&known, t), &expected, "cut at t");
        let mut moved = shifted(kept(ours, hidden), 7_000_000);
        moved.patient = known.patient;
        prop_assert_eq!(&bits(&joined(known, kept(moved, hidden)), t), &expected, "moved");
    }

    /// Fault 33: features used today's date, so a backfill gave other numbers than the original run.
    #[test]
    fn only_differences_of_time_matter(ours in timeline(40), t in time(5), by in -CENTURY..CENTURY) {
        prop_assert_eq!(bits(&shifted(ours.clone(), by), t + by), bits(&ours, t));
    }

    /// Fault 35, its half that is ours: whichever row is written last, the newest one counts.
    #[test]
    fn the_order_of_arrival_does_not_matter(ours in timeline(40), t in time(5), turns in 0..40_usize) {
        let mut seen = std::collections::HashSet::new();
        let mut ours = kept(ours, |happened, known| seen.insert((happened, known)));
        let expected = bits(&ours, t);
        for turn in 0..2 {
            let by = |len: usize| if len == 0 { 0 } else { (turns + turn) % len };
            let lengths = (ours.vitals.len(), ours.labs.len(), ours.medications.len(), ours.adverse_events.len());
            ours.vitals.rotate_left(by(lengths.0));
            ours.labs.rotate_left(by(lengths.1));
            ours.medications.rotate_left(by(lengths.2));
            ours.adverse_events.rotate_left(by(lengths.3));
            ours.vitals.reverse();
            ours.medications.reverse();
        }
        ours.sort();
        prop_assert_eq!(bits(&ours, t), expected);
    }

    /// Fault 45: rows of different patients shared a window. A timeline is one patient's, and
    /// computing another's in between leaves no trace.
    #[test]
    fn nothing_is_left_of_another_patient(
        ours in timeline(30),
        other in timeline(30),
        times in prop::collection::vec(time(5), 1..12),
    ) {
        let expected: Vec<_> = times.iter().map(|t| bits(&ours, *t)).collect();
        compute_many(&other, &times);
        prop_assert_eq!(many(&ours, &times), expected);
    }
}

/// Fault 35: missing became 0, a heart rate of 0. Only counts and flags are 0 when nothing happened.
#[test]
fn nothing_known_is_null_and_counts_are_zero() {
    let zero = [
        "vitals_count_6h",
        "lab_abnormal_count_24h",
        "lab_critical_count_24h",
        "vasopressor_active",
        "norepi_equivalent",
        "antibiotic_24h",
        "sedative_opioid_count_24h",
        "med_classes_24h",
        "adverse_events_72h",
    ];
    let vector = compute(&Timeline::default(), Timestamp(0));
    for (feature, value) in FEATURES.iter().zip(vector) {
        match feature.name {
            "vitals_missing_24h" => assert_eq!(value, 1.0),
            name if zero.contains(&name) => assert_eq!(value, 0.0, "{name}"),
            name => assert!(value.is_nan(), "{name} is {value}"),
        }
    }
}
