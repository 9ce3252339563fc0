//! An outcome that a historical set brings with it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{PatientId, Timestamp};

/// One cell of a historical set's prediction grid. Never an event, never a feature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Label {
    /// Who.
    pub patient_id: PatientId,
    /// When the prediction is due.
    pub time: Timestamp,
    /// What a right model foresees then.
    pub label: bool,
    /// How far ahead the label looks, in hours.
    pub horizon_hours: f64,
    /// The set it comes from.
    pub source: String,
}
