//! Last values, windows, changes, ages, processes and what signs say together.

use strata_features::{PatientFacts, Timeline, Vitals};

use crate::patient::{at, check, event, reading, vitals};

const NAN: f64 = f64::NAN;
/// One microsecond, in hours.
const INSTANT: f64 = 1.0 / 3.6e9;

#[test]
fn the_last_value_has_no_age_limit() {
    let rows = [reading(-500.0, &[("temp", 36.5), ("hr", 60.0)]), reading(-1.0, &[("hr", 80.0)])];
    check(vitals(&rows), &[("temp_last", 36.5), ("hr_last", 80.0), ("sbp_last", NAN), ("temp_hours_since", 500.0)]);
}

#[test]
fn of_rows_of_one_time_the_last_with_a_value_counts() {
    let rows = [reading(-1.0, &[("hr", 80.0), ("rr", 14.0)]), reading(-1.0, &[("hr", 90.0)])];
    check(vitals(&rows), &[("hr_last", 90.0), ("rr_last", 14.0), ("hr_mean_6h", 85.0), ("hr_slope_6h", NAN)]);
}

#[test]
fn windows_hold_their_end_and_not_their_start() {
    let rows = [-24.0, -6.0, -1.0, 0.0, INSTANT].map(|h| reading(h, &[("hr", 100.0 + h)]));
    check(
        vitals(&rows),
        &[
            ("hr_last", 100.0),
            ("hr_mean_1h", 100.0),
            ("hr_mean_6h", 99.5),
            ("hr_min_6h", 99.0),
            ("hr_max_24h", 100.0),
            ("hr_mean_24h", (100.0 + 99.0 + 94.0) / 3.0),
        ],
    );
    let inside = [-24.0, -6.0, -1.0].map(|h| reading(h + INSTANT, &[("hr", 100.0 + h)]));
    check(vitals(&inside), &[("hr_mean_1h", 99.0), ("hr_mean_6h", 96.5), ("hr_mean_24h", (99.0 + 94.0 + 76.0) / 3.0)]);
}

/// Fault 32: "trend" was not a slope, and the change from baseline was always 0.
#[test]
fn trends_are_slopes_and_changes_are_from_the_patients_own_mean() {
    let rows: Vec<Vitals> = (0_i32..6)
        .map(|i| {
            let i = f64::from(i);
            reading(-i, &[("hr", 100.0 - 2.0 * i), ("sbp", 120.0 + 3.0 * i), ("map", 80.0), ("temp", 38.0 - i / 10.0)])
        })
        .collect();
    check(
        vitals(&rows),
        &[
            ("hr_slope_6h", 2.0),
            ("sbp_slope_6h", -3.0),
            ("map_slope_6h", 0.0),
            ("rr_slope_6h", NAN),
            ("hr_delta_24h", 5.0),
            ("sbp_delta_24h", -7.5),
            ("temp_delta_24h", 0.25),
            ("temp_max_6h", 38.0),
            ("temp_min_6h", 37.5),
            ("hr_std_6h", 14.0_f64.sqrt()),
            ("hr_std_24h", 14.0_f64.sqrt()),
        ],
    );
    check(vitals(&[reading(-1.0, &[("hr", 80.0)])]), &[("hr_std_6h", NAN), ("hr_slope_6h", NAN), ("hr_mean_6h", 80.0)]);
    check(vitals(&[reading(-30.0, &[("hr", 80.0)])]), &[("hr_delta_24h", NAN), ("hr_last", 80.0)]);
}

#[test]
fn processes() {
    let mut rated = reading(-2.0, &[("hr", 80.0), ("sbp", 120.0), ("fio2", 40.0), ("gcs", 15.0)]);
    rated.quality = 0.5;
    let mut empty = Vitals::at(at(-1.0));
    empty.quality = 0.0;
    let old = reading(-6.0, &[("hr", 80.0)]);
    // Signs 1 to 7 only; hours -2 and -1 are bins of their own, and the value at -6 h is in the bin (-7 h, -6 h].
    check(
        vitals(&[old, rated, empty]),
        &[("vitals_count_6h", 2.0), ("vitals_missing_24h", 1.0 - 3.0 / 168.0), ("quality_mean_6h", 0.25)],
    );
    let full: Vec<Vitals> = (0_i32..24)
        .map(|h| {
            let signs = [("hr", 80.0), ("rr", 14.0), ("spo2", 97.0), ("temp", 37.0), ("sbp", 120.0), ("dbp", 70.0)];
            let mut row = reading(-f64::from(h), &signs);
            row.signs[strata_features::sign::MAP] = 86.0;
            row
        })
        .collect();
    check(vitals(&full), &[("vitals_count_6h", 42.0), ("vitals_missing_24h", 0.0), ("quality_mean_6h", NAN)]);
    // Two values in one hour fill one bin; a value a day old fills none.
    let rows = [0.0, -0.5, -24.0].map(|h| reading(h, &[("hr", 80.0)]));
    check(vitals(&rows), &[("vitals_missing_24h", 1.0 - 1.0 / 168.0)]);
}

/// Faults 30 and 31: interactions were constants, or exceptions that nobody saw.
#[test]
fn signs_together() {
    let rows = [
        reading(-5.0, &[("hr", 130.0), ("sbp", 100.0)]),
        reading(-4.0, &[("hr", 150.0)]),
        reading(-3.0, &[("sbp", 140.0), ("dbp", 110.0)]),
        reading(-1.0, &[("hr", 90.0), ("sbp", 120.0), ("dbp", 60.0), ("map", 75.0), ("spo2", 94.5), ("rr", 18.0)]),
    ];
    let patient = PatientFacts { age_years: Some(96.0), ..PatientFacts::default() };
    check(
        Timeline { patient, ..vitals(&rows) },
        &[
            ("pulse_pressure", 60.0),
            ("pp_fraction", 0.5),
            ("map_calc", 80.0),
            ("shock_index", 0.75),
            ("modified_shock_index", 1.2),
            ("age_shock_index", 67.5),
            ("rate_pressure_product", 10_800.0),
            ("sf_ratio", 450.0),
            ("rox_index", 25.0),
            ("shock_index_max_6h", 1.3),
            ("pulse_pressure_min_6h", 30.0),
        ],
    );
    let on_oxygen = [rows[3], reading(-0.5, &[("fio2", 45.0)])];
    check(vitals(&on_oxygen), &[("sf_ratio", 210.0), ("rox_index", 210.0 / 18.0), ("age_shock_index", NAN)]);
    check(
        vitals(&[reading(0.0, &[("hr", 80.0), ("map", 0.0)])]),
        &[("modified_shock_index", NAN), ("shock_index", NAN)],
    );
}

#[test]
fn statics() {
    let patient = PatientFacts {
        age_years: Some(67.0),
        sex_male: Some(false),
        admitted_at: Some(at(-36.5)),
        ..PatientFacts::default()
    };
    let adverse_events =
        vec![event(-72.0, -70.0), event(-71.0, -71.0), event(-1.0, 0.0), event(-2.0, 1.0), event(1.0, 1.0)];
    check(
        Timeline { patient, adverse_events, ..Timeline::default() },
        &[("age_years", 67.0), ("sex_male", 0.0), ("hours_since_admission", 36.5), ("adverse_events_72h", 2.0)],
    );
    let patient = PatientFacts { age_years: Some(93.0), admitted_at: Some(at(1.0)), ..PatientFacts::default() };
    check(
        Timeline { patient, ..Timeline::default() },
        &[("age_years", 90.0), ("sex_male", NAN), ("hours_since_admission", NAN)],
    );
}
