//! The scores as features: which values they see, and the hours of the day.

use strata_features::{PatientFacts, Timeline, Vitals};

use crate::patient::{at, check, reading, result, vitals};

const NAN: f64 = f64::NAN;

#[test]
fn nothing_charted_is_null_and_what_is_charted_counts() {
    check(Timeline::default(), &[("news2_total", NAN), ("sirs_count", NAN), ("qsofa", NAN), ("news2_max_24h", NAN)]);
    check(
        vitals(&[reading(-100.0, &[("hr", 120.0), ("rr", 22.0)])]),
        &[
            ("news2_total", 4.0),
            ("news2_rr", 2.0),
            ("news2_pulse", 2.0),
            ("news2_spo2", NAN),
            ("news2_oxygen", NAN),
            ("news2_sbp", NAN),
            ("news2_consciousness", NAN),
            ("news2_temp", NAN),
            ("news2_max_24h", 4.0),
            ("news2_delta_6h", 0.0),
            ("sirs_count", 2.0),
            ("qsofa", 1.0),
        ],
    );
}

#[test]
fn the_day_is_scored_by_the_hour() {
    // Pulse points 3 at -10 h, 2 at -7 h, 0 at -3.5 h, 1 at 0 h.
    let rows = [(-10.0, 140.0), (-7.0, 120.0), (-3.5, 70.0), (0.0, 100.0)].map(|(h, hr)| reading(h, &[("hr", hr)]));
    check(vitals(&rows), &[("news2_total", 1.0), ("news2_max_24h", 3.0), ("news2_delta_6h", -1.0)]);
    // Between two full hours before t nobody looks.
    let rows = [(-2.5, 140.0), (-2.2, 70.0)].map(|(h, hr)| reading(h, &[("hr", hr)]));
    check(vitals(&rows), &[("news2_max_24h", 0.0), ("news2_delta_6h", NAN)]);
    // t - 23 h is the oldest hour: what held then counts, what was over by then does not.
    let rows = [(-30.0, 140.0), (-23.0, 70.0)].map(|(h, hr)| reading(h, &[("hr", hr)]));
    check(vitals(&rows), &[("news2_max_24h", 0.0)]);
    let rows = [(-30.0, 140.0), (-22.9, 70.0)].map(|(h, hr)| reading(h, &[("hr", hr)]));
    check(vitals(&rows), &[("news2_max_24h", 3.0)]);
}

#[test]
fn an_earlier_hour_is_scored_from_what_is_known_now() {
    let mut late = reading(-8.0, &[("hr", 140.0)]);
    late.available_at = at(-1.0);
    check(vitals(&[late]), &[("news2_delta_6h", 0.0), ("news2_max_24h", 3.0)]);
    late.available_at = at(1.0);
    check(vitals(&[late]), &[("news2_delta_6h", NAN), ("news2_max_24h", NAN)]);
}

#[test]
fn the_newest_word_on_oxygen_decides() {
    let flagged = |h: f64, on_oxygen| Vitals { on_oxygen: Some(on_oxygen), ..Vitals::at(at(h)) };
    let fraction = |h: f64, fio2| reading(h, &[("fio2", fio2)]);
    let cases = [
        (vec![flagged(-1.0, true)], 2.0),
        (vec![flagged(-1.0, false)], 0.0),
        (vec![fraction(-1.0, 21.0)], 0.0),
        (vec![fraction(-1.0, 21.4)], 0.0),
        (vec![fraction(-1.0, 21.5)], 2.0),
        (vec![fraction(-3.0, 40.0), flagged(-1.0, false)], 0.0),
        (vec![flagged(-3.0, false), fraction(-1.0, 40.0)], 2.0),
        (vec![flagged(-3.0, true), fraction(-1.0, 21.0)], 0.0),
        (vec![Vitals { on_oxygen: Some(false), ..fraction(-1.0, 40.0) }], 2.0),
        (vec![Vitals { on_oxygen: Some(true), ..fraction(-1.0, 21.0) }], 2.0),
        (vec![flagged(-60.0, true), reading(-1.0, &[("hr", 80.0)])], 2.0),
    ];
    for (rows, points) in cases {
        check(vitals(&rows), &[("news2_oxygen", points)]);
    }
}

#[test]
fn the_newest_word_on_consciousness_decides() {
    let charted = |h: f64, altered| Vitals { consciousness_altered: Some(altered), ..Vitals::at(at(h)) };
    let coma = |h: f64, gcs| reading(h, &[("gcs", gcs)]);
    let cases = [
        (vec![charted(-1.0, true)], 3.0, 1.0),
        (vec![charted(-1.0, false)], 0.0, 0.0),
        (vec![coma(-1.0, 14.0)], 3.0, 1.0),
        (vec![coma(-1.0, 15.0)], 0.0, 0.0),
        (vec![charted(-30.0, false), coma(-1.0, 8.0)], 3.0, 1.0),
        (vec![coma(-30.0, 8.0), charted(-1.0, false)], 0.0, 0.0),
        // In one reading NEWS2 takes ACVPU, and qSOFA either.
        (vec![Vitals { consciousness_altered: Some(false), ..coma(-1.0, 14.0) }], 0.0, 1.0),
    ];
    for (rows, news2, qsofa) in cases {
        check(vitals(&rows), &[("news2_consciousness", news2), ("qsofa", qsofa)]);
    }
}

#[test]
fn scale_2_is_for_flagged_patients() {
    let rows = [Vitals { on_oxygen: Some(true), ..reading(-1.0, &[("spo2", 98.0)]) }];
    check(vitals(&rows), &[("news2_spo2", 0.0), ("news2_total", 2.0)]);
    let patient = PatientFacts { spo2_scale_2: true, ..PatientFacts::default() };
    check(Timeline { patient, ..vitals(&rows) }, &[("news2_spo2", 3.0), ("news2_total", 5.0)]);
}

#[test]
fn sirs_sees_the_laboratory() {
    let labs = vec![result(-2.0, "pco2", 30.0), result(-3.0, "wbc", 14.0)];
    let rows = [reading(-1.0, &[("temp", 38.6), ("hr", 70.0), ("rr", 12.0)])];
    check(Timeline { labs, ..vitals(&rows) }, &[("sirs_count", 3.0)]);
    let labs = vec![result(-169.0, "wbc", 14.0)];
    check(Timeline { labs, ..Timeline::default() }, &[("sirs_count", NAN)]);
}
