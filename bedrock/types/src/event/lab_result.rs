//! A laboratory result.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::unknown_source;
use crate::{PatientId, Timestamp};

/// One result of one test, in the unit that the laboratory reported.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the fields' names say what they hold")]
pub struct LabResult {
    pub patient_id: PatientId,
    /// When the sample was taken.
    pub timestamp: Timestamp,
    pub test_name: String,
    pub value: f64,
    pub unit: String,
    #[serde(default = "unknown_source")]
    pub source: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loinc: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lab_id: Option<String>,
    /// `lo-hi`, in the reported unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference_range: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub performing_lab: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial_site: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
}
