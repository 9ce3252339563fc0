//! One prediction as a line of JSON.

use serde::Serialize;
use strata_types::{PatientId, Timestamp};

use super::Remembered;

/// What all predictions of one model share.
#[derive(Debug)]
pub(crate) struct Header {
    pub(crate) model_version: String,
    pub(crate) run_id: String,
    /// Says which feature each number of `features` is.
    pub(crate) feature_set: String,
}

/// The form of the file.
#[derive(Serialize)]
struct Line<'a> {
    prediction_id: String,
    at: Timestamp,
    patient_id: &'a PatientId,
    timestamp: Timestamp,
    model_version: &'a str,
    run_id: &'a str,
    feature_set: &'a str,
    probability: f32,
    /// In the order of the feature set; null where not computable.
    features: Vec<Option<f32>>,
}

/// Appends the line of a prediction.
pub(super) fn append(lines: &mut Vec<u8>, remembered: &Remembered) -> serde_json::Result<()> {
    let header = &remembered.header;
    let line = Line {
        prediction_id: remembered.prediction_id.to_string(),
        at: remembered.at,
        patient_id: &remembered.patient,
        timestamp: remembered.time,
        model_version: &header.model_version,
        run_id: &header.run_id,
        feature_set: &header.feature_set,
        probability: remembered.probability,
        features: remembered.vector.iter().map(|value| (!value.is_nan()).then_some(*value)).collect(),
    };
    serde_json::to_writer(&mut *lines, &line)?;
    lines.push(b'\n');
    Ok(())
}
