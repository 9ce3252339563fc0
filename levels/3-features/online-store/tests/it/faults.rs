//! What stacks of this kind got wrong, by number.

use strata_features::sign::HR;
use strata_features::{Feature, Vitals, compute};
use strata_online_store::{Change, Limits, Rank, Recent, Tie, What};
use strata_types::{HOUR, MINUTE, Timestamp};

use crate::history::{DAY, NOON};

const LIMITS: Limits = Limits { lateness: 24 * HOUR };

fn reading(time: Timestamp, ingested_at: Timestamp, heart_rate: Option<f64>) -> Change {
    let row = heart_rate.map(|rate| {
        let mut row = Vitals { available_at: ingested_at, ..Vitals::at(time) };
        row.signs[HR] = rate;
        row
    });
    let rank = Rank { ingested_at, tie: Some(Tie { event_id: "e".into(), record_hash: 0 }) };
    Change { time, name: "bed".into(), rank, what: What::Vitals(row) }
}

fn feature(recent: &Recent, name: &str, t: Timestamp) -> f32 {
    compute(&recent.timeline(), t)[Feature::by_name(name).unwrap().index()]
}

fn at(minutes: i64) -> Timestamp {
    Timestamp(NOON + minutes * MINUTE)
}

/// Fault 35: the store kept whichever row was written last, not the newest.
#[test]
fn a_late_row_does_not_hide_a_newer_one() {
    let mut recent = Recent::default();
    recent.apply(reading(at(0), at(0), Some(80.0)));
    recent.apply(reading(at(-30), at(10), Some(120.0)));
    assert_eq!(feature(&recent, "hr_last", at(20)), 80.0);
    assert_eq!(feature(&recent, "hr_mean_1h", at(20)), 100.0, "it counts where it belongs");
}

/// Fault 35: missing became 0, a heart rate of 0.
#[test]
fn missing_stays_missing() {
    let mut recent = Recent::default();
    recent.apply(reading(at(0), at(0), Some(80.0)));
    let read = Recent::read(&recent.bytes()).unwrap();
    for name in ["rr_last", "sbp_mean_6h", "lactate_last", "age_years"] {
        assert!(feature(&read, name, at(1)).is_nan(), "{name}");
    }
    assert_eq!(feature(&read, "hr_last", at(1)), 80.0);
}

/// Fault 33: features that used today's date gave other numbers when they were computed again.
#[test]
fn a_vector_as_of_a_time_is_the_same_whenever_it_is_computed() {
    let mut recent = Recent::default();
    (0..48).for_each(|hour| _ = recent.apply(reading(at(hour * 60), at(hour * 60), Some(60.0 + hour as f64))));
    recent.settle(LIMITS);
    let since = recent.since().unwrap();
    let before = compute(&recent.timeline(), since);
    recent.apply(reading(at(48 * 60), at(48 * 60), Some(200.0)));
    let after = compute(&recent.timeline(), since);
    assert_eq!(before.map(f32::to_bits), after.map(f32::to_bits));
}

/// Fault 34: values from the future were joined. What is known later does not count before.
#[test]
fn what_is_not_known_yet_does_not_count() {
    let mut recent = Recent::default();
    recent.apply(reading(at(0), at(50), Some(80.0)));
    assert!(feature(&recent, "hr_last", at(49)).is_nan());
    assert_eq!(feature(&recent, "hr_last", at(50)), 80.0);
}

/// A correction wins even if it is invalid: then the value is gone, and the older record does not come back.
#[test]
fn a_refused_correction_keeps_the_older_record_out() {
    let mut recent = Recent::default();
    recent.apply(reading(at(0), at(0), Some(80.0)));
    recent.apply(reading(at(0), at(5), None));
    recent.apply(reading(at(0), at(0), Some(80.0)));
    let mut read = Recent::read(&recent.bytes()).unwrap();
    assert!(!read.is_known() && !read.waits());
    read.apply(reading(at(0), at(6), Some(90.0)));
    assert_eq!(feature(&read, "hr_last", at(10)), 90.0);
}

/// What comes later than is waited for is silver's to judge.
#[test]
fn what_comes_very_late_waits_for_silver() {
    let mut recent = Recent::default();
    recent.apply(reading(at(0), at(0), Some(80.0)));
    recent.settle(LIMITS);
    let late = reading(Timestamp(NOON - 3 * DAY), at(5), Some(99.0));
    recent.apply(late.clone());
    assert!(recent.waits());
    let silver = [reading(at(0), at(0), Some(80.0)), late];
    let mut repaired = recent.repaired(silver);
    repaired.settle(LIMITS);
    assert!(!repaired.waits());
    assert_eq!(feature(&repaired, "hr_last", at(10)), 80.0);
}
