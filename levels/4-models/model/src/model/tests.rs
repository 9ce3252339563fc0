//! The fast path against a slow one that anybody can check by eye.

use proptest::prelude::*;

use crate::RiskLevel::{High, Low, Moderate};
use crate::fixture::{model_and_rows, network};
use crate::{Calibration, Error, Model};

/// The same model in plain f64, one number at a time.
fn reference(model: &Model, row: &[f32]) -> f64 {
    let p = &model.preprocessing;
    let prepare = |i: usize| {
        let value = if row[i].is_nan() { p.fill[i] } else { row[i] };
        let scaled = (f64::from(value) - f64::from(p.mean[i])) / f64::from(p.scale[i]);
        scaled.clamp(-f64::from(p.clip), f64::from(p.clip))
    };
    let mut x: Vec<f64> = (0..row.len()).map(prepare).collect();
    for (depth, layer) in model.layers.iter().enumerate() {
        if depth > 0 {
            x = x.into_iter().map(|x| x.max(0.0)).collect();
        }
        let output = |o: usize| {
            let weights = &layer.weights[o * layer.inputs..(o + 1) * layer.inputs];
            weights.iter().zip(&x).map(|(w, x)| f64::from(*w) * x).sum::<f64>() + f64::from(layer.bias[o])
        };
        x = (0..layer.outputs).map(output).collect();
    }
    let log_odds = match model.calibration {
        Calibration::Platt { slope, intercept } => f64::from(slope) * x[0] + f64::from(intercept),
        Calibration::Beta { a, b, c } => {
            f64::from(b) * x[0].exp().ln_1p() - f64::from(a) * (-x[0]).exp().ln_1p() + f64::from(c)
        }
    };
    1.0 / (1.0 + (-log_odds).exp())
}

proptest! {
    #[test]
    fn predictions_equal_the_reference((model, rows) in model_and_rows()) {
        let width = model.features.len();
        let predictions = model.predict(&rows);
        for (row, &p) in rows.chunks_exact(width).zip(&predictions) {
            prop_assert!((f64::from(p) - reference(&model, row)).abs() < 1e-6, "{p} {}", reference(&model, row));
            prop_assert_eq!(model.predict_one(row), p);
        }
    }
}

/// Fault 46: a row of nothing but missing values has an answer of its own, not a constant for errors.
#[test]
fn missing_values_are_filled_not_passed_on() {
    let model = network(6, &[5], 3);
    let missing = model.predict_one(&[f32::NAN; 6]);
    assert_eq!(missing, model.predict_one(&model.preprocessing.fill.clone()));
    assert_ne!(missing, model.predict_one(&[0.0; 6]));
    assert!(model.predict_one(&[f32::INFINITY; 6]).is_finite());
}

/// Fault 45: a row of another width is never padded or cut.
#[test]
#[should_panic(expected = "a row has 3 values, the model 6 features")]
fn a_row_of_another_width_is_refused() {
    network(6, &[5], 3).predict_one(&[1.0; 3]);
}

/// Fault 45: columns are found by name, wherever they stand.
#[test]
fn columns_are_found_by_name() {
    let model = network(3, &[], 4);
    let columns = model.columns(&["feature_2", "site", "feature_0", "feature_1"]).expect("all there");
    assert_eq!(columns, [2, 3, 0]);
    let error = model.columns(&["feature_2", "feature_0"]).expect_err("one is missing");
    assert!(matches!(&error, Error::Columns(what) if what == "feature_1 is missing"), "{error}");
    assert!(model.columns(&["feature_0", "feature_0", "feature_1", "feature_2"]).is_err());
}

#[test]
fn levels_begin_at_their_thresholds() {
    let model = network(2, &[], 5);
    let levels = [0.0, 0.0099, 0.01, 0.039, 0.04, 1.0].map(|p| model.risk_level(p));
    assert_eq!(levels, [Low, Low, Moderate, Moderate, High, High]);
}

#[test]
fn a_model_that_does_not_fit_together_is_refused() {
    let breaks: [fn(&mut Model); 7] = [
        |m| m.features.truncate(3),
        |m| m.features[0] = m.features[1].clone(),
        |m| m.preprocessing.scale[0] = 0.0,
        |m| m.layers[0].weights[0] = f32::NAN,
        |m| drop(m.layers.pop()),
        |m| m.calibration = Calibration::Platt { slope: -1.0, intercept: 0.0 },
        |m| m.thresholds.high = 0.0,
    ];
    assert!(network(4, &[3], 6).check().is_ok());
    for spoil in breaks {
        let mut model = network(4, &[3], 6);
        spoil(&mut model);
        assert!(matches!(model.check(), Err(Error::Misfit(_))));
    }
}
