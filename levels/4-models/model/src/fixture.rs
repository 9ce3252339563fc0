//! Small models for the tests, made from a seed without any crate for randomness.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::{Calibration, Dense, Model, Preprocessing, Thresholds};

/// Numbers in -1..1 (splitmix64).
pub(crate) fn numbers(seed: u64) -> impl FnMut() -> f32 {
    let mut state = seed;
    move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
    }
}

/// A network of the given widths.
pub(crate) fn network(features: usize, hidden: &[usize], seed: u64) -> Model {
    let mut number = numbers(seed);
    let mut inputs = features;
    let mut layers = Vec::new();
    for &outputs in hidden.iter().chain(&[1]) {
        let size = (6.0 / inputs as f32).sqrt();
        let weights = (0..inputs * outputs).map(|_| number() * size).collect();
        layers.push(Dense { inputs, outputs, weights, bias: (0..outputs).map(|_| number() * 0.2).collect() });
        inputs = outputs;
    }
    let calibration = if seed.is_multiple_of(2) {
        Calibration::Platt { slope: 0.8, intercept: -2.5 }
    } else {
        Calibration::Beta { a: 0.7, b: 1.2, c: -1.5 }
    };
    Model {
        name: if hidden.is_empty() { "logistic_regression" } else { "network" }.into(),
        features: (0..features).map(|i| format!("feature_{i}")).collect(),
        feature_set: "1-0123456789ab".into(),
        preprocessing: Preprocessing {
            fill: (0..features).map(|_| number() * 50.0).collect(),
            mean: (0..features).map(|_| number() * 50.0).collect(),
            scale: (0..features).map(|_| 20.0 + number() * 15.0).collect(),
            clip: 5.0,
        },
        layers,
        calibration,
        thresholds: Thresholds { moderate: 0.01, high: 0.04, alert: 0.03 },
        metadata: BTreeMap::from([("trained_at".into(), "2026-11-21T00:00:00Z".into()), ("seed".into(), "42".into())]),
    }
}

/// Any small model with a few rows, some values missing or absurd.
pub(crate) fn model_and_rows() -> impl Strategy<Value = (Model, Vec<f32>)> {
    let shape = (1..40_usize, prop::collection::vec(1..24_usize, 0..3), any::<u64>());
    shape.prop_flat_map(|(features, hidden, seed)| {
        let value = prop_oneof![6 => -100.0_f32..100.0, 2 => Just(f32::NAN), 1 => -1e30_f32..1e30];
        let model = network(features, &hidden, seed);
        prop::collection::vec(value, features * 3).prop_map(move |rows| (model.clone(), rows))
    })
}
