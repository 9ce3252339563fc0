//! Writes two small made-up models, each in a run, beside their answers, for `e2e/python/check_model.py`:
//!
//! `cargo run -p strata-model --example example_model -- FOLDER`.

use std::collections::BTreeMap;
use std::path::Path;

use strata_model::{
    Calibration, Dense, Model, Preprocessing, Thresholds,
    mlflow::{Experiment, RunWriter, Status, write_model},
};

const FEATURES: usize = 120;
const ROWS: usize = 500;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let home = std::env::args().nth(1).ok_or("say in which folder")?;
    for (name, calibration) in [
        ("platt", Calibration::Platt { slope: 0.9, intercept: -3.0 }),
        ("beta", Calibration::Beta { a: 0.8, b: 1.1, c: -2.0 }),
    ] {
        let mut number = numbers();
        let model = model(calibration, &mut number);
        let row = |i: usize, x: f32| if i.is_multiple_of(7) { f32::NAN } else { x * 150.0 };
        let rows: Vec<f32> = (0..ROWS * FEATURES).map(|i| row(i, number())).collect();
        let experiment = Experiment { id: "1".into(), name: "example".into() };
        let mut run = RunWriter::begin(&Path::new(&home).join("runs"), experiment, name, name, 0)?;
        run.param("calibration", &name)?.metric("loss", 0.5, 0, 1)?.metric("loss", 0.4, 1, 2)?;
        write_model(&run.artifact_path("model")?, &model, &rows[..FEATURES], name)?;
        let folder = run.finish(Status::Finished, 3)?;
        let answers = model.predict(&rows);
        let rows: Vec<Vec<Option<f32>>> =
            rows.chunks(FEATURES).map(|row| row.iter().map(|x| Some(*x).filter(|x| x.is_finite())).collect()).collect();
        let given = serde_json::json!({ "rows": rows, "probabilities": answers });
        std::fs::write(folder.join("rows.json"), given.to_string())?;
    }
    Ok(())
}

fn model(calibration: Calibration, number: &mut impl FnMut() -> f32) -> Model {
    let mut layers = Vec::new();
    for (inputs, outputs) in [(FEATURES, 64), (64, 32), (32, 1)] {
        let size = (6.0 / inputs as f32).sqrt();
        let weights = (0..inputs * outputs).map(|_| number() * size).collect();
        layers.push(Dense { inputs, outputs, weights, bias: (0..outputs).map(|_| number() * 0.1).collect() });
    }
    let mut column = |size: f32, shift: f32| (0..FEATURES).map(|_| shift + number() * size).collect();
    Model {
        name: "network".into(),
        features: (1..=FEATURES).map(|i| format!("feature_{i}")).collect(),
        feature_set: "example".into(),
        preprocessing: Preprocessing {
            fill: column(90.0, 0.0),
            mean: column(90.0, 0.0),
            scale: column(30.0, 50.0),
            clip: 3.0,
        },
        layers,
        calibration,
        thresholds: Thresholds { moderate: 0.02, high: 0.04, alert: 0.04 },
        metadata: BTreeMap::from([("trained_at".into(), "2026-11-21T00:00:00Z".into())]),
    }
}

/// Numbers in -1..1, always the same (an LCG: quality does not matter here).
fn numbers() -> impl FnMut() -> f32 {
    let mut state = 42_u64;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
    }
}
