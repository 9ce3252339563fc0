//! A patient in a few words, as of hour 0.

use strata_features::sign::{DBP, FIO2, GCS, HR, MAP, RR, SBP, SPO2, TEMP};
use strata_features::{AdverseEvent, Class, Dose, Feature, Lab, Timeline, Vitals, compute};
use strata_types::drug::Drug;
use strata_types::{HOUR, Timestamp, VARIABLES};

/// The hour 0 of the tests; times are hours from here.
const NOW: i64 = 1_772_366_400_000_000;

/// Hour `h`.
pub(crate) fn at(h: f64) -> Timestamp {
    Timestamp(NOW + (h * HOUR as f64).round() as i64)
}

/// The sign behind a short name.
fn sign(name: &str) -> usize {
    let names = [("hr", HR), ("rr", RR), ("spo2", SPO2), ("temp", TEMP), ("sbp", SBP), ("dbp", DBP), ("map", MAP)];
    let more = [("fio2", FIO2), ("gcs", GCS)];
    names.iter().chain(&more).find(|(known, _)| *known == name).expect("a sign").1
}

/// A reading at hour `h`.
pub(crate) fn reading(h: f64, signs: &[(&str, f64)]) -> Vitals {
    let mut row = Vitals::at(at(h));
    for (name, value) in signs {
        row.signs[sign(name)] = *value;
    }
    row
}

/// A result at hour `h`.
pub(crate) fn result(h: f64, variable: &str, value: f64) -> Lab {
    let variable = VARIABLES.iter().position(|known| known.name == variable).expect("a variable");
    Lab { time: at(h), available_at: at(h), variable: variable as u8, value, reference: None }
}

/// A single dose at hour `h`.
pub(crate) fn dose(h: f64, name: &str) -> Dose {
    let drug = Drug::by_name(name).expect("a drug");
    let class = Class::of_atc(drug.atc);
    let effect = drug.effect;
    Dose { time: at(h), available_at: at(h), end: None, drug: Some(drug), class, effect, rate: None }
}

/// An infusion from hour `h` on.
pub(crate) fn infusion(h: f64, name: &str, rate: f64, end: Option<f64>) -> Dose {
    Dose { rate: Some(rate), end: end.map(at), ..dose(h, name) }
}

/// An adverse event at hour `h`, reported at hour `reported`.
pub(crate) fn event(h: f64, reported: f64) -> AdverseEvent {
    AdverseEvent { onset: at(h), reported_at: at(reported), resolved_at: None, grade: 3 }
}

/// A timeline of vitals.
pub(crate) fn vitals(rows: &[Vitals]) -> Timeline {
    Timeline { vitals: rows.to_vec(), ..Timeline::default() }
}

/// A timeline of results.
pub(crate) fn labs(rows: &[Lab]) -> Timeline {
    Timeline { labs: rows.to_vec(), ..Timeline::default() }
}

/// A timeline of medications.
pub(crate) fn medications(rows: &[Dose]) -> Timeline {
    Timeline { medications: rows.to_vec(), ..Timeline::default() }
}

/// The features of these names as of hour 0 are these; NaN is null.
#[track_caller]
pub(crate) fn check(mut timeline: Timeline, expected: &[(&str, f64)]) {
    timeline.sort();
    let vector = compute(&timeline, at(0.0));
    for (name, expected) in expected {
        let got = f64::from(vector[Feature::by_name(name).unwrap_or_else(|| panic!("no feature {name}")).index()]);
        let same = (got.is_nan() && expected.is_nan()) || (got - expected).abs() <= 1e-6 * expected.abs().max(1.0);
        assert!(same, "{name}: got {got}, expected {expected}");
    }
}
