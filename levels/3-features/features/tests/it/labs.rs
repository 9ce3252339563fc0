//! The laboratory.

use strata_features::{Lab, Timeline};

use crate::patient::{at, check, labs, result};

const NAN: f64 = f64::NAN;

/// Fault 29: 18 of 19 lab features were always null.
#[test]
fn every_lab_has_its_last_value() {
    let names =
        "lactate creatinine bun wbc platelets haemoglobin sodium potassium bicarbonate glucose bilirubin_total inr";
    for (i, name) in names.split(' ').enumerate() {
        let value = 2.5 + i as f64;
        let rows = [result(-20.0, name, 1.0), result(-2.0, name, value)];
        check(labs(&rows), &[(&format!("{name}_last"), value), ("lab_hours_since", 2.0)]);
    }
}

#[test]
fn results_older_than_a_week_are_null() {
    let rows = [result(-168.0, "lactate", 2.0), result(-167.9, "sodium", 140.0)];
    check(labs(&rows), &[("lactate_last", NAN), ("sodium_last", 140.0)]);
    check(labs(&[result(-900.0, "lactate", 2.0)]), &[("lactate_last", NAN), ("lab_hours_since", 900.0)]);
}

/// Fault 34: values from the future of the same day.
#[test]
fn results_count_once_they_are_known() {
    let late = Lab { available_at: at(2.0), ..result(-1.0, "lactate", 6.0) };
    let rows = [result(-5.0, "lactate", 2.0), late, result(1.0, "lactate", 8.0)];
    check(labs(&rows), &[("lactate_last", 2.0), ("lactate_delta", NAN), ("lab_abnormal_count_24h", 0.0)]);
}

/// KDIGO 2012: 1.5 times the week's lowest creatinine is stage 1.
#[test]
fn ratios() {
    let rows = [result(-170.0, "creatinine", 0.2), result(-100.0, "creatinine", 1.0), result(-1.0, "creatinine", 1.5)];
    check(labs(&rows), &[("creatinine_ratio_7d", 1.5)]);
    let rows = [result(-9.0, "creatinine", 2.0), result(-8.0, "bun", 40.0)];
    check(labs(&rows), &[("creatinine_ratio_7d", 1.0), ("bun_creatinine_ratio", 20.0)]);
    check(labs(&[result(-9.0, "creatinine", 0.0)]), &[("creatinine_ratio_7d", NAN), ("bun_creatinine_ratio", NAN)]);
}

#[test]
fn the_change_of_lactate_needs_two_in_a_day() {
    let rows = |hours: [f64; 3]| hours.map(|h| result(h, "lactate", 4.0 + h / 10.0));
    check(labs(&rows([-20.0, -10.0, -5.0])), &[("lactate_delta", 0.5)]);
    check(labs(&rows([-30.0, -24.0, -5.0])), &[("lactate_delta", NAN)]);
    check(labs(&rows([-30.0, -23.9, -5.0])), &[("lactate_delta", 1.89)]);
    check(Timeline::default(), &[("lactate_delta", NAN), ("lab_hours_since", NAN)]);
}

#[test]
fn abnormal_and_critical() {
    let rows = [
        result(-30.0, "potassium", 9.0),
        result(-24.0, "potassium", 9.0),
        result(-23.0, "potassium", 3.5),
        result(-22.0, "potassium", 3.4),
        result(-21.0, "potassium", 6.5),
        result(-20.0, "potassium", 6.6),
        result(-3.0, "potassium", 2.4),
        // No table of critical limits has the alkaline phosphatase.
        result(-2.0, "alp", 900.0),
        // The result's own range wins over the table's.
        Lab { reference: Some((3.0, 9.0)), ..result(-1.0, "potassium", 8.0) },
        Lab { reference: Some((4.5, 5.0)), ..result(0.0, "potassium", 4.0) },
    ];
    check(labs(&rows), &[("lab_abnormal_count_24h", 6.0), ("lab_critical_count_24h", 3.0)]);
}
