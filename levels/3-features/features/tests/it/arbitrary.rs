//! Any timeline: dense enough to meet every edge, dirty enough to miss things.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use strata_features::sign::COUNT;
use strata_features::{AdverseEvent, Class, Dose, Lab, PatientFacts, Timeline, Vitals};
use strata_types::drug::{DRUGS, class_of_atc};
use strata_types::{Group, HOUR, MINUTE, Timestamp, VARIABLES};

/// 2026-03-01.
pub(crate) const START: i64 = 1_772_323_200_000_000;

/// A time on a grid of 10 minutes, so that windows' edges are hit, in the first `days`.
pub(crate) fn time(days: i64) -> impl Strategy<Value = Timestamp> {
    (0..days * 144).prop_map(|step| Timestamp(START + step * 10 * MINUTE))
}

/// Most rows are known at once, some minutes or hours later, a few when every window has long closed.
fn lag() -> impl Strategy<Value = i64> {
    let minutes = (1_i64..90).prop_map(|minutes| minutes * MINUTE);
    let hours = |range: std::ops::Range<i64>| range.prop_map(|hours| hours * HOUR);
    prop_oneof![8 => Just(0), 2 => minutes, 2 => hours(1..12), 1 => hours(12..220)]
}

/// Times to look at: a grid of any step, or any times in any order, some of them twice.
pub(crate) fn times() -> impl Strategy<Value = Vec<Timestamp>> {
    let step = prop_oneof![4 => Just(60_i64), 1 => Just(30), 1 => Just(180), 1 => 1_i64..2_000];
    let grid = (time(3), step, 4..150_i64);
    let grid = grid.prop_map(|(start, step, n)| (0..n).map(|i| start + i * step * MINUTE).collect::<Vec<_>>());
    let any = vec(time(8), 4..60).prop_map(|mut times| {
        times.extend_from_within(..times.len() / 3);
        times
    });
    prop_oneof![grid, any]
}

/// A value with one decimal, or missing.
fn value(low: f64, high: f64) -> impl Strategy<Value = f64> {
    let number = (0.0..1.0_f64).prop_map(move |x| ((low + x * (high - low)) * 10.0).round() / 10.0);
    prop_oneof![3 => number, 1 => Just(f64::NAN)]
}

fn reading() -> impl Strategy<Value = Vitals> {
    let pressures = (value(70.0, 230.0), value(40.0, 110.0), value(50.0, 140.0));
    let often = (value(30.0, 180.0), value(5.0, 40.0), value(78.0, 100.0), value(34.0, 41.0), pressures);
    let seldom =
        (option::of(value(21.0, 80.0)), option::of(3_i32..16), option::of(any::<bool>()), option::of(any::<bool>()));
    let quality = prop_oneof![5 => (1_u8..7).prop_map(|n| f64::from(n) / 6.0), 1 => Just(f64::NAN)];
    (time(4), lag(), often, seldom, quality).prop_map(|(time, lag, often, seldom, quality)| {
        let (hr, rr, spo2, temp, (sbp, dbp, map)) = often;
        let (fio2, gcs, consciousness_altered, on_oxygen) = seldom;
        let signs: [f64; COUNT] =
            [hr, rr, spo2, temp, sbp, dbp, map, fio2.unwrap_or(f64::NAN), gcs.map_or(f64::NAN, f64::from)];
        Vitals { time, available_at: time + lag, signs, quality, consciousness_altered, on_oxygen }
    })
}

fn result() -> impl Strategy<Value = Lab> {
    let index = |name: &str| VARIABLES.iter().position(|variable| variable.name == name).expect("a variable") as u8;
    let labs: Vec<u8> = (0..VARIABLES.len() as u8).filter(|i| VARIABLES[usize::from(*i)].group == Group::Lab).collect();
    let often = ["lactate", "creatinine", "bun", "wbc", "pco2"].map(index).to_vec();
    let variable = prop_oneof![prop::sample::select(labs), prop::sample::select(often)];
    let reference = option::weighted(0.2, Just((1.0, 10.0)));
    (time(12), lag(), variable, 0.1..1.9_f64, reference).prop_map(|(time, lag, variable, level, reference)| {
        let (low, high) = VARIABLES[usize::from(variable)].reference.unwrap_or((1.0, 100.0));
        let value = (f64::midpoint(low, high) * level * 100.0).round() / 100.0;
        Lab { time, available_at: time + lag, variable, value, reference }
    })
}

/// Half of them vasopressors, the first five of the table.
fn dose() -> impl Strategy<Value = Dose> {
    let drug = prop_oneof![0..5_usize, 0..DRUGS.len()];
    let length = option::of((1_i64..30).prop_map(|hours| hours * HOUR));
    let rate = option::of(prop_oneof![1 => Just(0.0), 4 => (1_i32..100).prop_map(|x| f64::from(x) / 100.0)]);
    (time(5), lag(), drug, length, rate).prop_map(|(time, lag, drug, length, rate)| {
        let drug = &DRUGS[drug];
        let class = Class::of_atc(class_of_atc(drug.atc));
        let end = length.map(|length| time + length);
        Dose { time, available_at: time + lag, end, drug: Some(drug), class, effect: drug.effect, rate }
    })
}

fn adverse_event() -> impl Strategy<Value = AdverseEvent> {
    (time(5), lag(), option::of(1_i64..48), 1_u8..6).prop_map(|(onset, lag, hours, grade)| AdverseEvent {
        onset,
        reported_at: onset + lag,
        resolved_at: hours.map(|hours| onset + hours * HOUR),
        grade,
    })
}

fn facts() -> impl Strategy<Value = PatientFacts> {
    let age = option::of((18_u8..100).prop_map(f64::from));
    (age, option::of(any::<bool>()), option::of(time(1)), any::<bool>()).prop_map(
        |(age_years, sex_male, admitted_at, spo2_scale_2)| PatientFacts {
            age_years,
            sex_male,
            admitted_at,
            spo2_scale_2,
            weight_kg: None,
        },
    )
}

/// A patient with up to `size` rows of each kind.
pub(crate) fn timeline(size: usize) -> impl Strategy<Value = Timeline> {
    let rows = (vec(reading(), 0..size), vec(result(), 0..size), vec(dose(), 0..size), vec(adverse_event(), 0..5));
    (facts(), rows).prop_map(|(patient, (vitals, labs, medications, adverse_events))| {
        let mut timeline = Timeline { patient, vitals, labs, medications, adverse_events };
        timeline.sort();
        timeline
    })
}
