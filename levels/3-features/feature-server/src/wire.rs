//! What goes over the wire, in one place; converted by hand from and to the inner types.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Feast's `get-online-features`: which features, of whom.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct OnlineRequest {
    /// The features, each `patient_features:NAME` or its name alone; `patient_features:*` is all of them.
    #[schema(example = json!(["patient_features:hr_last", "patient_features:news2_total"]))]
    pub(crate) features: Option<Vec<String>>,
    /// Instead of `features`, the service that names them: `patient_features`, or the feature set of a model.
    pub(crate) feature_service: Option<String>,
    /// The patients: one list under `patient_id`.
    #[schema(example = json!({"patient_id": ["p000001"]}))]
    pub(crate) entities: BTreeMap<String, Vec<String>>,
    /// Whether names carry the view's: `patient_features__hr_last`.
    #[serde(default)]
    pub(crate) full_feature_names: bool,
    /// Beyond Feast: as of when (RFC 3339), where the store still answers; without it as of now.
    pub(crate) as_of: Option<String>,
}

/// Feast's answer: one result a name, with one value, status and time a patient. Find results by name: their order is the
/// names'.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OnlineResponse {
    pub(crate) metadata: Metadata,
    pub(crate) results: Vec<FeatureResult>,
}

/// The names of the results.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Metadata {
    /// In the order of the results; `patient_id` is the first.
    pub(crate) feature_names: Vec<String>,
}

/// One feature of all patients, in the order asked.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FeatureResult {
    /// The values; null unless the status is `PRESENT`.
    pub(crate) values: Vec<Scalar>,
    /// `PRESENT`, `NULL_VALUE`, `NOT_FOUND` or `OUTSIDE_MAX_AGE`.
    #[schema(value_type = Vec<String>)]
    pub(crate) statuses: Vec<&'static str>,
    /// When the newest event of the feature's sources happened; the epoch where there was none.
    #[schema(value_type = Vec<String>)]
    pub(crate) event_timestamps: Vec<std::sync::Arc<str>>,
}

/// A value, or the id of a patient.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Scalar {
    /// Of a feature.
    Number(Option<f32>),
    /// Of the patient's id.
    Text(String),
}

/// A patient's features for people.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PatientFeatures {
    /// Whom they are of.
    pub(crate) patient_id: String,
    /// As of when.
    #[schema(format = DateTime)]
    pub(crate) as_of: String,
    /// The definitions by which they were computed.
    pub(crate) feature_set: String,
    /// Whether a late record has come that silver has not judged yet.
    pub(crate) waits_for_silver: bool,
    /// All of them, in the order of the vector.
    pub(crate) features: Vec<PatientFeature>,
}

/// A feature for people.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PatientFeature {
    pub(crate) name: &'static str,
    pub(crate) value: Option<f32>,
    /// The unit (UCUM).
    pub(crate) unit: &'static str,
    pub(crate) status: &'static str,
    /// When the newest event of its sources happened.
    #[schema(format = DateTime)]
    pub(crate) event_time: Option<String>,
    pub(crate) description: &'static str,
}

/// A page of what is stored, for whoever compares it with silver.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct StatesPage {
    /// How far the store had read before the page was read, as it lies in the store, in base64; absent while it is filled.
    pub marks: Option<String>,
    /// Patients in the order of their ids; fewer than asked for only at the end.
    pub states: Vec<StoredState>,
}

/// A patient's recent timeline.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct StoredState {
    /// Whose.
    pub patient_id: String,
    /// As it lies in the store, in base64.
    pub state: String,
}
