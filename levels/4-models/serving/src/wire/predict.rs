//! A prediction, asked and answered.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who, and as of when. Features are read from the record, never taken from the caller.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PredictRequest {
    /// The patient's id.
    #[schema(pattern = "^[A-Za-z0-9_-]{1,64}$", example = "p000001")]
    pub(crate) patient_id: String,
    /// As of when (RFC 3339): only what had happened and was known by then is looked at.
    #[schema(format = DateTime, example = "2026-03-01T12:00:00Z")]
    pub(crate) timestamp: String,
}

/// What the model says, why, and from what.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PredictResponse {
    /// Under this id the prediction is remembered.
    #[schema(format = "uuid")]
    pub(crate) prediction_id: String,
    /// Whom it is about.
    pub(crate) patient_id: String,
    /// As of when, in UTC.
    #[schema(format = DateTime)]
    pub(crate) timestamp: String,
    /// The calibrated probability of the outcome.
    #[schema(minimum = 0, maximum = 1)]
    pub(crate) probability: f32,
    /// The probability in words: `low`, `moderate` or `high`.
    #[schema(example = "moderate")]
    pub(crate) risk_level: &'static str,
    /// Which model said so.
    pub(crate) model: ModelName,
    /// When the newest event happened that was looked at; null if there was none.
    #[schema(format = DateTime)]
    pub(crate) feature_time: Option<String>,
    /// Which store the features come from: `online`, a second behind the log, or `silver`, which has every time.
    #[schema(example = "online")]
    pub(crate) feature_store: &'static str,
    /// The features that count most, the strongest first.
    pub(crate) factors: Vec<Factor>,
    /// The log-odds of the average training patient, to which the contributions of all features add up.
    pub(crate) base_log_odds: f32,
    /// How many of the model's features could not be computed from the record.
    pub(crate) features_missing: usize,
}

/// Which model.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ModelName {
    /// What kind it is.
    #[schema(example = "network")]
    pub(crate) name: String,
    /// The SHA-256 of its file.
    pub(crate) version: String,
    /// The run that trained it.
    pub(crate) run_id: String,
}

/// What one feature adds.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Factor {
    /// Its name.
    pub(crate) feature: String,
    /// What it is, in a sentence.
    pub(crate) description: &'static str,
    /// Its value; null when it could not be computed.
    pub(crate) value: Option<f32>,
    /// The unit of the value (UCUM).
    pub(crate) unit: &'static str,
    /// What it adds to the log-odds, compared with the average training patient; above zero raises the risk.
    pub(crate) contribution: f32,
}
