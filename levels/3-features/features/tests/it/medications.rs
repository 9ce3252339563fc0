//! Medications.

use strata_features::{Dose, Timeline};

use crate::patient::{at, check, dose, infusion, medications};

const NAN: f64 = f64::NAN;

#[test]
fn an_infusion_runs_from_its_start_until_its_end() {
    let cases = [
        (vec![infusion(-3.0, "norepinephrine", 0.2, Some(0.0))], 0.0, 0.0),
        (vec![infusion(-3.0, "norepinephrine", 0.2, Some(0.1))], 1.0, 0.2),
        (vec![infusion(-200.0, "norepinephrine", 0.2, Some(9.0))], 1.0, 0.2),
        (vec![infusion(0.0, "norepinephrine", 0.2, None)], 1.0, 0.2),
        (vec![infusion(0.1, "norepinephrine", 0.2, None)], 0.0, 0.0),
        // Without an end it runs for a day.
        (vec![infusion(-23.9, "norepinephrine", 0.2, None)], 1.0, 0.2),
        (vec![infusion(-24.0, "norepinephrine", 0.2, None)], 0.0, 0.0),
        // A new rate takes the place of the old one, a rate of 0 stops it, another drug does neither.
        (vec![infusion(-9.0, "norepinephrine", 0.2, None), infusion(-2.0, "norepinephrine", 0.3, None)], 1.0, 0.3),
        (vec![infusion(-9.0, "norepinephrine", 0.2, None), infusion(-2.0, "norepinephrine", 0.0, None)], 0.0, 0.0),
        (vec![infusion(-9.0, "norepinephrine", 0.2, None), infusion(-2.0, "epinephrine", 0.3, None)], 1.0, 0.5),
        // A single dose does not run and stops nothing.
        (vec![dose(-0.1, "phenylephrine")], 0.0, 0.0),
        (vec![infusion(-9.0, "phenylephrine", 2.0, None), dose(-0.1, "phenylephrine")], 1.0, 0.2),
        // An inotrope is no vasopressor.
        (vec![infusion(-1.0, "dobutamine", 5.0, None)], 0.0, 0.0),
    ];
    for (rows, active, equivalent) in cases {
        check(medications(&rows), &[("vasopressor_active", active), ("norepi_equivalent", equivalent)]);
    }
}

/// Goradia 2020, worked by hand.
#[test]
fn norepinephrine_equivalents() {
    let rows = [
        infusion(-1.0, "norepinephrine", 0.1, None),
        infusion(-1.0, "epinephrine", 0.05, None),
        infusion(-1.0, "phenylephrine", 1.0, None),
        infusion(-1.0, "dopamine", 5.0, None),
        infusion(-1.0, "vasopressin", 2.4, None),
    ];
    check(medications(&rows), &[("norepi_equivalent", 0.1 + 0.05 + 0.1 + 0.05 + 0.1)]);
}

#[test]
fn an_unknown_rate_is_null_and_no_pressor_is_zero() {
    let unknown = Dose { rate: None, ..infusion(-1.0, "norepinephrine", 0.1, Some(3.0)) };
    check(medications(&[unknown]), &[("vasopressor_active", 1.0), ("norepi_equivalent", NAN)]);
    check(Timeline::default(), &[("vasopressor_active", 0.0), ("norepi_equivalent", 0.0)]);
}

/// Fault 30: drug lists that never occur in the data made constants of features.
#[test]
fn what_the_day_saw() {
    let rows = [
        dose(-24.0, "vancomycin"),
        dose(-24.0, "morphine"),
        dose(-10.0, "fentanyl"),
        dose(-9.0, "midazolam"),
        dose(-8.0, "lorazepam"),
        dose(-8.0, "fentanyl"),
        dose(-3.0, "paracetamol"),
        Dose { class: None, ..dose(-2.5, "insulin") },
        infusion(-1.0, "propofol", 0.0, None),
    ];
    check(
        medications(&rows),
        &[
            ("antibiotic_24h", 0.0),
            ("sedative_opioid_count_24h", 4.0),
            ("med_classes_24h", 4.0),
            ("med_hours_since", 2.5),
        ],
    );
    let late = Dose { available_at: at(1.0), ..dose(-1.0, "meropenem") };
    check(medications(&[late]), &[("antibiotic_24h", 0.0), ("med_hours_since", NAN)]);
    check(medications(&[dose(-23.9, "meropenem")]), &[("antibiotic_24h", 1.0), ("med_hours_since", 23.9)]);
}
